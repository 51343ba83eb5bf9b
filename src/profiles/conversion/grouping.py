"""What ORCID knows a work by: the ids that make duplicates and groups. Pure."""

from __future__ import annotations

from typing import NamedTuple

from .orcid_work import OrcidWork

Id = tuple[str, str]  # type and value, as they are sent


class GroupingIds(NamedTuple):
    own: frozenset[Id]  # self
    linked: frozenset[Id]  # self and version-of: works that share one are a group

    def clashes_with(self, earlier: frozenset[Id]) -> bool:
        """Whether ORCID refuses it in one call with works of these `linked` ids.

        A bulk is stricter than single calls: an own id there may not even be a version of another.
        """
        return not self.own.isdisjoint(earlier)


def grouping_ids(work: OrcidWork) -> GroupingIds:
    ids = [
        ((each.external_id_type, each.external_id_value.lower()), each.external_id_relationship)
        for each in work.external_ids.external_id
    ]
    return GroupingIds(
        own=frozenset(found for found, relation in ids if relation == "self"),
        linked=frozenset(found for found, relation in ids if relation in ("self", "version-of")),
    )
