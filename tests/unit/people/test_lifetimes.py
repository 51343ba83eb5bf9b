"""When the end of a permission has to be seen to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from profiles.people.lifetimes import Due, due_at, ends_soon, is_over, wants_renewal, what_is_due

GIVEN = datetime(2026, 1, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YEARS = 7300 * DAY


@pytest.mark.parametrize(
    ("lasts", "renewable", "warned", "after"),
    [
        (YEARS, True, False, YEARS - 30 * DAY),  # renewed a month before
        (60 * DAY, True, False, 30 * DAY),  # the two rules meet
        (10 * DAY, True, False, 5 * DAY),  # half of its life
        (HOUR, True, False, HOUR / 2),  # a client not enabled for lasting tokens
        (YEARS, False, False, YEARS - 14 * DAY),  # only the person can: they are warned
        (YEARS, False, True, YEARS),  # warned: next is the end
        (28 * DAY, False, False, 14 * DAY),  # just long enough for a warning
        (27 * DAY, False, False, 27 * DAY),  # a warning would come with the permission itself
        (HOUR, False, False, HOUR),
    ],
)
def test_what_is_due_next(
    lasts: timedelta, renewable: bool, warned: bool, after: timedelta
) -> None:
    found = due_at(since=GIVEN, expires_at=GIVEN + lasts, renewable=renewable, warned=warned)
    assert found == GIVEN + after


def test_what_has_no_end_is_never_due() -> None:
    assert due_at(since=GIVEN, expires_at=None, renewable=True) is None
    assert not is_over(None, renewable=False, now=GIVEN)
    assert not ends_soon(GIVEN, None, now=GIVEN)
    assert not wants_renewal(None, renewable=True, now=GIVEN)


@pytest.mark.parametrize(
    ("ends_in", "renewable", "what", "over"),
    [
        (DAY, True, Due.RENEW, False),
        (-DAY, True, Due.RENEW, False),  # the refresh token lives on
        (DAY, False, Due.WARN, False),
        (timedelta(0), False, Due.EXPIRE, True),
        (-DAY, False, Due.EXPIRE, True),
    ],
)
def test_what_is_to_be_done(ends_in: timedelta, renewable: bool, what: Due, over: bool) -> None:
    ends = GIVEN + ends_in
    assert what_is_due(expires_at=ends, renewable=renewable, now=GIVEN) == what
    assert is_over(ends, renewable=renewable, now=GIVEN) == over


@pytest.mark.parametrize(
    ("ends_in", "renewable", "wanted"),
    [
        (timedelta(seconds=59), True, True),  # it could run out on the way
        (timedelta(seconds=61), True, False),
        (-DAY, True, True),
        (-DAY, False, False),
    ],
)
def test_a_token_that_runs_out_is_renewed_before_it_is_used(
    ends_in: timedelta, renewable: bool, wanted: bool
) -> None:
    assert wants_renewal(GIVEN + ends_in, renewable=renewable, now=GIVEN) == wanted


@pytest.mark.parametrize(
    ("left", "soon"), [(15 * DAY, False), (14 * DAY, True), (HOUR, True), (timedelta(0), False)]
)
def test_the_end_is_near_for_two_weeks(left: timedelta, soon: bool) -> None:
    assert ends_soon(GIVEN, GIVEN + YEARS, now=GIVEN + YEARS - left) == soon
