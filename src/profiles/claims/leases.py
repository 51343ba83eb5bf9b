"""The worker's side of the ledger: taking claims in hand, settling them, and finding what hangs.

A wish never waits for a worker and a worker never overrides a wish: a wish raises the claim's
serial, and what a worker brings back for an older serial only says what ORCID has now.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import QuerySet

from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import locks, reasons
from .models import Attempt, Change, Claim
from .movement import earliest, step, write
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
    unsure: bool  # what was sent last may have been done, or not
    insisted: bool  # the person's own wish, and not a change of metadata
    by_hand: bool  # the person added it, whatever its origin
    attempts: int  # earlier tries of this wish
    serial: int
    lease: uuid.UUID


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """One call to ORCID for a claim, as the attempts remember it. Never a token."""

    at: datetime
    verb: str
    api_client: str
    fingerprint: str
    status: int | None  # None: no answer came
    error_code: int | None
    outcome: str
    milliseconds: int


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
    tries: tuple[Try, ...] = ()


# ---- taking


def take(orcid: OrcidId, *, most: int, lease: timedelta, now: datetime) -> tuple[Taken, ...]:
    """Lease what is next: up to `most` additions that can go together, else one claim, else nothing.

    Nobody else gets them until the lease ends. A person's own wishes come first, then what is due
    for longest.
    """
    with transaction.atomic():
        due = Claim.objects.filter(orcid=orcid, state=State.WAITING, due_at__lte=now)
        due = due.order_by("-insisted", "due_at", "attempts", "pk")
        due = due.select_for_update(skip_locked=True)
        first = list(due[:1])
        if not first or (first[0].insisted and not _may_go_together(first[0])):
            return _lease(first, lease=lease, now=now)
        additions = due.filter(
            wanted=Wanted.PRESENT, put_code__isnull=True, unsure=False, alone=False
        )
        several = list(additions[:most])
        return _lease(several if len(several) > 1 else first, lease=lease, now=now)


def _may_go_together(claim: Claim) -> bool:
    present = claim.wanted == Wanted.PRESENT and claim.put_code is None
    return present and not claim.unsure and not claim.alone


def insists(orcid: OrcidId, *, now: datetime) -> bool:
    """Whether something that the person asked for is due."""
    due = Claim.objects.filter(orcid=orcid, state=State.WAITING, due_at__lte=now)
    return due.filter(insisted=True).exists()


def _lease(claims: Sequence[Claim], *, lease: timedelta, now: datetime) -> tuple[Taken, ...]:
    token = uuid.uuid4()
    for claim in claims:
        claim.lease, claim.lease_until = token, now + lease
        step(claim, Event.TAKE, by="worker", now=now, quiet=True)
    write(claims, ())
    return tuple(_taken(claim, token) for claim in claims)


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


# ---- sending


def renew(taken: Collection[Taken], *, until: datetime) -> bool:
    """Before each call: the leases last until it is over.

    False when one was lost; then nothing may be sent.
    """
    return _mine(taken).update(lease_until=until) == len(taken)


def expect_answer(taken: Collection[Taken], *, api_client: str, until: datetime) -> bool:
    """Renew, and write down before additions and removals are sent that they may have been done:
    no crash can hide it.

    False when a lease was lost; then nothing may be sent.
    """
    renewed = _mine(taken).update(lease_until=until, unsure=True, api_client=api_client)
    return renewed == len(taken)


def put_codes_of_others(taken: Taken) -> frozenset[int]:
    """The works on the person's record that belong to other claims of theirs."""
    others = Claim.objects.filter(orcid=taken.orcid).exclude(pk=taken.id)
    codes = others.values_list("put_code", flat=True)
    return frozenset(code for code in codes if code is not None)


def _mine(taken: Collection[Taken]) -> QuerySet[Claim]:
    return Claim.objects.filter(
        pk__in=[claim.id for claim in taken],
        state=State.WORKING,
        lease__in={claim.lease for claim in taken},
    )


def postpone_others(orcid: OrcidId, *, until: datetime) -> int:
    """ORCID is failing: what else waits for this person waits as long. How many.

    What somebody else has locked is passed over: it will be found out once more.
    """
    with transaction.atomic():
        waiting = Claim.objects.filter(orcid=orcid, state=State.WAITING, due_at__lt=until)
        free = waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)
        return Claim.objects.filter(pk__in=list(free)).update(due_at=until)


# ---- settling


def settle(taken: Taken, found: Settlement, *, now: datetime) -> bool:
    """Write down what became of a taken claim. False when the lease was lost meanwhile."""
    return settle_all([(taken, found)], now=now) == 1


def settle_all(settled: Sequence[tuple[Taken, Settlement]], *, now: datetime) -> int:
    """Write down what became of claims that were taken, all or none of them.

    How many: fewer than given when a lease was lost meanwhile.
    """
    with transaction.atomic():
        Attempt.objects.bulk_create(
            [_attempt(taken, one) for taken, found in settled for one in found.tries]
        )
        taken_ids = [taken.id for taken, _ in settled]
        locked = Claim.objects.filter(pk__in=taken_ids, state=State.WORKING)
        held = {(c.pk, c.lease): c for c in locked.order_by("pk").select_for_update()}
        claims, lines = [], []
        for taken, found in settled:
            claim = held.get((taken.id, taken.lease))
            if claim is not None:
                line = _settled(claim, taken, found, now=now)
                claims.append(claim)
                lines += [line] if line else []
        write(claims, lines)
    return len(claims)


def _attempt(taken: Taken, one: Try) -> Attempt:
    return Attempt(orcid=taken.orcid, claim_id=taken.id, **msgspec.structs.asdict(one))


def _settled(claim: Claim, taken: Taken, found: Settlement, *, now: datetime) -> Change | None:
    claim.put_code = found.put_code
    claim.fingerprint = found.fingerprint
    claim.api_client = found.api_client
    claim.unsure = found.unsure
    claim.alone = found.alone
    if found.accepted:
        claim.sent_at = now
    if claim.serial != taken.serial and not _still_counts(claim, found):
        # The wish moved on while we were out: what ORCID has is known, the rest is due again.
        due_at = earliest(claim, now)
        return step(claim, Event.POSTPONE, by="worker", now=now, due_at=due_at, quiet=True)
    settled = found.event in (Event.KEEP, Event.CLEAR)
    # What is held was not tried in vain: something else must change first.
    tried = found.tried and found.event != Event.HOLD
    claim.attempts = 0 if settled else taken.attempts + tried
    event, reason = found.event, found.reason
    if event == Event.CLEAR:
        reason = claim.unwanted_for or found.reason
        claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
        event = Event.DECLINE if reason == "never_add" else event
    return step(
        claim,
        event,
        reason=reason,
        message=found.message,
        by="worker",
        now=now,
        due_at=found.due_at or now,
    )


def _still_counts(claim: Claim, found: Settlement) -> bool:
    """A person's removal at ORCID is not undone by metadata that came at the same moment."""
    theirs = found.event == Event.CLEAR and reasons.sticky(found.reason)
    return theirs and not claim.insisted


# ---- what hangs


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
    lines = []
    for claim in lost:
        # A claim that kills its worker again and again must not do so for ever.
        claim.attempts += 1
        for_good = claim.attempts >= LEASES
        event, reason = (Event.FAIL, "our_fault") if for_good else (Event.EXPIRE, "")
        line = step(claim, event, reason=reason, by="sweeper", now=now, due_at=now)
        lines += [line] if line else []
    write(lost, lines)
    return len(lost)


# ---- whose turn it is


class Due(msgspec.Struct, frozen=True):
    """Some of the persons who have claims that are due."""

    orcids: tuple[OrcidId, ...]
    after: str  # where to go on; empty: everybody was looked at


# From person to person by the index, however many claims each of them has. With the person comes
# the claim that is due first.
_WAITING = """
WITH RECURSIVE person AS (
    (SELECT orcid, due_at, 1 AS number FROM claims_claim
      WHERE state = 'waiting' AND orcid > %(after)s ORDER BY orcid, due_at LIMIT 1)
    UNION ALL
    SELECT following.orcid, following.due_at, number + 1
      FROM person, LATERAL (
           SELECT orcid, due_at FROM claims_claim
            WHERE state = 'waiting' AND orcid > person.orcid ORDER BY orcid, due_at LIMIT 1
           ) AS following
     WHERE number < %(most)s
)
SELECT orcid, due_at <= %(now)s FROM person
"""
_LOOKED_AT = 1000  # persons at a time, of whom most may have claims that are not due yet


def due_orcids(*, now: datetime, limit: int, after: str = "") -> Due:
    """Whose claims are due, in the order of their iDs: everybody's turn comes, whoever has many."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"after": after, "most": _LOOKED_AT, "now": now})
        rows = cursor.fetchall()
    found: list[OrcidId] = []
    for orcid, is_due in rows:
        if is_due and len(found) == limit:
            return Due(tuple(found), after=found[-1] if found else after)
        if is_due:
            found.append(OrcidId(orcid))
    return Due(tuple(found), after=rows[-1][0] if len(rows) == _LOOKED_AT else "")


def orcids_in_hand() -> tuple[OrcidId, ...]:
    """Whose claims are in the hands of a worker, who may be dead."""
    working = Claim.objects.filter(state=State.WORKING).order_by("orcid")
    return tuple(map(OrcidId, working.values_list("orcid", flat=True).distinct()))


def in_hand(orcid: OrcidId) -> bool:
    """Whether a worker has claims of this person."""
    return Claim.objects.filter(orcid=orcid, state=State.WORKING).exists()


def writing_to(orcid: OrcidId, *, wait: bool = False) -> AbstractContextManager[bool]:
    """One writer per ORCID record: ORCID checks duplicates without a lock. See `locks.held`."""
    return locks.held(f"record of {orcid}", wait=wait)
