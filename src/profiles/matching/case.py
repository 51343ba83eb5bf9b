"""All that a rule may look at: the work, the iD, the operator's policy, the person's own wishes."""

from __future__ import annotations

from typing import Literal

import msgspec

from ..values.orcid_id import OrcidId
from ..values.work import Work
from .versions import Family, Versions

PartRule = Literal["components", "strict"]
PartPolicy = Literal["default", "send", "ask", "never"]
Permission = Literal["usable", "missing", "ended", "scope_missing"]
Declined = Literal["", "not_mine", "never_add"]
Removed = Literal["", "by_person", "at_orcid", "blocked"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's settings."""

    exclude_prefixes: frozenset[str] = frozenset()  # EXCLUDE_PREFIXES
    part_rule: PartRule = "components"  # PART_RULE; "strict": every IsPartOf excludes


class PersonFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the person allowed and wishes, in general and about this DOI."""

    permission: Permission = "missing"
    auto_update: bool = True
    ask_first: bool = False
    part_policy: PartPolicy = "default"  # "default" leaves it to the operator's part_rule
    contributors_sent: frozenset[str] = frozenset()  # contributorTypes to send without asking
    contributors_asked: frozenset[str] = frozenset()  # contributorTypes to propose
    excluded_types: frozenset[str] = frozenset()  # resourceTypeGeneral, lower case
    excluded_repositories: frozenset[str] = frozenset()  # DataCite client ids, lower case
    excluded_prefixes: frozenset[str] = frozenset()
    declined: Declined = ""  # what the person said about this DOI
    removed: Removed = ""  # whether the person took this DOI off the record, or staff forbid it
    versions: Versions = "grouped"  # of DOIs that are versions of one another, which are wanted
    family: Family | None = None  # the versions of this work that qualify, where there are others


class Case(msgspec.Struct, frozen=True):
    """One (DOI, iD) before the rules; without `person` only the metadata are judged."""

    work: Work
    orcid: OrcidId
    policy: Policy
    person: PersonFacts | None
