"""R9 to R14: is the work only a part of something, or a version of something?

R9 exists to keep the many files of one dataset off the record, so it depends on what the work
is a part of (facts on DataCite, 1.5).
"""

from __future__ import annotations

from enum import Enum
from urllib.parse import urlsplit

from ..values.marking import marked as _
from ..values.vocabulary import IDENTICAL, PART, VERSION_RELATIONS, names_version
from ..values.work import RelatedId, Work
from .case import Case
from .evidence import Fact, fact
from .outcome import Finding

SERIAL_KINDS = frozenset({"issn", "eissn", "lissn", "isbn"})
COMMUNITIES = "/communities/"  # InvenioRDM writes each community of a record as IsPartOf
SHOWN = 20


class Target(Enum):
    """What a work is a part of."""

    DOI = "doi"
    COMMUNITY = "community"
    SERIAL = "serial"
    OTHER = "other"


def part_of_doi(case: Case) -> Finding:
    parts = _parts(case.work, Target.DOI)
    return _by_wish(case, parts, none="no_part_of_doi", usually="part_of_doi")


def part_of_community(case: Case) -> Finding:
    """`strict` promises that every IsPartOf excludes, as documented (contract, PART_RULE)."""
    parts = _parts(case.work, Target.COMMUNITY)
    if not parts:
        return "no_community", ()
    strict = _strict(case)
    return "part_of_community_strict" if strict else "community_ignored", _shown(parts)


def part_of_serial(case: Case) -> Finding:
    parts = _parts(case.work, Target.SERIAL)
    usually = "part_of_serial_strict" if _strict(case) else "part_of_serial"
    return _by_wish(case, parts, none="no_part_of_serial", usually=usually)


def part_of_other(case: Case) -> Finding:
    parts = _parts(case.work, Target.OTHER)
    return _by_wish(case, parts, none="no_part_of_other", usually="part_of_other")


def itself(case: Case) -> Finding:
    """Some concept DOIs of Zenodo name themselves as their version (datacite/datacite#2533)."""
    own = [
        each
        for each in case.work.related
        if each.relation in VERSION_RELATIONS and each.doi == case.work.doi
    ]
    return ("self_version_ignored", _shown(own)) if own else ("no_self_version", ())


def version(case: Case) -> Finding:
    found = [each for each in _versions(case.work) if each.relation != IDENTICAL]
    return ("version_grouped", _shown(found)) if found else ("no_version", ())


def identical(case: Case) -> Finding:
    found = [each for each in _versions(case.work) if each.relation == IDENTICAL]
    return ("identical_grouped", _shown(found)) if found else ("no_identical", ())


def target(related: RelatedId) -> Target:
    """What kind of thing an IsPartOf points to.

    The declared kind tells serials and books; a DOI is one in every spelling, also as a URL.
    """
    kind = related.kind.casefold()
    if kind in SERIAL_KINDS:
        return Target.SERIAL
    if related.doi is not None or kind == "doi":
        return Target.DOI
    return Target.COMMUNITY if _is_community(related.value, kind) else Target.OTHER


def _is_community(value: str, kind: str) -> bool:
    if COMMUNITIES not in value:  # nearly always: do not parse
        return False
    if "://" not in value:
        value = f"//{value}" if kind == "url" else ""
    try:
        return COMMUNITIES in urlsplit(value).path
    except ValueError:  # "https://[…"
        return False


def _by_wish(case: Case, parts: list[RelatedId], *, none: str, usually: str) -> Finding:
    """The person's own wish about parts decides; without one, the `usual` answer."""
    if not parts:
        return none, ()
    wish = "default" if case.person is None else case.person.part_policy
    code = {"send": "part_sent", "ask": "part_asked", "never": "part_never"}.get(wish, usually)
    return code, _shown(parts)


def _strict(case: Case) -> bool:
    return case.policy.part_rule == "strict"


def _parts(work: Work, wanted: Target) -> list[RelatedId]:
    """Nothing is a part of itself, whatever the metadata say."""
    return [
        each
        for each in work.related
        if each.relation == PART and each.doi != work.doi and target(each) is wanted
    ]


def _versions(work: Work) -> list[RelatedId]:
    return [each for each in work.related if names_version(each, of=work.doi)]


def _shown(found: list[RelatedId]) -> tuple[Fact, ...]:
    """Sorted, so that the order of the metadata changes nothing."""
    named = sorted({f"{each.relation} {each.kind} {each.value}" for each in found})
    lines = tuple(fact("%(related)s", related=each) for each in named[:SHOWN])
    more = len(named) - SHOWN
    return (*lines, fact(_("and %(more)s more"), more=more)) if more > 0 else lines
