"""Work to ORCID work (pure): `convert`, then `render`; `fingerprint` and `body` of what is rendered."""

from .grouping import GroupingIds, grouping_ids
from .orcid_work import OrcidWork, render
from .work import REASONS, RefusedWork, body, convert, fingerprint

__all__ = [
    "REASONS",
    "GroupingIds",
    "OrcidWork",
    "RefusedWork",
    "body",
    "convert",
    "fingerprint",
    "grouping_ids",
    "render",
]
