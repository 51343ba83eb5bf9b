"""The only writer of claims. Every change goes through the table of states and leaves a line of history.

A wish never waits for a worker and a worker never overrides a wish: a wish raises the claim's
serial, and what a worker brings back for an older serial only says what ORCID has now.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from ..errors import Blocked, ImpossibleTransition
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import reasons
from .models import Attempt, Change, Claim, StoredWork
from .movement import (
    earliest,
    locked,
    may_be_there,
    move,
    note,
    step,
    wish,
    wished,
    write,
)
from .reasons import UNBLOCKED
from .states import Event, Mark, Origin, State, Wanted, allows


class Holding(msgspec.Struct, frozen=True):
    """How a claim stands, as far as matching asks."""

    origin: Origin
    by_hand: bool  # whatever its origin: the person asked for it
    state: State
    reason: str
    unwanted_for: str = ""  # why it is off, or leaving; empty where it shall be there
    there: bool = False  # ORCID has the work, or could have it
    sent: bool = False  # ORCID took it once
    unnamed: bool = False  # kept although its metadata no longer name the person
    on_record: bool = False  # ORCID surely has it, and it shall be there
    version: str = ""  # of the metadata last looked at


def holdings(doi: Doi) -> dict[OrcidId, Holding]:
    """Who has a claim on this DOI, and how it stands."""
    claims = Claim.objects.filter(doi=doi).exclude(reason=UNBLOCKED)
    return {OrcidId(claim.orcid): _holding(claim) for claim in claims}


def holdings_of(orcid: OrcidId, dois: Collection[Doi], *, lock: bool = False) -> dict[Doi, Holding]:
    """The person's claims on these DOIs. With `lock` nobody changes them until the transaction ends."""
    claims = Claim.objects.filter(orcid=orcid, doi__in=dois).exclude(reason=UNBLOCKED)
    return {Doi(claim.doi): _holding(claim) for claim in (_lock(claims) if lock else claims)}


def left_for(orcid: OrcidId, reasons: Collection[str]) -> frozenset[Doi]:
    """The person's claims that are off the record, or leaving it, for one of these reasons."""
    claims = Claim.objects.filter(orcid=orcid, wanted=Wanted.ABSENT, unwanted_for__in=reasons)
    return frozenset(Doi(doi) for doi in claims.values_list("doi", flat=True))


class Withdrawn(NamedTuple):
    doi: Doi
    hidden: bool  # else its metadata no longer name the person, and it was kept
    sure: bool  # seen hidden more than once, or told
    held: Holding


def withdrawn_holdings(orcid: OrcidId) -> tuple[Withdrawn, ...]:
    """A person's claims whose DOI is hidden, or no longer names them."""
    hidden = StoredWork.objects.filter(doi=OuterRef("doi"), hidden_since__isnull=False)
    claims = Claim.objects.filter(orcid=orcid).annotate(
        hidden=Exists(hidden), sure=Exists(hidden.filter(checked_at__gte=F("hidden_since")))
    )
    found = claims.filter(Q(hidden=True) | Q(unnamed_since__isnull=False)).order_by("pk")
    return tuple(
        Withdrawn(Doi(claim.doi), claim.hidden, claim.sure, _holding(claim)) for claim in found
    )


_COMES_BACK = ("doi_hidden", "newer_version", "only_concept")


def concerned(dois: Collection[Doi]) -> frozenset[Doi]:
    """The DOIs that somebody has, or shall have, or may have again as long as they are public."""
    claims = Claim.objects.filter(doi__in=dois)
    live = claims.filter(Q(wanted=Wanted.PRESENT) | Q(unwanted_for__in=_COMES_BACK))
    return frozenset(Doi(doi) for doi in live.values_list("doi", flat=True))


def _holding(claim: Claim) -> Holding:
    off = claim.wanted == Wanted.ABSENT
    return Holding(
        origin=Origin(claim.origin),
        by_hand=claim.by_hand,
        state=State(claim.state),
        reason=claim.reason,
        unwanted_for=claim.unwanted_for or claim.reason if off else "",
        there=may_be_there(claim),
        sent=claim.sent_at is not None,
        unnamed=claim.unnamed_since is not None,
        on_record=claim.put_code is not None and not off,
        version=claim.work_version,
    )


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
    does (`insist`), and nothing a block: then it raises Blocked. `version` names the metadata; the
    same version twice is no new wish.
    """
    with transaction.atomic():
        claim = _claim(orcid, doi, origin=origin, by=by, now=now, version=version, insist=insist)
        if claim is None:  # it was made just now
            return True
        if claim.before_block and insist:
            raise Blocked(doi)
        left = claim.state in (State.DECLINED, State.REMOVED)
        leaving = claim.wanted == Wanted.ABSENT
        if not insist and (reasons.sticky(claim.reason) or reasons.sticky(claim.unwanted_for)):
            return False
        seen = bool(version) and claim.work_version == version
        if seen and not left and not leaving and not insist:
            return False
        if claim.reason == UNBLOCKED:  # it begins only now
            Claim.objects.filter(pk=claim.pk).update(origin=origin)
        claim.work_version = version
        claim.by_hand = claim.by_hand or insist
        if insist:  # who asks for it may have seen that it is not there
            claim.fingerprint = ""
        event = _INSISTING.get(State(claim.state), Event.WANT) if insist else Event.WANT
        wish(claim, event, wanted=Wanted.PRESENT, by=by, now=now, insisted=insist)
        return claim.state == State.WAITING


# What a person's own wish to have it means, beyond what an automatic one does.
_INSISTING = {
    State.REMOVED: Event.RESTORE,
    State.DECLINED: Event.RESTORE,
    State.HELD: Event.RETRY,
    State.FAILED: Event.RETRY,
}


def _claim(
    orcid: OrcidId, doi: Doi, *, origin: Origin, by: str, now: datetime, version: str, insist: bool
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
            "insisted": insist,
            "by_hand": insist,
        },
    )
    claim = Claim.objects.select_for_update().get(orcid=orcid, doi=doi)
    if made:
        note(claim, Event.WANT, by=by, now=now)
        return None
    return claim


def unwant(orcid: OrcidId, doi: Doi, *, reason: str, by: str, now: datetime) -> bool:
    """The work shall leave the record, or never go there. True when there is work to do."""
    with transaction.atomic():
        return _move_all([locked(orcid, doi)], lambda claim: _unwanted(claim, reason, by, now)) > 0


def unwant_all(orcid: OrcidId, why: Mapping[Doi, str], *, by: str, now: datetime) -> int:
    """As `unwant`, many in a few statements. How many there is work for."""
    with transaction.atomic():
        claims = _lock(Claim.objects.filter(orcid=orcid, doi__in=why))
        return _move_all(claims, lambda claim: _unwanted(claim, why[Doi(claim.doi)], by, now))


def _move_all(claims: Sequence[Claim], move_one: Callable[[Claim], Change | None]) -> int:
    """How many wait now that have moved."""
    moved = [(claim, line) for claim in claims if (line := move_one(claim)) is not None]
    write([claim for claim, _ in moved], [line for _, line in moved])
    return sum(claim.state == State.WAITING for claim, _ in moved)


def _unwanted(claim: Claim, reason: str, by: str, now: datetime) -> Change | None:
    theirs = reasons.sticky(reason)
    if claim.before_block or claim.state in (State.REMOVED, State.DECLINED):
        return None
    if claim.wanted == Wanted.ABSENT and not theirs:
        return None  # already leaving; the first reason stands
    claim.by_hand = claim.by_hand and not theirs
    if not may_be_there(claim) and allows(State(claim.state), Event.DROP):
        claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
        return step(claim, Event.DROP, reason=reason, by=by, now=now)
    return wished(
        claim,
        Event.UNWANT,
        wanted=Wanted.ABSENT,
        reason=reason,
        by=by,
        now=now,
        insisted=theirs,
    )


def decline(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """The person: never add this. Raises ImpossibleTransition while ORCID may have it: remove first."""
    with transaction.atomic():
        claim = _unblocked(orcid, doi)
        if may_be_there(claim):
            raise ImpossibleTransition(
                f"decline {doi}: it is on the record, or on its way", hint="Remove it first"
            )
        claim.wanted, claim.unwanted_for = Wanted.ABSENT, "never_add"
        move(claim, Event.DECLINE, reason="never_add", by=by, now=now)


def restore(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """The person takes a removal or a refusal back. Raises ImpossibleTransition, Blocked."""
    with transaction.atomic():
        claim = _unblocked(orcid, doi)
        # What a rule took off, the person wants all the same: from here on no rule takes it off.
        claim.by_hand = claim.by_hand or not reasons.sticky(claim.unwanted_for)
        wish(claim, Event.RESTORE, wanted=Wanted.PRESENT, by=by, now=now, insisted=True)


def retry(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """Try a held or failed claim again now. Raises ImpossibleTransition, Blocked."""
    with transaction.atomic():
        claim = locked(orcid, doi)
        if claim.before_block and claim.state == State.REMOVED:
            raise Blocked(doi)
        wish(claim, Event.RETRY, wanted=Wanted(claim.wanted), by=by, now=now, insisted=True)


def _unblocked(orcid: OrcidId, doi: Doi) -> Claim:
    """The claim, locked. Raises Blocked."""
    claim = locked(orcid, doi)
    if claim.before_block:
        raise Blocked(doi)
    return claim


# ---- marks


def note_of_all(doi: Doi, mark: Mark, *, by: str, now: datetime) -> int:
    """A line in the history of every claim that shall be there. How many."""
    claims = Claim.objects.filter(doi=doi, wanted=Wanted.PRESENT)
    lines = [_mark(claim, mark, by=by, now=now) for claim in claims]
    return len(Change.objects.bulk_create(lines))


def mark_named(orcid: OrcidId, doi: Doi, *, named: bool, by: str, now: datetime) -> None:
    """Whether the metadata of a work that stays name the person; the history tells of a change."""
    with transaction.atomic():
        claim = locked(orcid, doi)
        if (claim.unnamed_since is None) == named:
            return
        claim.unnamed_since = None if named else now
        claim.save(update_fields=["unnamed_since"])
        _mark(claim, Mark.NAMED if named else Mark.UNNAMED, by=by, now=now).save()


def _mark(claim: Claim, mark: Mark, *, by: str, now: datetime) -> Change:
    return Change(claim=claim, at=now, event=mark, state=claim.state, reason=claim.reason, by=by)


def bring_back_all(orcid: OrcidId, dois: Collection[Doi], *, by: str, now: datetime) -> int:
    """What a rule took off, and not the person, shall be there again. How many there is work for."""
    with transaction.atomic():
        off = Claim.objects.filter(orcid=orcid, doi__in=dois, wanted=Wanted.ABSENT)
        claims = [claim for claim in _lock(off) if not reasons.sticky(claim.unwanted_for)]
        return _move_all(
            claims,
            lambda claim: wished(claim, Event.WANT, wanted=Wanted.PRESENT, by=by, now=now),
        )


# ---- holding


CURED_BY_A_GRANT = ("no_permission", "permission_ended", "scope_missing", "record_deprecated")
# Whoever can read the record sees that these are over. Of a full one it depends on what is there.
CURED_BY_A_READING = (
    "record_locked",
    "record_deactivated",
    "record_deprecated",
    "record_unclaimed",
)


def release(orcid: OrcidId, *, reasons: Collection[str], by: str, now: datetime) -> int:
    """Let a person's claims go on that were held for one of these reasons. How many."""
    with transaction.atomic():
        held = _lock(Claim.objects.filter(orcid=orcid, state=State.HELD, reason__in=reasons))
        lines = []
        for claim in held:
            claim.attempts = 0
            lines.append(step(claim, Event.RELEASE, by=by, now=now, due_at=earliest(claim, now)))
        write(held, [line for line in lines if line])
    return len(held)


def hold_waiting(
    orcid: OrcidId, *, origins: Collection[Origin], reason: str, by: str, now: datetime
) -> int:
    """Hold what waits to be added or updated. Removals go on: ORCID lets us delete our own works."""
    with transaction.atomic():
        waiting = Claim.objects.filter(orcid=orcid, state=State.WAITING, wanted=Wanted.PRESENT)
        return _hold(waiting.filter(origin__in=origins), reason=reason, by=by, now=now)


def hold_record(orcid: OrcidId, *, reason: str, message: str, by: str, now: datetime) -> int:
    """The record takes nothing and gives nothing: hold all that waits, removals too. How many."""
    with transaction.atomic():
        waiting = Claim.objects.filter(orcid=orcid, state=State.WAITING)
        return _hold(waiting, reason=reason, message=message, by=by, now=now)


def _hold(
    waiting: QuerySet[Claim], *, reason: str, by: str, now: datetime, message: str = ""
) -> int:
    held = _lock(waiting)
    lines = [
        step(claim, Event.HOLD, reason=reason, message=message, by=by, now=now) for claim in held
    ]
    write(held, [line for line in lines if line])
    return len(held)


def _lock(claims: QuerySet[Claim]) -> list[Claim]:
    return list(claims.select_for_update().order_by("pk"))


def forget(orcid: OrcidId) -> int:
    """Erase a person's claims, their history and all calls. How many claims."""
    with transaction.atomic():
        Attempt.objects.filter(orcid=orcid).delete()
        return Claim.objects.filter(orcid=orcid).delete()[1].get("claims.Claim", 0)
