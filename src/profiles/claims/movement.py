"""The one place where a claim's state changes: by the table, and with a line of history.

Part of the ledger; nobody else calls it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Field

from ..errors import NotFound
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from .models import Change, Claim
from .states import Event, State, Wanted, after

# Until a call is over whose caller no longer waits for it: so long nobody looks what it did.
PASSES_WITHIN = timedelta(seconds=5)

# What never changes in a claim's life.
_FIXED = frozenset({"id", "uuid", "orcid", "doi", "origin", "created"})


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
    """Change one claim, in the database too."""
    line = step(
        claim, event, by=by, now=now, reason=reason, message=message, due_at=due_at, quiet=quiet
    )
    write([claim], [line] if line else [])


def step(
    claim: Claim,
    event: Event,
    *,
    by: str,
    now: datetime,
    reason: str = "",
    message: str = "",
    due_at: datetime | None = None,
    quiet: bool = False,
) -> Change | None:
    """Change the claim in memory; the line of history that goes with it (none when quiet).

    Raises ImpossibleTransition.
    """
    claim.state = after(State(claim.state), event)
    claim.reason = reason
    claim.message = message
    claim.due_at = due_at if claim.state == State.WAITING else None
    if claim.state != State.WORKING:
        claim.lease = claim.lease_until = None
    return None if quiet else line(claim, event, by=by, now=now)


def write(claims: Sequence[Claim], lines: Collection[Change]) -> None:
    """The changed claims and their lines of history, each in one statement however many they are."""
    if claims:
        with connection.cursor() as cursor:
            cursor.execute(_update(), _columns(claims))
    if lines:
        Change.objects.bulk_create(lines)


def earliest(claim: Claim, now: datetime) -> datetime:
    """When there may be something to do: at once, unless a call may still be under way."""
    if not claim.unsure:
        return now
    soonest = now + PASSES_WITHIN
    return max(now, min(claim.due_at or soonest, soonest))


def may_be_there(claim: Claim) -> bool:
    """Whether ORCID has the work, or could have it."""
    return claim.put_code is not None or claim.unsure or claim.state == State.WORKING


def wish(
    claim: Claim,
    event: Event,
    *,
    wanted: Wanted,
    by: str,
    now: datetime,
    insisted: bool = False,
) -> None:
    line = wished(claim, event, wanted=wanted, by=by, now=now, insisted=insisted)
    write([claim], [line] if line else [])


def wished(
    claim: Claim,
    event: Event,
    *,
    wanted: Wanted,
    by: str,
    now: datetime,
    reason: str = "",
    insisted: bool = False,
) -> Change | None:
    claim.serial += 1
    claim.attempts = 0
    claim.insisted = insisted
    if wanted == Wanted.PRESENT:
        claim.unwanted_for = ""
    elif reason:
        claim.unwanted_for = reason
    claim.wanted = wanted
    stays_held = after(State(claim.state), event) == State.HELD
    return step(
        claim,
        event,
        reason=claim.reason if stays_held else "",
        message=claim.message if stays_held else "",
        by=by,
        now=now,
        due_at=earliest(claim, now),
    )


def locked(orcid: OrcidId, doi: Doi) -> Claim:
    claim = Claim.objects.select_for_update().filter(orcid=orcid, doi=doi).first()
    if claim is None:
        raise NotFound(f"a claim of {orcid} on {doi}")
    return claim


def line(claim: Claim, event: Event, *, by: str, now: datetime) -> Change:
    return Change(claim=claim, at=now, event=event, state=claim.state, reason=claim.reason, by=by)


def note(claim: Claim, event: Event, *, by: str, now: datetime) -> None:
    line(claim, event, by=by, now=now).save()


def _fields() -> list[Field[Any, Any]]:
    """What may change, after the key."""
    changing = (f for f in Claim._meta.concrete_fields if f.attname not in _FIXED)
    return [Claim._meta.pk, *changing]


@cache
def _update() -> str:
    key, *others = (field.attname for field in _fields())
    arrays = ", ".join(f"%s::{_kind(field)}[]" for field in _fields())
    return (
        f"UPDATE {Claim._meta.db_table} AS claim"  # noqa: S608 (names of our own columns)
        f" SET {', '.join(f'{name} = new.{name}' for name in others)}"
        f" FROM unnest({arrays}) AS new ({key}, {', '.join(others)})"
        f" WHERE claim.{key} = new.{key}"
    )


def _kind(field: Field[Any, Any]) -> str:
    """PostgreSQL's type, without its length: a cast to varchar(40) would cut what is too long,
    and the column refuses it."""
    return str(field.db_type(connection)).partition("(")[0]


def _columns(claims: Sequence[Claim]) -> list[list[object]]:
    return [[_plain(field.pre_save(claim, False)) for claim in claims] for field in _fields()]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, str) else value  # a state's name, not the state
