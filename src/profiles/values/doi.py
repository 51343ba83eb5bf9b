"""DOIs in one canonical spelling: lower case, no resolver, no percent-encoding."""

from __future__ import annotations

from typing import NewType

from ..errors import NotADoi

Doi = NewType("Doi", str)  # canonical: "10.5061/dryad.8515"


def parse(text: str) -> Doi:
    """The DOI that `text` spells: bare, `doi:`, `info:doi/`, a resolver's URL, percent-encoded, any case.

    Raises NotADoi.
    """
    raise NotADoi(text)  # written in full by the values work


def url(doi: Doi) -> str:
    """The address that resolves it: https://doi.org/… (reserved characters percent-encoded)."""
    return f"https://doi.org/{doi}"


def prefix(doi: Doi) -> str:
    """"10.5061" of "10.5061/dryad.8515"."""
    return doi.partition("/")[0]
