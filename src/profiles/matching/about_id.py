"""R6 to R8: does the work name this iD, spelled so that it can be used, and in which place?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ..values.orcid_id import OrcidId
from ..values.work import Contributor, Place, RejectedId, Work
from .case import Case
from .outcome import Finding

OTHER_HOST = "other_host"  # of orcid_id.REASONS
SHOWN = 5  # entries named as evidence; a record may have thousands of authors


def claimants(work: Work) -> tuple[OrcidId, ...]:
    """Every iD that the work names, once each, creators first.

    Contributors are among them: whether their iDs count is for the policies (R8) to say.
    """
    named = (orcid for _, entry in _entries(work) for orcid in entry.orcids)
    return tuple(dict.fromkeys(named))


def spelling(case: Case) -> Finding:
    """Rejected spellings count only where no usable one names the same iD."""
    named = _naming(case.work, case.orcid)
    if named:
        return "id_valid", named
    meant = tuple(
        (_shown_rejected(place, entry, each), each)
        for place, entry, each in _rejected(case.work)
        if _means(each, case.orcid)
    )
    if not meant:
        return "id_absent", ()
    other_host = any(each.reason == OTHER_HOST for _, each in meant)
    return "id_other_host" if other_host else "id_malformed", tuple(line for line, _ in meant)


def creator(case: Case) -> Finding:
    work = case.work
    for index, entry in enumerate(work.creators, start=1):
        if case.orcid in entry.orcids:
            return "is_creator", (f"creator {index} of {len(work.creators)}: {entry.name}",)
    if any(case.orcid in entry.orcids for entry in work.contributors):
        return "not_creator", (f"creators: {len(work.creators)}",)
    with_id = sum(bool(entry.orcids) for entry in work.creators)
    unusable = [_shown_rejected(*each) for each in _rejected(work)]
    return "not_named", (
        f"creators: {len(work.creators)}, with an ORCID iD: {with_id}",
        *unusable[:SHOWN],
    )


def contributor(case: Case) -> Finding:
    """Of several roles the most welcome one counts."""
    work = case.work
    if any(case.orcid in entry.orcids for entry in work.creators):
        return "no_contributor", ()
    entries = [entry for entry in work.contributors if case.orcid in entry.orcids]
    if not entries:
        return "no_contributor", ()
    roles = {entry.role for entry in entries}
    evidence = tuple(f"contributor ({entry.role or 'no type'}): {entry.name}" for entry in entries)
    if case.person is not None and roles & case.person.contributors_sent:
        return "contributor_counts", evidence
    if case.person is not None and roles & case.person.contributors_asked:
        return "contributor_asked", evidence
    return "only_contributor", evidence


def _entries(work: Work) -> Iterator[tuple[Place, Contributor]]:
    for entry in work.creators:
        yield "creators", entry
    for entry in work.contributors:
        yield "contributors", entry


def _naming(work: Work, orcid: OrcidId) -> tuple[str, ...]:
    return tuple(
        f"{place}: {entry.name}, {orcid}"
        for place, entry in _entries(work)
        if orcid in entry.orcids
    )


def _rejected(work: Work) -> Iterator[tuple[Place, Contributor, RejectedId]]:
    for place, entry in _entries(work):
        for each in entry.rejected:
            yield place, entry, each


def _shown_rejected(place: Place, entry: Contributor, each: RejectedId) -> str:
    return f"{place}: {entry.name}, {each.raw!r} under scheme {each.scheme!r} ({each.reason})"


def _means(each: RejectedId, orcid: OrcidId) -> bool:
    """Whether a rejected value was meant as this iD: its digits are in it, save the check digit."""
    cleaned = unicodedata.normalize("NFKC", each.raw)
    digits = "".join(char for char in cleaned.upper() if char.isdecimal() or char == "X")
    return orcid.replace("-", "")[:15] in digits
