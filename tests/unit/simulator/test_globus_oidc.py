"""The simulated Globus: choice of provider, PKCE, identity sets, and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from profiles.simulator.globus.oidc import challenge_of
from profiles.simulator.server import Simulation

from .conftest import CARBERRY
from .rounds import GLOBUS_CALLBACK, answer_of, heading, hidden

VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123"


class GlobusRound:
    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.browser = httpx2.Client(base_url=simulation.globus.url, timeout=10)

    def authorize(self, **more: str) -> httpx2.Response:
        query = {
            "client_id": self.simulation.globus_client.id,
            "response_type": "code",
            "scope": "openid profile email",
            "redirect_uri": GLOBUS_CALLBACK,
            "state": "a state",
            "nonce": "a nonce",
        } | more
        return self.browser.get("/v2/oauth2/authorize?" + urlencode(query))

    def provider(self, name: str) -> str:
        providers = self.simulation.globus.accounts.providers.values()
        return next(one.id for one in providers if name in one.name)

    def decide(self, page: httpx2.Response, **form: str) -> httpx2.Response:
        sent = {"query": hidden(page, "query"), "provider": hidden(page, "provider")} | form
        return self.browser.post("/v2/oauth2/authorize", data=sent)

    def exchange(self, code: str, **more: str) -> httpx2.Response:
        client = self.simulation.globus_client
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": GLOBUS_CALLBACK}
        return self.browser.post(
            "/v2/oauth2/token", data=form | more, auth=(client.id, client.secret)
        )

    def code(self, username: str, *, provider: str = "Upland", **more: str) -> str:
        page = self.authorize(provider=self.provider(provider), **more)
        return answer_of(self.decide(page, username=username))["code"]


@pytest.fixture
def walk(sim: Simulation) -> Iterator[GlobusRound]:
    opened = GlobusRound(sim)
    yield opened
    opened.browser.close()


def test_the_first_page_offers_institutions_google_and_orcid(walk: GlobusRound) -> None:
    page = walk.authorize()
    assert heading(page) == "Log in to use DataCite Profiles"
    for name in ("Upland University", "Sign in with Google", "Sign in with ORCID"):
        assert name in page.text


def test_an_application_can_insist_on_a_domain(walk: GlobusRound) -> None:
    page = walk.authorize(session_required_single_domain="orcid.org")
    assert "Sign in with ORCID" in page.text
    assert "Sign in with Google" not in page.text


def test_the_round_gives_a_signed_token_and_the_identity_set(
    walk: GlobusRound, sim: Simulation
) -> None:
    code = walk.code("josiah.carberry@brown.example", provider="Brown")
    answer = walk.exchange(code).json()
    keys = KeySet.import_key_set(walk.browser.get("/jwk.json").json())
    said = jwt.decode(answer["id_token"], keys, algorithms=["RS256"]).claims
    assert (said["iss"], said["aud"]) == (sim.globus.url, sim.globus_client.id)
    assert said["nonce"] == "a nonce"
    bearer = {"Authorization": f"Bearer {answer['access_token']}"}
    info = walk.browser.get("/v2/oauth2/userinfo", headers=bearer).json()
    assert info["sub"] == said["sub"]
    assert [one["username"] for one in info["identity_set"]] == [
        "josiah.carberry@brown.example",
        f"{CARBERRY}@orcid.org",
    ]


def test_accounts_that_are_linked_later_collapse_into_one_subject(
    walk: GlobusRound, sim: Simulation
) -> None:
    accounts = sim.globus.accounts
    by_name = {one.username: one for one in accounts.identities.values()}
    google = next(one for name, one in by_name.items() if name.endswith("mail.example"))
    upland = next(one for name, one in by_name.items() if name.endswith("upland.example"))
    accounts.link(upland, google)
    code = walk.code(google.username, provider="Google")
    token = walk.exchange(code).json()["access_token"]
    info = walk.browser.get("/v2/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert info.json()["sub"] == upland.id


def test_a_new_user_name_gets_an_account(walk: GlobusRound, sim: Simulation) -> None:
    before = len(sim.globus.accounts.accounts)
    walk.code("new.person")
    assert len(sim.globus.accounts.accounts) == before + 1
    assert sim.globus.accounts.accounts[-1].primary.username == "new.person@upland.example"


def test_a_refusal_goes_back_with_state(walk: GlobusRound) -> None:
    page = walk.authorize(provider=walk.provider("Upland"))
    back = walk.decide(page, decision="deny")
    assert answer_of(back) == {"error": "access_denied", "state": "a state"}


def test_the_verifier_must_fit_the_challenge(walk: GlobusRound) -> None:
    pkce = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    code = walk.code("mei.lin@upland.example", **pkce)
    assert walk.exchange(code).json()["error"] == "invalid_grant"
    assert walk.exchange(code, code_verifier="other").json()["error"] == "invalid_grant"
    assert walk.exchange(code, code_verifier=VERIFIER).status_code == 200


def test_a_code_used_twice_spoils_its_tokens(walk: GlobusRound) -> None:
    code = walk.code("mei.lin@upland.example")
    token = walk.exchange(code).json()["access_token"]
    assert walk.exchange(code).status_code == 400
    info = walk.browser.get("/v2/oauth2/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert info.status_code == 401


ERRORS: list[tuple[dict[str, str], str]] = [
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"scope": "nonsense"}, "invalid_scope"),
    ({"code_challenge": "x", "code_challenge_method": "plain"}, "invalid_request"),
]


@pytest.mark.parametrize(("change", "error"), ERRORS)
def test_errors_go_back_as_a_query(walk: GlobusRound, change: dict[str, str], error: str) -> None:
    assert answer_of(walk.authorize(**change)) == {"error": error, "state": "a state"}


@pytest.mark.parametrize(
    "change", [{"client_id": "nobody"}, {"redirect_uri": f"{GLOBUS_CALLBACK}/more"}]
)
def test_an_unknown_client_or_address_is_a_page(walk: GlobusRound, change: dict[str, str]) -> None:
    page = walk.authorize(**change)
    assert (page.status_code, heading(page)) == (400, "This request cannot be answered")


def test_wrong_client_secrets_are_401(walk: GlobusRound) -> None:
    answer = walk.browser.post("/v2/oauth2/token", data={"grant_type": "x"}, auth=("a", "b"))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_the_logout_page_links_back_and_returns_nobody_by_itself(
    walk: GlobusRound, sim: Simulation
) -> None:
    query = {
        "client_id": sim.globus_client.id,
        "redirect_uri": "http://localhost:8000/",
        "redirect_name": "DataCite Profiles",
    }
    page = walk.browser.get("/v2/web/logout?" + urlencode(query))
    assert page.status_code == 200
    assert 'href="http://localhost:8000/"' in page.text


def test_introspection_tells_the_session(walk: GlobusRound, sim: Simulation) -> None:
    token = walk.exchange(walk.code("mei.lin@upland.example")).json()["access_token"]
    client = sim.globus_client
    form = {"token": token, "include": "identity_set,session_info"}
    said = walk.browser.post(
        "/v2/oauth2/token/introspect", data=form, auth=(client.id, client.secret)
    ).json()
    assert said["active"] is True
    assert said["identity_set"] == list(said["session_info"]["authentications"])
