"""DataCite's paging: page numbers that stop at 10,000 rows, and cursors."""

from __future__ import annotations

import base64
import binascii
from typing import Final
from urllib.parse import urlencode

DEFAULT_SIZE: Final = 25
MOST_ROWS: Final = 10_000

# `links.next` is rebuilt from this list; every other parameter is lost on the way.
KEPT_IN_NEXT: Final[tuple[str, ...]] = (
    "query",
    "provider-id",
    "consortium-id",
    "client-id",
    "prefix",
    "created",
    "registered",
    "published",
    "certificate",
    "affiliation-id",
    "funded-by",
    "resource-type-id",
    "has-person",
    "has-affiliation",
    "has-funder",
    "has-citations",
    "has-references",
    "has-parts",
    "has-part-of",
    "has-versions",
    "has-version-of",
    "affiliation",
    "publisher",
    "detail",
    "disable-facets",
    "fields[dois]",
)


def size_of(text: str) -> int:
    """0 to 1000; 25 where nothing sensible is said."""
    return min(int(text), 1000) if text.isdigit() else DEFAULT_SIZE


def number_of(text: str, *, size: int) -> int:
    """Higher numbers are silently lowered to the last that is served."""
    last = max(MOST_ROWS // size, 1) if size else 1
    return max(1, min(int(text), last)) if text.isdigit() else 1


def cursor_of(place: tuple[int, str]) -> str:
    text = f"{place[0]},{place[1]}"
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def place_of(cursor: str) -> tuple[int, str]:
    """Where to go on; what cannot be read starts at the beginning."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        created, _, doi = text.decode().partition(",")
        return int(created), doi
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return 0, ""


def next_link(base: str, query: dict[str, str], **page: str) -> str:
    kept = [(name, query[name]) for name in KEPT_IN_NEXT if name in query]
    pages = [(f"page[{name}]", value) for name, value in page.items()]
    return f"{base}?{urlencode(kept + pages)}"
