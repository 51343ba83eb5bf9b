"""Signing in over the wire: each provider, each way it can fail, and who is recognised as whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.conf import settings
from django.utils import timezone

from profiles.people.models import Person
from profiles.simulator.keys import SigningKey
from profiles.simulator.server import Simulation

from .browser import Browser

pytestmark = pytest.mark.django_db

JOSIAH = "0000-0002-1825-0097"
LAURA = "0000-0001-5109-3700"


def sign_in_with_orcid(browser: Browser, who: str = "Josiah Carberry", **stop: str) -> Browser:
    return at_orcid(browser.go("/sign-in").press("Sign in with ORCID", **stop), who, **stop)


def sign_in_with_globus(browser: Browser, who: str = "Laura Sample") -> Browser:
    return browser.go("/sign-in").press("Sign in with Globus").press("Harbour").press(who)


def link(browser: Browser, who: str = "Laura Sample") -> Browser:
    return at_orcid(browser.press("Link your ORCID iD"), who)


def at_orcid(browser: Browser, who: str, **stop: str) -> Browser:
    """Whatever ORCID asks: who it is, and whether that is all right. It asks nothing twice."""
    if "signin-button" in browser.ids:
        browser.press(who, **stop)
    if "authorize-button" in browser.ids:
        browser.press("authorize-button", **stop)
    return browser


def is_signed_in(browser: Browser) -> bool:
    return "_auth_user_id" in browser.ours.session


# --- the way it should go -------------------------------------------------------------------------


def test_signing_in_with_orcid_makes_the_account_at_once(browser: Browser) -> None:
    sign_in_with_orcid(browser)
    assert (browser.path, browser.status) == ("/settings", 200)
    person = Person.objects.get()
    assert (person.orcid, person.name) == (JOSIAH, "Josiah Carberry")
    assert (person.given_name, person.family_name) == ("Josiah", "Carberry")
    assert (person.role, person.auto_update) == ("user", False)


def test_the_same_person_is_recognised_again(new_browser: Callable[[], Browser]) -> None:
    sign_in_with_orcid(new_browser())
    sign_in_with_orcid(new_browser())
    assert Person.objects.count() == 1


def test_a_name_that_is_private_at_orcid_breaks_nothing(
    browser: Browser, simulation: Simulation
) -> None:
    simulation.orcid.registry.people[JOSIAH].names_visibility = "private"
    sign_in_with_orcid(browser)
    assert browser.path == "/settings"
    assert JOSIAH in browser.words
    assert "Carberry" not in browser.words


def test_signing_in_with_globus_leads_to_linking_an_id_and_nowhere_else(browser: Browser) -> None:
    sign_in_with_globus(browser)
    assert (browser.path, browser.status) == ("/link-orcid", 200)
    assert Person.objects.get().orcid is None
    for page in ("/", "/settings", "/works", "/settings/account", "/works/explain"):
        assert browser.go(page).path == "/link-orcid"
    link(browser.go("/settings"))
    assert (browser.path, browser.status) == ("/settings", 200)
    person = Person.objects.get()
    assert (person.orcid, person.organization) == (LAURA, "Harbour Institute of Marine Research")


def test_after_linking_each_way_in_leads_to_the_same_account(
    new_browser: Callable[[], Browser],
) -> None:
    link(sign_in_with_globus(new_browser()))
    assert sign_in_with_globus(new_browser()).path == "/settings"
    assert sign_in_with_orcid(new_browser(), "Laura Sample").path == "/settings"
    assert Person.objects.count() == 1


def test_a_name_does_not_change_with_the_way_of_signing_in(
    new_browser: Callable[[], Browser],
) -> None:
    link(sign_in_with_globus(new_browser(), "Laura Sample"), "Sofia Garcia")
    sign_in_with_globus(new_browser(), "Laura Sample")
    person = Person.objects.get()
    assert (person.name, person.family_name) == ("Sofia Garcia", "Garcia")
    assert person.organization == "Harbour Institute of Marine Research"


def test_an_account_that_was_made_for_an_id_opens_to_whoever_proves_the_id(
    browser: Browser,
) -> None:
    made = Person.objects.create(orcid=JOSIAH, role="staff_admin")
    sign_in_with_orcid(browser)
    person = Person.objects.get()
    assert (person.pk, person.role, person.name) == (made.pk, "staff_admin", "Josiah Carberry")


def test_where_they_were_going_is_where_they_get_to(browser: Browser) -> None:
    browser.go("/works")
    assert browser.path == "/sign-in"
    browser.press("Sign in with Globus").press("Harbour Institute").press("Laura Sample")
    assert browser.path == "/link-orcid"
    assert link(browser).path == "/works"


def test_whoever_came_from_commons_goes_back_there(browser: Browser) -> None:
    commons = "https://commons.datacite.org/doi.org/10.5555/sea"
    browser.url = commons
    browser.go(f"{browser.service_url}/sign_in")
    browser.press("Sign in with ORCID").press("Josiah Carberry").press("authorize-button")
    assert browser.left == commons
    assert is_signed_in(browser)


def test_no_other_site_can_have_them_sent_to_it(browser: Browser) -> None:
    browser.go("/sign-in?next=https://evil.example/")
    browser.press("Sign in with ORCID", next="https://evil.example/")
    browser.press("Josiah Carberry").press("authorize-button")
    assert (browser.left, browser.path) == ("", "/settings")


def test_signing_in_changes_the_session_key(browser: Browser) -> None:
    """A session that somebody else knew before must be worth nothing after."""
    browser.go("/sign-in").press("Sign in with ORCID").press("Josiah Carberry")
    before = browser.ours.session.session_key
    browser.press("authorize-button")
    assert browser.ours.session.session_key != before


def test_a_link_does_not_sign_out_but_the_button_does(browser: Browser) -> None:
    sign_in_with_orcid(browser)
    browser.go("/sign_out")
    assert is_signed_in(browser)
    browser.press("confirm-sign-out")
    assert not is_signed_in(browser)
    assert "signed out" in browser.words


# --- what leaves and what is kept -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "pkce"), [("Globus", True), ("ORCID", False)]
)  # ORCID has none
def test_state_nonce_and_pkce_go_out(browser: Browser, provider: str, pkce: bool) -> None:
    browser.go("/sign-in").press(f"Sign in with {provider}", stop_at="authorize")
    query = {name: value[0] for name, value in parse_qs(urlsplit(browser.left).query).items()}
    assert len(query["state"]) >= 32
    assert len(query["nonce"]) >= 32
    assert query.get("code_challenge_method") == ("S256" if pkce else None)
    callback = f"/users/auth/{provider.lower()}/callback"
    assert query["redirect_uri"] == settings.PROFILES.base_url + callback


def test_the_redirect_address_does_not_follow_the_host_header(browser: Browser) -> None:
    browser.go("/sign-in").ours.defaults["HTTP_HOST"] = "127.0.0.1:9999"
    browser.ours.defaults["SERVER_NAME"] = "127.0.0.1"
    browser.press("Sign in with ORCID", stop_at="authorize")
    (redirect_uri,) = parse_qs(urlsplit(browser.left).query)["redirect_uri"]
    assert redirect_uri.startswith(settings.PROFILES.base_url)


def test_of_the_answer_only_what_we_use_is_kept_and_no_token(browser: Browser) -> None:
    sign_in_with_globus(browser)
    account = SocialAccount.objects.get()
    assert set(account.extra_data) == {
        "sub", "name", "organization", "email", "preferred_username", "identity_provider",
        "identity_set",
    }  # fmt: skip
    assert SocialToken.objects.count() == 0


@pytest.mark.parametrize(
    ("verified", "kept"), [(True, "laura@example.org"), (False, ""), (None, "")]
)
def test_only_an_address_that_its_provider_has_verified_is_written_to(
    browser: Browser, simulation: Simulation, verified: bool | None, kept: str
) -> None:
    """Another could be somebody else's."""
    primary = next(
        one for one in simulation.globus.accounts.identities.values() if one.name == "Laura Sample"
    )
    said: dict[str, Any] = {"sub": primary.id, "email": "laura@example.org"}
    if verified is not None:
        said["email_verified"] = verified
    simulation.globus.faults.add(path_prefix="/v2/oauth2/userinfo", status=200, body=said)
    sign_in_with_globus(browser)
    assert Person.objects.get().email == kept


def test_who_will_not_link_an_id_can_close_the_account(browser: Browser) -> None:
    sign_in_with_globus(browser)
    assert browser.path == "/link-orcid"
    browser.go(browser.link("Close your account"))
    assert "works" not in browser.root.find(".//form[@class='panel']").text_content()
    browser.press("Close my account")
    assert browser.path == "/"
    assert "Your account is deleted, and you are signed out." in browser.words
    assert not is_signed_in(browser)
    assert not Person.objects.exists()
    assert not SocialAccount.objects.exists()


def test_an_id_is_not_cut_out_of_a_globus_user_name(browser: Browser) -> None:
    """Whoever may name identities there could otherwise be anybody here."""
    browser.go("/sign-in").press("Sign in with Globus").press("Harbour Institute")
    browser.press("Continue", username=f"{JOSIAH}@orcid.org")
    assert browser.path == "/link-orcid"
    assert Person.objects.get().orcid is None


def test_the_same_e_mail_address_does_not_make_two_people_one(
    new_browser: Callable[[], Browser], simulation: Simulation
) -> None:
    accounts = simulation.globus.accounts
    place = next(one for one in accounts.providers.values() if one.domain == "harbour.example")
    accounts.add_identity(place, "ls2", name="Other Sample", email="laura.sample@harbour.example")
    sign_in_with_globus(new_browser(), "Laura Sample")
    sign_in_with_globus(new_browser(), "Other Sample")
    assert Person.objects.count() == 2


# --- the ways it can fail -------------------------------------------------------------------------


def test_declining_at_orcid_leads_to_a_page_with_a_way_back(browser: Browser) -> None:
    browser.go("/sign-in").press("Sign in with ORCID").press("Josiah Carberry").press("deny-button")
    assert (browser.status, browser.heading) == (403, "You declined")
    assert browser.link("Try again") == "/sign-in"
    assert not is_signed_in(browser)
    assert Person.objects.count() == 0


def test_declining_at_globus_does_too(browser: Browser) -> None:
    browser.go("/sign-in").press("Sign in with Globus").press("Harbour").press("deny-button")
    assert (browser.status, browser.heading) == (403, "You declined")


def test_declining_to_link_leaves_them_signed_in(browser: Browser) -> None:
    sign_in_with_globus(browser).press("Link your ORCID iD").press("Laura Sample")
    browser.press("deny-button")
    assert browser.status == 403
    assert browser.link("Try again") == "/link-orcid"
    assert is_signed_in(browser)


@pytest.mark.parametrize("provider", ["orcid", "globus"])
@pytest.mark.parametrize("query", ["?code=AbC123&state=unknown", "?code=AbC123", "?state=unknown",
                                   "?error=access_denied&state=unknown"])  # fmt: skip
def test_an_answer_to_no_question_of_ours_is_refused(
    browser: Browser, provider: str, query: str
) -> None:
    browser.go(f"/users/auth/{provider}/callback{query}")
    assert (browser.status, browser.heading) == (400, "This step is no longer valid")


def test_an_error_that_stays_in_the_browser_gets_a_page(browser: Browser) -> None:
    browser.go("/users/auth/orcid/callback#error=login_required")
    assert (browser.status, browser.heading) == (400, "No answer came back")


def test_an_error_of_the_providers_own_gets_a_page(browser: Browser) -> None:
    browser.go("/sign-in").press("Sign in with Globus", stop_at="authorize")
    (state,) = parse_qs(urlsplit(browser.left).query)["state"]
    browser.go(f"/users/auth/globus/callback?error=invalid_scope&state={state}")
    assert browser.status == 502


def test_an_answer_works_once(browser: Browser) -> None:
    sign_in_with_orcid(browser)
    callback = next(url for url in browser.way if "/callback" in url)
    browser.go("/sign-out").press("confirm-sign-out")
    browser.go(callback)
    assert (browser.status, browser.heading) == (400, "This step is no longer valid")
    assert not is_signed_in(browser)


def test_an_answer_after_ten_minutes_is_too_late(browser: Browser) -> None:
    sign_in_with_orcid(browser, stop_at="/callback")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        browser.go(browser.left)
    assert (browser.status, browser.heading) == (400, "This step is no longer valid")


def test_an_answer_in_another_browser_signs_nobody_in(new_browser: Callable[[], Browser]) -> None:
    """Somebody sends a victim their own callback, to have the victim work in their account."""
    theirs, victims = new_browser(), new_browser()
    sign_in_with_orcid(theirs, stop_at="/callback")
    victims.go("/sign-in").press("Sign in with ORCID", stop_at="authorize")
    victims.go(theirs.left)
    assert victims.status == 400
    assert not is_signed_in(victims)


def test_an_answer_through_another_providers_door_is_refused(browser: Browser) -> None:
    sign_in_with_orcid(browser, stop_at="/callback")
    browser.go(browser.left.replace("/orcid/", "/globus/"))
    assert browser.status == 400
    assert not is_signed_in(browser)


@pytest.mark.parametrize("nonce", ["another-nonce", ""])
def test_a_token_for_another_round_is_refused(browser: Browser, nonce: str) -> None:
    browser.go("/sign-in").press("Sign in with ORCID", stop_at="authorize")
    browser.go(re.sub(r"nonce=\w+", f"nonce={nonce}", browser.left))
    browser.press("Josiah Carberry").press("authorize-button")
    assert (browser.status, browser.heading) == (403, "We could not verify the answer")
    assert not is_signed_in(browser)
    assert Person.objects.count() == 0


def test_a_token_signed_by_somebody_else_is_refused(
    browser: Browser, simulation: Simulation
) -> None:
    published, forged = simulation.orcid.key, SigningKey(simulation.orcid.key.key_id)
    forged.jwks = published.jwks  # type: ignore[method-assign]
    simulation.orcid.key = forged
    sign_in_with_orcid(browser)
    assert (browser.status, browser.heading) == (403, "We could not verify the answer")
    assert Person.objects.count() == 0


def test_userinfo_about_somebody_else_is_refused(browser: Browser, simulation: Simulation) -> None:
    simulation.globus.faults.add(
        path_prefix="/v2/oauth2/userinfo", status=200, body={"sub": "somebody-else"}
    )
    sign_in_with_globus(browser)
    assert (browser.status, browser.heading) == (403, "We could not verify the answer")
    assert Person.objects.count() == 0


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(60, 200), (-60, 200), (300, 403), (-100_000, 403)],
)
def test_clocks_may_differ_a_little(
    browser: Browser, simulation: Simulation, ahead: int, status: int
) -> None:
    simulation.clock.advance(ahead)
    sign_in_with_orcid(browser)
    assert browser.status == status


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/oauth/token", "/oauth/jwks"]
)
@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": "before"}])
def test_a_provider_that_is_down_gets_a_page(
    browser: Browser, simulation: Simulation, path: str, fault: dict[str, Any]
) -> None:
    simulation.orcid.faults.add(path_prefix=path, times=None, **fault)
    browser.go("/sign-in").press("Sign in with ORCID")
    if browser.status == 200:
        browser.press("Josiah Carberry").press("authorize-button")
    assert (browser.status, browser.heading) == (502, "The other service does not answer")
    simulation.orcid.faults.clear()
    assert sign_in_with_orcid(browser).path == "/settings"


def test_an_id_that_belongs_to_another_account_is_not_taken_from_it(
    new_browser: Callable[[], Browser],
) -> None:
    sign_in_with_orcid(new_browser(), "Josiah Carberry")
    laura = new_browser()
    link(sign_in_with_globus(laura), "Josiah Carberry")
    assert (laura.status, laura.heading) == (403, "This ORCID iD belongs to another account")
    assert sorted(Person.objects.values_list("orcid", flat=True), key=str) == [JOSIAH, None]
    assert SocialAccount.objects.get(provider="orcid").user.orcid == JOSIAH


def test_linking_begun_by_one_person_is_not_finished_by_another(browser: Browser) -> None:
    sign_in_with_globus(browser, "Laura Sample")
    browser.press("Link your ORCID iD").press("Laura Sample")
    browser.press("authorize-button", stop_at="/callback")
    left = browser.left
    browser.go("/sign-out").press("confirm-sign-out")
    sign_in_with_globus(browser, "Prvi Primer")
    assert browser.go(left).status == 400
    assert set(Person.objects.values_list("orcid", flat=True)) == {None}


def test_a_closed_account_stays_closed(browser: Browser) -> None:
    Person.objects.create(orcid=JOSIAH, is_active=False)
    sign_in_with_orcid(browser)
    assert (browser.status, browser.heading) == (403, "This account is closed")
    assert not is_signed_in(browser)


@pytest.mark.parametrize("path", ["/sign-in/orcid/", "/settings/permission"])
def test_no_round_begins_by_a_link(browser: Browser, path: str) -> None:
    assert browser.go(path).status == 405


def test_no_round_begins_from_another_site(browser: Browser) -> None:
    answer = browser.ours.post("/sign-in/orcid/", {"next": "/settings"})
    assert answer.status_code == 403


def test_a_provider_that_is_not_offered_does_not_exist(browser: Browser) -> None:
    browser.go("/sign-in")
    assert "Sign in with Google" not in browser.words
    assert browser.go("/users/auth/google/callback?code=x&state=y").status == 404


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/login/", "/signup/", "/password/reset/", "/3rdparty/", "/email/"]
)
def test_the_librarys_own_pages_are_not_there(browser: Browser, path: str) -> None:
    assert browser.go(path).status == 404
