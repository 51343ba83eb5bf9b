"""A job is only a nudge: "look at this person". Losing or repeating one changes nothing.

Jobs are queued by name, in the transaction that gave rise to them, so that this module needs to
know nothing of what a job does.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from ..values.orcid_id import OrcidId

DELIVER, RECONCILE = "deliver", "reconcile"
# Priorities: a person who waits is served first, after the small jobs that keep the house.
HOUSEKEEPING, CLICK, BACKGROUND = 20, 10, 0


def nudge(
    orcids: Iterable[OrcidId],
    *,
    job: str = DELIVER,
    priority: int = BACKGROUND,
    seconds: int = 0,
) -> None:
    """Queue one delivery (or another job) per person, unless one is queued already; `seconds` from now.

    In a fixed order, so that two who nudge the same persons at once do not lock each other out. A
    click has a place of its own in the queue: one that waits in the background is no hindrance, and
    one that is for later is none for one that is for now.
    """
    for orcid in sorted(orcids):
        lock = f"{job}:{priority}:{orcid}" + (":later" if seconds else "")
        task = app.configure_task(
            job,
            queueing_lock=lock,
            priority=priority,
            schedule_in={"seconds": seconds} if seconds else None,
        )
        try:
            with transaction.atomic():  # a savepoint: a queued twin must not undo our caller
                task.defer(orcid=orcid)
        except AlreadyEnqueued:
            continue


def outstanding(job: str) -> int:
    """How many of these wait in the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %s",
            [job],
        )
        (count,) = cursor.fetchone()
    return int(count)


def forget(orcid: OrcidId) -> None:
    """Jobs hold the iD; nothing of an erased person stays behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE args ->> 'orcid' = %s AND status <> 'doing'",
            [orcid],
        )
