"""ORCID iDs: found in any spelling, with the check digit tested (ISO 7064 MOD 11-2)."""

from __future__ import annotations

from typing import NewType

from ..errors import NotAnOrcidId

OrcidId = NewType("OrcidId", str)  # canonical: "0000-0002-1825-0097", capital X


def parse(text: str, host: str = "orcid.org") -> OrcidId:
    """The iD that `text` spells, on the wanted ORCID host.

    Raises NotAnOrcidId, whose `reason` is a key of REASONS.
    """
    raise NotAnOrcidId(text)  # written in full by the values work


def has_check_digit(sixteen: str) -> bool:
    """Whether the last of 16 characters (no hyphens) is the check character of the first 15."""
    raise NotImplementedError
