"""When to try again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.delivery.retry import LONGEST, TRIES, delay


@pytest.mark.parametrize(
    ("tries", "chance", "retry_after", "seconds"),
    [
        (1, 1.0, None, 3),
        (1, 0.0, None, 1.5),  # jitter takes away half at most
        (2, 1.0, None, 6),
        (5, 1.0, None, 48),
        (1, 1.0, 60, 60),  # asked to wait longer
        (5, 1.0, 1, 48),  # asked to wait less than we would anyway
        (1, 1.0, 10**9, LONGEST.total_seconds()),  # asked for nonsense
        (1, 1.0, 0.0, 3),  # asked to come back at once: not that fast
        (1, 1.0, -60.0, 3),  # asked for the past
    ],
)
def test_delay(tries: int, chance: float, retry_after: float | None, seconds: float) -> None:
    assert delay(tries, chance=chance, retry_after=retry_after) == timedelta(seconds=seconds)


def test_no_number_of_tries_is_too_large() -> None:
    assert delay(10_000, chance=1.0, enough=20_000) == LONGEST


def test_enough_is_enough() -> None:
    assert delay(TRIES, chance=1.0) is None
    assert delay(TRIES - 1, chance=1.0) is not None


def test_all_tries_together_span_a_night() -> None:
    """ORCID may be down for a night; nobody should have to press Retry in the morning."""
    waits = [delay(tries, chance=0.0) or timedelta() for tries in range(1, TRIES)]
    assert timedelta(hours=12) < sum(waits, timedelta()) < timedelta(days=2)


@given(st.integers(1, TRIES - 1), st.floats(0, 1))
def test_never_at_once_and_never_too_late(tries: int, chance: float) -> None:
    wait = delay(tries, chance=chance)
    assert wait is not None
    assert timedelta(seconds=1.5) <= wait <= LONGEST
