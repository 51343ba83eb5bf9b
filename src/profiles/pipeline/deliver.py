"""Delivery for one person at a time: take what is due, convert, plan, send, settle.

Sending comes first and settling second, each claim on its own: a worker that dies in between
leaves a claim whose lease runs out, and the next try finds out what ORCID has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from .. import conversion
from ..claims import ledger
from ..claims.ledger import Settlement, Taken
from ..claims.states import Event, Origin, Wanted
from ..delivery.plan import Step, plan
from ..errors import NotConvertible
from ..people import grants
from ..people.permissions import Purpose
from ..people.standing import HOLD_REASONS, standing
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from .sending import Sending, as_it_was
from .services import Services

BATCH = 20
# Short, so that what a dead worker held is soon found again. Nothing breaks where a live one
# overruns it: the lock on the record keeps others out, and an unsettled work is adopted.
LEASE = timedelta(seconds=60)

_PURPOSE = {Origin.SEARCH_AND_LINK: Purpose.SEARCH_AND_LINK}


def deliver(orcid: OrcidId, services: Services) -> int:
    """Send everything that is due for this person. How many claims were settled.

    Where somebody else is writing to the same record, they find what is due: nothing is done here.
    """
    settled = 0
    with ledger.writing_to(orcid) as mine:
        while mine:
            taken = ledger.take_due(orcid, limit=BATCH, lease=LEASE, now=timezone.now())
            if not taken:
                break
            works = ledger.works([claim.doi for claim in taken])
            settled += _settle_all(taken, works, services)
    return settled


def _settle_all(taken: tuple[Taken, ...], works: Mapping[Doi, Work], services: Services) -> int:
    """When ORCID is busy for one claim of a batch, the rest is not tried and waits as long."""
    busy: Settlement | None = None
    for claim in taken:
        if busy:
            found = as_it_was(claim, Event.POSTPONE, due_at=busy.due_at, tried=False)
        else:
            found = _send(claim, works.get(claim.doi), services)
        ledger.settle(claim, found, now=timezone.now())
        if found.event == Event.POSTPONE:
            busy = found
    return len(taken)


def _send(claim: Taken, work: Work | None, services: Services) -> Settlement:
    """Bring ORCID to what is wanted, with as few calls as that takes (often none)."""
    rendered = None
    if claim.wanted == Wanted.PRESENT:
        if work is None:
            return as_it_was(claim, Event.FAIL, reason="no_metadata")
        try:
            converted = conversion.convert(work, orcid_host=services.config.orcid_host)
        except NotConvertible as error:
            return as_it_was(claim, Event.FAIL, reason="not_convertible", message=str(error))
        rendered = conversion.render(converted)
    fingerprint = conversion.fingerprint(rendered) if rendered else ""
    step = plan(
        present=rendered is not None,
        put_code=claim.put_code,
        sent=claim.fingerprint,
        rendered=fingerprint,
    )
    if step == Step.LEAVE:
        return as_it_was(claim, Event.KEEP if claim.put_code else Event.CLEAR)
    purpose = _PURPOSE.get(claim.origin, Purpose.AUTO_UPDATE)
    grant = grants.usable_grant(claim.orcid, purpose, now=timezone.now())
    if grant is None:
        permission = standing(claim.orcid, purpose, now=timezone.now()).permission
        return as_it_was(claim, Event.HOLD, reason=HOLD_REASONS.get(permission, "no_permission"))
    return Sending(claim, rendered, fingerprint, grant, services.orcid).settlement()
