"""What the periodic jobs cost: a feature that is off is looked at seldom, and with few questions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from procrastinate.contrib.django import app

from profiles.pipeline import jobs

pytestmark = pytest.mark.django_db

EACH_MINUTE, EACH_TEN_MINUTES = "*/1 * * * *", "*/10 * * * *"
OFF = [
    # job, name, how often, queries
    (jobs.invite_some_job, "invite_some", EACH_MINUTE, 1),
    (jobs.watch_some_job, "watch_some", EACH_MINUTE, 2),
    (jobs.follow_permissions_job, "follow_permissions", EACH_TEN_MINUTES, 1),
]


@pytest.mark.parametrize(("job", "name", "often", "queries"), OFF)
def test_what_is_off_costs_next_to_nothing(
    job: Callable[..., None],
    name: str,
    often: str,
    queries: int,
    django_assert_num_queries: Any,
) -> None:
    assert app.periodic_registry.periodic_tasks[name, ""].cron == often
    with django_assert_num_queries(queries):
        job(0)


def test_notifications_are_cleared_once_a_day() -> None:
    assert app.periodic_registry.periodic_tasks["clear_invitations", ""].cron == "27 3 * * *"
