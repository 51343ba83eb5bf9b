"""Normalised identifiers, as ORCID prints and compares them (ORCID-Source, utils/v3/identifiers)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from .vocabulary import CASE_SENSITIVE_TYPES

_DOI = re.compile(r"(10(\.[0-9a-zA-Z]+)+/(?:(?![\"&'])\S)+)")
_ISSN = re.compile(r"(?<![\dXx])(\d{4})\s?[-–]?\s?(\d{3}[\dXx])(?![\dXx-])")
_ISBN = re.compile(r"(?<![\dXx])(97[89][0-9]{10}|[0-9]{9}[0-9Xx])(?![0-9Xx])")
_PMC = re.compile(r"(?:pmc(?:id:)?)\s*(\d+)", re.IGNORECASE)
_PMC_BARE = re.compile(r"\d{1,8}")
_PMID = re.compile(r"(?:pmid:\s*|/med/|/pubmed/)(\d{4,8})", re.IGNORECASE)
_PMID_BARE = re.compile(r"\d{4,8}")
_BIBCODE = re.compile(r"(?:bibcode:?\s*)?(\d{4}\S{15})", re.IGNORECASE)
_ARXIV = re.compile(
    r"(?:^|arxiv:|/abs/|/pdf/|\s)(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[a-z]{2})?/\d{7}(?:v\d+)?)",
    re.IGNORECASE,
)
_RRID = re.compile(r"(?:rrid:\s*)?([A-Za-z]+[_:][A-Za-z0-9_:-]+)", re.IGNORECASE)


def _doi(value: str) -> str:
    while (plain := html.unescape(value)) != value:
        value = plain
    found = _DOI.search(value)
    return found[1] if found else ""


def _issn(value: str) -> str:
    found = _ISSN.search(value)
    return f"{found[1]}-{found[2].upper()}" if found else ""


def _isbn(value: str) -> str:
    joined = value.replace("-", "")
    found = _ISBN.search(joined) or _ISBN.search(joined.replace(" ", ""))
    return found[1].upper() if found else ""


def _pmc(value: str) -> str:
    found = _PMC.search(value)
    if found:
        return found[1]
    return value.strip() if _PMC_BARE.fullmatch(value.strip()) else ""


def _pmid(value: str) -> str:
    found = _PMID.search(value)
    if found:
        return found[1]
    return value.strip() if _PMID_BARE.fullmatch(value.strip()) else ""


def _bibcode(value: str) -> str:
    found = _BIBCODE.fullmatch(value.strip())
    return found[1] if found else ""


def _arxiv(value: str) -> str:
    found = _ARXIV.search(value)
    return f"arXiv:{found[1]}" if found else ""


def _rrid(value: str) -> str:
    found = _RRID.search(value.strip())
    return f"RRID:{found[1]}" if found else ""


def _uri(value: str) -> str:
    value = value.strip()
    return value if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", value) else f"http://{value}"


STEPS: dict[str, Callable[[str], str]] = {
    "doi": _doi,
    "issn": _issn,
    "isbn": _isbn,
    "pmc": _pmc,
    "pmid": _pmid,
    "bibcode": _bibcode,
    "arxiv": _arxiv,
    "rrid": _rrid,
    "uri": _uri,
}


def by_type(kind: str, value: str) -> str:
    """The step for one type alone; empty when the value cannot be normalised."""
    step = STEPS.get(kind)
    return step(value) if step else value.strip()


def normalize(kind: str, value: str) -> str:
    """What ORCID stores for comparison: lower case unless the type forbids it, then by type."""
    return by_type(kind, value if kind in CASE_SENSITIVE_TYPES else value.lower())
