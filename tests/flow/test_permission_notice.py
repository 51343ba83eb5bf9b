"""A permission that ends at ORCID, as its owner sees it: held, told, and given again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from profiles.claims.models import Claim
from profiles.claims.states import State
from profiles.config import Client
from profiles.people.models import Grant, Person
from profiles.people.permissions import Purpose
from profiles.pipeline import permissions, refreshing, tell
from profiles.pipeline.deliver import deliver
from profiles.pipeline.services import Services, build
from profiles.pipeline.tell import AGAIN_PATH
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .browser import Browser
from .test_deliver import want
from .test_permission import ASK, JOSIAH, asked_for, everything_stored, get_token
from .test_sign_in import at_orcid, is_signed_in, sign_in_with_orcid

pytestmark = pytest.mark.django_db(transaction=True)

AGAIN = "Give permission again"
PAGES = ("/settings", "/works", "/works/find", "/works/explain", "/", "/status", "/data")


@pytest.fixture
def services() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(settings.PROFILES, http)


@pytest.fixture
def josiah(browser: Browser) -> Browser:
    """Signed in, with a permission and an address."""
    get_token(sign_in_with_orcid(browser))
    Person.objects.update(email="josiah@example.org", auto_update=True)
    return browser


@pytest.fixture
def revoked(josiah: Browser, simulation: Simulation, services: Services) -> Browser:
    """Withdrawn at ORCID, and noticed with the first of three works."""
    for number in range(3):
        want(doi=Doi(f"10.5555/{number}"))
    simulation.orcid.revoke_tokens(JOSIAH)
    deliver(JOSIAH, services)
    return josiah


def test_the_first_refusal_holds_all_and_is_told_on_every_page(
    revoked: Browser, simulation: Simulation
) -> None:
    assert {(claim.state, claim.reason) for claim in Claim.objects.all()} == {
        (State.HELD, "permission_ended")
    }
    assert Grant.objects.get().state == "revoked"
    assert len(simulation.orcid.calls("POST")) == 1  # not one more in vain
    for page in PAGES:
        revoked.go(page)
        assert revoked.status == 200
        assert "Your permission at ORCID ended on" in revoked.words, page
        assert "3 works wait for it" in revoked.words
        assert AGAIN in revoked.buttons


def test_giving_it_again_releases_all_and_ends_the_notice(
    revoked: Browser, services: Services, simulation: Simulation
) -> None:
    at_orcid(revoked.go("/works").press(AGAIN), "Josiah Carberry")
    assert revoked.path == "/works"
    assert AGAIN not in revoked.buttons
    deliver(JOSIAH, services)
    assert {claim.state for claim in Claim.objects.all()} == {State.DONE}
    assert len(simulation.orcid.works_of(JOSIAH)) == 3
    tell.tell(JOSIAH)
    assert mail.outbox == []  # all is well again


def test_not_now_holds_for_the_session_and_settings_still_say_so(
    revoked: Browser, new_browser: Callable[[], Browser]
) -> None:
    revoked.go("/works").press("Not now")
    assert revoked.path == "/works"
    for page in PAGES:
        assert AGAIN not in revoked.go(page).buttons
    assert "Withdrawn" in revoked.go("/settings").words
    assert AGAIN in sign_in_with_orcid(new_browser()).buttons


def test_nobody_else_reads_of_it(revoked: Browser, new_browser: Callable[[], Browser]) -> None:
    assert AGAIN not in new_browser().go("/").buttons
    assert AGAIN not in sign_in_with_orcid(new_browser(), "Laura Sample").buttons


def test_what_was_withdrawn_here_is_no_news(josiah: Browser) -> None:
    josiah.go("/settings").press("Delete ORCID Token")
    assert AGAIN not in josiah.buttons
    tell.tell(JOSIAH)
    assert mail.outbox == []


def test_the_mail_leads_through_sign_in_to_a_new_permission(
    revoked: Browser, new_browser: Callable[[], Browser]
) -> None:
    tell.tell(JOSIAH)
    (message,) = mail.outbox
    link = next(word for word in message.body.split() if "/settings/permission/again" in word)
    assert link.startswith(settings.PROFILES.base_url)
    other = new_browser().go(link)
    assert other.path == "/sign-in"
    at_orcid(other.press("Sign in with ORCID"), "Josiah Carberry")
    assert urlsplit(other.url).path == ASK
    at_orcid(other, "Josiah Carberry")
    assert other.path == "/settings"
    assert Grant.objects.filter(state="active").count() == 1
    assert "in place" in other.go(link).words  # the link does nothing more now
    assert Grant.objects.count() == 2


def test_no_token_in_mails_database_or_logs(
    revoked: Browser, simulation: Simulation, caplog: pytest.LogCaptureFixture
) -> None:
    tell.tell(JOSIAH)
    at_orcid(revoked.go("/works").press(AGAIN), "Josiah Carberry")
    permissions.renew(Grant.objects.get(state="active").pk)
    registry = simulation.orcid.registry
    secrets = {text for token in registry.tokens.values() for text in (token.access, token.refresh)}
    said = everything_stored() + caplog.text + str(mail.outbox[0].message())
    assert len(secrets) >= 6
    assert JOSIAH in said
    assert not [secret for secret in secrets if secret in said]


# ---- a client of its own for each purpose


def test_each_purpose_ends_and_begins_for_itself(
    josiah: Browser,
    simulation: Simulation,
    services: Services,
    settings: Settings,
) -> None:
    base = settings.PROFILES.base_url
    made = simulation.orcid.add_client("Search & Link", redirect_uris=(base,))
    own = Client(id=made.id, secret=made.secret)
    clients = {**settings.PROFILES.orcid_clients, Purpose.SEARCH_AND_LINK: own}
    settings.PROFILES = replace(settings.PROFILES, orcid_clients=clients)
    at_orcid(josiah.go(f"{AGAIN_PATH}?purpose=search_and_link"), "Josiah Carberry")
    assert {grant.api_client for grant in Grant.objects.filter(state="active")} == {
        made.id,
        simulation.orcid_client.id,
    }
    by_hand, found = Doi("10.5555/by-hand"), Doi("10.5555/found")
    want(doi=found)
    want(doi=by_hand)
    Claim.objects.filter(doi=by_hand).update(origin="search_and_link")
    simulation.orcid.revoke_tokens(JOSIAH, client_id=made.id)
    deliver(JOSIAH, services)
    assert Claim.objects.get(doi=found).state == State.DONE
    assert Claim.objects.get(doi=by_hand).state == State.HELD
    assert "1 work waits for it" in josiah.go("/settings").words
    at_orcid(josiah.press(AGAIN), "Josiah Carberry")
    deliver(JOSIAH, services)
    assert Claim.objects.get(doi=by_hand).api_client == made.id
    assert AGAIN not in josiah.go("/settings").buttons


# ---- less than was asked for


def less(browser: Browser, scope: str) -> Browser:
    """ORCID grants all but this."""
    asked = (
        asked_for(browser)
        .replace(f"+{scope.replace('/', '%2F')}", "")
        .replace(f"{scope.replace('/', '%2F')}+", "")
    )
    return browser.go(asked).press("authorize-button")


def test_without_the_right_to_write_works_are_held_and_the_scope_is_named(
    browser: Browser, services: Services
) -> None:
    less(sign_in_with_orcid(browser), "/activities/update")
    assert "Missing: adding and updating works (/activities/update)" in browser.words
    assert "Without it no work can be sent" in browser.words
    Person.objects.update(auto_update=True)
    want()
    deliver(JOSIAH, services)
    assert Claim.objects.get().reason == "scope_missing"
    assert "Given for too little" in browser.go("/settings").words
    assert "does not include adding works" in browser.go("/works").words
    assert "1 work waits for it" in browser.words
    at_orcid(browser.press(AGAIN), "Josiah Carberry")
    deliver(JOSIAH, services)
    assert Claim.objects.get().state == State.DONE


def test_without_the_right_to_read_limited_works_are_sent_all_the_same(
    browser: Browser, services: Services
) -> None:
    less(sign_in_with_orcid(browser), "/read-limited")
    assert "(/read-limited)" in browser.words
    assert "Works are sent all the same" in browser.words
    assert AGAIN not in browser.buttons
    Person.objects.update(auto_update=True)
    want()
    deliver(JOSIAH, services)
    assert Claim.objects.get().state == State.DONE
    settings_page = browser.go("/settings").words
    assert "Works are sent all the same" in settings_page
    assert "waiting for your permission" not in settings_page
    assert "Get ORCID Token" in browser.buttons  # to complete it


# ---- the end of a token's time


def runs_out(after: timedelta, *, since: timedelta) -> None:
    """As if ORCID had given it for so long, without a refresh token."""
    now = timezone.now()
    Grant.objects.update(
        granted_at=now - since,
        expires_at=now + after,
        due_at=now + after - timedelta(days=14),
        sealed_refresh_token="",
    )


def test_the_end_is_announced_once_and_then_it_is_over(josiah: Browser) -> None:
    want()
    runs_out(timedelta(days=10), since=timedelta(days=300))
    assert refreshing.see_to_ends() == 1
    assert refreshing.see_to_ends() == 0
    (message,) = mail.outbox
    assert re.match(
        r"Your permission for DataCite at ORCID ends on \d+ \w+ \d{4}$", message.subject
    )
    assert "Your permission at ORCID ends on" in josiah.go("/works").words
    assert "Get ORCID Token" in josiah.go("/settings").buttons
    runs_out(timedelta(days=-1), since=timedelta(days=300))
    assert refreshing.see_to_ends() == 1
    assert (Grant.objects.get().state, Claim.objects.get().state) == ("expired", State.HELD)
    tell.tell(JOSIAH)
    tell.tell(JOSIAH)
    assert [each.subject for each in mail.outbox[1:]] == [
        "Your permission for DataCite at ORCID has ended"
    ]
    assert "Its time was over" in mail.outbox[1].body
    assert "Your permission at ORCID ended on" in josiah.go("/works").words


def test_a_token_that_lasts_an_hour_serves_for_ever(
    browser: Browser, simulation: Simulation, services: Services
) -> None:
    simulation.orcid_client.persistent = False
    get_token(sign_in_with_orcid(browser))
    Person.objects.update(auto_update=True)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        want()
        deliver(JOSIAH, services)
        assert Claim.objects.get().state == State.DONE
        assert Grant.objects.get().state == "active"


# ---- closing the account


def test_closing_asks_once_and_signs_out(
    josiah: Browser, new_browser: Callable[[], Browser]
) -> None:
    josiah.go("/settings").go("/data").go("/data/close")
    assert "What becomes of" in josiah.words
    assert Person.objects.get().closing_since is None
    josiah.press("confirm-close", works="remove")
    assert josiah.path == "/"
    assert "Your account is closed" in josiah.words
    assert not is_signed_in(josiah)
    person = Person.objects.get()
    assert person.closing_since is not None
    assert person.removes_works
    other = new_browser().go("/sign-in").press("Sign in with ORCID")
    at_orcid(other, "Josiah Carberry")
    assert (other.status, other.heading) == (403, "This account is closed")


def test_no_other_site_closes_an_account(josiah: Browser) -> None:
    assert josiah.ours.post("/data/close", {"works": "remove"}).status_code == 403
    assert Person.objects.get().closing_since is None


@pytest.mark.parametrize(
    "path",
    ["/orcid/auto_update/callback?code=abc&state=stale", "/no-such-page", "/works/10.5555/no"],
)
def test_no_button_leads_back_to_a_page_that_is_a_problem(revoked: Browser, path: str) -> None:
    """There one would read of a success and a failure at once."""
    assert revoked.go("/works").ids >= {"permission-again"}
    assert revoked.go(path).status in (400, 404)
    assert "permission-again" not in revoked.ids


def test_trying_again_from_a_problem_ends_well(revoked: Browser) -> None:
    revoked.go("/orcid/auto_update/callback?code=abc&state=stale").press("Try again")
    at_orcid(revoked, "Josiah Carberry")
    assert (revoked.path, revoked.status) == ("/settings", 200)
    assert "You gave permission. Thank you!" in revoked.words
