"""Delivery for one person at a time: take what is due, convert, send, settle.

Sending comes first and settling second: a worker that dies in between leaves a claim in its hands,
and the next one finds out what ORCID has.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from django.db import DatabaseError
from django.utils import timezone

from .. import conversion
from ..claims import leases, metadata
from ..claims.leases import Settlement
from ..claims.states import Event, Origin, Wanted
from ..delivery import retry
from ..delivery.outcomes import Kind, Outcome
from ..delivery.plan import Step
from ..errors import NotConvertible
from ..people.permissions import Purpose, UsableGrant
from ..people.standing import standing
from ..values.orcid_id import OrcidId
from .record import Record
from .sending import LeaseLost, Sending
from .services import Services
from .together import MOST, add_together

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)  # the lock on the record tells sooner when a worker has died
PASSES_WITHIN = 5.0  # seconds until a call is over whose caller died
TURN = 5.0  # seconds that one person has before it is the next one's turn

Settled = Iterator[tuple[Sending, Settlement]]


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
    with leases.writing_to(orcid) as mine:
        if mine and leases.take_back(orcid, now=timezone.now()):
            _let_pass(stop)
        record = Record(orcid, services.orcid)
        begun = time.monotonic()
        while mine:
            if stop() or time.monotonic() - begun > TURN:
                return Delivered(settled, more=True)
            sendings = _take(orcid, record, services)
            if not sendings:
                break
            try:
                settled += _write_down(_settle(sendings, services))
            except LeaseLost:
                log.warning("the lease on claims of %s was lost", orcid)
    return Delivered(settled, more=False)


def _let_pass(stop: Callable[[], bool]) -> None:
    """A dead worker's call may still be on its way through ORCID: nothing is sent beside it."""
    end = time.monotonic() + PASSES_WITHIN
    while time.monotonic() < end and not stop():
        time.sleep(0.2)


def _take(orcid: OrcidId, record: Record, services: Services) -> list[Sending]:
    """What can be added together, else the claim that is due for longest, else nothing."""
    now = timezone.now()
    taken = leases.take_additions(orcid, limit=MOST, lease=LEASE, now=now)
    if not taken:
        claim = leases.take(orcid, lease=LEASE, now=now)
        taken = (claim,) if claim else ()
    api, rate = services.orcid, services.rate
    return [Sending(claim, api=api, record=record, rate=rate) for claim in taken]


def _write_down(settlements: Settled) -> int:
    """Each at once, so that a worker that dies between two has lost nothing of the first."""
    count = 0
    for sending, found in settlements:
        if not leases.settle(sending.claim, found, now=timezone.now()):
            raise LeaseLost
        count += 1
        if found.everybody_waits and found.due_at:
            leases.postpone_others(sending.claim.orcid, until=found.due_at)
    return count


def _settle(sendings: list[Sending], services: Services) -> Settled:
    """What becomes of each claim; where there are several, all are additions."""
    if len(sendings) == 1:
        yield from _guarded(sendings, _by_itself(sendings[0], services))
        return
    together: dict[UsableGrant, list[Sending]] = defaultdict(list)
    for sending in sendings:
        yield from _guarded([sending], _made_ready(sending, services, together))
    for grant, ready in together.items():
        yield from _guarded(ready, add_together(ready, grant, services.orcid))


def _by_itself(sending: Sending, services: Services) -> Settled:
    yield sending, _prepare(sending, services) or sending.settlement()


def _made_ready(
    sending: Sending, services: Services, together: dict[UsableGrant, list[Sending]]
) -> Settled:
    """Settled already, or put among those that go by the same grant."""
    settled = _prepare(sending, services)
    grant = sending.grant_for(Step.ADD) if settled is None else None
    if grant is not None:
        together[grant].append(sending)
    else:
        yield sending, settled or sending.without_grant()


def _guarded(sendings: Iterable[Sending], settlements: Settled) -> Settled:
    """The boundary of a job: an accident of ours costs these claims a try, and no other."""
    left = list(sendings)
    try:
        for sending, found in settlements:
            left.remove(sending)
            yield sending, found
    except (LeaseLost, DatabaseError):
        raise  # nothing could be written down
    except Exception as error:
        log.exception("claims %s could not be delivered", [each.claim.id for each in left])
        outcome = Outcome(kind=Kind.LATER, message=f"{type(error).__name__}: {error}")
        for sending in left:
            settled = sending.postponed(outcome, enough=retry.TRIES, otherwise="our_fault")
            yield sending, settled


def _prepare(sending: Sending, services: Services) -> Settlement | None:
    """Give it what shall be on the record; or why it cannot be there now."""
    claim = sending.claim
    if claim.wanted == Wanted.ABSENT:
        return None
    if claim.origin == Origin.AUTO_UPDATE and not claim.by_hand:
        person = standing(claim.orcid, Purpose.AUTO_UPDATE, now=timezone.now())
        if not person.auto_update:
            return sending.known(Event.HOLD, reason="auto_update_off")
    work = metadata.work(claim.doi)
    if work is None and claim.put_code is not None:
        return sending.known(Event.KEEP)  # it was there before us, and nobody told us more
    if work is None:
        return sending.known(Event.FAIL, reason="no_metadata")
    try:
        sending.shall_be(conversion.convert(work, orcid_host=services.config.orcid_host))
    except NotConvertible as error:
        return sending.known(Event.FAIL, reason="not_convertible", message=str(error))
    return None
