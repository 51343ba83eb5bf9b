"""The rounds through a browser, done by hand: forms found on pages, sent as a person would."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

import httpx2

from profiles.simulator.server import Simulation

from .conftest import CARBERRY

CALLBACK = "http://localhost:8000/orcid/auto_update/callback"
GLOBUS_CALLBACK = "http://localhost:8000/users/auth/globus/callback"


def hidden(page: httpx2.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="(.*?)"', page.text)
    assert found, f"{name} is not on the page: {page.text}"
    return html.unescape(found[1])


def heading(page: httpx2.Response) -> str:
    found = re.search("<h1>(.*?)</h1>", page.text)
    return html.unescape(found[1]) if found else ""


def answer_of(response: httpx2.Response) -> dict[str, str]:
    """The query of the redirect back to the application."""
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


class OrcidRound:
    """One browser at the simulated ORCID."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.client = simulation.orcid_client
        self.browser = httpx2.Client(base_url=simulation.orcid.url, timeout=10)

    def authorize(self, **more: str) -> httpx2.Response:
        query = {
            "client_id": self.client.id,
            "response_type": "code",
            "scope": "/read-limited /activities/update",
            "redirect_uri": CALLBACK,
            "state": "a state",
        } | more
        return self.browser.get("/oauth/authorize", params={k: v for k, v in query.items() if v})

    def sign_in(self, page: httpx2.Response, orcid: str = CARBERRY) -> httpx2.Response:
        """From the sign-in page to what comes after it."""
        done = self.browser.post("/signin", data={"next": hidden(page, "next"), "orcid": orcid})
        return self.browser.get(done.headers["location"])

    def decide(self, page: httpx2.Response, decision: str) -> httpx2.Response:
        form = {"query": hidden(page, "query"), "decision": decision}
        return self.browser.post("/oauth/authorize", data=form)

    def code(self, **more: str) -> str:
        page = self.authorize(**more)
        if page.status_code == 200 and "Sign in" in heading(page):
            page = self.sign_in(page)
        back = page if page.status_code == 302 else self.decide(page, "allow")
        return answer_of(back)["code"]

    def exchange(self, code: str, /, **more: str) -> httpx2.Response:
        form = {
            "client_id": self.client.id,
            "client_secret": self.client.secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
        } | more
        return self.browser.post("/oauth/token", data=form)
