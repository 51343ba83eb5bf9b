"""The public status page."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from profiles.people.models import Person

from .cast import claim
from .reading import Page


@pytest.mark.django_db
def test_all_is_well_when_nothing_waits() -> None:
    page = Page(Client().get("/status"))
    assert page.status == 200
    assert "Everything works." in page.words
    assert page.rows == {"Database": "Reachable", "Queue": "Empty"}


WAITS = [
    (0, "Everything works.", "1 work is due"),
    (14, "Everything works.", "1 work is due, the oldest for 14 min"),
    (16, "Degraded", "1 work is due, the oldest for 16 min"),
]


@pytest.mark.parametrize(("minutes", "verdict", "queue"), WAITS)
def test_works_that_wait_too_long_are_admitted(
    alice: Person, minutes: int, verdict: str, queue: str
) -> None:
    claim()
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes, seconds=1), tick=False):
        page = Page(Client().get("/status"))
    assert verdict in page.words
    assert page.rows["Queue"] == queue


@pytest.mark.django_db(transaction=True)
def test_without_the_database_the_page_still_says_so(as_alice: Client) -> None:
    """As it is during an outage: no session can be read, no query answered."""

    def refuse(*_: object) -> None:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(refuse):
        page = Page(as_alice.get("/status"))
    assert page.status == 503
    assert page.rows == {"Database": "Out of reach", "Queue": "Not known"}
    assert "Sign In" in page.links
