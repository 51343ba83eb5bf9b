"""ORCID's Member API v3.0, works only: one call in, one Answer out. Nothing is judged here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import orjson

from ..errors import UnexpectedAnswer, Unreachable
from ..values.orcid_id import OrcidId
from .outcomes import Answer, Kind, Verb, judge
from .refusals import RefusedReading

# Without an Accept header ORCID answers in XML.
_JSON = {"Accept": "application/vnd.orcid+json", "Content-Type": "application/vnd.orcid+json"}
# Token errors repeat the token in their text.
_TOKEN = re.compile(r"(token:?\s+)\S+", re.IGNORECASE)
_TEXT_LIMIT = 1000
_LONGEST_WAIT = 86_400  # seconds; whoever asks for more does not mean it
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class OrcidApi:
    """Writes works to records. Give it an HTTP client with time-outs set."""

    def __init__(self, http: httpx2.Client, *, api_url: str) -> None:
        self._http = http
        self._root = f"{api_url.rstrip('/')}/v3.0"

    def add(self, orcid: OrcidId, body: bytes, *, token: str) -> Answer:
        return self._send("POST", f"{orcid}/work", token=token, body=body)

    def add_many(
        self, orcid: OrcidId, bodies: Sequence[bytes], *, token: str
    ) -> tuple[Answer, tuple[Answer, ...]]:
        """The answer to the whole and, where ORCID went through them, to each, in order (3.7)."""
        items = b",".join(b'{"work":' + body + b"}" for body in bodies)
        bulk = b'{"bulk":[' + items + b"]}"
        response = self._ask("POST", f"{orcid}/works", token=token, body=bulk)
        if isinstance(response, Answer):
            return response, ()
        whole = _read("POST", response, token)
        if whole.status != httpx2.codes.OK:
            return whole, ()
        return whole, read_bulk(response.content, count=len(bodies), token=token)

    def update(self, orcid: OrcidId, put_code: int, body: bytes, *, token: str) -> Answer:
        return self._send("PUT", f"{orcid}/work/{put_code}", token=token, body=body)

    def remove(self, orcid: OrcidId, put_code: int, *, token: str) -> Answer:
        return self._send("DELETE", f"{orcid}/work/{put_code}", token=token)

    def works(self, orcid: OrcidId, *, token: str) -> dict[str, Any]:
        """The grouped summaries of `GET /works`.

        Raises RefusedReading where ORCID will not show them (its `outcome` says why), Unreachable
        where it cannot now, UnexpectedAnswer where the answer makes no sense.
        """
        response = self._ask("GET", f"{orcid}/works", token=token, body=None)
        if isinstance(response, Answer):
            raise Unreachable(f"ORCID ({response.text})")
        answer = _read("GET", response, token)
        outcome = judge(answer)
        match outcome.kind:
            case Kind.DONE:
                content = _json(response.content)
                if content is not None and isinstance(content.get("group"), list):
                    return content
            case Kind.BUSY:
                raise Unreachable(
                    f"ORCID, {answer.status} to reading the works", retry_after=answer.retry_after
                )
            case Kind.HOLD | Kind.GRANT_ENDED | Kind.FAIL:
                raise RefusedReading(outcome)
        raise UnexpectedAnswer(f"ORCID, {answer.status} to reading the works")

    def _send(self, verb: Verb, path: str, *, token: str, body: bytes | None = None) -> Answer:
        response = self._ask(verb, path, token=token, body=body)
        return response if isinstance(response, Answer) else _read(verb, response, token)

    def _ask(
        self, verb: Verb, path: str, *, token: str, body: bytes | None
    ) -> httpx2.Response | Answer:
        """What ORCID says; an Answer without status where it says nothing."""
        try:
            return self._http.request(
                verb, f"{self._root}/{path}", headers={**_JSON, **_bearer(token)}, content=body
            )
        except _NEVER_SENT as error:
            return Answer(verb=verb, status=None, sent=False, text=f"no connection: {error!r}")
        except httpx2.HTTPError as error:
            return Answer(verb=verb, status=None, text=f"no answer from ORCID: {error!r}")


def _read(verb: Verb, response: httpx2.Response, token: str) -> Answer:
    return read_answer(verb, response.status_code, response.headers, response.content, token=token)


def read_bulk(body: bytes, *, count: int, token: str = "") -> tuple[Answer, ...]:
    """Each item's own answer; none where the answer does not have one for each that was sent."""
    items = (_json(body) or {}).get("bulk")
    if not isinstance(items, list):
        return ()
    answers = [_item(item, token) for item in items if isinstance(item, dict)]
    told = tuple(answer for answer in answers if answer is not None)
    return told if len(told) == len(items) == count else ()


def _item(item: Mapping[str, Any], token: str) -> Answer | None:
    """One work's part; None where it says neither that it is there nor why not."""
    work, error = item.get("work"), item.get("error")
    if isinstance(work, dict) and (put_code := _number(work.get("put-code"))):
        return Answer(verb="POST", status=201, put_code=put_code)
    if isinstance(error, dict) and (status := _number(error.get("response-code"))):
        text = _redacted(str(error.get("developer-message") or error), token)
        code = _number(error.get("error-code"))
        return Answer(verb="POST", status=status, error_code=code, text=text)
    return None


def _number(value: object) -> int | None:
    """ORCID writes its numbers as numbers or as text."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None


def read_answer(
    verb: Verb, status: int, headers: Mapping[str, str], body: bytes, *, token: str = ""
) -> Answer:
    """The answer as a value; the token is taken out of every text."""
    content = _json(body) or {}
    text = str(
        content.get("developer-message")
        or content.get("error_description")
        or (body[:_TEXT_LIMIT].decode("utf-8", "replace") if status >= 300 else "")
    )
    return Answer(
        verb=verb,
        status=status,
        error_code=_number(content.get("error-code")),
        oauth_error=str(content.get("error") or ""),
        text=_redacted(text, token),
        put_code=_put_code(headers.get("Location", "")),
        retry_after=_seconds(headers.get("Retry-After", "")),
    )


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def _redacted(text: str, token: str) -> str:
    if token:
        text = text.replace(token, "…")
    return _TOKEN.sub(r"\1…", text)[:_TEXT_LIMIT]


def _put_code(location: str) -> int | None:
    """Location starts with http:// and must not be followed; its last segment is the put-code."""
    return _number(location.rstrip("/").rpartition("/")[2])


def _seconds(retry_after: str) -> float | None:
    if (seconds := _number(retry_after)) is not None:
        return float(min(seconds, _LONGEST_WAIT))
    try:
        at = parsedate_to_datetime(retry_after)
    except (TypeError, ValueError):
        return None
    return max(0.0, (at - datetime.now(at.tzinfo)).total_seconds())
