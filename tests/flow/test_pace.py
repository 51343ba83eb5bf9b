"""One pace for all workers, and a breaker, on a real database and its clock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from profiles.delivery import pace
from profiles.delivery.models import Pace
from profiles.delivery.pace import Rate

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = "APP-1"
SLOW = Rate(per_second=0.001, burst=40)  # so slow that no test sees the next one come
BURST = SLOW.burst * pace.CLICK_SHARE


def ask(rate: Rate = SLOW, *, background: bool = False) -> pace.Wait | None:
    return pace.ask(CLIENT, rate, background=background)


def rest(**ago: float) -> None:
    """As if the last request had been so long ago."""
    Pace.objects.update(tat=timezone.now() - timedelta(**ago))


def test_a_burst_and_then_one_by_one() -> None:
    rate = Rate(per_second=0.01, burst=10)
    assert [ask(rate) for _ in range(9)] == [None] * 9
    wait = ask(rate)
    assert wait is not None
    assert not wait.broken
    assert 90 < wait.seconds <= 100  # one every hundred seconds


def test_many_workers_together_get_exactly_the_burst() -> None:
    def worker(_: int) -> int:
        try:
            return sum(ask() is None for _ in range(20))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(worker, range(6))) == BURST


def test_a_rest_gives_no_more_than_one_burst() -> None:
    ask()
    rest(days=1000)
    assert sum(ask() is None for _ in range(60)) == BURST


def test_background_leaves_room_for_people_who_wait() -> None:
    assert sum(ask(background=True) is None for _ in range(60)) == SLOW.burst / 2
    assert sum(ask() is None for _ in range(60)) == BURST - SLOW.burst / 2


def test_places_ahead_are_given_away_and_waited_for() -> None:
    rate = Rate(per_second=20, burst=20)
    while ask(rate, background=True) is None:
        pass
    started = time.monotonic()
    for _ in range(6):  # one after the other, each at its own time
        assert pace.enter(CLIENT, rate, background=True, patience=5.0) is None
    assert time.monotonic() - started > 4 / rate.per_second
    assert ask(rate) is None  # and people who wait find room all the same


def test_who_has_no_patience_is_told_how_long_it_takes() -> None:
    while ask() is None:
        pass
    for _ in range(int(SLOW.burst * pace.AHEAD)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("time.sleep", lambda _: None)
            pace.enter(CLIENT, SLOW, background=False, patience=5.0)
    wait = pace.enter(CLIENT, SLOW, background=False, patience=5.0)
    assert wait is not None
    assert not wait.broken
    assert wait.seconds > 5


def test_each_client_has_its_own_pace() -> None:
    while ask() is None:
        pass
    assert pace.ask("APP-2", SLOW, background=True) is None


class TestTheBreaker:
    def open_it(self) -> None:
        ask()
        for _ in range(pace.FAILURES):
            pace.failing(CLIENT)

    def over(self) -> None:
        Pace.objects.update(open_until=timezone.now() - timedelta(seconds=1))

    def test_a_few_failures_are_nothing(self) -> None:
        ask()
        assert [pace.failing(CLIENT) for _ in range(pace.FAILURES - 1)] == [0] * (pace.FAILURES - 1)
        assert ask() is None

    def test_many_in_a_row_stop_everybody(self) -> None:
        self.open_it()
        assert pace.failing(CLIENT) == pytest.approx(pace.FIRST_PAUSE, abs=1)  # as before
        wait = ask()
        assert wait is not None
        assert wait.broken
        assert wait.seconds <= pace.FIRST_PAUSE

    def test_a_success_between_starts_the_count_afresh(self) -> None:
        ask()
        for _ in range(3 * pace.FAILURES):
            pace.failing(CLIENT)
            pace.well(CLIENT)
        assert ask() is None

    def test_after_the_pause_one_may_try_and_the_others_wait(self) -> None:
        self.open_it()
        self.over()
        assert ask() is None
        others = ask()
        assert others is not None
        assert others.broken

    def test_the_probe_opens_the_way_for_all(self) -> None:
        self.open_it()
        self.over()
        ask()
        pace.well(CLIENT)
        assert [ask() for _ in range(5)] == [None] * 5

    def test_a_probe_that_fails_doubles_the_pause(self) -> None:
        self.open_it()
        pauses = []
        for _ in range(10):
            self.over()
            ask()
            Pace.objects.update(open_until=None)
            pace.failing(CLIENT)
            wait = ask()
            assert wait is not None
            pauses.append(wait.seconds)
        assert pauses[0] == pytest.approx(2 * pace.FIRST_PAUSE, abs=1)
        assert pauses[1] == pytest.approx(4 * pace.FIRST_PAUSE, abs=1)
        assert pauses[-1] == pytest.approx(pace.LONGEST_PAUSE, abs=1)

    def test_a_probe_that_never_comes_back_does_not_stop_the_others_for_ever(self) -> None:
        self.open_it()
        self.over()
        ask()  # and then its worker is killed
        wait = ask()
        assert wait is not None
        assert wait.seconds <= pace.PROBE

    def test_what_orcid_asks_for_is_obeyed_at_once(self) -> None:
        ask()
        pace.failing(CLIENT, retry_after=120)
        wait = ask()
        assert wait is not None
        assert wait.seconds == pytest.approx(120, abs=1)

    def test_but_not_nonsense(self) -> None:
        ask()
        pace.failing(CLIENT, retry_after=10**9)
        wait = ask()
        assert wait is not None
        assert wait.seconds <= pace.LONGEST_ASKED
