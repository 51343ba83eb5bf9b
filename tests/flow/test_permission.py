"""Permission at ORCID over the wire: asking, refusing, each way it can go wrong, giving it back."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone

from profiles.claims import ledger
from profiles.claims.models import Claim
from profiles.claims.states import Origin, State
from profiles.people import accounts, grants, wiring
from profiles.people.models import Grant, Person
from profiles.people.permissions import Purpose
from profiles.people.preferences import Choices
from profiles.people.profile import Profile
from profiles.people.refusals import AccountClosed
from profiles.pipeline import erasure, permissions, preferences
from profiles.pipeline.services import build
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

from .browser import Browser
from .test_sign_in import at_orcid, is_signed_in, sign_in_with_orcid

pytestmark = pytest.mark.django_db

JOSIAH = OrcidId("0000-0002-1825-0097")
LAURA = OrcidId("0000-0001-5109-3700")
ASK = "/oauth/authorize"


@pytest.fixture
def josiah(browser: Browser) -> Browser:
    """Signed in, and on the Settings page."""
    return sign_in_with_orcid(browser)


def get_token(browser: Browser) -> Browser:
    return at_orcid(browser.go("/settings").press("Get ORCID Token"), "Josiah Carberry")


def asked_for(browser: Browser) -> str:
    """The address at ORCID that the button leads to."""
    return browser.go("/settings").press("Get ORCID Token", stop_at=ASK).left


def answer(browser: Browser) -> str:
    """The address that ORCID sends the person back to."""
    browser.go(asked_for(browser))
    if "authorize-button" in browser.ids:
        browser.press("authorize-button", stop_at="/callback")
    return browser.left


def standing(orcid: OrcidId = JOSIAH) -> dict[str, str]:
    return {str(view.purpose): str(view.state) for view in profile(orcid).permissions}


def profile(orcid: OrcidId = JOSIAH) -> Profile:
    return accounts.profile(orcid)


def live_tokens(simulation: Simulation, orcid: OrcidId = JOSIAH) -> list[str]:
    """Those with which one could write."""
    found = simulation.orcid.registry.live_tokens(orcid)
    return [token.access for token in found if "/activities/update" in token.scopes]


# --- the way it should go -------------------------------------------------------------------------


def test_permission_is_asked_with_what_we_need_and_kept_as_it_was_given(
    josiah: Browser, simulation: Simulation
) -> None:
    query = parse_qs(urlsplit(asked_for(josiah)).query)
    assert query["scope"] == ["openid /read-limited /activities/update"]
    assert query["redirect_uri"] == [f"{settings.PROFILES.base_url}/orcid/auto_update/callback"]
    assert query["orcid"] == [JOSIAH]
    get_token(josiah)
    assert (josiah.path, josiah.status) == ("/settings", 200)
    view = profile().permissions[0]
    assert (view.state, view.missing_scopes) == ("active", ())
    assert set(view.scope.split()) == {"openid", "/read-limited", "/activities/update"}
    assert view.until is not None
    assert view.until > timezone.now() + timedelta(days=19 * 365)
    usable = grants.usable_grant(JOSIAH, Purpose.AUTO_UPDATE, timezone.now())
    assert usable is not None
    assert [usable.access_token.reveal()] == live_tokens(simulation)


def test_one_grant_serves_both_purposes_of_the_same_client(josiah: Browser) -> None:
    get_token(josiah)
    assert standing() == {"auto_update": "active", "search_and_link": "active"}
    assert grants.usable_grant(JOSIAH, Purpose.SEARCH_AND_LINK, timezone.now())


def test_what_waited_for_permission_goes_on_with_it(josiah: Browser) -> None:
    now = timezone.now()
    ledger.want(JOSIAH, Doi("10.5555/sea"), origin=Origin.AUTO_UPDATE, by="test", now=now)
    ledger.hold_waiting(JOSIAH, origins=tuple(Origin), reason="no_permission", by="test", now=now)
    get_token(josiah)
    assert Claim.objects.get().state == State.WAITING


def test_a_newer_permission_replaces_the_earlier_one(josiah: Browser) -> None:
    get_token(josiah)
    first = Grant.objects.get()
    # The button is gone from the page now, but an older page may still be open.
    token = josiah.ours.cookies["profiles_csrf"].value
    answered = josiah.ours.post(
        "/settings/permission", {"purpose": "auto_update", "csrfmiddlewaretoken": token}
    )
    josiah.go(answered["Location"])
    assert josiah.path == "/settings"  # ORCID asks nothing twice
    first.refresh_from_db()
    assert (first.state, Grant.objects.filter(state="active").count()) == ("replaced", 1)
    assert len(grants.holding(Person.objects.get())) == 2


def test_orcids_own_wizard_leads_to_our_round_and_then_to_commons(
    josiah: Browser, simulation: Simulation
) -> None:
    stray = simulation.orcid.registry.codes
    josiah.go("/orcid/search_and_link/callback?code=Stray1")
    assert urlsplit(josiah.url).path == ASK
    assert parse_qs(urlsplit(josiah.url).query)["state"]
    josiah.press("authorize-button")
    assert josiah.left == f"{settings.PROFILES.commons_url}/orcid.org/{JOSIAH}"
    assert Grant.objects.get().purpose == "search_and_link"
    assert "Stray1" not in stray


def test_a_stranger_from_the_wizard_signs_in_first(browser: Browser) -> None:
    browser.go("/orcid/search_and_link/callback?code=Stray1")
    assert browser.path == "/sign-in"
    at_orcid(browser.press("Sign in with ORCID"), "Josiah Carberry")
    at_orcid(browser, "Josiah Carberry")
    assert browser.left == f"{settings.PROFILES.commons_url}/orcid.org/{JOSIAH}"
    assert Grant.objects.get().orcid == JOSIAH


# --- nothing is told ------------------------------------------------------------------------------


def test_no_token_stands_in_the_database_or_in_a_log(
    josiah: Browser, simulation: Simulation, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        code = parse_qs(urlsplit(answer(josiah)).query)["code"][0]
        josiah.go(josiah.left)
        josiah.press("Delete ORCID Token")
        get_token(josiah)
    registry = simulation.orcid.registry
    secrets = {text for token in registry.tokens.values() for text in (token.access, token.refresh)}
    assert len(secrets) >= 4
    dump, logs = everything_stored(), caplog.text
    assert JOSIAH in dump  # the dump does see what is stored
    for secret in secrets:
        assert secret not in dump
        assert secret not in logs
    ours = "\n".join(record.getMessage() for record in caplog.records if "profiles" in record.name)
    assert code not in ours
    assert seed.ORCID_CLIENT[1] not in dump + logs


def everything_stored() -> str:
    """Every row of every table as text, and what the sessions hold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        rows = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows + [str(session.get_decoded()) for session in Session.objects.all()])


# --- the ways it can fail -------------------------------------------------------------------------


def test_whoever_declines_stays_signed_in_and_reads_a_friendly_word(josiah: Browser) -> None:
    josiah.go(asked_for(josiah)).press("deny-button")
    assert (josiah.path, josiah.status) == ("/settings", 200)
    assert "You did not give permission" in josiah.words
    assert is_signed_in(josiah)
    assert not Grant.objects.exists()


def test_another_id_than_the_linked_one_changes_nothing_and_says_how_to_mend_it(
    josiah: Browser, simulation: Simulation
) -> None:
    josiah.wire.cookies.clear()  # somebody else uses ORCID in this browser
    at_orcid(josiah.go(asked_for(josiah)), "Laura Sample")
    assert (josiah.status, josiah.heading) == (403, "You authorised a different ORCID iD")
    assert JOSIAH in josiah.words
    assert LAURA in josiah.words
    assert josiah.link("Sign out at ORCID").endswith("/userStatus.json?logUserOut=true")
    assert not Grant.objects.exists()
    assert live_tokens(simulation, LAURA) == []  # given back at once
    josiah.wire.get(josiah.link("Sign out at ORCID"))
    at_orcid(josiah.press("Try again"), "Josiah Carberry")
    assert standing()["auto_update"] == "active"


@pytest.mark.parametrize("purpose", ["auto_update", "search_and_link"])
@pytest.mark.parametrize(
    "query",
    ["?code=AbC123&state=unknown", "?error=access_denied&state=unknown", "?error=server_error"],
)
def test_an_answer_to_no_question_of_ours_is_refused(
    josiah: Browser, purpose: str, query: str
) -> None:
    josiah.go(f"/orcid/{purpose}/callback{query}")
    assert (josiah.status, josiah.heading) == (400, "This step is no longer valid")


def test_a_code_without_a_state_is_not_used_for_auto_update(josiah: Browser) -> None:
    josiah.go("/orcid/auto_update/callback?code=AbC123")
    assert (josiah.status, josiah.heading) == (400, "This step is no longer valid")


@pytest.mark.parametrize("purpose", ["auto_update", "search_and_link"])
def test_an_error_that_stays_in_the_browser_gets_a_page(josiah: Browser, purpose: str) -> None:
    josiah.go(f"/orcid/{purpose}/callback#error=invalid_scope")
    assert (josiah.status, josiah.heading) == (400, "No answer came back")


def test_an_answer_works_once_and_the_grant_outlives_the_second_try(
    josiah: Browser, simulation: Simulation
) -> None:
    back = answer(josiah)
    assert josiah.go(back).path == "/settings"
    assert josiah.go(back).status == 400
    assert standing()["auto_update"] == "active"
    assert len(live_tokens(simulation)) == 1  # a code that ORCID sees twice loses its token


def test_an_answer_after_ten_minutes_is_too_late(josiah: Browser) -> None:
    back = answer(josiah)
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert josiah.go(back).status == 400
    assert not Grant.objects.exists()


def test_an_answer_in_another_browser_is_refused(
    josiah: Browser, new_browser: Callable[[], Browser]
) -> None:
    back, other = answer(josiah), new_browser()
    sign_in_with_orcid(other)
    assert other.go(back).status == 400
    assert new_browser().go(back).status == 400
    assert not Grant.objects.exists()


def test_an_answer_through_the_other_purposes_door_is_refused(josiah: Browser) -> None:
    assert josiah.go(answer(josiah).replace("auto_update", "search_and_link")).status == 400
    assert not Grant.objects.exists()


def test_an_answer_after_somebody_else_signed_in_is_refused(josiah: Browser) -> None:
    back = answer(josiah)
    josiah.go("/sign-out").press("confirm-sign-out")
    josiah.wire.cookies.clear()
    sign_in_with_orcid(josiah, "Laura Sample")
    assert josiah.go(back).status == 400
    assert not Grant.objects.exists()


@pytest.mark.parametrize("nonce", ["another-nonce", ""])
def test_a_token_for_another_round_is_refused(josiah: Browser, nonce: str) -> None:
    josiah.go(re.sub(r"nonce=[\w-]+", f"nonce={nonce}", asked_for(josiah)))
    josiah.press("authorize-button")
    assert (josiah.status, josiah.heading) == (403, "We could not verify the answer")
    assert not Grant.objects.exists()


def test_a_token_that_cannot_be_verified_is_given_back(
    josiah: Browser, simulation: Simulation
) -> None:
    """The keys that ORCID signs with cannot be had."""
    back = answer(josiah)
    wiring.forget()
    simulation.orcid.faults.add(path_prefix="/oauth/jwks", status=503, times=9)
    josiah.go(back)
    assert josiah.status == 502
    assert not Grant.objects.exists()
    assert live_tokens(simulation) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how_far", ["closed", "erased"])
def test_a_permission_that_comes_after_the_end_of_the_account_is_given_back(
    josiah: Browser, simulation: Simulation, how_far: str
) -> None:
    """Another window closes the account while ORCID is about to answer."""
    back, patient = answer(josiah), simulation.orcid.faults
    slow = patient.add(path_prefix="/oauth/token", delay=1.5)

    def come_back() -> int:
        josiah.go(back)
        connection.close()
        return josiah.status

    with ThreadPoolExecutor() as beside, httpx2.Client(timeout=5) as http:
        coming = beside.submit(come_back)
        while not slow.used:
            time.sleep(0.01)
        erasure.close(JOSIAH, remove_works=False)
        if how_far == "erased":
            erasure.go_on(JOSIAH, build(settings.PROFILES, http))
        assert coming.result(10) in (200, 400, 403)  # never an accident
    assert live_tokens(simulation) == []
    assert not Grant.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_saves_settings_while_another_window_closes_the_account_is_led_out(
    josiah: Browser,
) -> None:
    def save() -> str:
        josiah.go("/settings/account")
        waiting.set()
        josiah.press("Save")
        connection.close()
        return josiah.path

    waiting = threading.Event()
    with ThreadPoolExecutor() as beside:
        with transaction.atomic():
            Person.objects.select_for_update().get()
            saving = beside.submit(save)
            waiting.wait(10)
            time.sleep(0.5)  # it waits for the row
            erasure.close(JOSIAH, remove_works=True)
        assert saving.result(10) == "/"


@pytest.mark.django_db(transaction=True)
def test_nobody_turns_auto_update_on_in_an_account_that_is_being_closed(josiah: Browser) -> None:
    owner = Person.objects.get()
    erasure.close(JOSIAH, remove_works=True)
    with pytest.raises(AccountClosed):
        permissions.switch_auto_update(owner, on=True)
    with pytest.raises(AccountClosed):
        preferences.save(owner, Choices(True))
    assert not Person.objects.get().auto_update


def test_less_permission_than_asked_is_kept_and_said(josiah: Browser) -> None:
    josiah.go(asked_for(josiah).replace("+%2Factivities%2Fupdate", "")).press("authorize-button")
    assert "less permission than is needed" in josiah.words
    assert profile().permissions[0].missing_scopes == ("/activities/update",)
    assert grants.usable_grant(JOSIAH, Purpose.AUTO_UPDATE, timezone.now()) is None
    assert "Get ORCID Token" in josiah.buttons


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ({"status": 503}, 502),
        ({"reset": "before"}, 502),
        ({"reset": "after"}, 502),  # ORCID has given the token, and we never saw it
        ({"status": 400, "body": {"error": "invalid_grant"}}, 400),
        ({"status": 401, "body": {"error": "invalid_client"}}, 502),
        ({"status": 200, "body": "<html>"}, 502),
    ],
)
def test_a_token_that_does_not_come_gets_a_page_and_another_try(
    josiah: Browser, simulation: Simulation, fault: dict[str, Any], status: int
) -> None:
    back = answer(josiah)
    simulation.orcid.faults.add(path_prefix="/oauth/token", **fault)
    josiah.go(back)
    assert josiah.status == status
    assert not Grant.objects.exists()
    at_orcid(josiah.press("Try again"), "Josiah Carberry")
    assert standing()["auto_update"] == "active"


@pytest.mark.django_db(transaction=True)
def test_two_answers_at_once_redeem_the_code_once(josiah: Browser, simulation: Simulation) -> None:
    """A double click must not cost the person the token."""
    back = answer(josiah).removeprefix(josiah.service_url)
    together, statuses = threading.Barrier(2), []

    def come_back() -> None:
        from django.test import Client

        client = Client(headers={"host": urlsplit(josiah.service_url).netloc})
        client.cookies = josiah.ours.cookies
        together.wait(10)
        statuses.append(client.get(back).status_code)
        connection.close()

    threads = [threading.Thread(target=come_back) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(statuses) == [302, 400]
    assert len(live_tokens(simulation)) == 1
    assert standing()["auto_update"] == "active"


# --- giving it back -------------------------------------------------------------------------------


def test_deleting_the_token_gives_it_back_at_orcid_first(
    josiah: Browser, simulation: Simulation
) -> None:
    get_token(josiah)
    josiah.press("Delete ORCID Token")
    assert (josiah.path, josiah.status) == ("/settings", 200)
    assert live_tokens(simulation) == []
    assert standing()["auto_update"] == "revoked"
    grant = Grant.objects.get()
    assert (grant.sealed_access_token, grant.sealed_refresh_token) == ("", "")
    assert grants.usable_grant(JOSIAH, Purpose.AUTO_UPDATE, timezone.now()) is None
    get_token(josiah)
    assert standing()["auto_update"] == "active"


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": "before"}, {"status": 400}])
def test_a_token_that_orcid_does_not_take_back_is_still_held_and_that_is_said(
    josiah: Browser, simulation: Simulation, fault: dict[str, Any]
) -> None:
    get_token(josiah)
    simulation.orcid.faults.add(path_prefix="/oauth/revoke", **fault)
    josiah.press("Delete ORCID Token")
    assert josiah.status == 502
    assert standing()["auto_update"] == "active"
    josiah.press("Try again")
    assert live_tokens(simulation) == []
    assert standing()["auto_update"] == "revoked"


@pytest.mark.django_db(transaction=True)
def test_a_token_that_is_renewed_while_it_is_deleted_goes_too(
    josiah: Browser, simulation: Simulation
) -> None:
    """A worker has renewed it by the time that ORCID has taken the old one back."""
    get_token(josiah)
    slow = simulation.orcid.faults.add(path_prefix="/oauth/revoke", delay=1)
    grant_id = Grant.objects.get().pk

    def delete() -> None:
        josiah.press("Delete ORCID Token")
        connection.close()

    with ThreadPoolExecutor() as beside:
        deleting = beside.submit(delete)
        while not slow.used:
            time.sleep(0.01)
        permissions.renew(grant_id)
        deleting.result(10)
    assert josiah.status == 200
    assert live_tokens(simulation) == []
    assert standing()["auto_update"] == "revoked"


@pytest.mark.parametrize("path", ["/settings/permission", "/settings/permission/delete"])
def test_a_purpose_that_does_not_exist_is_refused(josiah: Browser, path: str) -> None:
    token = josiah.ours.cookies["profiles_csrf"].value
    data = {"purpose": "everything", "csrfmiddlewaretoken": token}
    assert josiah.ours.post(path, data).status_code == 400


@pytest.mark.parametrize("path", ["/settings/permission", "/settings/permission/delete"])
def test_nothing_begins_from_another_site_or_for_a_stranger(
    josiah: Browser, new_browser: Callable[[], Browser], path: str
) -> None:
    assert josiah.ours.post(path, {"purpose": "auto_update"}).status_code == 403
    stranger = new_browser().go("/sign-in")
    token = stranger.ours.cookies["profiles_csrf"].value
    answered = stranger.ours.post(path, {"csrfmiddlewaretoken": token})
    assert answered["Location"].startswith("/sign-in")
