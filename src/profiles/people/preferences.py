"""What a person may choose about Auto-update, beyond on and off. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Versions(StrEnum):
    """Of DOIs that are versions of one another, which go to the record."""

    GROUPED = "grouped"  # all of them; ORCID shows them as one
    NEWEST = "newest"  # only the newest
    CONCEPT = "concept"  # only the DOI that stands for all of them


class Withdrawn(StrEnum):
    """What becomes of a work whose DOI no longer names the person, or is no longer public."""

    MARK = "mark"  # it leaves when the iD is gone; it stays, with a mark, while the DOI is hidden
    REMOVE = "remove"  # it leaves in both cases
    KEEP = "keep"  # it stays in both cases, with a mark


class Choices(msgspec.Struct, frozen=True):
    """What a person chose about Auto-update."""

    auto_update: bool
    versions: Versions = Versions.GROUPED
    withdrawn: Withdrawn = Withdrawn.MARK
