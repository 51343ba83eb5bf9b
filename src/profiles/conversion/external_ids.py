"""ORCID's external ids for a work: itself, its versions, what holds it, what paid for it.

ORCID groups works that share a `self` or `version-of` id, and never by the other two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ..errors import NotADoi
from ..values import doi, texts
from ..values.vocabulary import HOLDING_RELATIONS, names_version
from ..values.work import Funding, Work
from .orcid_work import ExternalId, Text

# relatedIdentifierType, lower case → ORCID's type, of what holds the work.
PART_KINDS = {"doi": "doi", "isbn": "isbn", "issn": "issn", "eissn": "issn", "lissn": "issn"}

# Type of an alternate identifier, lower case → ORCID's type.
SELF_KINDS = {
    "arxiv": "arxiv",
    "handle": "handle",
    "isbn": "isbn",
    "pmid": "pmid",
    "bibcode": "bibcode",
    "ark": "ark",
    "igsn": "other-id",  # ORCID has no type of its own for these two
    "swhid": "other-id",
}

_LONGEST = 1000
_NONE = frozenset(
    ("n/a", "n.a", "na", "nil", "no", "none", "not applicable", "not available", "null", "tba", "tbd",
     "unknown", "xxx")
)  # fmt: skip

# An award's own DOI, by itself or at the resolver: numbers like 10.001/2020 are none, and an
# address that has one somewhere in it is of something else. 10.13039 is for funders.
_AWARD_DOI = re.compile(
    r"(?:doi:\s*|(?:https?://)?(?:dx\.|www\.)?doi\.org/)?(?!10\.13039/)10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+",
    re.IGNORECASE,
).fullmatch
_OF_FUNDER = re.compile(r"\b10\.13039/").search

# How ORCID normalises a value (ORCID-Source, utils/v3/identifiers); "" where it cannot.
_ISSN = re.compile(r"(?<![0-9])([0-9]{4})\s*(?:[-–—]\s*)?([0-9]{3}[0-9xX])(?![0-9])").search
_ISBN = re.compile(
    r"(?<![0-9])(?:97[89](?:[-‐‑–—\s]*[0-9]){10}|(?:[0-9][-‐‑–—\s]*){9}[0-9xX])(?![0-9])"
).search
_ARXIV = re.compile(
    r"((?<![0-9.])[0-9]{4}\.[0-9]{4,5}(?:v[0-9]+)?"
    r"|(?<![0-9.a-z-])[a-z-]+(?:\.[a-z]{2})?/[0-9]{7}(?:v[0-9]+)?)(?![0-9])",
    re.IGNORECASE,
).search
_PMID = re.compile(
    r"(?:pmid:?\s*|/med/|/pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/|^)([0-9]{4,8})(?![0-9-])"
).search
_BIBCODE = re.compile(r"(?<!\S)[0-9]{4}\S{14}[A-Z0-9.](?!\S)", re.IGNORECASE).search
# By itself or labelled, or behind the resolver's host or a repository's path "/handle/".
_HANDLE = re.compile(
    r"(?:^(?:hdl:|handle:|info:hdl/)?\s*|hdl\.handle\.net/+|/handle/+)([0-9]+(?:\.[0-9a-z]+)*/\S+)",
    re.IGNORECASE,
).search
_ARK = re.compile(r"ark:/?[0-9a-z]+/\S+", re.IGNORECASE).search


def _issn(value: str) -> str:
    found = _ISSN(value)
    return f"{found[1]}-{found[2].upper()}" if found else ""


def _isbn(value: str) -> str:
    """10 or 13 characters; of several the first."""
    found = _ISBN(value)
    return re.sub(r"[^0-9xX]", "", found[0]).upper() if found else ""


def _arxiv(value: str) -> str:
    found = _ARXIV(value)
    return f"arXiv:{found[1]}" if found else ""


def _pmid(value: str) -> str:
    found = _PMID(value.strip().lower())
    return found[1] if found else ""


def _bibcode(value: str) -> str:
    found = _BIBCODE(value)
    return found[0] if found else ""


def _handle(value: str) -> str:
    found = _HANDLE(value)
    return found[1] if found else ""


def _ark(value: str) -> str:
    found = _ARK(value)
    return found[0] if found else ""


def _as_given(value: str) -> str:
    """As one plain line; empty for what says that there is none."""
    text = texts.line(value, _LONGEST + 1)
    bare = text.casefold().strip(" .,:;?-–—/()[]")
    says_none = not bare or bare in _NONE or texts.is_placeholder(text)
    return "" if says_none or len(text) > _LONGEST else text


NORMALISERS: dict[str, Callable[[str], str]] = {
    "issn": _issn,
    "isbn": _isbn,
    "arxiv": _arxiv,
    "pmid": _pmid,
    "bibcode": _bibcode,
    "handle": _handle,
    "ark": _ark,
    "other-id": _as_given,
    "grant_number": _as_given,
    "uri": _as_given,
}
_CHECKED = frozenset(("isbn", "issn"))
_CASE_SENSITIVE = frozenset(("bibcode", "uri", "ark", "rrid"))


def external_ids(work: Work, *, work_type: str) -> list[ExternalId]:
    """Every id once, the own DOI first. Without an id at all when ORCID cannot read the DOI."""
    own = doi.as_orcid_reads(work.doi)
    if not own:
        return []
    ids = [_of_doi(work.doi, "self")]
    if not (work.related or work.identifiers or work.container or work.funding):
        return ids
    seen = {("doi", own), ("handle", own)}  # a DOI is a Handle too
    for kind, value, relationship, url in _candidates(work, work_type=work_type):
        is_doi = kind == "doi"
        normal = doi.as_orcid_reads(doi.Doi(value)) if is_doi else NORMALISERS[kind](value)
        key = (kind, normal if kind in _CASE_SENSITIVE else normal.lower())
        if not normal or key in seen or (kind in _CHECKED and not _has_check_digit(normal)):
            continue
        seen.add(key)
        if is_doi:
            ids.append(_of_doi(value, relationship))
        else:
            ids.append(ExternalId(kind, normal, relationship, Text(url) if url else None))
    return ids


def _has_check_digit(number: str) -> bool:
    """Of an ISSN or ISBN. Zeros alone would pass, and stand for none."""
    digits = [10 if char == "X" else int(char) for char in number.replace("-", "")]
    if len(digits) == 13:
        return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0 and any(digits)
    weighted = sum(weight * digit for weight, digit in enumerate(reversed(digits), start=1))
    return weighted % 11 == 0 and any(digits)


def _of_doi(value: str, relationship: str) -> ExternalId:
    return ExternalId("doi", value, relationship, Text(doi.url(doi.Doi(value))))


def _candidates(work: Work, *, work_type: str) -> Iterator[tuple[str, str, str, str]]:
    """Type, value, relationship and address of every id that the record offers.

    Of a DOI that is a version and holds the work, the version counts: it is what groups.
    """
    for alternate in work.identifiers:
        kind = SELF_KINDS.get(alternate.kind.strip().lower())
        if kind is not None:
            is_part = kind == "isbn" and work_type == "book-chapter"
            yield kind, alternate.value, "part-of" if is_part else "self", ""
    for one in work.related:
        if one.doi is not None and names_version(one, of=work.doi):
            yield "doi", one.doi, "version-of", ""
    for one in work.related:
        if one.relation in HOLDING_RELATIONS:
            yield from _part("DOI" if one.doi else one.kind, one.doi or one.value)
    if work.container is not None and work.container.identifier:
        yield from _part(work.container.identifier_kind, work.container.identifier)
    for funding in work.funding:
        yield from _funded(funding)


def _part(kind: str, value: str) -> Iterator[tuple[str, str, str, str]]:
    wanted = PART_KINDS.get(kind.strip().lower())
    if wanted == "doi":
        try:
            yield "doi", doi.parse(value), "part-of", ""
        except NotADoi:
            return
    elif wanted is not None:
        yield wanted, value, "part-of", ""


def _funded(funding: Funding) -> Iterator[tuple[str, str, str, str]]:
    """An award's DOI, else its number (with its address), else its address."""
    uri, number = texts.line(funding.award_uri, _LONGEST), _as_given(funding.award_number)
    for value in (uri, number):
        if "10." in value and _AWARD_DOI(value):
            try:
                yield "doi", doi.parse(value), "funded-by", ""
            except NotADoi:
                continue
            return
    address = uri if _is_address(uri) and not _OF_FUNDER(uri) else ""
    if number and not _OF_FUNDER(number):
        yield "grant_number", number, "funded-by", address
    elif address:
        yield "uri", address, "funded-by", address


def _is_address(text: str) -> bool:
    """Whether it is an address that ORCID's schema takes as anyURI."""
    if not text.startswith(("http://", "https://")) or not text.isprintable():
        return False
    return re.fullmatch(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{10,2000}", text) is not None
