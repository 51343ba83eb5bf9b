"""What the rules may know of a person and a claim, and how a state of metadata is named."""

from __future__ import annotations

from ..claims.ledger import Holding
from ..claims.reasons import BLOCKED
from ..claims.states import Origin
from ..matching import Family, PersonFacts
from ..matching.case import Removed
from ..people.standing import Standing
from ..values.work import Work

# For the rules, support staff act for the person.
REMOVED: dict[str, Removed] = {
    "removed_by_person": "by_person",
    "removed_by_staff": "by_person",
    "removed_at_orcid": "at_orcid",
    "account_closed": "by_person",
    BLOCKED: "blocked",
}


def may_move(held: Holding | None) -> bool:
    """Whether what the person chose may add it or take it off: not what they added by hand."""
    ruled = (Origin.AUTO_UPDATE, Origin.IMPORT)
    return held is None or (held.origin in ruled and not held.by_hand)


def person_facts(
    person: Standing, held: Holding | None = None, *, family: Family | None = None
) -> PersonFacts:
    """With what they decided about this DOI, where they have a claim on it."""
    return PersonFacts(
        permission=person.permission,
        auto_update=person.auto_update,
        declined="never_add" if held and held.unwanted_for == "never_add" else "",
        removed=REMOVED.get(held.unwanted_for, "") if held else "",
        versions=person.versions.value,
        family=family,
    )


def version_of(work: Work) -> str:
    """Names the state of the metadata; empty where the source gives no means to tell."""
    return f"{work.metadata_version or ''}@{work.updated}".removesuffix("@")
