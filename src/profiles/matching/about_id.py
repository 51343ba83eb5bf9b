"""R6 to R8: does the work name this iD, spelled so that it can be used, and in which place?"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from ..values.marking import marked as _
from ..values.orcid_id import OrcidId
from ..values.work import Contributor, Place, RejectedId, Work
from .case import Case
from .evidence import Fact, fact
from .outcome import Finding

OTHER_HOST = "other_host"  # of orcid_id.REASONS
SHOWN = 5  # entries named as evidence; a record may have thousands of authors

# The parts of the metadata, as a page names them in its own language.
PLACES: dict[Place, Fact] = {
    "creators": Fact(_("creators")),
    "contributors": Fact(_("contributors")),
}
NO_TYPE = Fact(_("no type"))


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
            return "is_creator", (
                fact(
                    _("creator %(number)s of %(total)s: %(name)s"),
                    number=index,
                    total=len(work.creators),
                    name=entry.name,
                ),
            )
    if any(case.orcid in entry.orcids for entry in work.contributors):
        return "not_creator", (fact(_("creators: %(total)s"), total=len(work.creators)),)
    with_id = sum(bool(entry.orcids) for entry in work.creators)
    unusable = [_shown_rejected(*each) for each in _rejected(work)]
    return "not_named", (
        fact(
            _("creators: %(total)s, with an ORCID iD: %(named)s"),
            total=len(work.creators),
            named=with_id,
        ),
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
    evidence = tuple(
        fact(_("contributor (%(role)s): %(name)s"), role=entry.role or NO_TYPE, name=entry.name)
        for entry in entries
    )
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


def _naming(work: Work, orcid: OrcidId) -> tuple[Fact, ...]:
    return tuple(
        fact(_("%(place)s: %(name)s, %(orcid)s"), place=PLACES[place], name=entry.name, orcid=orcid)
        for place, entry in _entries(work)
        if orcid in entry.orcids
    )


def _rejected(work: Work) -> Iterator[tuple[Place, Contributor, RejectedId]]:
    for place, entry in _entries(work):
        for each in entry.rejected:
            yield place, entry, each


def _shown_rejected(place: Place, entry: Contributor, each: RejectedId) -> Fact:
    return fact(
        _("%(place)s: %(name)s, %(raw)s under scheme %(scheme)s (%(reason)s)"),
        place=PLACES[place],
        name=entry.name,
        raw=repr(each.raw),
        scheme=repr(each.scheme),
        reason=Fact(each.reason),
    )


def _means(each: RejectedId, orcid: OrcidId) -> bool:
    """Whether a rejected value was meant as this iD: its digits are in it, save the check digit."""
    cleaned = unicodedata.normalize("NFKC", each.raw)
    digits = "".join(char for char in cleaned.upper() if char.isdecimal() or char == "X")
    return orcid.replace("-", "")[:15] in digits
