"""Closing an account: works removed first if the person asks for that, the tokens given back to
ORCID, and then all that we know deleted.

It is written down before anything is done, and goes on by itself after an interruption.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
from django.db import transaction
from django.utils import timezone

from ..claims import leases, leaving, ledger
from ..delivery.refusals import RefusedReading
from ..errors import ProfilesError
from ..people import accounts, closing, orcid_permission
from ..values.orcid_id import OrcidId
from . import invitations, nudge, webhooks
from .deliver import deliver
from .reconcile import reconcile
from .services import Services

log = logging.getLogger(__name__)

CLOSE = "close"  # the job's name
PATIENCE = timedelta(days=7)  # after that nothing is a reason to keep what we know of a person


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    left: int  # works that are still on their way off the record
    stayed: int = 0  # works that ORCID would not let us remove
    erased: bool = False
    claims: int = 0  # erased with the account


def close(orcid: OrcidId, *, remove_works: bool) -> None:
    """Nobody signs in to the account any more; the rest goes on by itself. Raises NotFound."""
    with transaction.atomic():
        closing.begin(orcid, removes_works=remove_works, now=timezone.now())
        nudge.nudge([orcid], job=CLOSE, priority=nudge.CLICK)


def go_on(
    orcid: OrcidId, services: Services, *, stop: Callable[[], bool] = lambda: False
) -> Progress | None:
    """As far as one turn goes; None where the account is not being closed, or is gone.

    Raises ProfilesError where ORCID cannot be asked now or will not take a token back, or we cannot
    open it: then nothing is deleted yet, unless that has lasted for too long.
    """
    asked = closing.closing(orcid)
    if asked is None:
        return None
    stayed = 0
    if asked.removes_works:
        with _patience(orcid, asked):
            if rest := _remove_works(orcid, services, asked, stop=stop):
                return Progress(left=rest)
        stayed = leaving.cannot_leave(orcid)
    claims = _erase(orcid, asked, stayed=stayed)
    return Progress(left=0, stayed=stayed, erased=True, claims=claims)


@contextmanager
def _patience(orcid: OrcidId, asked: closing.Closing) -> Iterator[None]:
    """What cannot be done is tried again for some days, and then done without."""
    try:
        yield
    except ProfilesError as error:
        if timezone.now() - asked.since < PATIENCE:
            raise
        log.error("the account of %s is erased all the same: %s", orcid, error)  # noqa: TRY400 (no traceback: nothing of ours broke)


def left(orcid: OrcidId) -> int:
    """How many works are still to leave the record."""
    return leaving.still_leaving(orcid)


def _remove_works(
    orcid: OrcidId, services: Services, asked: closing.Closing, *, stop: Callable[[], bool]
) -> int:
    """How many are left. What we once put there and know nothing of any more is found first."""
    if not closing.record_was_read(orcid, since=asked.since) and not _read(orcid, services):
        return max(1, leaving.still_leaving(orcid))
    leaving.leave_all(orcid, by=orcid, now=timezone.now())
    deliver(orcid, services, stop=stop)
    return leaving.still_leaving(orcid)


def _read(orcid: OrcidId, services: Services) -> bool:
    """False where somebody is writing to the record. One that cannot be read is left as we know it."""
    with leases.writing_to(orcid) as mine:
        if mine:
            try:
                reconcile(orcid, services)
            except RefusedReading as error:
                log.warning("the record of %s cannot be read: %s", orcid, error.message)
        return mine


def _erase(orcid: OrcidId, asked: closing.Closing, *, stayed: int) -> int:
    """How many claims there were."""
    if stayed:
        log.warning("%s works of %s stay on the record: ORCID refuses", stayed, orcid)
    person = accounts.existing_person(orcid)
    with leases.writing_to(orcid, wait=True):  # no delivery is under way
        with _patience(orcid, asked):
            orcid_permission.withdraw(person, None, reason="account closed", now=timezone.now())
        with transaction.atomic():
            # First the account: whoever matches works to it at this moment waits for its row.
            accounts.erase(orcid)
            claims = ledger.forget(orcid)
            invitations.forget(orcid, now=timezone.now())
            nudge.forget(orcid)
            webhooks.leave(orcid, now=timezone.now())
    return claims
