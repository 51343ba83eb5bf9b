"""ORCID tells of changed records: who is listened to, what a call leads to, and how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from profiles.claims.models import Attempt, Claim
from profiles.claims.states import State
from profiles.errors import UnexpectedAnswer
from profiles.people import client_tokens
from profiles.people.models import Grant, Person
from profiles.pipeline import erasure, listening, permissions, webhooks
from profiles.pipeline.deliver import deliver
from profiles.pipeline.models import Watch
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services, build
from profiles.simulator import seed
from profiles.simulator.server import Simulation

from .people import ALICE, BOB, SCOPE, permit, person
from .test_deliver import claim, want
from .test_ends_of_permissions import give

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = seed.ORCID_CLIENT[0]
MINUTE = timedelta(minutes=1)
Switch = Callable[..., None]


@pytest.fixture
def switch(monkeypatch: pytest.MonkeyPatch) -> Switch:
    def change(**changes: object) -> None:
        monkeypatch.setattr(settings, "PROFILES", replace(settings.PROFILES, **changes))

    return change


@pytest.fixture(autouse=True)
def switched_on(switch: Switch) -> None:
    switch(orcid_webhooks=True)


@pytest.fixture
def alice(simulation: Simulation) -> Simulation:
    """Alice has given permission at ORCID, and has auto-update on."""
    token = simulation.orcid.grant(ALICE, client_id=CLIENT, scope=SCOPE)
    permit(person(ALICE), token.access, api_client=CLIENT)
    return simulation


@pytest.fixture
def real(simulation: Simulation) -> Iterator[Services]:
    client_tokens._kept.clear()  # as after a start
    with httpx2.Client(timeout=2) as http:
        yield build(settings.PROFILES, http)


def follow(services: Services, *, now: datetime | None = None) -> None:
    """What the worker does every minute."""
    now = now or timezone.now()
    webhooks.follow(now=now, limit=10)
    webhooks.nudge_due(now=now, limit=10)
    for job in ProcrastinateJob.objects.filter(task_name="watch", status="todo"):
        webhooks.turn(job.args["orcid"], services, now=now)
    ProcrastinateJob.objects.all().delete()


def registered(simulation: Simulation) -> list[str]:
    return list(simulation.orcid.registry.webhooks[ALICE])


def call_us(uri: str) -> int:
    """As ORCID does: no cookie, no CSRF token, no body."""
    parts = urlsplit(uri)
    client = Client(enforce_csrf_checks=True, headers={"host": parts.netloc})
    answer = client.post(parts.path)
    assert answer.content == b""
    return answer.status_code


def to_reconcile() -> list[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="reconcile", status="todo")
    return [job.args["orcid"] for job in jobs]


def long_ago(minutes: float = 60) -> None:
    """The last writing and the last reading were then."""
    then = timezone.now() - minutes * MINUTE
    Claim.objects.update(sent_at=then)
    Grant.objects.update(compared_at=then)


def path(orcid: str = ALICE) -> str:
    return urlsplit(webhooks.callback(ALICE)).path.replace(ALICE, orcid)


# --- the way it should go -------------------------------------------------------------------------


def test_what_the_person_takes_off_at_orcid_is_known_at_the_next_call(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    follow(real)
    assert registered(alice) == [webhooks.callback(ALICE)]
    long_ago()
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    assert alice.orcid.deliver_webhooks(call_us) == 1
    assert to_reconcile() == [ALICE]
    reconcile(ALICE, real)
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_at_orcid")


def test_registering_is_done_once_for_each_who_permits(alice: Simulation, real: Services) -> None:
    person(BOB)  # has given no permission
    for _ in range(3):
        follow(real)
    assert list(Watch.objects.values_list("orcid", "due_at")) == [(ALICE, None)]
    assert [each.method for each in alice.orcid.log if "/webhook/" in each.path] == ["PUT"]


def test_a_permission_that_has_just_come_is_listened_to_at_once(alice: Simulation) -> None:
    permissions.granted(ALICE)
    assert ProcrastinateJob.objects.filter(task_name="watch", status="todo").count() == 1
    assert Watch.objects.get().due_at is not None


def test_switched_off_a_permission_changes_nothing_here(alice: Simulation, switch: Switch) -> None:
    switch(orcid_webhooks=False)
    permissions.granted(ALICE)
    assert not Watch.objects.exists()


# --- what ORCID calls -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    ["", "x", "x" * 43, "é"],
)
def test_a_call_with_a_wrong_signature_finds_nothing(
    alice: Simulation, real: Services, signature: str
) -> None:
    follow(real)
    wrong = f"{path().rpartition('/')[0]}/{signature}"
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert client.post(wrong).status_code == 404
    assert to_reconcile() == []


def test_one_persons_signature_serves_for_no_other(alice: Simulation, real: Services) -> None:
    client = Client(headers={"host": "localhost"})
    assert client.post(path()).status_code == 204
    assert client.post(path(BOB)).status_code == 404


def test_only_post_is_heard(alice: Simulation, real: Services) -> None:
    follow(real)
    client = Client(headers={"host": "localhost"})
    assert client.get(path()).status_code == 405
    assert client.put(path()).status_code == 405
    assert to_reconcile() == []


def test_a_call_for_somebody_who_is_gone_is_answered_and_forgotten(
    alice: Simulation, real: Services
) -> None:
    """ORCID would repeat it otherwise."""
    assert call_us(webhooks.callback(ALICE)) == 204
    assert (to_reconcile(), Watch.objects.count()) == ([], 0)


def test_many_calls_are_one_reading(alice: Simulation, real: Services) -> None:
    follow(real)
    for _ in range(5):
        assert call_us(webhooks.callback(ALICE)) == 204
    assert to_reconcile() == [ALICE]


def test_a_change_of_our_own_is_looked_at_once_when_orcid_must_have_told_of_it(
    alice: Simulation, real: Services
) -> None:
    want()
    follow(real)
    long_ago()
    deliver(ALICE, real)  # ORCID calls for this too
    alice.orcid.deliver_webhooks(call_us)
    assert to_reconcile() == []
    now = timezone.now()
    assert webhooks.look(now=now + 5 * MINUTE, limit=5) == 0
    assert webhooks.look(now=now + 7 * MINUTE, limit=5) == 1
    assert to_reconcile() == [ALICE]


def test_a_call_within_ten_minutes_of_a_reading_is_postponed_and_not_lost(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    reconcile(ALICE, real)
    call_us(webhooks.callback(ALICE))
    assert to_reconcile() == []
    now = timezone.now()
    assert webhooks.look(now=now + 9 * MINUTE, limit=5) == 0
    assert webhooks.look(now=now + 11 * MINUTE, limit=5) == 1


def test_a_reading_that_fails_is_repeated_until_one_has_seen_the_change(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    call_us(webhooks.callback(ALICE))
    assert to_reconcile() == [ALICE]
    ProcrastinateJob.objects.all().delete()  # it came to nothing
    soon = timezone.now() + 2 * MINUTE
    assert webhooks.look(now=soon, limit=5) == 1
    ProcrastinateJob.objects.all().delete()
    reconcile(ALICE, real)
    assert webhooks.look(now=soon + 2 * MINUTE, limit=5) == 0
    assert to_reconcile() == []
    watch = Watch.objects.get()
    assert (watch.called_at, watch.look_at) == (None, None)


def test_a_change_during_a_reading_is_looked_at_again(alice: Simulation, real: Services) -> None:
    """The reading began before the call: nobody knows whether it has seen it."""
    follow(real)
    call_us(webhooks.callback(ALICE))
    ProcrastinateJob.objects.all().delete()
    reconcile(ALICE, real)
    call_us(webhooks.callback(ALICE))
    assert webhooks.look(now=timezone.now() + 2 * MINUTE, limit=5) == 1


def readings_in(days: float, services: Services) -> int:
    """How often the worker reads the record, looking every minute."""
    start, count = timezone.now(), 0
    ProcrastinateJob.objects.all().delete()
    for minute in range(1, round(days * 24 * 60)):
        if not Watch.objects.filter(look_at__lte=start + minute * MINUTE).exists():
            continue
        with time_machine.travel(start + minute * MINUTE):
            webhooks.look(now=timezone.now(), limit=5)
            if ProcrastinateJob.objects.filter(task_name="reconcile").delete()[0]:
                count += 1
                with suppress(UnexpectedAnswer):
                    reconcile(ALICE, services)
    return count


def test_a_record_that_makes_no_sense_is_read_less_and_less_and_then_left_to_the_week(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    alice.orcid.faults.add(method="GET", path_prefix=f"/v3.0/{ALICE}/works", status=400, times=None)
    call_us(webhooks.callback(ALICE))
    assert readings_in(1 / 24, real) <= 6
    assert readings_in(3, real) <= 8
    watch = Watch.objects.get()
    assert (watch.called_at, watch.look_at, watch.looks) == (None, None, 0)


def test_a_reading_that_comes_right_after_many_tries_answers_the_call(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    alice.orcid.faults.add(method="GET", path_prefix=f"/v3.0/{ALICE}/works", status=400, times=4)
    call_us(webhooks.callback(ALICE))
    assert readings_in(3, real) == 5
    assert Watch.objects.get().called_at is None


def test_a_permission_that_cannot_read_the_record_is_not_listened_to(
    alice: Simulation, real: Services
) -> None:
    Grant.objects.update(scope="openid /read-limited")
    permissions.granted(ALICE)
    assert not Watch.objects.exists()
    follow(real)
    assert registered(alice) == []


# --- how it ends ----------------------------------------------------------------------------------


def test_who_withdraws_permission_is_no_longer_listened_to(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    Grant.objects.update(state="revoked", ended_at=timezone.now())
    follow(real)
    assert registered(alice) == []
    assert not Watch.objects.exists()


def test_a_token_of_one_hour_that_waits_for_its_renewal_is_no_end(
    alice: Simulation, real: Services
) -> None:
    give(alice, Person.objects.get(), lasts=timedelta(hours=1))
    follow(real)
    follow(real, now=timezone.now() + timedelta(hours=2))
    assert registered(alice) == [webhooks.callback(ALICE)]
    assert not Watch.objects.get().ended


def test_an_orcid_that_fails_is_told_later_that_we_no_longer_listen(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    Grant.objects.update(state="revoked", ended_at=timezone.now())
    alice.orcid.faults.add(method="DELETE", path_prefix=f"/{ALICE}/webhook", status=503, times=1)
    follow(real)
    assert len(registered(alice)) == 1
    assert Watch.objects.get().ended
    follow(real, now=timezone.now() + 5 * MINUTE)
    assert (registered(alice), Watch.objects.count()) == ([], 0)


def test_what_cannot_be_given_up_for_days_is_forgotten_here(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    webhooks.leave(ALICE, now=timezone.now())
    Person.objects.all().delete()
    Watch.objects.update(tries=listening.TRIES)
    alice.orcid.faults.add(method="DELETE", path_prefix=f"/{ALICE}/webhook", status=503)
    follow(real)
    assert not Watch.objects.exists()


def test_an_erased_person_is_no_longer_listened_to(alice: Simulation, real: Services) -> None:
    follow(real)
    erasure.close(ALICE, remove_works=False)
    erasure.go_on(ALICE, real)
    assert not Person.objects.exists()
    assert Watch.objects.get().ended  # ORCID does not know yet
    follow(real)
    assert (registered(alice), Watch.objects.count()) == ([], 0)


def test_each_call_is_written_down_and_none_of_an_erased_person(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(method="PUT", path_prefix=f"/{ALICE}/webhook", status=503, times=1)
    follow(real)
    follow(real, now=timezone.now() + 5 * MINUTE)
    calls = Attempt.objects.order_by("pk").values_list("orcid", "verb", "status", "outcome")
    assert list(calls) == [(ALICE, "PUT", 503, "busy"), (ALICE, "PUT", 201, "done")]
    erasure.close(ALICE, remove_works=False)
    erasure.go_on(ALICE, real)
    follow(real)
    assert registered(alice) == []
    assert not Attempt.objects.exists()


def test_one_whom_orcid_never_heard_of_is_forgotten_at_once(alice: Simulation) -> None:
    webhooks.follow(now=timezone.now(), limit=5)
    webhooks.leave(ALICE, now=timezone.now())
    assert not Watch.objects.exists()


def test_a_permission_that_comes_back_is_listened_to_again(
    alice: Simulation, real: Services
) -> None:
    follow(real)
    webhooks.leave(ALICE, now=timezone.now())
    follow(real)
    assert registered(alice) == [webhooks.callback(ALICE)]
    assert not Watch.objects.get().ended


def test_switched_off_nobody_is_listened_to(
    alice: Simulation, real: Services, switch: Switch
) -> None:
    follow(real)
    switch(orcid_webhooks=False)
    follow(real)
    assert (registered(alice), Watch.objects.count()) == ([], 0)
    follow(real)
    assert not Watch.objects.exists()


def test_a_service_that_moves_is_called_at_its_new_address_alone(
    alice: Simulation, real: Services, switch: Switch
) -> None:
    follow(real)
    switch(base_url="https://profiles.example.org")
    follow(real)
    assert registered(alice) == [webhooks.callback(ALICE)]
    assert registered(alice)[0].startswith("https://profiles.example.org/webhooks/orcid/")


def test_a_new_secret_makes_new_addresses(
    alice: Simulation, real: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow(real)
    (old,) = registered(alice)
    monkeypatch.setattr(settings, "SECRET_KEY", "another one " * 4)
    assert call_us(old) == 404
    follow(real)
    assert registered(alice) == [webhooks.callback(ALICE)]
    assert registered(alice) != [old]
    assert call_us(webhooks.callback(ALICE)) == 204


def test_an_answer_that_is_lost_is_asked_for_again(alice: Simulation, real: Services) -> None:
    alice.orcid.faults.add(method="PUT", path_prefix=f"/{ALICE}/webhook", reset="after", times=1)
    follow(real)
    assert Watch.objects.get().due_at is not None
    follow(real, now=timezone.now() + 5 * MINUTE)
    assert (len(registered(alice)), Watch.objects.get().due_at) == (1, None)


def test_a_record_that_is_gone_is_not_asked_for_again_and_again(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.set_state(ALICE, "deactivated")
    follow(real)
    due = Watch.objects.get().due_at
    assert due is not None
    assert due > timezone.now() + timedelta(days=20)


def test_the_pace_of_all_is_kept(alice: Simulation, real: Services) -> None:
    """The first has the only room; the second waits, and is not asked for meanwhile."""
    slow = real._replace(rate=type(real.rate)(per_second=0.01, burst=1))
    permit(person(BOB), "another-token", api_client=CLIENT)
    now = timezone.now()
    webhooks.follow(now=now, limit=5)
    for orcid in (ALICE, BOB):
        webhooks.turn(orcid, slow, now=now)
    assert len(registered(alice)) == 1
    due = Watch.objects.get(orcid=BOB).due_at
    assert due is not None
    assert due > now + MINUTE / 2
    assert Watch.objects.get(orcid=BOB).callback == ""
