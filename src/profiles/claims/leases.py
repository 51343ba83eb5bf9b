"""The worker's side of the ledger: taking claims in hand, settling them, and finding what hangs.

A wish never waits for a worker and a worker never overrides a wish: a wish raises the claim's
serial, and what a worker brings back for an older serial only says what ORCID has now.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Min, QuerySet

from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import locks, reasons
from .models import Attempt, Claim
from .movement import move
from .states import Event, Origin, State, Wanted

LEASES = 20  # how often a claim may be taken and not settled


class Taken(msgspec.Struct, frozen=True):
    """A claim leased by a worker, as it was when it was taken."""

    id: int
    orcid: OrcidId
    doi: Doi
    origin: Origin
    wanted: Wanted
    put_code: int | None
    fingerprint: str  # of what ORCID has; empty when not known
    api_client: str  # whose work that is; empty when not known
    unsure: bool  # ORCID may have a work whose put-code we do not know
    insisted: bool  # the person's own wish, and not a change of metadata
    by_hand: bool  # the person added it, whatever its origin
    attempts: int  # earlier tries of this wish
    serial: int
    lease: uuid.UUID


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker found out about a claim it had taken."""

    event: Event
    reason: str = ""
    message: str = ""
    due_at: datetime | None = None  # for POSTPONE
    alone: bool = False  # POSTPONE because it does not go together with others
    everybody_waits: bool = False  # POSTPONE because ORCID is busy, not because of this claim
    tried: bool = True  # whether this counts as a try
    accepted: bool = False  # whether ORCID took something just now
    put_code: int | None = None  # what ORCID has now; None where it has nothing
    fingerprint: str = ""
    api_client: str = ""
    unsure: bool = False


def take(orcid: OrcidId, *, lease: timedelta, now: datetime) -> Taken | None:
    """Lease the person's claim that is due for longest; nobody else gets it until the lease ends."""
    with transaction.atomic():
        due = Claim.objects.filter(orcid=orcid, state=State.WAITING, due_at__lte=now)
        claim = due.order_by("due_at", "pk").select_for_update(skip_locked=True).first()
        if claim is None:
            return None
        claim.lease, claim.lease_until = uuid.uuid4(), now + lease
        move(claim, Event.TAKE, by="worker", now=now, quiet=True)
        return _taken(claim, claim.lease)


def take_additions(
    orcid: OrcidId, *, limit: int, lease: timedelta, now: datetime
) -> tuple[Taken, ...]:
    """Lease what is due to be added, longest due first, where there are two or more of them."""
    with transaction.atomic():
        due = Claim.objects.filter(
            orcid=orcid,
            state=State.WAITING,
            due_at__lte=now,
            wanted=Wanted.PRESENT,
            put_code__isnull=True,
            unsure=False,
            alone=False,
        )
        claims = list(due.order_by("due_at", "pk").select_for_update(skip_locked=True)[:limit])
        if len(claims) < 2:
            return ()
        token = uuid.uuid4()
        for claim in claims:
            claim.lease, claim.lease_until = token, now + lease
            move(claim, Event.TAKE, by="worker", now=now, quiet=True)
        return tuple(_taken(claim, token) for claim in claims)


def expect_answer(taken: Collection[Taken], *, api_client: str) -> bool:
    """Written before additions are sent, so that a crash cannot hide that they may have been done.

    False when a lease was lost: then nothing may be sent.
    """
    leases = {claim.lease for claim in taken}
    mine = Claim.objects.filter(
        pk__in=[claim.id for claim in taken], state=State.WORKING, lease__in=leases
    )
    return mine.update(unsure=True, api_client=api_client) == len(taken)


def postpone_others(orcid: OrcidId, *, until: datetime) -> int:
    """ORCID is busy: what else waits for this person waits as long. How many."""
    waiting = Claim.objects.filter(orcid=orcid, state=State.WAITING, due_at__lt=until)
    return waiting.update(due_at=until)


def _taken(claim: Claim, token: uuid.UUID) -> Taken:
    return Taken(
        id=claim.pk,
        orcid=OrcidId(claim.orcid),
        doi=Doi(claim.doi),
        origin=Origin(claim.origin),
        wanted=Wanted(claim.wanted),
        put_code=claim.put_code,
        fingerprint=claim.fingerprint,
        api_client=claim.api_client,
        unsure=claim.unsure,
        insisted=claim.insisted,
        by_hand=claim.by_hand,
        attempts=claim.attempts,
        serial=claim.serial,
        lease=token,
    )


def settle(taken: Taken, found: Settlement, *, now: datetime) -> bool:
    """Write down what became of a taken claim. False when the lease was lost meanwhile."""
    with transaction.atomic():
        mine = Claim.objects.filter(pk=taken.id, state=State.WORKING, lease=taken.lease)
        claim = mine.select_for_update().first()
        if claim is None:
            return False
        claim.put_code = found.put_code
        claim.fingerprint = found.fingerprint
        claim.api_client = found.api_client
        claim.unsure = found.unsure
        claim.alone = found.alone
        if found.accepted:
            claim.sent_at = now
        if claim.serial != taken.serial and not _still_counts(claim, found):
            # The wish moved on while we were out: what ORCID has is known, the rest is due again.
            move(claim, Event.POSTPONE, by="worker", now=now, due_at=now, quiet=True)
            return True
        settled = found.event in (Event.KEEP, Event.CLEAR)
        claim.attempts = 0 if settled else taken.attempts + found.tried
        reason = found.reason
        if found.event == Event.CLEAR:
            reason = found.reason or claim.unwanted_for
            claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
        move(
            claim,
            found.event,
            reason=reason,
            message=found.message,
            by="worker",
            now=now,
            due_at=found.due_at or now,
        )
        return True


def _still_counts(claim: Claim, found: Settlement) -> bool:
    """A person's removal at ORCID is not undone by metadata that came at the same moment."""
    theirs = found.event == Event.CLEAR and reasons.sticky(found.reason)
    return theirs and not claim.insisted


def take_back(orcid: OrcidId, *, now: datetime) -> int:
    """Only for who is `writing_to` the record: whoever had leased these claims is dead. How many."""
    with transaction.atomic():
        return _expire(Claim.objects.filter(orcid=orcid, state=State.WORKING), now=now)


def sweep(*, now: datetime) -> int:
    """Take back the leases that ran out. How many."""
    with transaction.atomic():
        lost = Claim.objects.filter(state=State.WORKING, lease_until__lt=now)
        return _expire(lost, now=now)


def _expire(claims: QuerySet[Claim], *, now: datetime) -> int:
    lost = list(claims.order_by("pk").select_for_update(skip_locked=True))
    for claim in lost:
        # A claim that kills its worker again and again must not do so for ever.
        claim.attempts += 1
        for_good = claim.attempts >= LEASES
        event, reason = (Event.FAIL, "our_fault") if for_good else (Event.EXPIRE, "")
        move(claim, event, reason=reason, by="sweeper", now=now, due_at=now)
    return len(lost)


def due_orcids(*, now: datetime, limit: int) -> tuple[OrcidId, ...]:
    """Whose claims are due, or in hands that may be dead; those who wait longest first."""
    due = Claim.objects.filter(state=State.WAITING, due_at__lte=now)
    due |= Claim.objects.filter(state=State.WORKING)
    waiting = due.values("orcid").annotate(since=Min("due_at")).order_by("since")[:limit]
    return tuple(OrcidId(row["orcid"]) for row in waiting)


def record_attempt(
    taken: Taken,
    *,
    verb: str,
    api_client: str,
    fingerprint: str,
    status: int | None,
    error_code: int | None,
    outcome: str,
    milliseconds: int,
    now: datetime,
) -> None:
    Attempt.objects.create(
        orcid=taken.orcid,
        claim_id=taken.id,
        at=now,
        api_client=api_client,
        verb=verb,
        fingerprint=fingerprint,
        status=status,
        error_code=error_code,
        outcome=outcome,
        milliseconds=milliseconds,
    )


def writing_to(orcid: OrcidId, *, wait: bool = False) -> AbstractContextManager[bool]:
    """One writer per ORCID record: ORCID checks duplicates without a lock. See `locks.held`."""
    return locks.held(f"record of {orcid}", wait=wait)
