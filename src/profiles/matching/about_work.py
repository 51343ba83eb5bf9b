"""R1 to R5: may this DOI be sent for anybody at all?"""

from __future__ import annotations

from ..values import doi, texts
from .case import Case
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
        return "not_datacite", (f"repository: {work.repository}",)
    code = "datacite" if work.agency.casefold() == "datacite" else "not_datacite"
    return code, (f"agency: {work.agency or 'not given'}",)


def state(case: Case) -> Finding:
    """An unknown state is no yes: what is not public must not get on a public record."""
    found = case.work.state
    if not found:
        return "state_unknown", ("state: not given",)
    return "findable" if found.casefold() == "findable" else "not_findable", (f"state: {found}",)


def completeness(case: Case) -> Finding:
    """What ORCID takes no work without: a title, and a DOI that it can read."""
    said = [each.text for each in case.work.titles if texts.says_something(each.text)]
    if not said:
        return "no_title", (f"titles: {len(case.work.titles)}, with text: 0",)
    if not doi.as_orcid_reads(case.work.doi):
        return "doi_unreadable", (f"DOI: {case.work.doi}",)
    return "complete", (f"title: {texts.line(said[0], SHOWN_TITLE)}",)


def prefix(case: Case) -> Finding:
    found = doi.prefix(case.work.doi)
    code = "prefix_excluded" if found in case.policy.exclude_prefixes else "prefix_allowed"
    return code, (f"prefix: {found}",)


def registry(case: Case) -> Finding:
    work = case.work
    raid = work.repository_kind.casefold() == RAID_REGISTRY
    return "raid_registry" if raid else "repository_allowed", (
        f"repository: {work.repository or 'not given'}",
        f"clientType: {work.repository_kind or 'not given'}",
    )
