"""ORCID's Member API v3.0, works only: one call in, one Answer out. Nothing is judged of a write."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import httpx2

from ..errors import UnexpectedAnswer, Unreachable
from ..values.orcid_id import OrcidId
from . import adoption, answers
from .adoption import Works
from .outcomes import Answer, Kind, Verb, judge
from .refusals import RefusedReading

# Without an Accept header ORCID answers in XML.
_JSON = {"Accept": "application/vnd.orcid+json", "Content-Type": "application/vnd.orcid+json"}
# Nothing of the request can have reached ORCID.
_NEVER_SENT = (
    httpx2.ConnectError,  # refused, unknown host, no trust in the certificate
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)
LARGEST_BODY = 64 * 2**20  # bytes; the summaries of a full record (10,000 works) are about 20 MB
LONGEST_BODY = 60.0  # seconds; the time-outs of the HTTP client only speak of each piece of it


class _Response(NamedTuple):
    status: int
    headers: httpx2.Headers
    body: bytes
    broken: str  # why the body is not all there; empty where it is


class OrcidApi:
    """Reads and writes works. Give it an HTTP client with time-outs set."""

    def __init__(
        self,
        http: httpx2.Client,
        *,
        api_url: str,
        largest_body: int = LARGEST_BODY,
        longest_body: float = LONGEST_BODY,
    ) -> None:
        self._http = http
        self._root = f"{api_url.rstrip('/')}/v3.0"
        self._largest_body = largest_body
        self._longest_body = longest_body

    def add(self, orcid: OrcidId, body: bytes, *, token: str) -> Answer:
        return self._send("POST", orcid, "work", token=token, body=body)

    def add_many(
        self, orcid: OrcidId, bodies: Sequence[bytes], *, token: str
    ) -> tuple[Answer, tuple[Answer, ...]]:
        """The answer to the whole and, where ORCID went through them, to each, in order (3.7)."""
        items = b",".join(b'{"work":' + body + b"}" for body in bodies)
        bulk = b'{"bulk":[' + items + b"]}"
        response = self._ask("POST", orcid, "works", token=token, body=bulk)
        if isinstance(response, Answer):
            return answers.of_whole_bulk(response, ()), ()
        whole = _read("POST", orcid, response, token)
        each: tuple[Answer, ...] = ()
        if whole.status == httpx2.codes.OK and not response.broken:
            each = answers.read_bulk(response.body, count=len(bodies), token=token)
        return answers.of_whole_bulk(whole, each), each

    def update(self, orcid: OrcidId, put_code: int, body: bytes, *, token: str) -> Answer:
        return self._send("PUT", orcid, f"work/{put_code}", token=token, body=body)

    def remove(self, orcid: OrcidId, put_code: int, *, token: str) -> Answer:
        return self._send("DELETE", orcid, f"work/{put_code}", token=token)

    def works(self, orcid: OrcidId, *, token: str) -> Works:
        """The grouped summaries of `GET /works`.

        Raises RefusedReading where ORCID will not show them (its `outcome` says why), Unreachable
        where it cannot now, UnexpectedAnswer where the answer makes no sense.
        """
        response = self._ask("GET", orcid, "works", token=token)
        if isinstance(response, Answer):
            raise Unreachable(response.text)
        if response.broken:
            raise Unreachable(f"ORCID, {response.broken} in the middle of the works")
        if response.status == httpx2.codes.OK:
            works = adoption.read(response.body)
            if works is None:
                raise UnexpectedAnswer("ORCID, to reading the works")
            return works
        answer = _read("GET", orcid, response, token)
        outcome = judge(answer)
        if outcome.kind == Kind.BUSY:
            raise Unreachable(
                f"ORCID, {answer.status} to reading the works", retry_after=answer.retry_after
            )
        if outcome.kind in (Kind.HOLD, Kind.GRANT_ENDED, Kind.FAIL):
            raise RefusedReading(outcome, status=answer.status, error_code=answer.error_code)
        raise UnexpectedAnswer(f"ORCID, {answer.status} to reading the works")

    def _send(
        self, verb: Verb, orcid: OrcidId, path: str, *, token: str, body: bytes | None = None
    ) -> Answer:
        response = self._ask(verb, orcid, path, token=token, body=body)
        return response if isinstance(response, Answer) else _read(verb, orcid, response, token)

    def _ask(
        self, verb: Verb, orcid: OrcidId, path: str, *, token: str, body: bytes | None = None
    ) -> _Response | Answer:
        """What ORCID says; an Answer without status where it says nothing."""
        url = f"{self._root}/{orcid}/{path}"
        headers = {**_JSON, "Authorization": f"Bearer {token}"}
        try:
            with self._http.stream(
                verb, url, headers=headers, content=body, follow_redirects=False
            ) as response:
                content, broken = self._body(response)
                return _Response(response.status_code, response.headers, content, broken)
        except _NEVER_SENT as error:
            why = f"no connection to ORCID ({_words(error)})"
            return answers.lost(verb, why, token=token, sent=False)
        except httpx2.HTTPError as error:
            why = f"no answer from ORCID ({_words(error)})"
            return answers.lost(verb, why, token=token, sent=True)

    def _body(self, response: httpx2.Response) -> tuple[bytes, str]:
        """As much of it as came, as fits and as does not take for ever; and why it is not all."""
        pieces = bytearray()
        end = time.monotonic() + self._longest_body
        try:
            for piece in response.iter_bytes():
                pieces += piece
                if len(pieces) > self._largest_body:
                    return bytes(pieces[: self._largest_body]), "too much"
                if time.monotonic() > end:
                    return bytes(pieces), "too slow"
        except httpx2.HTTPError as error:
            return bytes(pieces), type(error).__name__
        return bytes(pieces), ""


def _words(error: httpx2.HTTPError) -> str:
    """What it says; but one about our own request quotes it, token and all."""
    name = type(error).__name__
    said = "" if isinstance(error, httpx2.LocalProtocolError) else str(error)
    return f"{name}: {said}" if said else name


def _read(verb: Verb, orcid: OrcidId, response: _Response, token: str) -> Answer:
    return answers.read(
        verb,
        response.status,
        response.headers,
        response.body,
        token=token,
        now=datetime.now(UTC),
        orcid=orcid,
        complete=not response.broken,
    )
