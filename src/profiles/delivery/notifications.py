"""ORCID's permission notifications: one call in, one answer out. Nothing is judged here."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx2
import msgspec

from ..values.orcid_id import OrcidId
from . import answers
from .outcomes import Answer, Verb

_JSON = {"Accept": "application/vnd.orcid+json", "Content-Type": "application/vnd.orcid+json"}
_ADDRESS = re.compile(r"/notification-permission/(\d{1,18})/?$")


class Sent(msgspec.Struct, frozen=True):
    """A notification of ours that ORCID has."""

    put_code: int
    address: str  # where its button leads


class Notifications:
    """Give it an HTTP client with time-outs set. Tokens are the API client's own, not a person's."""

    def __init__(self, http: httpx2.Client, *, api_url: str) -> None:
        self._http = http
        self._root = f"{api_url.rstrip('/')}/v3.0"

    def send(self, orcid: OrcidId, body: bytes, *, token: str) -> Answer:
        """Into the person's inbox; the answer's put-code names it."""
        return self._call("POST", orcid, "", token=token, body=body)

    def archive(self, orcid: OrcidId, put_code: int, *, token: str) -> Answer:
        """Out of the inbox, as long as the person has not read it."""
        return self._call("DELETE", orcid, f"/{put_code}", token=token)

    def ours(self, orcid: OrcidId, *, token: str) -> tuple[Answer, tuple[Sent, ...]]:
        """Those that this API client has sent to the person; with a 200 these are all."""
        answer, body = self._ask("GET", orcid, "", token=token)
        listed = (answers.json(body) or {}).get("notifications")
        if answer.status != httpx2.codes.OK or not isinstance(listed, list):
            return msgspec.structs.replace(answer, foreign=True), ()
        return answer, tuple(found for each in listed if (found := _sent(each)) is not None)

    def _call(
        self, verb: Verb, orcid: OrcidId, path: str, *, token: str, body: bytes | None = None
    ) -> Answer:
        return self._ask(verb, orcid, path, token=token, body=body)[0]

    def _ask(
        self, verb: Verb, orcid: OrcidId, path: str, *, token: str, body: bytes | None = None
    ) -> tuple[Answer, bytes]:
        url = f"{self._root}/{orcid}/notification-permission{path}"
        headers = {**_JSON, "Authorization": f"Bearer {token}"}
        try:
            response = self._http.request(verb, url, headers=headers, content=body)
        except httpx2.HTTPError as error:
            why = f"no answer from ORCID: {error!r}"
            return answers.lost(verb, why, token=token, sent=True), b""
        answer = answers.read(
            verb,
            response.status_code,
            response.headers,
            response.content,
            token=token,
            now=datetime.now(UTC),
            orcid=orcid,
        )
        place = _ADDRESS.search(response.headers.get("Location", ""))
        put_code = int(place.group(1)) if place else None
        return msgspec.structs.replace(answer, put_code=put_code), response.content


def _sent(told: object) -> Sent | None:
    match told:
        case {"put-code": int(number), "authorization-url": {"uri": str(address)}}:
            return Sent(number, address)
    return None
