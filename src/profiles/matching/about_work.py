"""R1 to R5: may this DOI be sent for anybody at all?"""

from __future__ import annotations

from ..values import doi, texts
from ..values.marking import marked as _
from .case import Case
from .evidence import fact, given
from .outcome import Finding

RAID_REGISTRY = "raidregistry"  # DataCite's clientType `raidRegistry`: project records, no works
# Where DataCite keeps its copies of other agencies' records. They carry no `agency` of their own
# in plain answers (datacite/levriero and datacite/bracco name these repositories).
COPIES_OF_OTHERS = frozenset(
    f"{agency}.citations" for agency in ("crossref", "medra", "kisti", "jalc", "op")
)
SHOWN_TITLE = 80


def agency(case: Case) -> Finding:
    work = case.work
    if work.repository in COPIES_OF_OTHERS:
        return "not_datacite", (given(_("repository: %(value)s"), work.repository),)
    code = "datacite" if work.agency.casefold() == "datacite" else "not_datacite"
    return code, (given(_("agency: %(value)s"), work.agency),)


def state(case: Case) -> Finding:
    """An unknown state is no yes: what is not public must not get on a public record."""
    found = case.work.state
    looked_at = (given(_("state: %(value)s"), found),)
    if not found:
        return "state_unknown", looked_at
    return "findable" if found.casefold() == "findable" else "not_findable", looked_at


def completeness(case: Case) -> Finding:
    """What ORCID takes no work without: a title, and a DOI that it can read."""
    said = [each.text for each in case.work.titles if texts.says_something(each.text)]
    if not said:
        return "no_title", (
            fact(_("titles: %(total)s, with text: 0"), total=len(case.work.titles)),
        )
    if not doi.as_orcid_reads(case.work.doi):
        return "doi_unreadable", (fact(_("DOI: %(value)s"), value=case.work.doi),)
    return "complete", (fact(_("title: %(value)s"), value=texts.line(said[0], SHOWN_TITLE)),)


def prefix(case: Case) -> Finding:
    found = doi.prefix(case.work.doi)
    code = "prefix_excluded" if found in case.policy.exclude_prefixes else "prefix_allowed"
    return code, (given(_("prefix: %(value)s"), found),)


def registry(case: Case) -> Finding:
    work = case.work
    raid = work.repository_kind.casefold() == RAID_REGISTRY
    return "raid_registry" if raid else "repository_allowed", (
        given(_("repository: %(value)s"), work.repository),
        given(_("clientType: %(value)s"), work.repository_kind),
    )
