"""Delivery for one person at a time: take what is due, convert, send, settle, one claim after the other.

Sending comes first and settling second: a worker that dies in between leaves a claim whose lease
runs out, and the next one finds out what ORCID has.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from django.db import DatabaseError
from django.utils import timezone

from .. import conversion
from ..claims import ledger
from ..claims.ledger import Settlement, Taken
from ..claims.states import Event, Origin, Wanted
from ..delivery import retry
from ..delivery.outcomes import Kind, Outcome
from ..errors import NotConvertible
from ..people.permissions import Purpose
from ..people.standing import standing
from ..values.orcid_id import OrcidId
from .sending import LeaseLost, Sending
from .services import Services

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # of one claim: longer than all its calls run into their time-outs
PASSES_WITHIN = 5.0  # seconds until a call is over whose caller died
TURN = 5.0  # seconds that one person has before it is the next one's turn


class Delivered(NamedTuple):
    settled: int
    more: bool  # whether the turn ended before the work did


def deliver(
    orcid: OrcidId, services: Services, *, stop: Callable[[], bool] = lambda: False
) -> Delivered:
    """Send what is due for this person, for one turn.

    Where somebody else is writing to the same record, they find what is due: nothing is done here.
    """
    settled = 0
    with ledger.writing_to(orcid) as mine:
        if mine and ledger.take_back(orcid, now=timezone.now()):
            _let_pass(stop)
        begun = time.monotonic()
        while mine:
            if stop() or time.monotonic() - begun > TURN:
                return Delivered(settled, more=True)
            claim = ledger.take(orcid, lease=LEASE, now=timezone.now())
            if claim is None:
                break
            found = _settlement(claim, services)
            if found is None or not ledger.settle(claim, found, now=timezone.now()):
                log.warning("the lease of claim %s was lost", claim.id)
                continue
            settled += 1
            if found.everybody_waits and found.due_at:
                ledger.postpone_others(orcid, until=found.due_at)
    return Delivered(settled, more=False)


def _let_pass(stop: Callable[[], bool]) -> None:
    """A dead worker's call may still be on its way through ORCID: nothing is sent beside it."""
    end = time.monotonic() + PASSES_WITHIN
    while time.monotonic() < end and not stop():
        time.sleep(0.2)


def _settlement(claim: Taken, services: Services) -> Settlement | None:
    """What becomes of this claim; None where it is not ours any more.

    This is the boundary of a job: an accident of ours costs this one claim a try, and no other.
    """
    sending = Sending(claim, api=services.orcid, rate=services.rate)
    try:
        if claim.wanted == Wanted.PRESENT:
            refusal = _render(sending, services)
            if refusal is not None:
                return refusal
        return sending.settlement()
    except LeaseLost:
        return None
    except DatabaseError:
        raise  # nothing could be written down either; the lease runs out
    except Exception as error:
        log.exception("claim %s could not be delivered", claim.id)
        outcome = Outcome(kind=Kind.LATER, message=f"{type(error).__name__}: {error}")
        return sending.postponed(outcome, enough=retry.TRIES, otherwise="our_fault")


def _render(sending: Sending, services: Services) -> Settlement | None:
    """Give it what shall be on the record; or why it cannot be there now."""
    claim = sending.claim
    if claim.origin == Origin.AUTO_UPDATE and not claim.by_hand:
        person = standing(claim.orcid, Purpose.AUTO_UPDATE, now=timezone.now())
        if not person.auto_update:
            return sending.known(Event.HOLD, reason="auto_update_off")
    work = ledger.work(claim.doi)
    if work is None:
        return sending.known(Event.FAIL, reason="no_metadata")
    try:
        converted = conversion.convert(work, orcid_host=services.config.orcid_host)
    except NotConvertible as error:
        return sending.known(Event.FAIL, reason="not_convertible", message=str(error))
    sending.shall_be(conversion.render(converted))
    return None
