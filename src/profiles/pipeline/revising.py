"""A person's claims brought to what they chose: at once or, where they are many, by a job.

A job is only a nudge: that there is something left to do stands with the person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import chain

from django.db import transaction
from django.utils import timezone

from ..claims import leases, ledger, metadata
from ..people import accounts
from ..people.permissions import Purpose
from ..people.standing import standings
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import versions, withdrawn
from .nudge import CLICK, nudge
from .services import services
from .withdrawn import BY

REVISE = "revise"  # the job
AT_ONCE = 300  # claims that a person who waits for the page is kept for
STEP = 100  # claims in one transaction


def begin(orcid: OrcidId) -> None:
    """The choice, or what it hangs on, has changed. In the caller's transaction.

    What a worker has in hand is settled by the choice of before, so it is looked at once more.
    """
    now = timezone.now()
    groups = _groups(orcid, now)
    many = sum(map(len, groups)) > AT_ONCE
    if many or leases.in_hand(orcid):
        accounts.unsettle(orcid, now)
        nudge([orcid], job=REVISE, priority=CLICK)
    if groups and not many:
        _settle(orcid, frozenset(chain.from_iterable(groups)), now=now)


def go_on(orcid: OrcidId) -> None:
    """What `begin` left to a job. May be done twice, and be interrupted anywhere."""
    since = accounts.unsettled_since(orcid)
    if since is None:
        return
    in_hand = leases.in_hand(orcid)
    for dois in _steps(_groups(orcid, timezone.now())):
        _settle(orcid, dois, now=timezone.now())
    if not in_hand:
        accounts.settled(orcid, since)


def _groups(orcid: OrcidId, now: datetime) -> tuple[frozenset[Doi], ...]:
    """The claims that a choice may move: versions of one work, what is withdrawn, what moved before."""
    person = standings([orcid], Purpose.AUTO_UPDATE, now=now).get(orcid)
    if person is None or not person.auto_update:
        return ()
    left = ledger.left_for(orcid, frozenset(versions.REASONS.values())) | withdrawn.marked(orcid)
    related = metadata.with_relatives(orcid) if versions.chooses(person) else ()
    alone = left.difference(*related)
    return (*related, *(frozenset({doi}) for doi in sorted(alone)))


def _steps(groups: Collection[frozenset[Doi]]) -> Iterator[frozenset[Doi]]:
    """Some works at a time; what belongs together stays together."""
    step: set[Doi] = set()
    for group in groups:
        step |= group
        if len(step) >= STEP:
            yield frozenset(step)
            step = set()
    if step:
        yield frozenset(step)


def _settle(orcid: OrcidId, dois: Collection[Doi], *, now: datetime) -> None:
    with transaction.atomic():
        person = standings([orcid], Purpose.AUTO_UPDATE, now=now, lock=True).get(orcid)
        if person is None or not person.auto_update:
            return
        related = versions.hold(orcid, dois)
        policy = services().policy
        count = withdrawn.settle_marked(orcid, person, dois, by=orcid, now=now)
        count += versions.settle(orcid, person, related, policy=policy, by=orcid, now=now)
        if count:
            nudge([orcid], priority=CLICK)


@contextmanager
def following(
    orcid: OrcidId, dois: Collection[Doi], *, also: Collection[Doi] = ()
) -> Iterator[None]:
    """Inside, wishes for a person's claims change, or what ORCID has of them; all in one transaction.

    Their other versions follow, where the person wants one alone; those of `also` too. First the
    person's row is locked and then the claims, as everywhere, so that nobody waits in a circle and
    what was read before is not written after what somebody decided meanwhile.
    """
    now = timezone.now()
    with transaction.atomic():
        person = standings([orcid], Purpose.AUTO_UPDATE, now=now, lock=True).get(orcid)
        if person is None or not versions.chooses(person):
            yield
            return
        related = versions.hold(orcid, {*dois, *also})
        yield
        policy = services().policy
        if versions.settle(orcid, person, related | {*dois}, policy=policy, by=BY, now=now):
            nudge([orcid], priority=CLICK)
