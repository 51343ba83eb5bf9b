"""Closing an account: works off first if asked, tokens back, all forgotten; interrupted or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone
from procrastinate.contrib.django import app as jobs_app
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job
from typer.testing import CliRunner, Result

from profiles.claims import ledger
from profiles.claims.models import Claim
from profiles.claims.states import Origin, State
from profiles.delivery.models import Pace
from profiles.errors import ProfilesError, Unreachable
from profiles.ops.people import app
from profiles.people import closing, wiring
from profiles.people.models import Grant, Person
from profiles.people.permissions import Purpose
from profiles.people.standing import standings
from profiles.pipeline import erasure, permissions
from profiles.pipeline.deliver import deliver
from profiles.pipeline.erasure import Progress
from profiles.pipeline.jobs import close_job
from profiles.pipeline.services import Services, build
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .browser import Browser
from .people import ALICE, SCOPE, permit, person
from .test_deliver import CLIENT, titles, want
from .test_permission import everything_stored, get_token
from .test_sign_in import sign_in_with_orcid

pytestmark = pytest.mark.django_db(transaction=True)

ONE, TWO, THREE = Doi("10.5555/one"), Doi("10.5555/two"), Doi("10.5555/three")
NEVER_STOPPED = JobContext(
    app=jobs_app,
    job=Job(id=1, queue="default", lock=None, queueing_lock=None, task_name=erasure.CLOSE),
    start_timestamp=0,
    abort_reason=lambda: None,
)
ORCID_DOWN: dict[str, Any] = {"path_prefix": "/v3.0", "status": 503, "times": 1000}


@pytest.fixture
def services() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(settings.PROFILES, http)


@pytest.fixture
def alice(simulation: Simulation, services: Services) -> Simulation:
    """Three of her works are on the record, and a work of her own."""
    wiring.forget()
    token = simulation.orcid.grant(ALICE, client_id=CLIENT, scope=SCOPE)
    permit(person(ALICE), token.access, api_client=CLIENT)
    for doi in (ONE, TWO, THREE):
        want(doi, doi=doi)
    deliver(ALICE, services)
    simulation.orcid.add_work(ALICE, {"type": "book", "title": {"title": {"value": "Her own"}}})
    assert len(titles(simulation)) == 4
    return simulation


def tokens_alive(simulation: Simulation) -> int:
    return len(simulation.orcid.registry.live_tokens(ALICE))


def nothing_is_known() -> bool:
    return not any(model.objects.exists() for model in (Person, Grant, Claim))


def test_works_leave_first_and_what_the_person_added_stays(
    alice: Simulation, services: Services
) -> None:
    erasure.close(ALICE, remove_works=True)
    assert erasure.go_on(ALICE, services) == Progress(left=0, erased=True, claims=3)
    assert titles(alice) == ["Her own"]
    assert tokens_alive(alice) == 0
    assert nothing_is_known()
    paths = [entry.path for entry in alice.orcid.log if entry.method in ("DELETE", "POST")]
    assert paths[-1] == "/oauth/revoke"  # only after the last work
    assert erasure.go_on(ALICE, services) is None


def test_works_stay_unless_asked(alice: Simulation, services: Services) -> None:
    erasure.close(ALICE, remove_works=False)
    assert erasure.go_on(ALICE, services) == Progress(left=0, erased=True, claims=3)
    assert len(titles(alice)) == 4
    assert tokens_alive(alice) == 0
    assert nothing_is_known()


def test_works_that_we_had_forgotten_leave_too(alice: Simulation, services: Services) -> None:
    Claim.objects.filter(doi=TWO).delete()
    erasure.close(ALICE, remove_works=True)
    done = erasure.go_on(ALICE, services)
    assert done is not None
    assert done.erased
    assert titles(alice) == ["Her own"]


def test_nobody_uses_an_account_that_is_being_closed(alice: Simulation) -> None:
    erasure.close(ALICE, remove_works=True)
    alice_now = Person.objects.get()
    assert (alice_now.is_active, alice_now.auto_update) == (False, False)
    assert standings([ALICE], Purpose.AUTO_UPDATE, now=timezone.now()) == {}
    assert closing.closing_orcids(limit=9) == (ALICE,)
    alice_now.is_active = True
    with pytest.raises(IntegrityError):
        alice_now.save()


def test_nothing_comes_in_again_while_works_leave(alice: Simulation, services: Services) -> None:
    """A harvest at this moment, or a worker with an addition in hand."""
    erasure.close(ALICE, remove_works=True)
    alice.orcid.faults.add(**ORCID_DOWN)
    with pytest.raises(Unreachable):
        erasure.go_on(ALICE, services)
    alice.orcid.faults.clear()
    Pace.objects.all().delete()
    late = Doi("10.5555/late")
    want("late", doi=late)
    want("One, renamed", doi=ONE)
    deliver(ALICE, services)
    done = finish(services)
    assert done.erased
    assert titles(alice) == ["Her own"]


def test_what_waits_is_not_added_any_more(alice: Simulation, services: Services) -> None:
    """Not what the person ticked by hand either."""
    new = Doi("10.5555/new")
    ledger.want(ALICE, new, origin=Origin.SEARCH_AND_LINK, by=ALICE, now=timezone.now())
    want("new", doi=new)
    erasure.close(ALICE, remove_works=True)
    deliver(ALICE, services)
    assert len(titles(alice)) == 4
    assert finish(services).erased
    assert titles(alice) == ["Her own"]


def test_what_has_left_does_not_come_back_by_itself(alice: Simulation, services: Services) -> None:
    """Its metadata change before the account is gone."""
    erasure.close(ALICE, remove_works=True)
    alice.orcid.faults.add(path_prefix="/oauth/revoke", status=503, times=1)
    with pytest.raises(Unreachable):
        erasure.go_on(ALICE, services)
    assert Claim.objects.get(doi=ONE).reason == "account_closed"
    want("One, renamed", doi=ONE)
    deliver(ALICE, services)
    assert titles(alice) == ["Her own"]


def finish(services: Services, *, turns: int = 20) -> Progress:
    """What the job does, minute after minute."""
    for _ in range(turns):
        Pace.objects.all().delete()
        Claim.objects.filter(state=State.WAITING).update(due_at=timezone.now())
        done = erasure.go_on(ALICE, services)
        assert done is not None
        if done.erased:
            return done
    raise AssertionError(f"{done} after {turns} turns")


def test_orcid_down_leaves_it_closing_and_it_goes_on_by_itself(
    alice: Simulation, services: Services
) -> None:
    erasure.close(ALICE, remove_works=True)
    alice.orcid.faults.add(method="DELETE", **ORCID_DOWN)
    done = erasure.go_on(ALICE, services)
    assert done is not None
    assert (done.left, done.erased) == (3, False)
    assert (tokens_alive(alice), len(titles(alice))) == (1, 4)
    assert closing.closing(ALICE) is not None
    alice.orcid.faults.clear()
    assert finish(services).erased
    assert (tokens_alive(alice), titles(alice), nothing_is_known()) == (0, ["Her own"], True)


@pytest.mark.parametrize("reset", ["before", "after"])
def test_a_lost_answer_is_no_reason_to_stop(
    alice: Simulation, services: Services, reset: str
) -> None:
    erasure.close(ALICE, remove_works=True)
    alice.orcid.faults.add(path_prefix="/v3.0", method="DELETE", times=2, reset=reset)
    assert finish(services).erased
    assert titles(alice) == ["Her own"]


def test_a_token_that_is_not_taken_back_keeps_the_rest(
    alice: Simulation, services: Services
) -> None:
    erasure.close(ALICE, remove_works=False)
    alice.orcid.faults.add(path_prefix="/oauth/revoke", status=503, times=1)
    with pytest.raises(Unreachable):
        erasure.go_on(ALICE, services)
    assert Person.objects.get().grants.get().state == "active"
    assert finish(services).erased
    assert (tokens_alive(alice), nothing_is_known()) == (0, True)


def test_a_token_that_orcid_does_not_know_any_more_is_given_back_enough(
    alice: Simulation, services: Services
) -> None:
    erasure.close(ALICE, remove_works=False)
    refusal: dict[str, Any] = {"status": 400, "body": {"error": "invalid_grant"}}
    alice.orcid.faults.add(path_prefix="/oauth/revoke", times=None, **refusal)
    assert finish(services).erased


def a_key_is_lost(simulation: Simulation) -> None:
    permit(Person.objects.get(), api_client="OLD", purpose=Purpose.SEARCH_AND_LINK)
    Grant.objects.filter(api_client="OLD").update(sealed_access_token="sealed with another key")


def orcid_refuses(simulation: Simulation) -> None:
    simulation.orcid.faults.add(path_prefix="/oauth/revoke", status=400, times=None)


def the_record_is_garbage(simulation: Simulation) -> None:
    simulation.orcid.faults.add(regex=r"/v3\.0/.*/works", status=200, body="<html>", times=None)


@pytest.mark.parametrize("trouble", [a_key_is_lost, orcid_refuses, the_record_is_garbage])
def test_what_never_gets_better_keeps_nothing_for_ever_and_is_told(
    alice: Simulation,
    services: Services,
    caplog: pytest.LogCaptureFixture,
    trouble: Callable[[Simulation], None],
) -> None:
    trouble(alice)
    erasure.close(ALICE, remove_works=True)
    close_job(NEVER_STOPPED, ALICE)  # no accident
    assert Person.objects.exists()
    late = closing.closing_for(timedelta(days=1), now=timezone.now() + timedelta(days=2))
    assert late == 1
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        close_job(NEVER_STOPPED, ALICE)
    assert nothing_is_known()
    assert "erased all the same" in caplog.text
    if trouble is not orcid_refuses:
        assert tokens_alive(alice) == 0  # those that we can open


def test_after_a_revocation_orcid_still_lets_us_delete(
    alice: Simulation, services: Services
) -> None:
    alice.orcid.revoke_tokens(ALICE)
    erasure.close(ALICE, remove_works=True)
    assert finish(services).erased
    assert titles(alice) == ["Her own"]
    assert nothing_is_known()


def test_a_revocation_that_we_knew_of_is_no_hindrance(
    alice: Simulation, services: Services
) -> None:
    alice.orcid.revoke_tokens(ALICE)
    permissions.grant_ended(Grant.objects.get().pk, reason="permission_ended")
    erasure.close(ALICE, remove_works=True)
    assert finish(services).erased
    assert titles(alice) == ["Her own"]


def test_what_orcid_will_not_let_us_remove_is_said_and_the_rest_is_done(
    alice: Simulation, services: Services
) -> None:
    erasure.close(ALICE, remove_works=True)
    alice.orcid.faults.add(
        path_prefix="/v3.0", method="DELETE", times=1, status=409, error_code=9018
    )
    done = finish(services)
    assert (done.erased, done.stayed) == (True, 1)
    assert len(titles(alice)) == 2
    assert nothing_is_known()


def test_what_waits_and_never_got_there_is_dropped(alice: Simulation, services: Services) -> None:
    ledger.want(
        ALICE, Doi("10.5555/new"), origin=Origin.SEARCH_AND_LINK, by=ALICE, now=timezone.now()
    )
    erasure.close(ALICE, remove_works=True)
    assert finish(services).erased
    assert "POST" not in [entry.method for entry in alice.orcid.calls()][2:]


def test_nothing_in_the_database_names_the_person_any_more(
    new_browser: Callable[[], Browser], simulation: Simulation, services: Services
) -> None:
    """Sessions in other browsers neither, nor rounds that were begun there."""
    here, there, other = new_browser(), new_browser(), new_browser()
    sign_in_with_orcid(there).press("Get ORCID Token", stop_at="/oauth/authorize")
    get_token(sign_in_with_orcid(here))
    sign_in_with_orcid(other, "Laura Sample")
    want("one", doi=ONE)
    deliver(ALICE, services)
    assert ALICE in everything_stored()
    here.go("/data/close").press("confirm-close")
    assert erasure.go_on(ALICE, services)
    assert ALICE not in everything_stored()
    assert there.go("/settings").path == "/sign-in"
    assert other.go("/settings").path == "/settings"


# ---- the command


def profiles_people(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_does_it_all_and_says_so(alice: Simulation) -> None:
    said = profiles_people("erase", ALICE, "--yes", "--remove-works")
    assert said.exit_code == 0
    assert "erased, with 3 claims" in said.output
    assert "Its works are off the ORCID record" in said.output
    assert (titles(alice), nothing_is_known()) == (["Her own"], True)


def test_the_command_says_what_goes_on_by_itself(alice: Simulation) -> None:
    alice.orcid.faults.add(method="DELETE", **ORCID_DOWN)
    with pytest.raises(ProfilesError, match=r"3 works are left to remove\. It goes on by itself"):
        profiles_people("erase", ALICE, "--yes", "--remove-works")
    shown = profiles_people("show", ALICE).output
    assert "Closing        since" in shown
    assert "3 works are left to remove" in shown
    assert "closing" in profiles_people("list").output
