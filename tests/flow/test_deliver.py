"""Delivery over the wire, against the simulated ORCID: what reaches the record, and with how many calls."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx2
import msgspec
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from profiles import conversion
from profiles.claims import leases, ledger, metadata
from profiles.claims.leases import Settlement
from profiles.claims.models import Attempt, Claim, StoredWork
from profiles.claims.movement import PASSES_WITHIN
from profiles.claims.states import Event, State
from profiles.delivery import pace
from profiles.delivery.models import Pace
from profiles.delivery.outcomes import Answer, Kind, Outcome
from profiles.delivery.plan import Step
from profiles.people import grants
from profiles.people.models import Grant, Person
from profiles.people.permissions import Purpose
from profiles.pipeline import permissions
from profiles.pipeline.deliver import Delivered, _batches, _write_down, deliver
from profiles.pipeline.sending import Sending, expect_answers
from profiles.pipeline.services import Services, build
from profiles.pipeline.visit import Visit
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.work import Contributor, Title, Types, Work

from .people import ALICE, NOON, SCOPE, permit, person

pytestmark = pytest.mark.django_db(transaction=True)

DOI = Doi("10.5555/tides")
CLIENT = seed.ORCID_CLIENT[0]


@pytest.fixture
def alice(simulation: Simulation) -> Simulation:
    """Alice has given permission at ORCID, and has auto-update on."""
    token = simulation.orcid.grant(ALICE, client_id=CLIENT, scope=SCOPE)
    permit(person(ALICE), token.access, api_client=CLIENT)
    return simulation


@pytest.fixture
def real() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(settings.PROFILES, http)


def want(title: str = "Tides", *, doi: Doi = DOI) -> None:
    """The metadata of a DOI, and the wish to have it on Alice's record."""
    work = Work(
        doi=doi,
        state="findable",
        updated=title,
        types=Types(general="Dataset"),
        titles=(Title(title),),
        creators=(Contributor(name="Josiah Carberry", orcids=(ALICE,)),),
    )
    metadata.record_work(msgspec.structs.replace(work, updated=_next()), title=title)
    ledger.want(ALICE, doi, origin="auto_update", by="test", now=NOON, version=title)


_count = iter(range(10**6))


def _next() -> str:
    return f"2026-01-01T00:00:00.{next(_count):06}Z"


def claim(doi: Doi = DOI) -> Claim:
    return Claim.objects.get(doi=doi)


def verbs(simulation: Simulation) -> list[str]:
    return [entry.method for entry in simulation.orcid.calls()]


def titles(simulation: Simulation) -> list[str]:
    return [work["title"]["title"]["value"] for work in simulation.orcid.works_of(ALICE)]


def test_a_wish_is_one_post(alice: Simulation, real: Services) -> None:
    want()
    assert deliver(ALICE, real) == Delivered(1)
    assert verbs(alice) == ["POST"]
    (work,) = alice.orcid.works_of(ALICE)
    assert (claim().state, claim().put_code) == (State.DONE, work["put-code"])
    assert claim().api_client == CLIENT
    assert Grant.objects.get().last_success_at is not None


def test_nothing_due_is_no_call(alice: Simulation, real: Services) -> None:
    assert deliver(ALICE, real) == Delivered(0)
    assert verbs(alice) == []


def test_unchanged_is_no_call_and_changed_is_one_put(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    ledger.want(ALICE, DOI, origin="auto_update", by="test", now=NOON, version="touched")
    deliver(ALICE, real)
    assert verbs(alice) == ["POST"]
    want("High tides")
    deliver(ALICE, real)
    assert verbs(alice) == ["POST", "PUT"]
    assert titles(alice) == ["High tides"]
    assert claim().state == State.DONE


def test_removal_is_one_delete(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    ledger.unwant(ALICE, DOI, reason="left_metadata", by="test", now=NOON)
    deliver(ALICE, real)
    assert verbs(alice) == ["POST", "DELETE"]
    assert titles(alice) == []
    assert (claim().state, claim().reason) == (State.REMOVED, "left_metadata")
    assert claim().put_code is None


def test_what_is_there_from_us_already_is_adopted(alice: Simulation, real: Services) -> None:
    """409/9021 names the put-code; the work is then brought up to date."""
    want()
    deliver(ALICE, real)
    Claim.objects.all().delete()  # as after the loss of our database
    want("Tides, renamed")
    deliver(ALICE, real)
    assert verbs(alice) == ["POST", "POST", "PUT"]
    assert titles(alice) == ["Tides, renamed"]
    assert claim().state == State.DONE


def test_a_duplicate_that_names_no_put_code_is_found_on_the_record(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    Claim.objects.all().delete()
    alice.orcid.faults.add(
        method="POST",
        path_prefix="/v3.0",
        status=409,
        body={"response-code": 409, "error-code": 9021, "developer-message": "409 Conflict"},
    )
    want()
    deliver(ALICE, real)
    assert claim().state == State.DONE
    assert len(titles(alice)) == 1


def test_a_work_of_another_source_is_left_alone(alice: Simulation, real: Services) -> None:
    other = alice.orcid.add_client("Other", redirect_uris=())
    same = {
        "title": {"title": {"value": "Theirs"}},
        "type": "data-set",
        "external-ids": {
            "external-id": [
                {
                    "external-id-type": "doi",
                    "external-id-value": DOI,
                    "external-id-relationship": "self",
                }
            ]
        },
    }
    alice.orcid.add_work(ALICE, same, client_id=other.id)
    want()
    deliver(ALICE, real)
    assert sorted(titles(alice)) == ["Theirs", "Tides"]


def test_removed_at_orcid_is_respected(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    want("Tides, again")
    deliver(ALICE, real)
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_at_orcid")
    want("Tides, and again")
    deliver(ALICE, real)
    assert titles(alice) == []


def test_already_gone_when_we_come_to_remove_it_is_as_wanted(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
    deliver(ALICE, real)
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_by_person")


def test_a_withdrawn_permission_holds_everything_after_one_refusal(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.revoke_tokens(ALICE)
    for name in ("a", "b", "c"):
        want(doi=Doi(f"10.5555/{name}"))
    deliver(ALICE, real)
    assert len(verbs(alice)) == 1
    assert set(Claim.objects.values_list("state", "reason")) == {(State.HELD, "permission_ended")}
    assert Grant.objects.get().state == "revoked"


def test_without_permission_nothing_is_sent(simulation: Simulation, real: Services) -> None:
    person(ALICE)
    want()
    deliver(ALICE, real)
    assert verbs(simulation) == []
    assert (claim().state, claim().reason) == (State.HELD, "no_permission")


def test_a_permission_that_is_too_small_is_told_apart(
    simulation: Simulation, real: Services
) -> None:
    token = simulation.orcid.grant(ALICE, client_id=CLIENT, scope="/read-limited")
    permit(person(ALICE), token.access, api_client=CLIENT, scope="/read-limited")
    want()
    deliver(ALICE, real)
    assert (claim().state, claim().reason) == (State.HELD, "scope_missing")


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_orcid_is_tried_again_later(alice: Simulation, real: Services, status: int) -> None:
    alice.orcid.faults.add(path_prefix="/v3.0", status=status, body="<html>busy</html>")
    for name in ("a", "b"):
        want(doi=Doi(f"10.5555/{name}"))
    deliver(ALICE, real)
    assert len(verbs(alice)) == 1
    assert set(Claim.objects.values_list("state", flat=True)) == {State.WAITING}
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert set(Claim.objects.values_list("state", flat=True)) == {State.DONE}


def test_an_answer_that_was_lost_after_the_fact_makes_no_second_copy(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="after")
    want()
    deliver(ALICE, real)
    assert (claim().state, claim().unsure, claim().put_code) == (State.WAITING, True, None)
    assert claim().due_at - timezone.now() > PASSES_WITHIN * 0.9  # it may still come through
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert claim().state == State.DONE  # found by reading the record
    tried = Attempt.objects.order_by("at").values_list("verb", "status", "outcome")
    assert list(tried) == [("POST", None, "busy"), ("GET", 200, "done"), ("PUT", 200, "done")]
    assert verbs(alice).count("POST") == 1
    assert len(titles(alice)) == 1


def test_an_answer_and_the_reading_back_lost_makes_no_second_copy(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="after")
    alice.orcid.faults.add(method="GET", path_prefix="/v3.0", reset="before")
    want()
    for _ in range(2):
        deliver(ALICE, real)
        assert (claim().state, claim().unsure, claim().put_code) == (State.WAITING, True, None)
        Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert claim().state == State.DONE
    assert verbs(alice).count("POST") == 1
    assert len(titles(alice)) == 1


def test_what_may_be_there_is_looked_for_before_it_counts_as_removed(
    alice: Simulation, real: Services
) -> None:
    """Sent, answer lost; then the person wants it off, while the call may still be under way."""
    alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="after")
    want()
    deliver(ALICE, real)
    assert len(titles(alice)) == 1
    ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=timezone.now())
    deliver(ALICE, real)
    assert verbs(alice) == ["POST"]  # nobody looks too early
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert titles(alice) == []
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_by_person")


def test_a_time_out_while_adopting_is_tried_again(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    Claim.objects.all().delete()
    alice.orcid.faults.add(method="PUT", path_prefix="/v3.0", reset="before")
    want("Tides, renamed")
    deliver(ALICE, real)
    assert claim().state == State.WAITING
    assert claim().put_code is not None  # what was learnt is kept
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert (claim().state, titles(alice)) == (State.DONE, ["Tides, renamed"])
    assert verbs(alice) == ["POST", "POST", "PUT", "PUT"]


def test_an_answer_that_was_lost_before_the_fact_is_sent_again(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="before")
    want()
    deliver(ALICE, real)
    assert claim().state == State.WAITING
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert claim().state == State.DONE
    assert len(titles(alice)) == 1


def test_an_orcid_that_is_down_is_tried_again_later(alice: Simulation, real: Services) -> None:
    want()
    alice.stop()
    deliver(ALICE, real)
    assert (claim().state, claim().reason) == (State.WAITING, "try_again")
    assert "no connection" in claim().message
    assert Attempt.objects.get().status is None


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("locked", "record_locked"),
        ("deactivated", "record_deactivated"),
        ("deprecated", "record_deprecated"),
    ],
)
def test_a_record_that_cannot_be_written_holds_the_claim(
    alice: Simulation, real: Services, state: str, reason: str
) -> None:
    alice.orcid.set_state(ALICE, state, deprecated_to="0000-0001-5109-3700")
    want()
    deliver(ALICE, real)
    assert (claim().state, claim().reason) == (State.HELD, reason)
    assert claim().message


def test_what_cannot_be_converted_fails_without_a_call(alice: Simulation, real: Services) -> None:
    metadata.record_work(Work(doi=DOI, state="findable"), title="")
    ledger.want(ALICE, DOI, origin="auto_update", by="test", now=NOON)
    deliver(ALICE, real)
    assert verbs(alice) == []
    assert (claim().state, claim().reason) == (State.FAILED, "not_convertible")
    assert "title" in claim().message


def test_every_call_leaves_an_attempt_and_no_token(alice: Simulation, real: Services) -> None:
    alice.orcid.revoke_tokens(ALICE)  # ORCID's refusal repeats the token
    want()
    deliver(ALICE, real)
    (attempt,) = Attempt.objects.all()
    assert (attempt.verb, attempt.status, attempt.outcome) == ("POST", 401, "grant_ended")
    assert attempt.milliseconds >= 0
    live = alice.orcid.registry.tokens
    for token in live:
        assert token not in claim().message


def test_writes_to_one_record_never_overlap(alice: Simulation, real: Services) -> None:
    """Two workers with connections of their own, and an ORCID slow enough for them to meet."""
    alice.orcid.faults.add(path_prefix="/v3.0", delay=0.05, times=None)
    for number in range(6):
        want(doi=Doi(f"10.5555/{number}"))

    def work(_: int) -> int:
        try:
            return deliver(ALICE, real).settled
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        settled = list(pool.map(work, range(2)))
    assert sorted(settled) == [0, 6]  # who came second left it to who was first
    assert alice.orcid.concurrent_writes[ALICE] == 1
    assert len(titles(alice)) == 6


def test_an_addition_whose_answer_names_no_put_code_is_looked_up(
    alice: Simulation, real: Services
) -> None:
    """In a new reading: one that was made before the addition would not show it."""
    want()
    visit = Visit(ALICE, real.orcid)
    sending = Sending(_taken(), api=real.orcid, visit=visit, rate=real.rate)
    sending.shall_be(_converted())
    grant = sending.grant_for(Step.ADD)
    assert grant is not None
    assert visit.put_code(sending.claim, grant) is None
    real.orcid.add(ALICE, conversion.render(_converted()), token=grant.access_token.reveal())
    nameless = Answer(verb="POST", status=201)
    assert sending.learn(Step.ADD, nameless, grant, started=time.monotonic()) is None
    assert sending.settlement().event == Event.KEEP
    assert verbs(alice).count("POST") == 1


def test_while_orcid_keeps_failing_nobody_asks(alice: Simulation, real: Services) -> None:
    """The breaker: after a few failures of whomever, claims wait without being tried."""
    alice.orcid.faults.add(path_prefix="/v3.0", status=503, times=None)
    want()
    for _ in range(pace.FAILURES + 3):  # one POST, then readings of the record
        Claim.objects.update(due_at=NOON)
        deliver(ALICE, real)
    assert len(alice.orcid.calls("POST", "GET")) == pace.FAILURES
    # An outage is no fault of the claim: what fails for everybody costs it no try.
    assert (claim().state, claim().attempts) == (State.WAITING, pace.FAILURES - 1)
    alice.orcid.faults.clear()
    Pace.objects.update(open_until=NOON)  # the pause is over
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert claim().state == State.DONE
    assert Pace.objects.get().failures == 0


def test_one_work_that_orcid_stumbles_over_does_not_hold_up_the_others(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(
        method="POST", path_prefix="/v3.0", status=500, error_code=9008, times=2
    )  # to all together, and then to the first by itself
    for name in ("a", "b", "c"):
        want(name, doi=Doi(f"10.5555/{name}"))
    deliver(ALICE, real)
    assert [claim(Doi(f"10.5555/{name}")).state for name in "abc"] == ["waiting", "done", "done"]


class TestAnAccidentOfOurs:
    """It costs the one claim a try, is told as ours, and is tried again."""

    def test_metadata_that_we_cannot_read_any_more(self, alice: Simulation, real: Services) -> None:
        for name in ("a", "b"):
            want(name, doi=Doi(f"10.5555/{name}"))
        StoredWork.objects.filter(doi="10.5555/a").update(content=b"{")
        deliver(ALICE, real)
        assert titles(alice) == ["b"]
        broken = claim(Doi("10.5555/a"))
        assert (broken.state, broken.attempts) == (State.WAITING, 1)
        Claim.objects.filter(pk=broken.pk).update(due_at=NOON, attempts=99)
        deliver(ALICE, real)
        assert claim(Doi("10.5555/a")).reason == "our_fault"

    def test_a_sealing_key_that_is_missing(self, alice: Simulation, real: Services) -> None:
        want()
        Grant.objects.update(sealed_access_token="sealed with a key that is gone")
        deliver(ALICE, real)
        assert (claim().state, claim().attempts) == (State.WAITING, 1)
        assert verbs(alice) == []

    def test_after_the_work_was_sent_does_not_make_us_forget_it(
        self, alice: Simulation, real: Services
    ) -> None:
        """Between the call and its settling; then the person wants the work off."""
        want()
        sending = Sending(_taken(), api=real.orcid, visit=Visit(ALICE, real.orcid), rate=real.rate)
        sending.shall_be(_converted())
        grant = sending.grant_for(Step.ADD)
        assert grant is not None
        expect_answers([sending], grant)
        token = grant.access_token.reveal()
        real.orcid.add(ALICE, conversion.render(_converted()), token=token)
        accident = Outcome(kind=Kind.LATER, message="ZeroDivisionError")
        found = sending.postponed(accident, otherwise="our_fault")
        leases.settle(sending.claim, found, now=NOON)

        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        Claim.objects.update(due_at=NOON)
        deliver(ALICE, real)
        assert (claim().state, titles(alice)) == (State.REMOVED, [])


class TestAtTheVeryMoment:
    """What a claim is to be held for comes between the decision and its being written down."""

    def decided(self, real: Services) -> list[tuple[Sending, Settlement]]:
        visit = Visit(ALICE, real.orcid)
        sending = Sending(_taken(), api=real.orcid, visit=visit, rate=real.rate)
        visit.begin_batch([DOI])
        (settled,) = _batches([sending], visit, real)
        assert [found.event for _, found in settled] == [Event.HOLD]
        return settled

    def test_a_permission_comes(self, simulation: Simulation, real: Services) -> None:
        owner = person()
        want()
        settled = self.decided(real)
        permit(owner)
        _write_down(ALICE, settled)
        assert (claim().state, claim().reason, claim().attempts) == (State.WAITING, "", 0)

    def test_auto_update_is_turned_on(self, simulation: Simulation, real: Services) -> None:
        owner = person(auto_update=False)
        permit(owner)
        want()
        settled = self.decided(real)
        permissions.switch_auto_update(owner, on=True)
        _write_down(ALICE, settled)
        assert claim().state == State.WAITING

    def test_another_permission_is_of_no_use(self, simulation: Simulation, real: Services) -> None:
        owner = person(auto_update=False)
        want()
        settled = self.decided(real)
        permit(owner)
        _write_down(ALICE, settled)
        assert (claim().state, claim().reason) == (State.HELD, "auto_update_off")


class TestPermission:
    def test_a_removal_still_goes_through_after_the_person_revoked(
        self, alice: Simulation, real: Services
    ) -> None:
        """ORCID lets us delete our own works with a revoked token, and only that."""
        want()
        deliver(ALICE, real)
        alice.orcid.revoke_tokens(ALICE)
        want("Tides, renamed")
        deliver(ALICE, real)
        assert claim().state == State.HELD
        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        Claim.objects.update(due_at=NOON)
        deliver(ALICE, real)
        assert (claim().state, titles(alice)) == (State.REMOVED, [])

    def test_a_refusal_of_the_old_token_does_not_harm_the_new_one(
        self, alice: Simulation, real: Services
    ) -> None:
        """The person gives permission anew while a call with the old token is under way."""
        alice.orcid.revoke_tokens(ALICE)
        new = alice.orcid.grant(ALICE, client_id=CLIENT, scope=SCOPE)
        want()
        sending = Sending(_taken(), api=real.orcid, visit=Visit(ALICE, real.orcid), rate=real.rate)
        sending.shall_be(_converted())
        old = sending.grant_for(Step.ADD)
        assert old is not None
        permit(Person.objects.get(), new.access, api_client=CLIENT)
        found = sending.send(Step.ADD, old)
        assert found is not None
        assert found.event == Event.POSTPONE
        assert grants.usable_grant(ALICE, Purpose.AUTO_UPDATE, NOON) is not None

    def test_auto_update_off_sends_nothing_and_on_goes_on(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        permissions.switch_auto_update(Person.objects.get(), on=False)
        deliver(ALICE, real)
        assert (claim().state, claim().reason) == (State.HELD, "auto_update_off")
        assert verbs(alice) == []
        permissions.switch_auto_update(Person.objects.get(), on=True)
        deliver(ALICE, real)
        assert claim().state == State.DONE

    def test_what_was_added_by_hand_needs_no_auto_update(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        permissions.switch_auto_update(Person.objects.get(), on=False)
        ledger.want(ALICE, DOI, origin="search_and_link", by=ALICE, now=NOON, insist=True)
        deliver(ALICE, real)
        assert (claim().state, claim().origin) == (State.DONE, "auto_update")

    def test_a_work_is_changed_by_the_client_that_put_it_there(
        self, alice: Simulation, real: Services
    ) -> None:
        """The service got a new ORCID client, and the person gave permission to it."""
        want()
        deliver(ALICE, real)
        other = alice.orcid.add_client("Profiles, new", redirect_uris=())
        token = alice.orcid.grant(ALICE, client_id=other.id, scope=SCOPE)
        permit(Person.objects.get(), token.access, api_client=other.id)
        want("Tides, renamed")
        deliver(ALICE, real)
        assert (claim().state, claim().api_client) == (State.DONE, CLIENT)
        assert titles(alice) == ["Tides, renamed"]
        want("New", doi=Doi("10.5555/new"))
        deliver(ALICE, real)
        assert claim(Doi("10.5555/new")).api_client == other.id

    def test_the_end_of_one_permission_leaves_what_another_serves(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        permissions.ended(ALICE, "permission_ended")
        assert claim().state == State.WAITING


def test_a_turn_ends_when_it_is_told_to(alice: Simulation, real: Services) -> None:
    want()
    assert deliver(ALICE, real, stop=lambda: True) == Delivered(more=True)
    assert claim().state == State.WAITING


def test_what_a_dead_worker_had_sent_is_found_and_not_sent_again(
    alice: Simulation, real: Services
) -> None:
    """It died after ORCID had the work and before it could write that down."""
    want()
    taken = _taken()
    assert leases.expect_answer([taken], api_client=CLIENT, until=NOON)
    token = next(iter(alice.orcid.registry.live_tokens(ALICE))).access
    real.orcid.add(ALICE, conversion.render(_converted()), token=token)
    leases.sweep(now=timezone.now() + timedelta(hours=1))
    Claim.objects.update(due_at=NOON)
    deliver(ALICE, real)
    assert (claim().state, len(titles(alice))) == (State.DONE, 1)
    assert verbs(alice) == ["POST", "PUT"]  # the PUT changes nothing, and ORCID tells nobody


def _taken() -> leases.Taken:
    (taken,) = leases.take(ALICE, most=1, lease=timedelta(minutes=1), now=timezone.now())
    return taken


def _converted() -> conversion.OrcidWork:
    work = metadata.work(DOI)
    assert work is not None
    return conversion.convert(work)
