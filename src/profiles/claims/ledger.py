"""The only writer of claims. Every change goes through the table of states and leaves a line of history.

A wish never waits for a worker and a worker never overrides a wish: a wish raises the claim's
serial, and what a worker brings back for an older serial only says what ORCID has now.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import msgspec
from django.db import connection, transaction
from django.db.models import Min, QuerySet

from ..errors import ImpossibleTransition, NotFound
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import reasons
from .models import Attempt, Change, Claim, StoredWork
from .states import Event, Origin, State, Wanted, after, allows

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


class Holding(msgspec.Struct, frozen=True):
    """How a claim stands, as far as matching asks."""

    origin: Origin
    by_hand: bool  # whatever its origin: the person asked for it
    state: State
    reason: str


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


# ---- metadata


@transaction.atomic
def record_work(work: Work, *, title: str) -> bool:
    """Keep the metadata. False, and nothing kept, when a newer version is already there."""
    content = {
        "metadata_version": work.metadata_version,
        "source_updated": work.updated,
        "title": title,
        "content": msgspec.json.encode(work),
    }
    _, made = StoredWork.objects.get_or_create(doi=work.doi, defaults=content)
    if made:
        return True
    stored = StoredWork.objects.select_for_update().get(doi=work.doi)
    if _is_older(work, stored):
        return False
    StoredWork.objects.filter(doi=work.doi).update(**content)
    return True


def _is_older(work: Work, stored: StoredWork) -> bool:
    if work.metadata_version is not None and stored.metadata_version is not None:
        return work.metadata_version < stored.metadata_version
    return work.updated < stored.source_updated


def work(doi: Doi) -> Work | None:
    """The kept metadata."""
    content = StoredWork.objects.filter(doi=doi).values_list("content", flat=True).first()
    return None if content is None else msgspec.json.decode(bytes(content), type=Work)


def holdings(doi: Doi) -> dict[OrcidId, Holding]:
    """Who has a claim on this DOI, and how it stands."""
    return {
        OrcidId(claim.orcid): Holding(
            origin=Origin(claim.origin),
            by_hand=claim.by_hand,
            state=State(claim.state),
            reason=claim.reason,
        )
        for claim in Claim.objects.filter(doi=doi)
    }


# ---- wishes


def want(
    orcid: OrcidId,
    doi: Doi,
    *,
    origin: Origin,
    by: str,
    now: datetime,
    version: str = "",
    insist: bool = False,
) -> bool:
    """The work shall be on the record, with its present metadata. True when there is work to do.

    Nothing automatic overrides what a person decided (a sticky reason); only a person's own wish
    does (`insist`). `version` names the metadata; the same version twice is no new wish.
    """
    with transaction.atomic():
        claim = _claim(orcid, doi, origin=origin, by=by, now=now, version=version)
        if claim is None:  # it was made just now
            return True
        left = claim.state in (State.DECLINED, State.REMOVED)
        leaving = claim.wanted == Wanted.ABSENT
        if not insist and (reasons.sticky(claim.reason) or reasons.sticky(claim.unwanted_for)):
            return False
        seen = bool(version) and claim.work_version == version
        if seen and not left and not leaving and not insist:
            return False
        claim.work_version = version
        claim.by_hand = claim.by_hand or insist
        event = _INSISTING.get(State(claim.state), Event.WANT) if insist else Event.WANT
        _wish(claim, event, wanted=Wanted.PRESENT, by=by, now=now, insisted=insist)
        return claim.state == State.WAITING


# What a person's own wish to have it means, beyond what an automatic one does.
_INSISTING = {
    State.REMOVED: Event.RESTORE,
    State.DECLINED: Event.RESTORE,
    State.HELD: Event.RETRY,
    State.FAILED: Event.RETRY,
}


def _claim(
    orcid: OrcidId, doi: Doi, *, origin: Origin, by: str, now: datetime, version: str
) -> Claim | None:
    """The claim, locked; None when there was none and it has been made, waiting."""
    _, made = Claim.objects.get_or_create(
        orcid=orcid,
        doi=doi,
        defaults={
            "origin": origin,
            "state": State.WAITING,
            "due_at": now,
            "work_version": version,
        },
    )
    claim = Claim.objects.select_for_update().get(orcid=orcid, doi=doi)
    if made:
        _note(claim, Event.WANT, by=by, now=now)
        return None
    return claim


def unwant(orcid: OrcidId, doi: Doi, *, reason: str, by: str, now: datetime) -> bool:
    """The work shall leave the record, or never go there. True when there is work to do."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        if claim.state in (State.REMOVED, State.DECLINED):
            return False
        if claim.wanted == Wanted.ABSENT and not reasons.sticky(reason):
            return False  # already leaving; the first reason stands
        claim.by_hand = claim.by_hand and not reasons.sticky(reason)
        if not _may_be_there(claim) and allows(State(claim.state), Event.DROP):
            claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
            _move(claim, Event.DROP, reason=reason, by=by, now=now)
            return False
        _wish(claim, Event.UNWANT, wanted=Wanted.ABSENT, reason=reason, by=by, now=now)
        return claim.state == State.WAITING


def decline(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """The person: never add this. Raises ImpossibleTransition while ORCID may have it: remove first."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        if _may_be_there(claim):
            raise ImpossibleTransition(
                f"decline {doi}: it is on the record, or on its way", hint="Remove it first"
            )
        claim.wanted, claim.unwanted_for = Wanted.ABSENT, "never_add"
        _move(claim, Event.DECLINE, reason="never_add", by=by, now=now)


def restore(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """The person takes a removal or a refusal back. Raises ImpossibleTransition."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        _wish(claim, Event.RESTORE, wanted=Wanted.PRESENT, by=by, now=now, insisted=True)


def retry(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """Try a held or failed claim again now. Raises ImpossibleTransition."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        _wish(claim, Event.RETRY, wanted=Wanted(claim.wanted), by=by, now=now, insisted=True)


def _may_be_there(claim: Claim) -> bool:
    """Whether ORCID has the work, or could have it."""
    return claim.put_code is not None or claim.unsure or claim.state == State.WORKING


def _wish(
    claim: Claim,
    event: Event,
    *,
    wanted: Wanted,
    by: str,
    now: datetime,
    reason: str = "",
    insisted: bool = False,
) -> None:
    claim.serial += 1
    claim.attempts = 0
    claim.insisted = insisted
    if wanted == Wanted.PRESENT:
        claim.unwanted_for = ""
    elif reason:
        claim.unwanted_for = reason
    claim.wanted = wanted
    stays_held = after(State(claim.state), event) == State.HELD
    _move(
        claim,
        event,
        reason=claim.reason if stays_held else "",
        message=claim.message if stays_held else "",
        by=by,
        now=now,
        due_at=now,
    )


# ---- holding


CURED_BY_A_GRANT = ("no_permission", "permission_ended", "scope_missing", "record_deprecated")


def release(orcid: OrcidId, *, reasons: Collection[str], by: str, now: datetime) -> int:
    """Let a person's claims go on that were held for one of these reasons. How many."""
    with transaction.atomic():
        held = _lock(Claim.objects.filter(orcid=orcid, state=State.HELD, reason__in=reasons))
        for claim in held:
            _move(claim, Event.RELEASE, by=by, now=now, due_at=now)
    return len(held)


def hold_waiting(
    orcid: OrcidId, *, origins: Collection[Origin], reason: str, by: str, now: datetime
) -> int:
    """Hold what waits to be added or updated. Removals go on: ORCID lets us delete our own works."""
    with transaction.atomic():
        waiting = Claim.objects.filter(orcid=orcid, state=State.WAITING, wanted=Wanted.PRESENT)
        held = _lock(waiting.filter(origin__in=origins))
        for claim in held:
            _move(claim, Event.HOLD, reason=reason, by=by, now=now)
    return len(held)


# ---- workers


def take(orcid: OrcidId, *, lease: timedelta, now: datetime) -> Taken | None:
    """Lease the person's claim that is due for longest; nobody else gets it until the lease ends."""
    with transaction.atomic():
        due = Claim.objects.filter(orcid=orcid, state=State.WAITING, due_at__lte=now)
        claim = due.order_by("due_at", "pk").select_for_update(skip_locked=True).first()
        if claim is None:
            return None
        claim.lease, claim.lease_until = uuid.uuid4(), now + lease
        _move(claim, Event.TAKE, by="worker", now=now, quiet=True)
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
            _move(claim, Event.TAKE, by="worker", now=now, quiet=True)
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
            _move(claim, Event.POSTPONE, by="worker", now=now, due_at=now, quiet=True)
            return True
        settled = found.event in (Event.KEEP, Event.CLEAR)
        claim.attempts = 0 if settled else taken.attempts + found.tried
        reason = found.reason
        if found.event == Event.CLEAR:
            reason = found.reason or claim.unwanted_for
            claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
        _move(
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
        _move(claim, event, reason=reason, by="sweeper", now=now, due_at=now)
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
    fingerprint: str,
    status: int | None,
    error_code: int | None,
    outcome: str,
    milliseconds: int,
    now: datetime,
) -> None:
    Attempt.objects.create(
        claim_id=taken.id,
        at=now,
        verb=verb,
        fingerprint=fingerprint,
        status=status,
        error_code=error_code,
        outcome=outcome,
        milliseconds=milliseconds,
    )


@contextmanager
def writing_to(orcid: OrcidId, *, wait: bool = False) -> Iterator[bool]:
    """One writer per ORCID record (ORCID checks duplicates without a lock): a database lock.

    Yields False when somebody else is writing, or waits until they are done. PostgreSQL frees the
    lock when the connection dies.
    """
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [orcid])
            mine = True
        else:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [orcid])
            (mine,) = cursor.fetchone()
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [orcid])


# ---- the one place where a state changes


def _move(
    claim: Claim,
    event: Event,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    message: str = "",
    due_at: datetime | None = None,
    quiet: bool = False,
) -> None:
    claim.state = after(State(claim.state), event)
    claim.reason = reason
    claim.message = message
    claim.due_at = due_at if claim.state == State.WAITING else None
    if claim.state != State.WORKING:
        claim.lease = claim.lease_until = None
    claim.save()
    if not quiet:
        _note(claim, event, by=by, now=now)


def _note(claim: Claim, event: Event, *, by: str, now: datetime) -> None:
    Change.objects.create(
        claim=claim, at=now, event=event, state=claim.state, reason=claim.reason, by=by
    )


def _locked(orcid: OrcidId, doi: Doi) -> Claim:
    claim = Claim.objects.select_for_update().filter(orcid=orcid, doi=doi).first()
    if claim is None:
        raise NotFound(f"a claim of {orcid} on {doi}")
    return claim


def _lock(claims: QuerySet[Claim]) -> list[Claim]:
    return list(claims.select_for_update().order_by("pk"))


def forget(orcid: OrcidId) -> int:
    """Erase a person's claims and their history. How many."""
    return Claim.objects.filter(orcid=orcid).delete()[1].get("claims.Claim", 0)
