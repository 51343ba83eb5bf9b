"""The ends of permissions seen to in time: renewed, or the person warned, or ended and held."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from ..claims import leases, locks
from ..errors import ProfilesError, UnexpectedAnswer, Unreachable
from ..people import renewal
from ..people.lifetimes import Due
from ..people.permissions import GrantState
from ..people.renewal import DueGrant
from . import permissions, tell

log = logging.getLogger(__name__)

TURN = 40.0  # seconds
MANY = 100
AGAIN = timedelta(minutes=10)  # when ORCID was busy, or somebody is writing to the record
MENDED = timedelta(hours=1)  # when it is ours to mend
ENOUGH = 3  # in a row: ORCID is out of reach for everybody


def see_to_ends(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Whatever is due, for one turn; how many. One at a time over all workers."""
    done = failures = 0
    begun = time.monotonic()
    with locks.held("ends of permissions") as mine:
        while mine and failures < ENOUGH:
            found = renewal.due(now=timezone.now(), limit=MANY)
            for each in found:
                if failures >= ENOUGH or stop() or time.monotonic() - begun > TURN:
                    return done
                failures = 0 if _see_to(each) else failures + 1
                done += 1
            if not found:
                break
    return done


def _see_to(due: DueGrant) -> bool:
    """False where ORCID is out of reach."""
    match due.what:
        case Due.RENEW:
            return _renew_if_free(due)
        case Due.WARN:
            tell.warn(due.orcid, due.grant_id)
        case Due.EXPIRE:
            permissions.grant_ended(
                due.grant_id, reason="permission_ended", state=GrantState.EXPIRED
            )
    return True


def _renew_if_free(due: DueGrant) -> bool:
    """ORCID disables the old token, so nobody may be using it."""
    in_reach, wait = True, AGAIN
    with leases.writing_to(due.orcid) as mine:
        try:
            if mine:
                if renewal.is_due(due.grant_id, now=timezone.now()):
                    permissions.renew(due.grant_id)
                return True
        except (Unreachable, UnexpectedAnswer) as error:
            log.warning("a permission of %s could not be renewed: %s", due.orcid, error.message)
            wait = max(AGAIN, timedelta(seconds=getattr(error, "retry_after", None) or 0))
            in_reach = False
        except ProfilesError as error:
            log.error("a permission of %s cannot be renewed: %s", due.orcid, error.message)  # noqa: TRY400 (no traceback: nothing of ours broke)
            wait = MENDED
    renewal.put_off(due.grant_id, until=timezone.now() + wait)
    return in_reach
