"""When the end of a permission has to be seen to, and what is to be done then. Pure.

ORCID's tokens for a record last about 20 years; those of a client that ORCID has not enabled for
that last an hour. A refresh token renews either, as long as the person does not withdraw it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

RENEW_BEFORE = timedelta(days=30)
WARN_BEFORE = timedelta(days=14)
# A call that begins now may arrive this much later.
MARGIN = timedelta(minutes=1)


class Due(StrEnum):
    RENEW = "renew"
    WARN = "warn"  # it cannot be renewed: only the person can give it again
    EXPIRE = "expire"


def due_at(
    *, since: datetime, expires_at: datetime | None, renewable: bool, warned: bool = False
) -> datetime | None:
    """When a token of this age wants something next. None: never."""
    if expires_at is None:
        return None
    life = expires_at - since
    if renewable:
        return expires_at - min(RENEW_BEFORE, life / 2)
    too_short = life < 2 * WARN_BEFORE
    return expires_at if warned or too_short else expires_at - WARN_BEFORE


def what_is_due(*, expires_at: datetime, renewable: bool, now: datetime) -> Due:
    if renewable:
        return Due.RENEW
    return Due.EXPIRE if expires_at <= now else Due.WARN


def is_over(expires_at: datetime | None, *, renewable: bool, now: datetime) -> bool:
    """An access token that can be renewed is not the end of a permission."""
    return expires_at is not None and expires_at <= now and not renewable


def ends_soon(since: datetime, expires_at: datetime | None, *, now: datetime) -> bool:
    """Of one that cannot be renewed: whether it is time to say so."""
    warn_at = due_at(since=since, expires_at=expires_at, renewable=False)
    return expires_at is not None and warn_at is not None and warn_at <= now < expires_at


def wants_renewal(expires_at: datetime | None, *, renewable: bool, now: datetime) -> bool:
    """Before it is used: it has run out, or could on the way."""
    return expires_at is not None and renewable and expires_at <= now + MARGIN
