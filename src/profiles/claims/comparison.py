"""The ledger held against what a record really has: what we had not known, and what is gone.

Part of the ledger: only for who is `writing_to` the record, and for a reading that is complete.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from ..delivery.adoption import OwnWork
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import attempts, presence
from .leases import Try
from .models import Change, Claim
from .movement import line, move, step, write
from .reasons import UNBLOCKED
from .states import Event, Mark, Origin, State, Wanted, allows

BY = "reconcile"
# An addition whose answer was lost is over after this, whatever became of it.
SURELY_OVER = timedelta(minutes=5)


class Spare(msgspec.Struct, frozen=True):
    """A second work of ours for what another one stands for already."""

    claim: int
    put_code: int
    api_client: str


class Compared(msgspec.Struct, frozen=True):
    """How many claims, and what there is too much of."""

    imported: int = 0  # were on the record, and have a claim now
    repaired: int = 0  # had another put-code, or none, or are there although they should not be
    gone: int = 0  # the person took off at ORCID
    spares: tuple[Spare, ...] = ()


class Known(msgspec.Struct, frozen=True):
    """A claim, as far as a reading is about it."""

    id: int
    doi: Doi
    put_code: int | None
    in_hand: bool  # a worker's, who may be dead, and whose call may still be on its way


class Pairs(msgspec.Struct, frozen=True):
    """Which work on the record is whose."""

    found: dict[int, OwnWork]  # by claim
    new: tuple[tuple[Doi, OwnWork], ...]  # nobody's yet
    spare: tuple[tuple[Doi, OwnWork], ...]  # another one stands for the same DOI


def pair(claims: Collection[Known], works: Iterable[OwnWork]) -> Pairs:
    """Each claim has one work at most and each work one claim. Pure.

    A claim keeps the work it knows, if that is still its DOI's; else it has the oldest one of its
    DOI. A work is spare only where each of its DOIs has a claim with a work of its own. Whatever
    may be in a worker's hands is left alone.
    """
    free = {work.put_code: work for work in sorted(works, key=lambda work: work.put_code)}
    found = _known_ones(claims, free)
    found |= _oldest_ones([claim for claim in claims if claim.id not in found], free)
    in_hand = {claim.doi for claim in claims if claim.in_hand}
    stood_for = {claim.doi for claim in claims if claim.id in found}
    new, spare = [], []
    for work in free.values():
        if not work.dois or not in_hand.isdisjoint(work.dois):
            continue
        if stood_for.issuperset(work.dois):
            spare.append((work.dois[0], work))
        else:
            doi = next(doi for doi in work.dois if doi not in stood_for)
            new.append((doi, work))
            stood_for.add(doi)
    return Pairs(found, tuple(new), tuple(spare))


def _known_ones(claims: Iterable[Known], free: dict[int, OwnWork]) -> dict[int, OwnWork]:
    """The works that claims know and that are still their DOI's; no longer free."""
    found = {}
    for claim in claims:
        work = free.get(claim.put_code or 0)
        if work is not None and claim.doi in work.dois:
            found[claim.id] = free.pop(work.put_code)
    return found


def _oldest_ones(claims: Iterable[Known], free: dict[int, OwnWork]) -> dict[int, OwnWork]:
    """The oldest work of the DOI; else the one the claim knows, whatever its DOI is by now."""
    of_doi: dict[Doi, list[int]] = defaultdict(list)
    for work in free.values():
        for doi in work.dois:
            of_doi[doi].append(work.put_code)
    found = {}
    for claim in claims:
        codes = [*of_doi.get(claim.doi, ()), claim.put_code or 0]
        code = next((code for code in codes if code in free), None)
        if code is not None:
            found[claim.id] = free.pop(code)
    return found


def compare(
    orcid: OrcidId, works: Iterable[OwnWork], *, api_clients: Collection[str], now: datetime
) -> Compared:
    """Bring the ledger to what the record has of these clients' works. Wishes stay what they are.

    All or nothing, in a handful of statements however many works there are.
    """
    with transaction.atomic():
        held = Claim.objects.filter(orcid=orcid).order_by("pk").select_for_update()
        claims = {claim.pk: claim for claim in held}
        pairs = pair([_known(claim) for claim in claims.values()], works)
        free = [claim for claim in claims.values() if claim.state != State.WORKING]
        found = [
            each for each in free if each.pk in pairs.found and _found(each, pairs.found[each.pk])
        ]
        lost = [claim for claim in free if claim.pk not in pairs.found]
        gone = [claim for claim in lost if _was_there(claim, api_clients)]
        never = [claim for claim in lost if _never_came(claim, api_clients, now=now)]
        lines = [_take_over(claim, now=now) for claim in found]
        lines += [_let_go(claim, now=now) for claim in gone]
        for claim in never:
            claim.unsure, claim.api_client = False, ""
        write([*found, *gone, *never], [each for each in lines if each is not None])
        new = _imported(orcid, pairs.new, now=now)
        presence.expect([Doi(claim.doi) for claim in new])
        spares = tuple(_spares([*claims.values(), *new], pairs.spare))
    return Compared(len(new), len(found), len(gone), spares)


def tidied(orcid: OrcidId, spare: Spare, call: Try, *, gone: bool) -> None:
    """Write down a call that was to take a second copy off the record, and whether it is gone.

    An update that ORCID refused for the copy's sake is then tried again.
    """
    with transaction.atomic():
        attempts.record(orcid, call, claim=spare.claim)
        claim = Claim.objects.filter(pk=spare.claim).select_for_update().first()
        if claim is None or not gone:
            return
        state, reason = claim.state, claim.reason
        Change(claim=claim, at=call.at, event=Mark.TIDIED, state=state, reason=reason, by=BY).save()
        if claim.state == State.FAILED and claim.reason == "refused":
            claim.attempts = 0
            move(claim, Event.FIND, by=BY, now=call.at, due_at=call.at)


def _known(claim: Claim) -> Known:
    return Known(claim.pk, Doi(claim.doi), claim.put_code, claim.state == State.WORKING)


def _found(claim: Claim, work: OwnWork) -> bool:
    """Whether that was news. What the work holds is not known then."""
    same = claim.put_code == work.put_code and claim.api_client == work.api_client
    if (same and claim.doi in work.dois) or not allows(State(claim.state), Event.FIND):
        return False
    claim.put_code, claim.api_client = work.put_code, work.api_client
    claim.fingerprint, claim.unsure = "", False
    return True


def _take_over(claim: Claim, *, now: datetime) -> Change | None:
    """It is there. What a person, a rule or staff decided against is taken off again."""
    if claim.unwanted_for == UNBLOCKED:
        claim.wanted, claim.unwanted_for = Wanted.PRESENT, ""
    held = claim.state == State.HELD
    if claim.state in (State.REMOVED, State.DECLINED):
        claim.attempts = 0
    return step(
        claim,
        Event.FIND,
        reason=claim.reason if held else "",
        message=claim.message if held else "",
        by=BY,
        now=now,
        due_at=claim.due_at or now,
    )


def _was_there(claim: Claim, api_clients: Collection[str]) -> bool:
    """A work of a client that was not read is not missed."""
    return claim.put_code is not None and claim.api_client in api_clients


def _never_came(claim: Claim, api_clients: Collection[str], *, now: datetime) -> bool:
    """An addition of long ago whose answer was lost, and which nobody else would look for."""
    return (
        claim.unsure
        and claim.put_code is None
        and claim.state in (State.HELD, State.FAILED)
        and claim.api_client in api_clients
        and claim.updated < now - SURELY_OVER
    )


def _let_go(claim: Claim, *, now: datetime) -> Change | None:
    """The person took it off at ORCID, or it was to leave anyway.

    Where they want it back, or it was our own removal whose answer was lost, and it waits to be
    brought up to date, it is simply added.
    """
    ours = claim.unsure or claim.insisted
    claim.put_code, claim.fingerprint, claim.api_client = None, "", ""
    claim.unsure = False
    if ours and claim.wanted == Wanted.PRESENT and claim.state == State.WAITING:
        return None
    reason = claim.unwanted_for or "removed_at_orcid"
    claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
    event = Event.DECLINE if reason == "never_add" else Event.CLEAR
    return step(claim, event, reason=reason, by=BY, now=now)


def _imported(orcid: OrcidId, new: Sequence[tuple[Doi, OwnWork]], *, now: datetime) -> list[Claim]:
    """Those that nobody wished for at this very moment."""
    made = [
        Claim(
            orcid=orcid,
            doi=doi,
            origin=Origin.IMPORT,
            state=State.DONE,
            put_code=work.put_code,
            api_client=work.api_client,
        )
        for doi, work in new
    ]
    Claim.objects.bulk_create(made, ignore_conflicts=True)
    there = list(Claim.objects.filter(uuid__in=[claim.uuid for claim in made]))
    Change.objects.bulk_create([line(claim, Event.FIND, by=BY, now=now) for claim in there])
    return there


def _spares(claims: Iterable[Claim], spare: Sequence[tuple[Doi, OwnWork]]) -> Iterator[Spare]:
    if not spare:
        return
    by_doi = {claim.doi: claim.pk for claim in claims}
    for doi, work in spare:
        if doi in by_doi:
            yield Spare(by_doi[doi], work.put_code, work.api_client)
