"""Delivery where several things meet: shared identifiers, changed minds, one bad work among good ones."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.utils import timezone

from profiles.claims import blocks, leases, ledger, metadata
from profiles.claims.models import Claim
from profiles.claims.movement import PASSES_WITHIN
from profiles.claims.states import Origin, State
from profiles.delivery import pace
from profiles.delivery.models import Pace
from profiles.people.models import Person
from profiles.pipeline import jobs, wishes
from profiles.pipeline.deliver import deliver
from profiles.pipeline.nudge import BACKGROUND, CLICK, DELIVER, RECONCILE, outstanding
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.work import AlternateId, Contributor, Title, Types, Work

from .people import ALICE, NOON
from .test_deliver import CLIENT, DOI, alice, claim, real, titles, verbs, want

__all__ = ["alice", "real"]  # fixtures

pytestmark = pytest.mark.django_db(transaction=True)

PREPRINT, REPRINT = Doi("10.5555/preprint"), Doi("10.5555/reprint")


def later() -> None:
    """Whatever waits is due."""
    Claim.objects.filter(state=State.WAITING).update(due_at=NOON)


class TestTwoWorksWithOneAlternateIdentifier:
    """Two deposits of one preprint both name its arXiv number: neither may take the other's place."""

    def deposit(self, doi: Doi, title: str) -> None:
        work = Work(
            doi=doi,
            state="findable",
            types=Types(general="Text"),
            titles=(Title(title),),
            creators=(Contributor(name="Adams, Alice", orcids=(ALICE,)),),
            identifiers=(AlternateId(kind="arXiv", value="2101.00001"),),
        )
        metadata.record_work(work, title=title)
        ledger.want(ALICE, doi, origin=Origin.AUTO_UPDATE, by="x", now=NOON, version=title)

    def both_are_there(self, simulation: Simulation, *expected: str) -> None:
        assert sorted(titles(simulation)) == sorted(expected)
        codes = set(Claim.objects.values_list("put_code", flat=True))
        assert (len(codes), set(Claim.objects.values_list("state", flat=True))) == (2, {"done"})
        assert len({group["put-codes"] for group in groups(simulation)}) == 1

    def test_one_after_the_other(self, alice: Simulation, real: Services) -> None:
        self.deposit(PREPRINT, "Preprint")
        deliver(ALICE, real)
        self.deposit(REPRINT, "Reprint")
        deliver(ALICE, real)
        self.both_are_there(alice, "Preprint", "Reprint")

    def test_together(self, alice: Simulation, real: Services) -> None:
        self.deposit(PREPRINT, "Preprint")
        self.deposit(REPRINT, "Reprint")
        deliver(ALICE, real)
        self.both_are_there(alice, "Preprint", "Reprint")

    def test_both_follow_their_metadata(self, alice: Simulation, real: Services) -> None:
        self.test_together(alice, real)
        self.deposit(PREPRINT, "Preprint, again")
        self.deposit(REPRINT, "Reprint, again")
        deliver(ALICE, real)
        self.both_are_there(alice, "Preprint, again", "Reprint, again")

    def test_a_comparison_finds_nothing_to_do(self, alice: Simulation, real: Services) -> None:
        self.test_together(alice, real)
        reconcile(ALICE, real)
        deliver(ALICE, real)
        self.both_are_there(alice, "Preprint", "Reprint")

    def test_one_leaves_and_the_other_stays(self, alice: Simulation, real: Services) -> None:
        self.test_one_after_the_other(alice, real)
        wishes.remove(ALICE, PREPRINT)
        deliver(ALICE, real)
        assert titles(alice) == ["Reprint"]


def groups(simulation: Simulation) -> list[dict[str, tuple[int, ...]]]:
    """The put-codes that ORCID shows as one."""
    found: dict[frozenset[str], list[int]] = {}
    works = simulation.orcid.works_of(ALICE)
    joined = [
        {
            (each["external-id-type"], each["external-id-value"].lower())
            for each in work["external-ids"]["external-id"]
            if each["external-id-relationship"] in ("self", "version-of")
        }
        for work in works
    ]
    together = set.intersection(*joined) if joined else set()
    key = frozenset(str(one) for one in together)
    found[key] = [work["put-code"] for work in works]
    assert together, "nothing groups them"
    return [{"put-codes": tuple(codes)} for codes in found.values()]


class TestThePersonsOwnWish:
    def test_a_removal_goes_before_additions(self, alice: Simulation, real: Services) -> None:
        want()
        deliver(ALICE, real)
        for number in range(3):
            want(f"w{number}", doi=Doi(f"10.5555/w{number}"))
        wishes.remove(ALICE, DOI)
        deliver(ALICE, real)
        assert verbs(alice)[:2] == ["POST", "DELETE"]
        assert len(titles(alice)) == 3

    def test_to_retry_what_is_doubtful_waits_only_for_the_lost_call(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        Claim.objects.update(
            unsure=True, due_at=timezone.now() + timedelta(hours=5), attempts=13, api_client=CLIENT
        )
        wishes.retry(ALICE, DOI)
        due_in = claim().due_at - timezone.now()
        assert PASSES_WITHIN / 2 < due_in <= PASSES_WITHIN

    def test_a_block_waits_for_the_lost_call_too(self, alice: Simulation, real: Services) -> None:
        want()
        Claim.objects.update(unsure=True, due_at=timezone.now() + PASSES_WITHIN, api_client=CLIENT)
        blocks.block(ALICE, DOI, by="staff:x", note="not theirs", now=timezone.now())
        assert claim().due_at - timezone.now() > PASSES_WITHIN / 2

    def test_to_add_what_they_took_off_at_orcid_is_no_update(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        deliver(ALICE, real)
        alice.orcid.delete_work(ALICE, claim().put_code or 0)
        work = metadata.work(DOI)
        assert work is not None
        wishes.add(ALICE, work)
        deliver(ALICE, real)
        assert (claim().state, len(titles(alice))) == (State.DONE, 1)

    def test_and_a_comparison_that_comes_first_does_not_undo_it(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        deliver(ALICE, real)
        alice.orcid.delete_work(ALICE, claim().put_code or 0)
        work = metadata.work(DOI)
        assert work is not None
        wishes.add(ALICE, work)
        reconcile(ALICE, real)
        deliver(ALICE, real)
        assert (claim().state, len(titles(alice))) == (State.DONE, 1)

    @pytest.mark.parametrize(("priority", "again"), [(CLICK, 1), (BACKGROUND, 0)])
    def test_comes_back_when_somebody_else_is_writing(
        self, alice: Simulation, real: Services, priority: int, again: int
    ) -> None:
        want()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs")
        ready, over = threading.Event(), threading.Event()

        def somebody_else() -> None:
            with leases.writing_to(ALICE):
                ready.set()
                over.wait(10)
            connection.close()

        other = threading.Thread(target=somebody_else)
        other.start()
        ready.wait(10)
        jobs.deliver_job.func(context(priority), ALICE)
        over.set()
        other.join()
        assert outstanding(DELIVER) == again


def context(priority: int) -> SimpleNamespace:
    """As Procrastinate tells a job about itself."""
    return SimpleNamespace(should_abort=lambda: False, job=SimpleNamespace(priority=priority))


class TestARemovalWhoseAnswerWasLost:
    """ORCID has done it. Then the work is wanted again."""

    @pytest.fixture(autouse=True)
    def lost(self, alice: Simulation, real: Services) -> None:
        want()
        deliver(ALICE, real)
        ledger.unwant(ALICE, DOI, reason="left_metadata", by="x", now=NOON)
        alice.orcid.faults.add(method="DELETE", path_prefix="/v3.0", reset="after")
        deliver(ALICE, real)
        assert (claim().state, titles(alice)) == (State.WAITING, [])

    def test_is_no_removal_by_the_person(self, alice: Simulation, real: Services) -> None:
        want("Tides, again")
        later()
        deliver(ALICE, real)
        assert (claim().state, titles(alice)) == (State.DONE, ["Tides, again"])

    def test_nor_is_it_for_a_comparison(self, alice: Simulation, real: Services) -> None:
        want("Tides, again")
        reconcile(ALICE, real)
        later()
        deliver(ALICE, real)
        assert (claim().state, titles(alice)) == (State.DONE, ["Tides, again"])

    def test_is_known_before_the_worker_dies(self, alice: Simulation, real: Services) -> None:
        """It was written down before it was sent."""
        assert claim().unsure
        later()
        deliver(ALICE, real)
        assert (claim().state, claim().reason) == (State.REMOVED, "left_metadata")


class TestTrouble:
    def test_errors_at_orcid_for_minutes_fail_nothing_for_good(
        self, alice: Simulation, real: Services
    ) -> None:
        alice.orcid.faults.add(path_prefix="/v3.0", status=500, error_code=9008, times=None)
        want()
        for _ in range(10):
            deliver(ALICE, real)
            assert claim().state == State.WAITING
            later()

    def test_one_bad_work_does_not_hold_up_the_others(
        self, alice: Simulation, real: Services
    ) -> None:
        dois = [Doi(f"10.5555/w{number}") for number in range(3)]
        for doi in dois:
            want("first", doi=doi)
        deliver(ALICE, real)
        bad = claim(dois[0]).put_code
        alice.orcid.faults.add(method="PUT", regex=f".*/work/{bad}$", status=504, times=None)
        for doi in dois:
            want(f"second {doi}", doi=doi)
        Claim.objects.filter(doi=dois[0]).update(attempts=8)
        deliver(ALICE, real)
        assert [claim(doi).state for doi in dois] == [State.WAITING, State.DONE, State.DONE]

    def test_being_held_is_no_try(self, alice: Simulation, real: Services) -> None:
        want()
        for _ in range(3):
            alice.orcid.faults.add(method="POST", path_prefix="/v3.0", status=409, error_code=9018)
            deliver(ALICE, real)
            assert claim().state == State.HELD
            ledger.release(ALICE, reasons=("record_locked",), by="x", now=NOON)
        assert claim().attempts == 0

    def test_nor_is_waiting_for_the_persons_own_switch(
        self, alice: Simulation, real: Services
    ) -> None:
        Person.objects.update(auto_update=False)
        want()
        deliver(ALICE, real)
        assert (claim().reason, claim().attempts) == ("auto_update_off", 0)

    def test_a_probe_that_orcid_refuses_closes_the_breaker(
        self, alice: Simulation, real: Services
    ) -> None:
        """It answered: for everybody else the way is free."""
        want()
        Claim.objects.update(unsure=True, api_client=CLIENT)
        pace.ask(CLIENT, real.rate, background=False)
        for _ in range(pace.FAILURES):
            pace.failing(CLIENT)
        Pace.objects.update(open_until=NOON)
        alice.orcid.faults.add(method="GET", path_prefix="/v3.0", status=409, error_code=9018)
        deliver(ALICE, real)
        assert (claim().state, Pace.objects.get().failures) == (State.HELD, 0)

    def test_a_lost_call_that_had_done_nothing_is_looked_for_once_more(
        self, alice: Simulation, real: Services
    ) -> None:
        """It may come through after we looked; a comparison some minutes later tidies up."""
        want()
        alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="before")
        deliver(ALICE, real)
        later()
        jobs.deliver_job.func(context(BACKGROUND), ALICE)
        assert (claim().state, outstanding(RECONCILE)) == (State.DONE, 1)
