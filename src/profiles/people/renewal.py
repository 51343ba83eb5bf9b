"""Part of `grants`: what becomes of a grant as its end comes near, and whether the person was told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db.models import F, Q

from ..values.orcid_id import OrcidId
from . import lifetimes, wiring
from .grants import context_of
from .lifetimes import Due
from .models import Grant
from .openid_server import Tokens
from .permissions import GrantState, Purpose
from .sealing import Secret

# Whoever could not be told for so long reads it on our pages; an old message only puzzles.
NEWS_FOR = timedelta(days=7)


class DueGrant(msgspec.Struct, frozen=True):
    """A grant whose end has to be seen to."""

    grant_id: UUID
    orcid: OrcidId
    what: Due


class Renewable(msgspec.Struct, frozen=True, kw_only=True):
    """A grant with its refresh token opened."""

    grant_id: UUID
    orcid: OrcidId
    api_client: str
    refresh_token: Secret
    fingerprint: str  # of the access token that it has now


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is to be told about one grant."""

    grant_id: UUID
    purpose: Purpose
    state: GrantState
    at: datetime  # when it ended, or will


def due(*, now: datetime, limit: int) -> tuple[DueGrant, ...]:
    """Those that are due for longest."""
    found = Grant.objects.filter(state=GrantState.ACTIVE, due_at__lte=now).order_by("due_at")
    return tuple(
        DueGrant(
            grant.id,
            OrcidId(grant.orcid),
            lifetimes.what_is_due(
                expires_at=grant.expires_at or now,
                renewable=bool(grant.sealed_refresh_token),
                now=now,
            ),
        )
        for grant in found[:limit]
    )


def renewable(grant_id: UUID) -> Renewable | None:
    """None where there is nothing to renew (any more)."""
    grant = (
        Grant.objects.filter(pk=grant_id, state=GrantState.ACTIVE)
        .exclude(sealed_refresh_token="")
        .first()
    )
    if grant is None:
        return None
    return Renewable(
        grant_id=grant.id,
        orcid=OrcidId(grant.orcid),
        api_client=grant.api_client,
        refresh_token=wiring.sealer().open(
            grant.sealed_refresh_token, context=context_of(grant.id)
        ),
        fingerprint=grant.fingerprint,
    )


def store_renewed(old: Renewable, new: Tokens, *, now: datetime) -> bool:
    """In one statement, so that a crash leaves the old pair or the new one. False where the grant
    has ended or changed meanwhile; then nothing is kept."""
    refresh_token = new.refresh_token or old.refresh_token  # RFC 6749, 6
    sealer, context = wiring.sealer(), context_of(old.grant_id)
    fields = {
        "sealed_access_token": sealer.seal(new.access_token, context=context),
        "sealed_refresh_token": sealer.seal(refresh_token, context=context),
        "fingerprint": new.access_token.fingerprint,
        "expires_at": new.expires_at,
        "renewed_at": now,
        "due_at": lifetimes.due_at(since=now, expires_at=new.expires_at, renewable=True),
    }
    if new.scope:
        fields["scope"] = new.scope
    mine = Grant.objects.filter(
        pk=old.grant_id, state=GrantState.ACTIVE, fingerprint=old.fingerprint
    )
    return bool(mine.update(**fields))


def is_due(grant_id: UUID, *, now: datetime) -> bool:
    """Still: somebody may have seen to it."""
    return Grant.objects.filter(pk=grant_id, state=GrantState.ACTIVE, due_at__lte=now).exists()


def put_off(grant_id: UUID, *, until: datetime) -> None:
    """It could not be seen to now; unless somebody else has done so."""
    sooner = Grant.objects.filter(pk=grant_id, state=GrantState.ACTIVE, due_at__lt=until)
    sooner.update(due_at=until)


# ---- telling the person, once


def untold(orcid: OrcidId, *, now: datetime) -> tuple[News, ...]:
    """The person's grants that ended without their doing here, and that nobody has told them of."""
    return tuple(
        News(
            grant_id=grant.id,
            purpose=Purpose(grant.purpose),
            state=GrantState(grant.state),
            at=grant.ended_at or now,
        )
        for grant in Grant.objects.filter(_untold(now), orcid=orcid).order_by("ended_at")
    )


def whom_to_tell(*, now: datetime, limit: int) -> tuple[OrcidId, ...]:
    """Those with an address whose permission ended lately."""
    rows = Grant.objects.filter(_untold(now)).exclude(person__email="")
    orcids = rows.order_by("ended_at").values_list("orcid", flat=True)[:limit]
    return tuple(dict.fromkeys(OrcidId(orcid) for orcid in orcids))


def _untold(now: datetime) -> Q:
    """What the person withdrew on our own pages has no token any more, and is no news to them."""
    return (
        Q(state__in=[GrantState.REVOKED, GrantState.EXPIRED], told_at__isnull=True)
        & Q(ended_at__gt=now - NEWS_FOR, person__is_active=True)
        & ~Q(sealed_access_token="")
    )


def take_telling(grant_ids: Collection[UUID], *, now: datetime) -> frozenset[UUID]:
    """Those that it is now the caller's part to tell of; nobody else gets them."""
    return frozenset(
        grant_id
        for grant_id in grant_ids
        if Grant.objects.filter(pk=grant_id, told_at__isnull=True).update(told_at=now)
    )


def give_back_telling(grant_ids: Collection[UUID]) -> None:
    """They could not be told: another time."""
    Grant.objects.filter(pk__in=grant_ids).update(told_at=None)


def take_warning(grant_id: UUID, *, now: datetime) -> News | None:
    """What to warn of, for the one caller whose part it is. What is due next is the end itself."""
    active = Grant.objects.filter(pk=grant_id, state=GrantState.ACTIVE)
    active.update(due_at=F("expires_at"))
    if not active.filter(warned_at__isnull=True).update(warned_at=now):
        return None
    grant = Grant.objects.get(pk=grant_id)
    return News(
        grant_id=grant_id,
        purpose=Purpose(grant.purpose),
        state=GrantState.ACTIVE,
        at=grant.expires_at or now,
    )


def give_back_warning(grant_id: UUID, *, until: datetime) -> None:
    Grant.objects.filter(pk=grant_id, state=GrantState.ACTIVE).update(warned_at=None, due_at=until)
