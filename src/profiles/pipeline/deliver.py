"""Delivery for one person at a time: take what is due, convert, send, settle.

Sending comes first and settling second: a worker that dies in between leaves a claim in its hands,
and the next one finds out what ORCID has.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from django.db import DatabaseError, transaction
from django.utils import timezone

from .. import conversion
from ..claims import leases
from ..claims.leases import Settlement, Taken
from ..claims.movement import PASSES_WITHIN
from ..claims.states import Event, Origin, Wanted
from ..delivery.outcomes import Kind, Outcome
from ..delivery.plan import Step
from ..errors import NotConvertible
from ..people import grants
from ..people.permissions import Purpose, UsableGrant
from ..people.standing import NOBODY, Standing, standings
from ..values.orcid_id import OrcidId
from . import revising, versions
from .sending import LEASE, LeaseLost, Sending, renew
from .services import Services
from .together import MOST, add_together
from .visit import Visit

log = logging.getLogger(__name__)

TURN = 5.0  # seconds that one person has before it is the next one's turn

Settled = Iterator[tuple[Sending, Settlement]]


class Delivered(NamedTuple):
    settled: int = 0
    more: bool = False  # the turn ended before the work did
    busy: bool = False  # somebody else is writing to the record
    doubtful: bool = False  # a lost call was looked for in vain: it may yet come through


def deliver(
    orcid: OrcidId, services: Services, *, stop: Callable[[], bool] = lambda: False
) -> Delivered:
    """Send what is due for this person, for one turn.

    Where somebody else is writing to the same record, they find what is due: nothing is done here.
    """
    settled, doubtful = 0, False
    with leases.writing_to(orcid) as mine:
        if mine and leases.take_back(orcid, now=timezone.now()):
            _let_pass(stop)
        visit = Visit(orcid, services.orcid)
        begun = time.monotonic()
        while mine:
            if stop() or time.monotonic() - begun > TURN:
                return Delivered(settled, more=True, doubtful=doubtful)
            sendings = _take(orcid, visit, services)
            if not sendings:
                break
            try:
                for batch in _batches(sendings, visit, services):
                    settled += _write_down(orcid, batch)
                    doubtful |= any(sending.looked_in_vain for sending, _ in batch)
                    if visit.lost:
                        _let_pass(stop)
                        visit.lost = False
            except LeaseLost:
                log.warning("the lease on claims of %s was lost", orcid)
    return Delivered(settled, busy=not mine, doubtful=doubtful)


def _let_pass(stop: Callable[[], bool]) -> None:
    """A call that nobody waits for any more may still be on its way: nothing is sent beside it."""
    end = time.monotonic() + PASSES_WITHIN.total_seconds()
    while time.monotonic() < end and not stop():
        time.sleep(0.2)


def _take(orcid: OrcidId, visit: Visit, services: Services) -> list[Sending]:
    """What can be added together, else the claim that is next, else nothing."""
    taken = leases.take(orcid, most=MOST, lease=LEASE, now=timezone.now())
    visit.begin_batch([claim.doi for claim in taken])
    api, rate = services.orcid, services.rate
    return [Sending(claim, api=api, visit=visit, rate=rate) for claim in taken]


def _write_down(orcid: OrcidId, settlements: Sequence[tuple[Sending, Settlement]]) -> int:
    """What one call brought, at once. A worker that dies before has lost nothing: what it added it
    had announced, so the next one looks."""
    with _following(orcid, settlements):
        settled = _unless_granted(orcid, settlements)
        if leases.settle_all(settled, now=timezone.now()) < len(settled):
            log.warning("the lease on claims of %s was lost", orcid)
        for grant_id in {sending.served for sending, _ in settlements if sending.served}:
            grants.record_success(grant_id, now=timezone.now())
        waits = [found.due_at for _, found in settled if found.everybody_waits and found.due_at]
    if waits:
        leases.postpone_others(orcid, until=max(waits))
    return len(settled)


def _following(
    orcid: OrcidId, settlements: Sequence[tuple[Sending, Settlement]]
) -> AbstractContextManager[None]:
    """One transaction. Who wants one version alone has the others follow what is there now, or refused."""
    told = [
        sending
        for sending, found in settlements
        if sending.claim.wanted == Wanted.PRESENT and found.event in (Event.KEEP, Event.FAIL)
    ]
    if told and versions.chooses(told[0].visit.standing(Purpose.AUTO_UPDATE)):
        return revising.following(orcid, [sending.claim.doi for sending in told])
    return transaction.atomic()


def _unless_granted(
    orcid: OrcidId, settlements: Sequence[tuple[Sending, Settlement]]
) -> list[tuple[Taken, Settlement]]:
    """What is held goes on where what it lacks has come at this very moment.

    Whoever gives permission, or turns auto-update on, writes the person's row and then releases
    what is held: so one of the two sees the other.
    """
    lacking = sorted({sending.lacks for sending, _ in settlements if sending.lacks})
    now = timezone.now()
    people = {purpose: standings([orcid], purpose, now=now, lock=True) for purpose in lacking}
    return [
        (
            sending.claim,
            sending.again()
            if sending.lacks and _has_come(found.reason, people[sending.lacks].get(orcid))
            else found,
        )
        for sending, found in settlements
    ]


def _has_come(lacking: str, person: Standing | None) -> bool:
    if person is None:
        return False
    return person.auto_update if lacking == "auto_update_off" else person.permission == "usable"


def _batches(
    sendings: list[Sending], visit: Visit, services: Services
) -> Iterator[list[tuple[Sending, Settlement]]]:
    """What becomes of each claim, call by call; where there are several claims, all are additions."""
    if len(sendings) == 1:
        yield list(_guarded(sendings, _by_itself(sendings[0], visit, services)))
        return
    together: dict[UsableGrant, list[Sending]] = defaultdict(list)
    settled: list[tuple[Sending, Settlement]] = []
    for sending in sendings:
        settled += _guarded([sending], _made_ready(sending, visit, services, together))
    yield settled
    while together:
        renew([each.claim for several in together.values() for each in several])
        grant, several = together.popitem()
        yield list(_guarded(several, add_together(several, grant, services.orcid)))


def _by_itself(sending: Sending, visit: Visit, services: Services) -> Settled:
    yield sending, _prepare(sending, visit, services) or sending.settlement()


def _made_ready(
    sending: Sending,
    visit: Visit,
    services: Services,
    together: dict[UsableGrant, list[Sending]],
) -> Settled:
    """Settled already, or put among those that go by the same grant."""
    ready = _prepare(sending, visit, services) or sending.permitted(Step.ADD)
    if isinstance(ready, Settlement):
        yield sending, ready
    else:
        together[ready].append(sending)


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
        outcome = Outcome(kind=Kind.LATER, message=type(error).__name__)
        for sending in left:
            settled = sending.postponed(outcome, otherwise="our_fault")
            yield sending, settled


def _prepare(sending: Sending, visit: Visit, services: Services) -> Settlement | None:
    """Give it what shall be on the record; or why it cannot be there now."""
    claim = sending.claim
    if claim.wanted == Wanted.ABSENT:
        return None
    if visit.standing(Purpose.AUTO_UPDATE) is NOBODY:  # the account is being closed
        return sending.known(Event.HOLD, reason="no_permission")
    by_itself = claim.origin == Origin.AUTO_UPDATE and not claim.by_hand
    if by_itself and not visit.standing(Purpose.AUTO_UPDATE).auto_update:
        sending.lacks = Purpose.AUTO_UPDATE
        return sending.known(Event.HOLD, reason="auto_update_off")
    work = visit.work(claim.doi)
    if work is None and claim.put_code is not None:
        return sending.known(Event.KEEP)  # it was there before us, and nobody told us more
    if work is None:
        return sending.known(Event.FAIL, reason="no_metadata")
    try:
        sending.shall_be(conversion.convert(work, orcid_host=services.config.orcid_host))
    except NotConvertible as error:
        return sending.known(Event.FAIL, reason="not_convertible", message=str(error))
    return None
