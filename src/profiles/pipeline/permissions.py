"""What a permission that arrives or ends means for the person's claims."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ..claims import ledger
from ..values.orcid_id import OrcidId
from .nudge import CLICK, nudge


def granted(orcid: OrcidId) -> int:
    """Release the claims that waited for permission. How many."""
    with transaction.atomic():
        released = ledger.release(orcid, by=orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)
    return released


def ended(orcid: OrcidId, reason: str) -> int:
    """Hold what waits to be sent. How many. `reason` is a code of claims.reasons."""
    return ledger.hold_waiting(orcid, reason=reason, by=orcid, now=timezone.now())
