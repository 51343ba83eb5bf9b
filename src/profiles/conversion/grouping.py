"""What ORCID knows a work by: the ids that make duplicates and groups. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from .orcid_work import ExternalIds, OrcidWork

Id = tuple[str, str]  # type and value, as they are sent


class GroupingIds(NamedTuple):
    own: frozenset[Id]  # self
    linked: frozenset[Id]  # self and version-of: works that share one are a group

    def clashes_with(self, earlier: frozenset[Id]) -> bool:
        """Whether ORCID refuses it in one call with works of these `linked` ids.

        A bulk is stricter than single calls: an own id there may not even be a version of another.
        """
        return not self.own.isdisjoint(earlier)


def giving_way(work: OrcidWork) -> OrcidWork:
    """With its own DOI alone as its own: what another work of ours calls its own, too, groups the
    two as versions of one another, and ORCID takes both."""
    own, *others = work.external_ids.external_id
    shared = [
        msgspec.structs.replace(each, external_id_relationship="version-of")
        if each.external_id_relationship == "self"
        else each
        for each in others
    ]
    return msgspec.structs.replace(work, external_ids=ExternalIds([own, *shared]))


def grouping_ids(work: OrcidWork) -> GroupingIds:
    ids = [
        ((each.external_id_type, each.external_id_value.lower()), each.external_id_relationship)
        for each in work.external_ids.external_id
    ]
    return GroupingIds(
        own=frozenset(found for found, relation in ids if relation == "self"),
        linked=frozenset(found for found, relation in ids if relation in ("self", "version-of")),
    )
