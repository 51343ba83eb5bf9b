"""Work to ORCID work (pure): `convert`, then `render`; `fingerprint` and `body` of what is rendered."""

from .grouping import GroupingIds, giving_way, grouping_ids
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
    "giving_way",
    "grouping_ids",
    "render",
]
