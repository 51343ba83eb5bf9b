"""The only writer of grants: what persons allowed at ORCID, with the tokens sealed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q
from django.utils import timezone

from ..values.orcid_id import OrcidId
from . import lifetimes, wiring
from .models import Grant, Person
from .permissions import WRITE_SCOPE, GrantState, HeldToken, Purpose, TokenReply, UsableGrant
from .refusals import AccountClosed, DifferentOrcidId

if TYPE_CHECKING:
    from django.db.models import QuerySet


@transaction.atomic
def store_grant(person: Person, purpose: Purpose, reply: TokenReply, now: datetime) -> None:
    """Keeps what ORCID gave, sealed; an earlier grant for the purpose is replaced.

    Raises DifferentOrcidId where it is for another iD, AccountClosed; then nothing is kept: token
    and iD change together or not at all.
    """
    locked = Person.objects.select_for_update().filter(pk=person.pk, is_active=True).first()
    if locked is None:
        raise AccountClosed
    if reply.orcid != locked.orcid:
        raise DifferentOrcidId(expected=OrcidId(locked.orcid or ""), got=reply.orcid)
    Grant.objects.filter(person=locked, purpose=purpose, state=GrantState.ACTIVE).update(
        state=GrantState.REPLACED, ended_at=now, ended_reason="a newer permission"
    )
    grant = Grant(
        person=locked,
        purpose=purpose,
        api_client=reply.api_client,
        orcid=reply.orcid,
        fingerprint=reply.access_token.fingerprint,
        scope=reply.scope,
        granted_at=now,
        expires_at=reply.expires_at,
        due_at=lifetimes.due_at(
            since=now, expires_at=reply.expires_at, renewable=reply.refresh_token is not None
        ),
    )
    sealer, context = wiring.sealer(), context_of(grant.id)
    grant.sealed_access_token = sealer.seal(reply.access_token, context=context)
    if reply.refresh_token is not None:
        grant.sealed_refresh_token = sealer.seal(reply.refresh_token, context=context)
    grant.save(force_insert=True)


@transaction.atomic
def end_grant(
    grant_id: UUID, *, state: GrantState, reason: str, now: datetime, fingerprint: str = ""
) -> OrcidId | None:
    """Whose it was; None where it has another token by now than the one of this fingerprint.

    One that has ended already stays as it ended. The token stays: deleting works after a
    revocation. Nothing else happens to the person's grants until the transaction ends.
    """
    held = Grant.objects.filter(pk=grant_id)
    if fingerprint:
        held = held.filter(fingerprint=fingerprint)
    # The person first, as in `store_grant`: what ends and what arrives take turns.
    people = Person.objects.filter(grants__in=held).select_for_update(no_key=True)
    if people.first() is None:
        return None
    held.filter(state=GrantState.ACTIVE).update(
        state=state, ended_at=now, ended_reason=reason[:100]
    )
    orcid = held.values_list("orcid", flat=True).first()
    return None if orcid is None else OrcidId(orcid)


def record_success(grant_id: UUID, now: datetime) -> None:
    Grant.objects.filter(pk=grant_id).update(last_success_at=now)


def record_comparison(orcid: OrcidId, *, began: datetime, counts_as: datetime) -> None:
    """For all of the person's grants, also those that it did not need; not for one that came since."""
    known = Grant.objects.filter(orcid=orcid, state=GrantState.ACTIVE, granted_at__lte=began)
    known.update(compared_at=counts_as)


def compared_before(moment: datetime, *, limit: int, now: datetime) -> tuple[OrcidId, ...]:
    """Whose record can be read and was compared before this or never, longest ago first."""
    due = _active(now).filter(
        Q(compared_at__isnull=True) | Q(compared_at__lt=moment), scope__contains=WRITE_SCOPE
    )
    rows = due.order_by(F("compared_at").asc(nulls_first=True)).values_list("orcid", flat=True)
    return tuple(dict.fromkeys(OrcidId(orcid) for orcid in rows[:limit]))


def permitted_orcids(*, now: datetime) -> QuerySet[Grant, str]:
    """Whose record can be read, as a query: others compare it with tables of their own."""
    readable = _active(now, or_lapsed=True).filter(scope__contains=WRITE_SCOPE)
    return readable.values_list("orcid", flat=True).distinct()


def last_compared(orcid: OrcidId) -> datetime | None:
    """When the person's record was last read for a comparison."""
    found: datetime | None = Grant.objects.filter(orcid=orcid).aggregate(at=Max("compared_at"))[
        "at"
    ]
    return found


def usable_grant(
    orcid: OrcidId, purpose: Purpose, now: datetime, *, or_lapsed: bool = False
) -> UsableGrant | None:
    """The grant to write with. One of the other purpose serves if it is of the same ORCID client.

    With `or_lapsed` one whose access token must be renewed first is better than none.
    """
    active = _active(now, or_lapsed=or_lapsed).filter(
        serves(purpose), person__orcid=orcid, orcid=orcid
    )
    usable = [_opened(grant, now=now) for grant in active if WRITE_SCOPE in grant.scope.split()]
    return min(usable, key=lambda grant: (grant.lapsed, grant.purpose != purpose), default=None)


def _opened(grant: Grant, *, now: datetime) -> UsableGrant:
    renewable = grant.state == GrantState.ACTIVE and bool(grant.sealed_refresh_token)
    return UsableGrant(
        grant_id=grant.id,
        orcid=OrcidId(grant.orcid),
        purpose=Purpose(grant.purpose),
        api_client=grant.api_client,
        access_token=wiring.sealer().open(grant.sealed_access_token, context=context_of(grant.id)),
        scope=grant.scope,
        lapsed=lifetimes.wants_renewal(grant.expires_at, renewable=renewable, now=now),
    )


def grant_of_client(orcid: OrcidId, api_client: str, *, removing: bool) -> UsableGrant | None:
    """The grant to change a work with that this ORCID client put on the record.

    ORCID lets only the work's own client change it. A grant that a newer one replaced may still
    serve; for removing even one that was revoked (ORCID still deletes with it).
    """
    states = [GrantState.ACTIVE, GrantState.REPLACED]
    if removing:
        states += [GrantState.REVOKED, GrantState.EXPIRED]
    kept = Grant.objects.filter(
        orcid=orcid, person__orcid=orcid, api_client=api_client, state__in=states
    ).exclude(sealed_access_token="")
    grants = sorted(kept, key=lambda grant: grant.granted_at, reverse=True)
    active = [grant for grant in grants if grant.state == GrantState.ACTIVE]
    return _opened((active or grants)[0], now=timezone.now()) if grants else None


def holding(person: Person, purpose: Purpose | None = None) -> tuple[UUID, ...]:
    """Every grant whose token we hold, for the purpose or for any.

    Replaced ones too: ORCID lists us as trusted until the last one is gone.
    """
    held = Grant.objects.filter(person=person).exclude(sealed_access_token="")
    if purpose is not None:
        held = held.filter(serves(purpose))
    return tuple(held.order_by("granted_at").values_list("pk", flat=True))


def held_token(grant_id: UUID) -> HeldToken | None:
    """The grant's token, to be given back. Raises CannotOpen."""
    grant = Grant.objects.filter(pk=grant_id).exclude(sealed_access_token="").first()
    if grant is None:
        return None
    return HeldToken(
        grant_id=grant.id,
        api_client=grant.api_client,
        token=wiring.sealer().open(grant.sealed_access_token, context=context_of(grant.id)),
        fingerprint=grant.fingerprint,
    )


@transaction.atomic
def forget_token(held: HeldToken, *, reason: str, now: datetime) -> None:
    """After ORCID has taken the token back. A newer one, got by renewing, is not forgotten."""
    end_grant(
        held.grant_id,
        state=GrantState.REVOKED,
        reason=reason,
        now=now,
        fingerprint=held.fingerprint,
    )
    mine = Grant.objects.filter(pk=held.grant_id, fingerprint=held.fingerprint)
    mine.update(sealed_access_token="", sealed_refresh_token="")


def _active(now: datetime, *, or_lapsed: bool = False) -> QuerySet[Grant]:
    lives = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    if or_lapsed:
        lives |= ~Q(sealed_refresh_token="")
    return Grant.objects.filter(lives, state=GrantState.ACTIVE)


def serves(purpose: Purpose) -> Q:
    """Grants for the purpose, and any got through the client that the purpose uses."""
    shared = wiring.client_id(purpose)
    return Q(purpose=purpose) | Q(api_client=shared) if shared else Q(purpose=purpose)


def context_of(grant_id: UUID) -> str:
    return f"grant:{grant_id}"
