"""ORCID's OAuth and OpenID: consent, denial, skipped consent, and every row of the token table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from profiles.simulator.orcid import oauth
from profiles.simulator.server import Simulation

from .conftest import CARBERRY, Api, a_work
from .rounds import CALLBACK, OrcidRound, answer_of, heading


@pytest.fixture
def walk(sim: Simulation) -> Iterator[OrcidRound]:
    opened = OrcidRound(sim)
    yield opened
    opened.browser.close()


MATCHES: list[tuple[str, bool, str]] = [
    (CALLBACK, True, "the same"),
    (f"{CALLBACK}?next=/", True, "a query does not count"),
    (f"{CALLBACK}/deeper", True, "the path starts with the registered one"),
    ("http://localhost:8000/orcid", False, "a shorter path"),
    (CALLBACK.replace("http:", "https:"), False, "another scheme"),
    (CALLBACK.replace("8000", "8001"), False, "another port"),
    (CALLBACK.replace("localhost", "localhost.example"), False, "another host"),
    (CALLBACK.replace("localhost", "evil@localhost"), False, "user info"),
]


@pytest.mark.parametrize(("uri", "allowed", "remark"), MATCHES)
def test_a_redirect_address_is_matched_as_at_orcid(uri: str, allowed: bool, remark: str) -> None:
    assert oauth.redirect_allowed(uri, (CALLBACK,)) is allowed, remark


ERROR_PAGES: list[tuple[dict[str, str], str]] = [
    ({"client_id": "APP-0000000000000000"}, "unknown client"),
    ({"redirect_uri": "http://evil.example/cb"}, "wrong address"),
    ({"redirect_uri": ""}, "no address"),
    ({"response_type": ""}, "no response type"),
    ({"scope": ""}, "no scope"),
]


@pytest.mark.parametrize(("change", "remark"), ERROR_PAGES)
def test_what_cannot_be_trusted_is_a_page_and_no_redirect(
    walk: OrcidRound, change: dict[str, str], remark: str
) -> None:
    page = walk.authorize(**change)
    assert (page.status_code, heading(page)) == (400, "This request cannot be answered"), remark


FRAGMENTS: list[tuple[dict[str, str], str]] = [
    ({"scope": "/read-public"}, "invalid_scope"),
    ({"scope": "/nonsense"}, "invalid_scope"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"prompt": "none"}, "login_required"),
]


@pytest.mark.parametrize(("change", "error"), FRAGMENTS)
def test_openid_errors_go_back_as_a_fragment_without_state(
    walk: OrcidRound, change: dict[str, str], error: str
) -> None:
    assert walk.authorize(**change).headers["location"] == f"{CALLBACK}#error={error}"


def test_a_refusal_goes_back_as_a_query_with_state(walk: OrcidRound) -> None:
    page = walk.sign_in(walk.authorize())
    assert heading(page) == "Authorize access"
    assert "DataCite Profiles" in page.text
    assert "Add/update your research activities (works, affiliations, etc)" in page.text
    assert 'id="authorize-button"' in page.text
    assert 'id="deny-button"' in page.text
    back = walk.decide(page, "deny")
    assert "error_description=User%20denied%20access" in back.headers["location"]
    assert answer_of(back) == {
        "error": "access_denied",
        "error_description": "User denied access",
        "state": "a state",
    }


def test_a_yes_gives_a_code_that_gives_a_token_that_writes(
    walk: OrcidRound, sim: Simulation
) -> None:
    back = walk.decide(walk.sign_in(walk.authorize()), "allow")
    code = answer_of(back)["code"]
    assert len(code) == 6
    assert answer_of(back)["state"] == "a state"
    answer = walk.exchange(code)
    assert answer.headers["cache-control"] == "no-store"
    token = answer.json()
    assert token == {
        "access_token": token["access_token"],
        "token_type": "bearer",
        "refresh_token": token["refresh_token"],
        "expires_in": 631138518,
        "scope": "/read-limited /activities/update",
        "name": "Josiah Carberry",
        "orcid": CARBERRY,
    }
    api = Api(sim)
    api.token = token["access_token"]
    assert api.post(a_work()).status_code == 201
    api.http.close()


def test_an_address_with_a_query_gets_its_answer_behind_an_ampersand(walk: OrcidRound) -> None:
    page = walk.sign_in(walk.authorize(redirect_uri=f"{CALLBACK}?purpose=x"))
    assert walk.decide(page, "allow").headers["location"].startswith(f"{CALLBACK}?purpose=x&code=")


def test_consent_is_skipped_for_exactly_the_same_scopes(walk: OrcidRound) -> None:
    walk.exchange(walk.code())
    assert walk.authorize().status_code == 302
    turned = walk.authorize(scope="/activities/update /read-limited")
    assert turned.status_code == 302
    assert heading(walk.authorize(scope="/activities/update")) == "Authorize access"
    assert heading(walk.authorize(prompt="confirm")) == "Authorize access"
    fewer = walk.authorize(scope="/activities/update", prompt="none")
    assert fewer.headers["location"] == f"{CALLBACK}#error=interaction_required"
    assert "code=" in walk.authorize(prompt="none").headers["location"]


def test_consent_is_asked_again_after_the_person_revoked_access(
    walk: OrcidRound, sim: Simulation
) -> None:
    walk.exchange(walk.code())
    page = walk.browser.get("/trusted-parties")
    assert "DataCite Profiles" in page.text
    walk.browser.post("/trusted-parties", data={"client_id": sim.orcid_client.id})
    assert "You have given nobody access" in walk.browser.get("/trusted-parties").text
    assert heading(walk.authorize()) == "Authorize access"


def test_prompt_login_signs_in_again_for_openid(walk: OrcidRound) -> None:
    walk.code(scope="openid")
    page = walk.authorize(scope="openid", prompt="login")
    assert heading(page) == "Sign in to ORCID"
    assert heading(walk.sign_in(page)) == "Authorize access"


def test_a_locked_account_gets_a_page_of_its_own(walk: OrcidRound, sim: Simulation) -> None:
    page = walk.authorize()
    sim.orcid.set_state(CARBERRY, "locked")
    assert heading(walk.sign_in(page)) == "This account cannot be used"


def test_the_registration_form_comes_first_when_asked_for(walk: OrcidRound) -> None:
    page = walk.authorize(show_login="false")
    assert heading(page) == "Register for an ORCID iD"
    prefilled = walk.authorize(email="new@example.org", given_names="Nova")
    assert heading(prefilled) == "Register for an ORCID iD"
    assert 'value="Nova"' in prefilled.text


def test_a_new_person_registers_and_goes_on_to_consent(walk: OrcidRound, sim: Simulation) -> None:
    from .rounds import hidden

    page = walk.authorize(show_login="false")
    form = {"next": hidden(page, "next"), "given_names": "Nova", "family_name": "Persona"}
    done = walk.browser.post("/register", data=form)
    assert heading(walk.browser.get(done.headers["location"])) == "Authorize access"
    assert [one.family_name for one in sim.orcid.registry.people.values()][-1] == "Persona"


def test_forced_sign_out_ends_the_session(walk: OrcidRound) -> None:
    walk.sign_in(walk.authorize())
    assert walk.browser.get("/userStatus.json").json() == {"loggedIn": True}
    walk.browser.get("/userStatus.json?logUserOut=true")
    assert heading(walk.authorize()) == "Sign in to ORCID"


def test_the_id_token_is_signed_for_this_client_and_nonce(
    walk: OrcidRound, sim: Simulation
) -> None:
    token = walk.exchange(walk.code(scope="openid", nonce="n-1")).json()
    known = walk.browser.get("/.well-known/openid-configuration").json()
    assert known["issuer"] == sim.orcid.url
    assert "code_challenge_methods_supported" not in known
    keys = KeySet.import_key_set(walk.browser.get(known["jwks_uri"]).json())
    read = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
    assert read.header["kid"]
    said = read.claims
    assert (said["iss"], said["aud"], said["sub"]) == (sim.orcid.url, sim.orcid_client.id, CARBERRY)
    assert (said["nonce"], said["name"], said["amr"]) == ("n-1", "Josiah Carberry", "pwd")


def test_userinfo_tells_the_id_and_every_failure_is_403(walk: OrcidRound) -> None:
    token = walk.exchange(walk.code(scope="openid")).json()["access_token"]
    said = walk.browser.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert said.json() == {
        "id": f"https://orcid.org/{CARBERRY}",
        "sub": CARBERRY,
        "name": None,
        "family_name": "Carberry",
        "given_name": "Josiah",
    }
    wrong = walk.browser.get("/oauth/userinfo", headers={"Authorization": "Bearer x"})
    assert wrong.status_code == 403
    assert wrong.json() == {
        "error": "access_denied",
        "error-description": "access_token is invalid",
    }


def test_private_names_are_in_no_answer(walk: OrcidRound, sim: Simulation) -> None:
    sim.orcid.registry.people[CARBERRY].names_visibility = "limited"
    token = walk.exchange(walk.code(scope="openid")).json()
    assert token["name"] is None
    keys = KeySet.import_key_set(walk.browser.get("/oauth/jwks").json())
    assert "name" not in jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims


TOKEN_ERRORS: list[tuple[dict[str, str], int, str, str]] = [
    ({"grant_type": ""}, 400, "unsupported_grant_type", "grant_type is missing"),
    ({"client_id": ""}, 401, "invalid_request", "client_id is required"),
    ({"client_secret": " "}, 401, "invalid_request", "client_secret is required"),
    ({"client_secret": "wrong"}, 401, "invalid_client", "Client authentication failed"),
    ({"client_id": "APP-1"}, 401, "invalid_client", "Client authentication failed"),
    ({"code": "xxxxxx"}, 400, "invalid_grant", "Invalid authorization code: xxxxxx"),
    ({"redirect_uri": "http://localhost:8000/"}, 400, "invalid_grant", "One of the provided"),
    ({"grant_type": "refresh_token"}, 401, "invalid_request", "refresh_token is required"),
    (
        {"grant_type": "client_credentials", "scope": "/activities/update"},
        400,
        "invalid_scope",
        "Invalid scope: /activities/update",
    ),
]


@pytest.mark.parametrize(("change", "status", "error", "text"), TOKEN_ERRORS)
def test_the_token_endpoint_refuses_as_documented(
    walk: OrcidRound, change: dict[str, str], status: int, error: str, text: str
) -> None:
    answer = walk.exchange(walk.code(), **change)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert answer.json()["error_description"].startswith(text)


def test_json_is_no_form(walk: OrcidRound) -> None:
    assert walk.browser.post("/oauth/token", json={"grant_type": "x"}).status_code == 415


def test_a_code_used_twice_disables_the_tokens_it_gave(walk: OrcidRound, sim: Simulation) -> None:
    code = walk.code()
    token = walk.exchange(code).json()["access_token"]
    again = walk.exchange(code)
    assert again.status_code == 400
    assert again.json()["error_description"] == f"Reused authorization code: {code}"
    assert sim.orcid.registry.tokens[token].disabled == "AUTH_CODE_REUSED"


def test_a_code_expires(walk: OrcidRound, sim: Simulation) -> None:
    code = walk.code()
    sim.clock.advance(601)
    assert walk.exchange(code).json()["error"] == "invalid_grant"


def test_refreshing_gives_new_tokens_and_disables_the_old(
    walk: OrcidRound, sim: Simulation
) -> None:
    first = walk.exchange(walk.code()).json()

    def refresh(token: str, **more: str) -> Any:
        form = {"grant_type": "refresh_token", "refresh_token": token} | more
        return walk.exchange("", **form)

    more = refresh(first["refresh_token"], scope="/read-limited /person/update")
    assert more.status_code == 400
    assert "The given scope '/person/update'" in more.json()["error_description"]
    second = refresh(first["refresh_token"], scope="/read-limited").json()
    assert second["scope"] == "/read-limited"
    assert second["access_token"] != first["access_token"]
    assert sim.orcid.registry.tokens[first["access_token"]].disabled == "REFRESHED"
    late = refresh(first["refresh_token"])
    assert late.json()["error_description"] == "Parent token is disabled"


def test_client_credentials_name_nobody(walk: OrcidRound) -> None:
    answer = walk.exchange("", grant_type="client_credentials", scope="/read-public").json()
    assert answer["orcid"] is None
    assert "name" not in answer


def test_a_token_without_a_person_fails_at_the_scope(walk: OrcidRound, sim: Simulation) -> None:
    answer = walk.exchange("", grant_type="client_credentials", scope="/read-public").json()
    api = Api(sim)
    api.token = answer["access_token"]
    refused = api.post(a_work())
    assert (refused.status_code, refused.json()["error-code"]) == (403, 9038)
    api.http.close()


def test_basic_credentials_work_too(walk: OrcidRound) -> None:
    client = walk.client
    form = {"grant_type": "authorization_code", "code": walk.code(), "redirect_uri": CALLBACK}
    answer = walk.browser.post("/oauth/token", data=form, auth=(client.id, client.secret))
    assert answer.json()["orcid"] == CARBERRY


def test_revoking_takes_the_token_and_its_refresh_token_only(
    walk: OrcidRound, sim: Simulation
) -> None:
    one = walk.exchange(walk.code()).json()
    two = walk.exchange(walk.code()).json()
    client = {"client_id": walk.client.id, "client_secret": walk.client.secret}
    answer = walk.browser.post("/oauth/revoke", data={**client, "token": one["refresh_token"]})
    assert (answer.status_code, answer.content) == (200, b"")
    tokens = sim.orcid.registry.tokens
    assert tokens[one["access_token"]].disabled == "CLIENT_REVOKED"
    assert not tokens[two["access_token"]].disabled
    assert walk.browser.post("/oauth/revoke", data=client).status_code == 400


def test_an_implicit_grant_answers_in_the_fragment(walk: OrcidRound) -> None:
    page = walk.sign_in(walk.authorize(scope="openid", response_type="id_token token", nonce="n"))
    place = walk.decide(page, "allow").headers["location"]
    assert place.startswith(f"{CALLBACK}#id_token=")
    assert "expires_in=600" in place
