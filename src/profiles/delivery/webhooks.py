"""ORCID's webhooks: asking it to call an address when a record changes. One call in, one answer out."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import httpx2

from ..values.orcid_id import OrcidId
from . import answers
from .outcomes import Answer, Verb

# Without an Accept header ORCID answers in XML.
_JSON = {"Accept": "application/vnd.orcid+json"}


class Webhooks:
    """Give it an HTTP client with time-outs set. Tokens are the API client's own, not a person's."""

    def __init__(self, http: httpx2.Client, *, api_url: str) -> None:
        self._http = http
        self._root = api_url.rstrip("/")  # webhooks have no version in their address

    def register(self, orcid: OrcidId, callback: str, *, token: str) -> Answer:
        """Safe to repeat."""
        return self._call("PUT", orcid, callback, token=token)

    def remove(self, orcid: OrcidId, callback: str, *, token: str) -> Answer:
        return self._call("DELETE", orcid, callback, token=token)

    def _call(self, verb: Verb, orcid: OrcidId, callback: str, *, token: str) -> Answer:
        url = f"{self._root}/{orcid}/webhook/{quote(callback, safe='')}"
        headers = {**_JSON, "Authorization": f"Bearer {token}"}
        try:
            response = self._http.request(verb, url, headers=headers)
        except httpx2.HTTPError as error:
            why = f"no answer from ORCID: {error!r}"
            return answers.lost(verb, why, token=token, sent=True)
        return answers.read(
            verb,
            response.status_code,
            response.headers,
            response.content,
            token=token,
            now=datetime.now(UTC),
            orcid=orcid,
        )
