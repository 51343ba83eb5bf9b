"""The ledger compared with the record: what we had not known, what is gone, what had moved."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from profiles.claims import comparison, leases, ledger, queries
from profiles.claims.models import Attempt, Claim
from profiles.claims.states import Origin, State
from profiles.delivery import pace
from profiles.delivery.adoption import OwnWork
from profiles.errors import UnexpectedAnswer, Unreachable
from profiles.people import closing, grants
from profiles.people.models import Grant, Person
from profiles.people.permissions import Purpose
from profiles.pipeline.deliver import deliver
from profiles.pipeline.reconcile import NOTHING, Compared, reconcile
from profiles.pipeline.services import Services
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .people import ALICE, BOB, NOON, person
from .test_deliver import DOI, alice, claim, real, titles, want
from .test_ends_of_permissions import give

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = seed.ORCID_CLIENT[0]


def work(doi: str, title: str = "Theirs") -> dict[str, object]:
    return {
        "title": {"title": {"value": title}},
        "type": "data-set",
        "external-ids": {
            "external-id": [
                {
                    "external-id-type": "doi",
                    "external-id-value": doi,
                    "external-id-relationship": "self",
                }
            ]
        },
    }


def test_what_our_client_put_there_before_is_taken_over(alice: Simulation, real: Services) -> None:
    put_code = alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT).put_code
    assert reconcile(ALICE, real) == Compared(imported=1)
    found = claim()
    assert (found.state, found.put_code, found.origin) == (State.DONE, put_code, Origin.IMPORT)
    want("Tides")  # and from now on it follows its metadata
    deliver(ALICE, real)
    assert (titles(alice), claim().put_code) == (["Tides"], put_code)


def test_works_of_others_are_none_of_ours(alice: Simulation, real: Services) -> None:
    other = alice.orcid.add_client("Other", redirect_uris=())
    alice.orcid.add_work(ALICE, work(DOI), client_id=other.id)
    alice.orcid.add_work(ALICE, work("10.5555/own"))  # by the person
    assert reconcile(ALICE, real) == NOTHING
    assert not Claim.objects.exists()


def test_what_the_person_took_off_at_orcid_stays_off(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    assert reconcile(ALICE, real) == Compared(gone=1)
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_at_orcid")
    want("Tides, again")
    deliver(ALICE, real)
    assert titles(alice) == []


def test_a_put_code_that_changed_is_mended_and_the_work_brought_up_to_date(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    new = alice.orcid.add_work(ALICE, work(DOI, "Old"), client_id=CLIENT).put_code
    assert reconcile(ALICE, real) == Compared(repaired=1)
    deliver(ALICE, real)
    assert (claim().state, claim().put_code) == (State.DONE, new)
    assert titles(alice) == ["Tides"]


def test_a_work_that_was_there_before_us_is_kept_until_we_know_its_metadata(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT)
    reconcile(ALICE, real)
    ledger.want(ALICE, DOI, origin=Origin.STAFF, by="test", now=NOON, insist=True)
    deliver(ALICE, real)
    assert (claim().state, titles(alice)) == (State.DONE, ["Theirs"])


def test_a_second_comparison_finds_nothing_new(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    for _ in range(2):
        assert reconcile(ALICE, real) == NOTHING
    assert grants.compared_before(NOON, limit=5, now=NOON) == ()


def test_a_record_that_cannot_be_read_changes_nothing(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.faults.add(method="GET", path_prefix="/v3.0", status=503)
    with pytest.raises(Unreachable):
        reconcile(ALICE, real)
    assert claim().state == State.DONE
    assert grants.compared_before(NOON, limit=5, now=NOON) == (ALICE,)


def test_a_claim_in_a_workers_hands_is_left_to_it(alice: Simulation, real: Services) -> None:
    want()
    assert leases.take(ALICE, most=1, lease=NOON - NOON, now=NOON)
    alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT)
    assert reconcile(ALICE, real) == NOTHING
    assert claim().state == State.WORKING


def test_what_a_removal_was_on_its_way_for_is_removed(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    ledger.unwant(ALICE, DOI, reason="left_metadata", by="test", now=NOON)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    reconcile(ALICE, real)
    assert (claim().state, claim().reason) == (State.REMOVED, "left_metadata")


def test_what_a_client_put_there_that_we_did_not_ask_for_is_not_missed(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    Claim.objects.update(api_client="APP-OTHERCLIENT")
    assert reconcile(ALICE, real) == Compared(repaired=1)
    Claim.objects.update(api_client="APP-OTHERCLIENT", doi=Doi("10.5555/elsewhere"))
    assert reconcile(ALICE, real).gone == 0  # type: ignore[union-attr]
    Claim.objects.update(api_client="APP-OTHERCLIENT", put_code=7)
    assert reconcile(ALICE, real).gone == 0  # type: ignore[union-attr]


def test_without_permission_nothing_is_read(simulation: Simulation, real: Services) -> None:
    person(ALICE)
    assert reconcile(ALICE, real) == NOTHING
    assert simulation.orcid.calls("GET") == []
    assert not Grant.objects.exists()


def put(simulation: Simulation, *dois: str, client: str = CLIENT) -> int:
    """A work of ours that the ledger knows nothing of."""
    content = work(dois[0])
    ids = [each for doi in dois for each in work(doi)["external-ids"]["external-id"]]  # type: ignore[index]
    content["external-ids"] = {"external-id": ids}
    return simulation.orcid.add_work(ALICE, content, client_id=client).put_code


def codes(simulation: Simulation) -> list[int]:
    return [each["put-code"] for each in simulation.orcid.works_of(ALICE)]


def happened(doi: Doi = DOI) -> list[str]:
    return [line.what for line in reversed(queries.find(orcid=ALICE, doi=doi).history)]


class TestSecondCopies:
    """Two works of ours for one DOI: one goes, and the history tells."""

    def test_the_one_that_the_claim_knows_stays(self, alice: Simulation, real: Services) -> None:
        older = put(alice, DOI)
        want()
        Claim.objects.update(put_code=put(alice, DOI), api_client=CLIENT)
        known = claim().put_code
        compared = reconcile(ALICE, real)
        assert compared is not None
        assert [spare.put_code for spare in compared.spares] == [older]
        assert codes(alice) == [known]
        assert happened() == ["want", "DELETE", "tidied"]

    def test_an_update_that_was_refused_for_the_copys_sake_is_tried_again(
        self, alice: Simulation, real: Services
    ) -> None:
        put(alice, DOI)
        want()
        Claim.objects.update(put_code=put(alice, DOI), api_client=CLIENT)
        deliver(ALICE, real)
        assert (claim().state, claim().reason) == (State.FAILED, "refused")
        reconcile(ALICE, real)
        deliver(ALICE, real)
        assert (claim().state, claim().reason) == (State.DONE, "")

    def test_of_what_nobody_knew_the_oldest_stays(self, alice: Simulation, real: Services) -> None:
        first, _, _ = put(alice, DOI), put(alice, DOI), put(alice, DOI)
        reconcile(ALICE, real)
        assert (codes(alice), claim().put_code) == ([first], first)
        assert happened() == ["find", "DELETE", "tidied", "DELETE", "tidied"]
        assert reconcile(ALICE, real) == NOTHING

    def test_a_work_for_another_doi_as_well_stays(self, alice: Simulation, real: Services) -> None:
        first, second = put(alice, DOI), put(alice, DOI, "10.5555/other")
        reconcile(ALICE, real)
        assert codes(alice) == [first, second]
        assert claim(Doi("10.5555/other")).put_code == second

    def test_of_something_unwanted_all_go(self, alice: Simulation, real: Services) -> None:
        want()
        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        put(alice, DOI)
        put(alice, DOI)
        reconcile(ALICE, real)
        deliver(ALICE, real)
        assert codes(alice) == []
        assert (claim().state, claim().reason) == (State.REMOVED, "removed_by_person")

    @pytest.mark.parametrize("fault", [{"status": 503}, {"reset": "after"}, {"reset": "before"}])
    def test_an_answer_that_is_lost_is_asked_for_again(
        self, alice: Simulation, real: Services, fault: dict[str, Any]
    ) -> None:
        first, _ = put(alice, DOI), put(alice, DOI)
        alice.orcid.faults.add(method="DELETE", path_prefix="/v3.0", **fault)
        with pytest.raises(Unreachable):
            reconcile(ALICE, real)
        assert grants.compared_before(NOON, limit=5, now=NOON) == (ALICE,)  # not done yet
        assert claim().put_code == first  # but what was found out is not lost
        pace.well(CLIENT)
        reconcile(ALICE, real)
        assert codes(alice) == [first]
        assert grants.compared_before(NOON, limit=5, now=NOON) == ()

    def test_what_other_sources_added_is_no_copy(self, alice: Simulation, real: Services) -> None:
        other = alice.orcid.add_client("Other", redirect_uris=())
        all_of_them = [
            put(alice, DOI),
            put(alice, DOI, client=other.id),
            put(alice, DOI, client=""),
        ]
        reconcile(ALICE, real)
        assert codes(alice) == all_of_them


class TestWhatThePersonDidThere:
    def test_works_that_they_combined_keep_their_own_ids(
        self, alice: Simulation, real: Services
    ) -> None:
        """ORCID groups them and the person's own copy carries both ids; ours are still ours."""
        other = Doi("10.5555/other")
        want()
        want("Other", doi=other)
        deliver(ALICE, real)
        mine = codes(alice)
        put(alice, DOI, other, client="")  # by the person
        for doi in (DOI, other):
            assert reconcile(ALICE, real) == NOTHING
            assert claim(doi).state == State.DONE
        assert codes(alice)[:2] == mine

    def test_a_work_whose_doi_was_changed_is_still_theirs_and_set_right(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        deliver(ALICE, real)
        code = claim().put_code or 0
        alice.orcid.delete_work(ALICE, code)
        alice.orcid.add_work(ALICE, work("10.5555/changed"), client_id=CLIENT, put_code=code)
        assert reconcile(ALICE, real) == Compared(repaired=1)
        deliver(ALICE, real)
        assert (titles(alice), claim().state, claim().put_code) == (["Tides"], State.DONE, code)
        assert Claim.objects.count() == 1
        assert reconcile(ALICE, real) == NOTHING

    @pytest.mark.parametrize("reason", ["removed_by_person", "left_metadata", "never_add"])
    def test_what_is_off_here_and_there_all_the_same_is_taken_off_again(
        self, alice: Simulation, real: Services, reason: str
    ) -> None:
        """Such as an addition that came through late. Never silently."""
        want()
        if reason == "never_add":
            ledger.decline(ALICE, DOI, by=ALICE, now=NOON)
        else:
            ledger.unwant(ALICE, DOI, reason=reason, by=ALICE, now=NOON)
        put(alice, DOI)
        assert reconcile(ALICE, real) == Compared(repaired=1)
        deliver(ALICE, real)
        assert codes(alice) == []
        state, event = (
            (State.DECLINED, "decline") if reason == "never_add" else (State.REMOVED, "clear")
        )
        assert (claim().state, claim().reason) == (state, reason)
        assert happened()[-3:] == ["find", "DELETE", event]


RECORDS = [
    ("locked", {}, "record_locked", ""),
    ("deactivated", {}, "record_deactivated", ""),
    ("deprecated", {"deprecated_to": BOB}, "record_deprecated", BOB),
]


@pytest.mark.parametrize(("state", "more", "reason", "told"), RECORDS)
def test_a_record_that_is_closed_holds_all_that_waits_at_once(
    alice: Simulation, real: Services, state: Any, more: dict[str, Any], reason: str, told: str
) -> None:
    want()
    deliver(ALICE, real)
    ledger.unwant(ALICE, DOI, reason="left_metadata", by="test", now=NOON)
    want("Other", doi=Doi("10.5555/other"))
    alice.orcid.set_state(ALICE, state, **more)
    assert reconcile(ALICE, real) == NOTHING
    held = Claim.objects.values_list("state", "reason")
    assert list(held) == [(State.HELD, reason)] * 2
    assert told in claim().message
    assert len(alice.orcid.calls("GET")) == 1
    assert grants.compared_before(NOON, limit=5, now=NOON) == ()  # there is no use in asking soon
    alice.orcid.set_state(ALICE, "active")
    reconcile(ALICE, real)  # whoever can read it sees that this is over
    deliver(ALICE, real)
    assert titles(alice) == ["Other"]


def test_a_permission_that_ended_is_noticed_on_reading(alice: Simulation, real: Services) -> None:
    want()
    alice.orcid.revoke_tokens(ALICE)
    reconcile(ALICE, real)
    assert Grant.objects.get().state == "revoked"
    assert (claim().state, claim().reason) == (State.HELD, "permission_ended")


def test_a_full_record_goes_on_when_there_is_room(alice: Simulation, real: Services) -> None:
    want()
    Claim.objects.update(state=State.HELD, reason="record_full", due_at=None)
    reconcile(ALICE, real)
    deliver(ALICE, real)
    assert claim().state == State.DONE


class TestAdditionsOfUnknownOutcome:
    @pytest.fixture(autouse=True)
    def given_up(self, alice: Simulation) -> None:
        """After many tries: nobody looks any more."""
        want()
        lost = {"unsure": True, "api_client": CLIENT, "due_at": None, "updated": NOON}
        Claim.objects.update(state=State.FAILED, reason="retries_used_up", **lost)

    def test_that_is_there_is_taken_over(self, alice: Simulation, real: Services) -> None:
        code = put(alice, DOI)
        reconcile(ALICE, real)
        deliver(ALICE, real)
        assert (claim().state, claim().put_code, claim().unsure) == (State.DONE, code, False)
        assert (codes(alice), titles(alice)) == ([code], ["Tides"])

    def test_that_is_not_there_never_came(self, alice: Simulation, real: Services) -> None:
        reconcile(ALICE, real)
        assert (claim().state, claim().unsure) == (State.FAILED, False)

    def test_that_may_still_come_stays_unknown(self, alice: Simulation, real: Services) -> None:
        Claim.objects.update(updated=timezone.now())
        reconcile(ALICE, real)
        assert claim().unsure


def test_a_record_that_makes_no_sense_is_back_tomorrow_and_not_every_time(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(method="GET", path_prefix="/v3.0", status=200, body="<html>Hello!")
    with pytest.raises(UnexpectedAnswer):
        reconcile(ALICE, real)
    now = timezone.now()
    for days, due in ((7, ()), (5.9, (ALICE,))):
        assert grants.compared_before(now - timedelta(days=days), limit=5, now=now) == due
    assert Attempt.objects.get().outcome == "unexpected"


def test_each_reading_is_written_down_and_no_token(alice: Simulation, real: Services) -> None:
    reconcile(ALICE, real)
    alice.orcid.set_state(ALICE, "locked")
    reconcile(ALICE, real)
    alice.orcid.faults.add(method="GET", path_prefix="/v3.0", reset="before")
    with pytest.raises(Unreachable):
        reconcile(ALICE, real)
    told = Attempt.objects.order_by("pk").values_list(
        "orcid", "claim", "api_client", "verb", "status", "error_code", "outcome"
    )
    who = (ALICE, None, CLIENT, "GET")
    assert list(told) == [
        (*who, 200, None, "done"),
        (*who, 409, 9018, "hold"),
        (*who, None, None, "busy"),
    ]
    assert ledger.forget(ALICE) == 0
    assert not Attempt.objects.exists()


def test_a_work_that_somebody_wishes_for_at_this_moment_is_theirs(alice: Simulation) -> None:
    """The wish is committed while the comparison writes: neither of them fails."""
    works = [OwnWork(7, CLIENT, (DOI,)), OwnWork(8, CLIENT, (Doi("10.5555/other"),))]

    def compared() -> Compared:
        try:
            return comparison.compare(ALICE, works, api_clients=(CLIENT,), now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            want()
            running = pool.submit(compared)
            while not _somebody_waits():
                time.sleep(0.02)
        assert running.result(10) == Compared(imported=1)
    assert claim().state == State.WAITING  # the worker finds what is there


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


def test_ten_thousand_works_are_few_statements_and_seconds(
    alice: Simulation, django_assert_max_num_queries: Any
) -> None:
    many = [OwnWork(n, CLIENT, (Doi(f"10.5555/{n}"),)) for n in range(1, 10_001)]
    moved = [OwnWork(n + 20_000, CLIENT, own.dois) for n, own in enumerate(many)]
    for works, expected in [
        (many, Compared(imported=10_000)),
        (many, NOTHING),
        (moved, Compared(repaired=10_000)),
        ([], Compared(gone=10_000)),
        (many, Compared(repaired=10_000)),  # there all the same: to be taken off again
    ]:
        started = time.process_time()
        with django_assert_max_num_queries(10):
            compared = comparison.compare(ALICE, works, api_clients=(CLIENT,), now=NOON)
        assert compared == expected
        assert time.process_time() - started < 5


# --- whose turn it is -----------------------------------------------------------------------------


def week_over() -> tuple[str, ...]:
    """Who was not compared for a week."""
    now = timezone.now()
    return grants.compared_before(now - timedelta(days=7), limit=5, now=now)


def test_one_reading_counts_for_all_permissions_of_one_client(
    alice: Simulation, real: Services
) -> None:
    """Else the one that nobody reads with is due for ever, before everybody else."""
    give(alice, Person.objects.get(), purpose=Purpose.SEARCH_AND_LINK)
    assert week_over() == (ALICE,)
    reconcile(ALICE, real)
    assert week_over() == ()
    assert closing.record_was_read(ALICE, since=timezone.now() - timedelta(minutes=1))


def test_a_permission_that_cannot_read_keeps_nobody_waiting(
    alice: Simulation, real: Services
) -> None:
    Grant.objects.update(scope="openid")
    assert week_over() == ()
    reconcile(ALICE, real)
    assert len(alice.orcid.calls("GET")) == 0
    assert closing.record_was_read(ALICE, since=timezone.now() - timedelta(minutes=1))


def test_a_permission_that_came_during_the_reading_is_still_to_be_compared(
    alice: Simulation, real: Services
) -> None:
    Grant.objects.update(granted_at=timezone.now() + timedelta(seconds=1))
    reconcile(ALICE, real)
    assert week_over() == (ALICE,)
