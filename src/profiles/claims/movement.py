"""The one place where a claim's state changes: by the table, and with a line of history.

Part of the ledger; nobody else calls it.
"""

from __future__ import annotations

from datetime import datetime

from .models import Change, Claim
from .states import Event, State, after


def move(
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
        note(claim, event, by=by, now=now)


def note(claim: Claim, event: Event, *, by: str, now: datetime) -> None:
    Change.objects.create(
        claim=claim, at=now, event=event, state=claim.state, reason=claim.reason, by=by
    )
