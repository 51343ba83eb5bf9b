"""Creators and contributors of a DataCite record, with their ORCID iDs in whatever spelling."""

from __future__ import annotations

from ...values import orcid_id, vocabulary
from ...values.orcid_id import OrcidId, RefusedOrcidId
from ...values.work import Contributor, RejectedId
from . import record


def read_contributors(
    people: list[record.Person] | None, *, host: str, roles: bool = False
) -> tuple[Contributor, ...]:
    """Creators or contributors. The hot path of all reading: some works have thousands."""
    if not people:
        return ()
    made = []
    for person in people:
        given, family = person.given_name, person.family_name
        organization = person.name_type == "Organizational"
        if given and family and not (organization and person.name):
            name = f"{given} {family}"
        else:
            whole = person.name or person.creator_name or person.contributor_name
            name, family = whole or family or given or "", ""
        role = vocabulary.role(person.contributor_type or "") if roles else ""
        if person.name_identifiers:
            orcids, rejected = _orcids(person.name_identifiers, host=host)
            made.append(Contributor(name, role, organization, orcids, rejected, family))
        else:
            made.append(Contributor(name, role, organization, (), (), family))
    return tuple(made)


def _orcids(
    given: list[record.NameIdentifier], *, host: str
) -> tuple[tuple[OrcidId, ...], tuple[RejectedId, ...]]:
    """The iDs among a person's nameIdentifiers, and those that only say they are one."""
    orcids: list[OrcidId] = []
    rejected: list[RejectedId] = []
    for one in given:
        value = one.name_identifier or ""
        scheme = one.name_identifier_scheme or ""
        uri = one.scheme_uri or one.scheme_uri_41 or ""
        if len(value) > record.LONGEST_ID:
            continue
        if not orcid_id.is_claimed(value=value, scheme=scheme, scheme_uri=uri, host=host):
            continue
        try:
            found = orcid_id.parse(value, host=host)
        except RefusedOrcidId as error:
            rejected.append(RejectedId(raw=value, scheme=scheme, reason=error.reason))
        else:
            if found not in orcids:
                orcids.append(found)
    return tuple(orcids), tuple(rejected)
