"""What came back over the wire as one value: JSON, XML, other people's pages, half of something. Pure.

ORCID answers in XML where it does not heed our Accept header. The body says what it is; what its
Content-Type says of it may be wrong.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import orjson

from ..errors import NotAnOrcidId
from ..values import orcid_id
from ..values.orcid_id import OrcidId
from . import secrecy
from .outcomes import Answer, Verb

_TEXT_LIMIT = 1000
_READ_FOR_TEXT = 65_536  # bytes; the words of an error stand at its beginning
_LONGEST_WAIT = 86_400.0  # seconds; whoever asks for more does not mean it
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")  # PostgreSQL keeps no NUL

_WORK_ADDRESS = re.compile(r"/work/(\d{1,18})/?$")
_MERGED_INTO = re.compile(r"refer to account:?\s+(?:https?://[^\s/]+/)?([\dX-]{19})", re.IGNORECASE)
_RECORD_ADDRESS = re.compile(r"/(\d{4}-\d{4}-\d{4}-\d{3}[\dX])(?:[/?#]|$)")
_BEARER_ERROR = re.compile(r'\berror="([a-z_]{1,40})"')

# Elements of ORCID's error, whatever prefix its name space has. A pattern, not a parser: there is
# no entity to expand and no schema to fetch.
_XML_ROOT = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?<(?:[\w-]+:)?([\w-]+)\s[^>]*http://www\.orcid\.org/ns/", re.ASCII
)
_XML_CHILD = re.compile(
    rb"<(?:[\w-]+:)?(error-code|developer-message|response-code)\s*>([^<]*)</", re.ASCII
)
_UNSEEN = re.compile(
    r"<(script|style|head)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE
)


def read(
    verb: Verb,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    token: str,
    now: datetime,
    orcid: OrcidId | None = None,
    complete: bool = True,
) -> Answer:
    """The answer as a value; the token is taken out of every text.

    `headers` are asked in ORCID's spelling, so they should not mind the case. Of an answer whose
    body broke off (`complete`) the status and the headers still hold.
    """
    content = error_of(body)
    oauth_error = "" if content is None else _words(content.get("error"))
    said = _BEARER_ERROR.search(headers.get("WWW-Authenticate", ""))
    if not oauth_error and said and _number((content or {}).get("error-code")) is None:
        oauth_error = said.group(1)
    code = _number((content or {}).get("error-code"))
    location = headers.get("Location", "")
    failed = status >= 300
    return Answer(
        verb=verb,
        status=status,
        error_code=code,
        oauth_error=secrecy.redacted(oauth_error, token, complete=complete)[:100],
        # ORCID says why it refuses.
        foreign=not complete
        or (not (code or oauth_error) if failed else _beside(verb, body, content)),
        text=_text(body, content, token, complete=complete) if failed or content is None else "",
        put_code=_put_code(location),
        retry_after=seconds(headers.get("Retry-After", ""), headers.get("Date", ""), now=now),
        primary=_primary(location, content, but=orcid) if failed else None,
    )


def lost(verb: Verb, why: str, *, token: str, sent: bool) -> Answer:
    """No answer came."""
    return Answer(verb=verb, status=None, sent=sent, text=_clean(why, token, complete=True))


def read_bulk(body: bytes, *, count: int, token: str) -> tuple[Answer, ...]:
    """Each item's own answer; none where the answer does not have one for each that was sent."""
    items = (json(body) or {}).get("bulk")
    if not isinstance(items, list):
        return ()
    answers = [_item(item, token) for item in items if isinstance(item, dict)]
    told = tuple(answer for answer in answers if answer is not None)
    return told if len(told) == len(items) == count else ()


def of_whole_bulk(answer: Answer, items: tuple[Answer, ...]) -> Answer:
    """A 200 that does not speak of every work is no answer of ORCID's."""
    silent = answer.status == 200 and not items
    if not silent:
        return msgspec.structs.replace(answer, bulk=True)
    text = answer.text or "ORCID's answer does not speak of each work"
    return msgspec.structs.replace(answer, bulk=True, foreign=True, text=text)


def json(body: bytes) -> dict[str, Any] | None:
    """The JSON object that a body is; None where it is none."""
    try:
        content = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None
    return content if isinstance(content, dict) else None


def error_of(body: bytes) -> dict[str, Any] | None:
    """The members of a JSON object, or of ORCID's error in XML."""
    content = json(body)
    if content is not None or _xml_root(body) != b"error":
        return content
    return {
        name.decode(): html.unescape(value.decode("utf-8", "replace")).strip()
        for name, value in _XML_CHILD.findall(body[:_READ_FOR_TEXT])
    }


def _xml_root(body: bytes) -> bytes:
    """The root element's name where it is XML of ORCID's; a page is not."""
    found = _XML_ROOT.match(body[:_READ_FOR_TEXT])
    return found.group(1) if found else b""


def seconds(retry_after: str, date: str, *, now: datetime) -> float | None:
    """What Retry-After asks for: seconds, or a time, measured by the other side's clock if it tells."""
    if (number := _number(retry_after.strip())) is not None:
        return min(float(number), _LONGEST_WAIT)
    if (at := _http_date(retry_after)) is None:
        return None
    wait = at - (_http_date(date) or now)
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT)


def _http_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _item(item: Mapping[str, Any], token: str) -> Answer | None:
    """One work's part; None where it says neither that it is there nor why not."""
    work, error = item.get("work"), item.get("error")
    if isinstance(work, dict) and (put_code := _number(work.get("put-code"))):
        return Answer(verb="POST", status=201, put_code=put_code)
    if not isinstance(error, dict) or (_number(error.get("response-code")) or 0) < 300:
        return None
    text = _words(error.get("developer-message")) or str(error)
    return Answer(
        verb="POST",
        status=_number(error.get("response-code")),
        error_code=_number(error.get("error-code")),
        text=_clean(text, token, complete=True),
        primary=_primary("", error, but=None),
    )


def _beside(verb: Verb, body: bytes, content: Mapping[str, Any] | None) -> bool:
    """When all is well ORCID says nothing or sends what was asked for; to an update, the work."""
    if content is not None:
        return verb == "PUT" and _number(content.get("put-code")) is None
    return bool(body.strip()) and not _xml_root(body)


def _text(body: bytes, content: Mapping[str, Any] | None, token: str, *, complete: bool) -> str:
    known = content or {}
    said = _words(known.get("developer-message")) or _words(known.get("error_description"))
    if not said:
        said = body[:_READ_FOR_TEXT].decode("utf-8", "replace")
        if said.lstrip().startswith("<"):  # the words of a page, for a person to read
            said = html.unescape(_UNSEEN.sub(" ", said))
    return _clean(said, token, complete=complete and len(body) <= _READ_FOR_TEXT)


def _clean(text: str, token: str, *, complete: bool) -> str:
    safe = secrecy.redacted(text, token, complete=complete)
    return " ".join(_CONTROL.sub(" ", safe).split())[:_TEXT_LIMIT]


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    """ORCID writes its numbers as numbers or as text; none has as many digits as a bigint."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _put_code(location: str) -> int | None:
    """Location starts with http:// and must not be followed; its last segment is the put-code."""
    found = _WORK_ADDRESS.search(location)
    return _number(found.group(1)) if found else None


def _primary(
    location: str, content: Mapping[str, Any] | None, *, but: OrcidId | None
) -> OrcidId | None:
    """Of a deprecated record: from Location, else from ORCID's words."""
    said = _words((content or {}).get("developer-message"))
    for found in (_RECORD_ADDRESS.search(location), _MERGED_INTO.search(said)):
        try:
            primary = orcid_id.parse(found.group(1)) if found else None
        except NotAnOrcidId:
            continue
        if primary is not None and primary != but:
            return primary
    return None
