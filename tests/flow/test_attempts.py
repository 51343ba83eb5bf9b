"""The calls to ORCID: kept for a time, forgotten slice by slice, read together with the changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from profiles.claims import attempts, ledger, queries
from profiles.claims.leases import Try
from profiles.claims.models import Attempt, Change, Claim
from profiles.claims.states import Origin
from profiles.pipeline.jobs import drop_attempts_job

from .people import ALICE, BOB, NOON
from .test_ledger import DOI, done

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def called(age: timedelta, **more: Any) -> None:
    call = {
        "at": NOON - age,
        "verb": "GET",
        "api_client": "APP-1",
        "fingerprint": "",
        "status": 200,
        "error_code": None,
        "outcome": "done",
        "milliseconds": 10,
    }
    attempts.record(ALICE, Try(**call | more))


@pytest.mark.parametrize("slice_of", [1, 2, 3, 100])
def test_what_is_older_goes_whatever_the_slices(slice_of: int) -> None:
    for days in (5, 400, 4, 366, 365, 364, 380):  # nearly in the order of time
        called(days * DAY)
    assert attempts.drop_before(NOON - 365 * DAY, slice_of=slice_of) == 3
    assert set(Attempt.objects.values_list("at", flat=True)) == {
        NOON - days * DAY for days in (5, 4, 364, 365)
    }
    assert attempts.drop_before(NOON - 365 * DAY, slice_of=slice_of) == 0


def test_nothing_old_is_nothing_to_do() -> None:
    assert attempts.drop_before(NOON) == 0
    called(DAY)
    assert attempts.drop_before(NOON - 2 * DAY) == 0


def test_each_slice_is_a_statement_of_its_own(django_assert_num_queries: Any) -> None:
    for _ in range(7):
        called(400 * DAY)
    with django_assert_num_queries(1 + 3 + 1):  # where they end, three slices, and no more
        attempts.drop_before(NOON, slice_of=3)


def test_where_the_old_ones_end_is_found_by_the_index_of_blocks() -> None:
    """Not by reading all calls of a year."""
    call = Attempt(
        orcid=ALICE, api_client="APP-1", verb="GET", outcome="done", milliseconds=1, at=NOON
    )
    Attempt.objects.bulk_create([call])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO claims_attempt"
            " (orcid, api_client, verb, fingerprint, outcome, milliseconds, at)"
            " SELECT orcid, api_client, verb, '', outcome, 1, at + number * interval '1 minute'"
            " FROM claims_attempt, generate_series(1, 100000) AS number"
        )
        cursor.execute("SELECT brin_summarize_new_values('attempt_at')")
        cursor.execute("ANALYZE claims_attempt")
        cursor.execute(f"EXPLAIN {attempts._LAST}", {"moment": NOON + DAY})
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "attempt_at" in plan, plan


def test_a_days_job_forgets_calls_and_no_history() -> None:
    done()
    now = timezone.now()
    for days, claim in ((366, Claim.objects.get().pk), (364, None)):
        called(NOON - now + days * DAY)
        Attempt.objects.filter(at=now - days * DAY).update(claim=claim)
    Change.objects.update(at=now - 1000 * DAY)
    drop_attempts_job(0)
    assert [now - at for at in Attempt.objects.values_list("at", flat=True)] == [364 * DAY]
    assert Change.objects.count() == 2


class TestTheWholeHistory:
    def test_is_read_in_one_query(self, django_assert_num_queries: Any) -> None:
        done()
        for number in range(30):
            called(timedelta(seconds=number), verb="PUT")
        Attempt.objects.update(claim=Claim.objects.get())
        with django_assert_num_queries(1):
            detail = queries.find(orcid=ALICE, doi=DOI)
        assert len(detail.history) == 32
        assert detail.row.doi == DOI
        times = [line.at for line in detail.history]
        assert times == sorted(times, reverse=True)

    def test_of_somebody_without_any_is_one_query_too(self, django_assert_num_queries: Any) -> None:
        ledger.want(BOB, DOI, origin=Origin.STAFF, by="test", now=NOON)
        Change.objects.all().delete()
        with django_assert_num_queries(1):
            assert queries.find(orcid=BOB, doi=DOI).history == ()

    def test_tells_the_moment_to_the_microsecond(self) -> None:
        moment = NOON + timedelta(microseconds=123_456)
        ledger.want(ALICE, DOI, origin=Origin.STAFF, by="test", now=moment)
        (line,) = queries.find(orcid=ALICE, doi=DOI).history
        assert line.at == moment


def test_erasing_a_person_erases_calls_about_the_whole_record() -> None:
    called(DAY)
    done()
    ledger.forget(ALICE)
    assert not Attempt.objects.exists()
