"""DOIs in one canonical spelling: lower case, no resolver, no percent-encoding.

A spelling is undone in this order: invisible characters, XML escapes, what leads up to `10.`,
what an address hangs on (query, fragment), percent-encoding (of an address, or of the slash), and
punctuation that a sentence left behind.
"""

from __future__ import annotations

import re
from html import unescape
from typing import NewType
from urllib.parse import quote, unquote

from ..errors import NotADoi

Doi = NewType("Doi", str)  # canonical: "10.5061/dryad.8515"

# Nine of ten DOIs are canonical already: one look is enough for them.
_CANONICAL = re.compile(r"10\.[0-9]{3,9}(?:\.[0-9]+)*/[a-z0-9._:/-]*[a-z0-9-]").fullmatch

# Before the DOI: labels, and addresses of a resolver (any host, so that library proxies count)
# in which the DOI is the whole path; a proxy may carry that address as a parameter. The repetition
# is possessive: many leads in a row could else be parted in millions of ways, and all were tried.
_PROXY = r"\S*?[?&][a-z]+=(?=https?:/|//)"
_ADDRESS = r"(?:https?:/{1,2}|//)[^/\s?#]+/+(?:doi/+)?"
_BARE_HOST = r"(?:[a-z0-9-]+\.)*doi\.org/+"
_LABEL = r"(?:urn:|info:)?(?:doi|hdl)\s*[:=/]?\s*"
_SPELLED = re.compile(
    rf"((?:{_PROXY})?(?:{_ADDRESS}|{_BARE_HOST}|{_LABEL})*+)(10\.[0-9]{{3,9}}(?:\.[0-9]+)*(?:/|%2f)\S+)",
    re.IGNORECASE,
).fullmatch
_WHOLE = re.compile(r"10\.[0-9]{3,9}(?:\.[0-9]+)*/\S+").fullmatch

_READ_BY_ORCID = re.compile(r"[0-9.]+/[^\"&']+").match  # ORCID-Source, utils/v3/identifiers

_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_CLOSING = {")": "(", "]": "[", "}": "{", ">": "<"}
_LONGEST = 2000  # ORCID's and DataCite's columns take no more; nor does any spelling

# What an address may hold as it stands (RFC 3986 path, without what would end it).
_SAFE_IN_URL = "/:;()@!$*,=~+"
_PLAIN_URL = re.compile(r"[A-Za-z0-9._/:;()-]*").fullmatch


def parse(text: str) -> Doi:
    """The DOI that `text` spells: bare, `doi:`, `info:doi/`, a resolver's URL, percent-encoded, any case.

    A full stop, comma, quote, slash or unbalanced bracket at the end is a sentence's or an
    address's, not the DOI's. Raises NotADoi.
    """
    if len(text) > _LONGEST:
        raise _none(text)
    if _CANONICAL(text) and "/." not in text:
        return Doi(text)
    spelled = _without_escapes(text.translate(_INVISIBLE)).strip().lstrip("<\"'([{")
    found = _SPELLED(spelled)
    name = _name(*found.groups()) if found else ""
    if not _WHOLE(name) or not name.isprintable() or len(name) > _LONGEST or _climbs(name):
        raise _none(text)
    return Doi(name)


def as_orcid_reads(doi: Doi) -> str:
    """ORCID reads a DOI only up to a quote or an ampersand; empty where that leaves no suffix."""
    found = _READ_BY_ORCID(doi)
    return found[0] if found else ""


def url(doi: Doi) -> str:
    """The address that resolves it: https://doi.org/… (reserved characters percent-encoded)."""
    if _PLAIN_URL(doi):
        return f"https://doi.org/{doi}"
    return f"https://doi.org/{quote(doi, safe=_SAFE_IN_URL)}"


def prefix(doi: Doi) -> str:
    """ "10.5061" of "10.5061/dryad.8515"."""
    return doi.partition("/")[0]


def _none(text: str) -> NotADoi:
    return NotADoi(repr(text[:100]), hint='A DOI looks like "10.5061/dryad.8515"')


def _climbs(name: str) -> bool:
    """Whether it has a segment that an address takes for a way, not a name: ".", ".."."""
    return "/." in name and not {".", ".."}.isdisjoint(name.split("/"))


def _name(lead: str, name: str) -> str:
    """The DOI after what leads up to it."""
    is_address = "//" in lead or lead.lower().endswith("doi.org/")
    if is_address:
        name = name.partition("?")[0].partition("#")[0]
    if "%" in name and (is_address or not _WHOLE(name)):
        name = _without_escapes(unquote(name))
    return _without_sentence(name.strip()).lower()


def _without_escapes(text: str) -> str:
    """Without XML escapes, however often they were applied (`&amp;lt;`)."""
    while "&" in text and (plain := unescape(text)) != text:
        text = plain
    return text


def _without_sentence(name: str) -> str:
    """Without the punctuation that a sentence leaves behind a DOI."""
    while name:
        last = name[-1]
        opening = _CLOSING.get(last)
        unbalanced = opening is not None and name.count(last) > name.count(opening)
        if last not in "/.,;:\"'”’»" and not unbalanced:
            break
        name = name[:-1]
    return name
