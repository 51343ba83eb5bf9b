"""Part of the ledger: blocks by support staff, which no wish overrides until they are lifted."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ..errors import ImpossibleTransition
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from .models import Claim
from .movement import earliest, locked, may_be_there, move, step, wish, write
from .reasons import BLOCKED, UNBLOCKED
from .states import Event, Origin, State, Wanted, after

_PRESENT = "present"  # before the block: it was wanted


def block(orcid: OrcidId, doi: Doi, *, by: str, note: str, now: datetime) -> bool:
    """It may not be on the record, whatever anybody wishes, until `unblock`.

    With a claim or without. True when it has to leave the record. Raises ImpossibleTransition where
    it is blocked already.
    """
    with transaction.atomic():
        Claim.objects.get_or_create(
            orcid=orcid, doi=doi, defaults={"origin": Origin.STAFF, **_NEVER_WANTED}
        )
        claim = locked(orcid, doi)
        if claim.before_block:
            raise ImpossibleTransition(f"block {doi}: it is blocked already")
        was_wanted = claim.wanted == Wanted.PRESENT
        claim.before_block = _PRESENT if was_wanted else claim.unwanted_for
        claim.wanted, claim.unwanted_for = Wanted.ABSENT, BLOCKED
        claim.serial += 1
        claim.attempts = 0
        claim.insisted = True  # it goes first, and what a worker brings back does not undo it
        _by_staff(claim, Event.BLOCK, note=note, by=by, now=now)
        if claim.state == State.WAITING and not may_be_there(claim):
            move(claim, Event.DROP, reason=BLOCKED, by=by, now=now)
        return claim.state == State.WAITING


# A claim that there was no wish for; its reason once the block is lifted.
_NEVER_WANTED = {
    "state": State.REMOVED,
    "reason": UNBLOCKED,
    "wanted": Wanted.ABSENT,
    "unwanted_for": UNBLOCKED,
}


def unblock(orcid: OrcidId, doi: Doi, *, by: str, note: str, now: datetime) -> bool:
    """Lift a block: what was wanted is wanted again, what a person or a rule took off stays off.

    True when there is work to do. Raises NotFound, ImpossibleTransition where there is no block.
    """
    with transaction.atomic():
        claim = locked(orcid, doi)
        if not claim.before_block:
            raise ImpossibleTransition(f"unblock {doi}: it is not blocked")
        before, claim.before_block = claim.before_block, ""
        claim.unwanted_for = UNBLOCKED if before == _PRESENT else before
        _by_staff(claim, Event.UNBLOCK, note=note, by=by, now=now)
        if before == _PRESENT:
            event = Event.RESTORE if claim.state == State.REMOVED else Event.WANT
            wish(claim, event, wanted=Wanted.PRESENT, by=by, now=now)
        elif before == "never_add" and claim.state == State.REMOVED:
            move(claim, Event.DECLINE, reason=before, by=by, now=now)
        return claim.state == State.WAITING


def _by_staff(claim: Claim, event: Event, *, note: str, by: str, now: datetime) -> None:
    """The word goes with the line of history. To lift a block changes nothing else by itself."""
    off = after(State(claim.state), event) == State.REMOVED
    lifted = event == Event.UNBLOCK
    line = step(
        claim,
        event,
        reason=claim.unwanted_for if off else claim.reason if lifted else "",
        message=claim.message if lifted else "",
        by=by,
        now=now,
        due_at=claim.due_at if lifted else earliest(claim, now),
    )
    if line is not None:
        line.note = note
        write([claim], [line])
