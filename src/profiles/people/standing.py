"""How people stand towards auto-update: the facts that matching and delivery ask for. Reads only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import msgspec
from django.db.models import Prefetch

from ..values.orcid_id import OrcidId
from . import lifetimes
from .grants import serves
from .models import Grant, Person
from .permissions import WRITE_SCOPE, GrantState, Purpose
from .preferences import Versions, Withdrawn

Permission = Literal["usable", "missing", "ended", "scope_missing"]

# The ledger's reason for holding a claim, by how the permission stands.
HOLD_REASONS: dict[Permission, str] = {
    "missing": "no_permission",
    "ended": "permission_ended",
    "scope_missing": "scope_missing",
}


class Standing(msgspec.Struct, frozen=True):
    auto_update: bool
    permission: Permission
    versions: Versions = Versions.GROUPED
    withdrawn: Withdrawn = Withdrawn.MARK


# Of whom has no account, or is about to have none.
NOBODY = Standing(False, "missing")


def standings(
    orcids: Collection[OrcidId], purpose: Purpose, *, now: datetime, lock: bool = False
) -> dict[OrcidId, Standing]:
    """Those of the iDs who have an account, and how they stand. Two queries.

    With `lock` nobody changes or erases these accounts until the transaction ends.
    """
    people = Person.objects.filter(orcid__in=orcids, is_active=True).prefetch_related(
        Prefetch("grants", Grant.objects.filter(serves(purpose)), to_attr="serving")
    )
    if lock:
        people = people.order_by("pk").select_for_update(no_key=True)
    return {
        OrcidId(person.orcid): Standing(
            auto_update=person.auto_update,
            permission=_permission(person.serving, now),
            versions=Versions(person.versions),
            withdrawn=Withdrawn(person.withdrawn),
        )
        for person in people
        if person.orcid
    }


def standing(orcid: OrcidId, purpose: Purpose, *, now: datetime) -> Standing:
    return standings([orcid], purpose, now=now).get(orcid, NOBODY)


def _permission(grants: Collection[Grant], now: datetime) -> Permission:
    active = [
        grant
        for grant in grants
        if grant.state == GrantState.ACTIVE
        and not lifetimes.is_over(
            grant.expires_at, renewable=bool(grant.sealed_refresh_token), now=now
        )
    ]
    if any(WRITE_SCOPE in grant.scope.split() for grant in active):
        return "usable"
    if active:
        return "scope_missing"
    return "ended" if grants else "missing"
