"""Tokens are taken out of every text that came back. Pure.

ORCID's token errors repeat the token (`Invalid access token: …`), and whatever stands between us
may print the whole request. Where the token cannot be cut out with certainty the text is left out.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote, quote_plus, unquote

HIDDEN = "…"
WITHHELD = "(left out, because it repeats the access token)"

# What is called a token, whosoever it is; and ORCID's tokens are UUIDs.
_CALLED_TOKEN = re.compile(
    r"(token[\"']?\s*[:=]\s*[\"']?|\bbearer\s+(?!realm=))[^\s\"'<>&,;]+", re.IGNORECASE
)
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_LAYOUT = re.compile(r"<[^>]*>|[\s\u00ad\u200b-\u200d\u2060\ufeff]+")
_FEWEST = 4  # characters of a token's beginning that are worth hiding


def redacted(text: str, token: str, *, complete: bool) -> str:
    """The text without the token, in any spelling; of a text that broke off, also without its part."""
    if token:
        for spelling in _spellings(token):
            text = re.sub(re.escape(spelling), HIDDEN, text, flags=re.IGNORECASE)
        if not complete:
            text = _without_beginning(text, token)
        if _repeats(text, token):
            return WITHHELD
    return _UUID.sub(HIDDEN, _CALLED_TOKEN.sub(rf"\1{HIDDEN}", text))


def _spellings(token: str) -> set[str]:
    quoted = {quote(token, safe=""), quote_plus(token)}
    return (
        {token, repr(token)[1:-1], html.escape(token)}
        | quoted
        | {quote(each, safe="") for each in quoted}
    )


def _without_beginning(text: str, token: str) -> str:
    """The body may have broken off in the middle of the token."""
    for spelling in sorted(_spellings(token), key=len, reverse=True):
        for length in range(len(spelling) - 1, _FEWEST - 1, -1):
            if text.lower().endswith(spelling[:length].lower()):
                return text[:-length] + HIDDEN
    return text


def _repeats(text: str, token: str) -> bool:
    """Whether a reader could put the token together again: from layout, entities, percent signs."""
    for _ in range(4):  # what is encoded four times over nobody reads
        if token.lower() in text.lower() or (_bare(token) or token) in _bare(text):
            return True
        text = html.unescape(unquote(text))
    return False


def _bare(text: str) -> str:
    return _LAYOUT.sub("", text).lower()
