"""The feeder: everybody's turn comes, and the queue stays short whatever the backlog."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from profiles.claims import leases, ledger
from profiles.claims.models import Claim
from profiles.claims.states import Origin
from profiles.pipeline import jobs
from profiles.pipeline.nudge import CLICK, DELIVER, nudge, outstanding
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

pytestmark = pytest.mark.django_db

PEOPLE = tuple(
    OrcidId(orcid)
    for orcid in (
        "0000-0001-5000-0007",
        "0000-0001-5109-3700",
        "0000-0002-1694-233X",
        "0000-0002-1825-0097",
    )
)


@pytest.fixture(autouse=True)
def backlog() -> None:
    for orcid in PEOPLE:
        doi = Doi("10.5555/tides")
        ledger.want(orcid, doi, origin=Origin.AUTO_UPDATE, by="x", now=timezone.now())


def queued(task: str, argument: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT args ->> %s FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'"
            " ORDER BY id",
            [argument, task],
        )
        return [value for (value,) in cursor.fetchall()]


def delivered() -> list[str]:
    """Who had a turn; the queue is empty then."""
    orcids = queued(DELIVER, "orcid")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = %s", [DELIVER])
    return orcids


def going_on() -> str:
    """Where the feeder goes on."""
    (after,) = queued("feed", "after")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'feed'")
    return after


def test_everybody_is_nudged_and_then_there_is_nothing_more_to_do() -> None:
    jobs.feed_job(0)
    assert delivered() == list(PEOPLE)
    assert queued("feed", "after") == []


def test_a_backlog_is_fed_a_window_at_a_time_and_everybody_in_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "WINDOW", 2)
    jobs.feed_job(0)
    assert outstanding(DELIVER) == 2
    jobs.feed_job(0, after=going_on())  # the queue is full
    assert delivered() == list(PEOPLE[:2])
    jobs.feed_job(0, after=going_on())
    assert delivered() == list(PEOPLE[2:])
    assert queued("feed", "after") == []


def test_a_queue_that_is_full_before_the_first_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "WINDOW", 1)
    nudge([PEOPLE[3]], priority=CLICK)
    jobs.feed_job(0)
    assert delivered() == [PEOPLE[3]]
    jobs.feed_job(0, after=going_on())
    assert delivered() == [PEOPLE[0]]


def test_a_tick_in_between_does_not_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "WINDOW", 1)
    jobs.feed_job(0)
    assert delivered() == [PEOPLE[0]]
    jobs.feed_job(1)
    assert delivered() == []
    jobs.feed_job(0, after=going_on())
    assert delivered() == [PEOPLE[1]]


def test_what_is_for_later_does_not_stand_in_the_way_of_what_is_for_now() -> None:
    nudge([PEOPLE[0]], seconds=300)
    nudge([PEOPLE[0]], seconds=300)
    nudge([PEOPLE[0]])
    assert outstanding(DELIVER) == 2


def test_those_in_hands_that_may_be_dead_are_looked_at() -> None:
    (taken,) = leases.take(PEOPLE[1], most=1, lease=timedelta(minutes=1), now=timezone.now())
    jobs.sweep_job(0)
    assert delivered() == [PEOPLE[1]]
    Claim.objects.filter(pk=taken.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    jobs.sweep_job(0)
    assert Claim.objects.get(pk=taken.id).state == "waiting"
