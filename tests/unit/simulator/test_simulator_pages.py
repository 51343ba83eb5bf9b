"""Every page in a real browser: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, ViewportSize
from tests.web import browsing

from profiles.simulator import server
from profiles.simulator.server import Simulation

from .conftest import CARBERRY, a_work, external_id
from .rounds import CALLBACK, GLOBUS_CALLBACK

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread, which Django would take for its own.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield from browsing.chromium()


@pytest.fixture(scope="module")
def filled() -> Iterator[Simulation]:
    running = server.start()
    client = running.orcid_client.id
    running.orcid.grant(CARBERRY, client_id=client, scope="/read-limited /activities/update")
    date = {"year": {"value": "2025"}, "month": {"value": "03"}}
    for number, concept in ((1, "all"), (2, "all"), (3, "other")):
        ids = [
            external_id(f"10.5555/v{number}"),
            external_id(f"10.5555/{concept}", relation="version-of"),
        ]
        content = a_work(
            title=f"Sea level, part {number}",
            publication_date=date,
            short_description="Hourly readings of a tide gauge.",
            url={"value": f"https://doi.org/10.5555/v{number}"},
            external_ids={"external-id": ids},
        )
        running.orcid.add_work(CARBERRY, content, client_id=client)
    running.orcid.registry.notify(
        CARBERRY, client=running.orcid_client, subject="A work was added", items=("Sea level",)
    )
    yield running
    running.stop()


def orcid_query(simulation: Simulation, **more: str) -> str:
    query = {
        "client_id": simulation.orcid_client.id,
        "response_type": "code",
        "scope": "openid /read-limited /activities/update",
        "redirect_uri": CALLBACK,
        "prompt": "confirm",
    }
    return "/oauth/authorize?" + urlencode(query | more)


def globus_query(simulation: Simulation, **more: str) -> str:
    query = {
        "client_id": simulation.globus_client.id,
        "response_type": "code",
        "scope": "openid profile email",
        "redirect_uri": GLOBUS_CALLBACK,
    }
    return "/v2/oauth2/authorize?" + urlencode(query | more)


def pages(simulation: Simulation) -> Iterator[tuple[str, str]]:
    orcid, globus, datacite = simulation.orcid, simulation.globus, simulation.datacite
    yield "orcid-home", f"{orcid.url}/"
    yield "orcid-record", f"{orcid.url}/{CARBERRY}"
    yield "orcid-consent", orcid.url + orcid_query(simulation)
    yield "orcid-error", orcid.url + orcid_query(simulation, client_id="x")
    yield "orcid-trusted-parties", f"{orcid.url}/trusted-parties"
    yield "orcid-inbox", f"{orcid.url}/inbox"
    yield "orcid-account", f"{orcid.url}/account"
    yield "orcid-register", f"{orcid.url}/register"
    yield "orcid-sign-in", f"{orcid.url}/signin"
    yield "orcid-missing", f"{orcid.url}/0000-0000-0000-0001"
    provider = next(iter(globus.accounts.providers))
    yield "globus-home", f"{globus.url}/"
    yield "globus-choose", globus.url + globus_query(simulation)
    yield "globus-sign-in", globus.url + globus_query(simulation, provider=provider)
    yield "globus-error", globus.url + globus_query(simulation, client_id="x")
    yield "globus-logout", f"{globus.url}/v2/web/logout"
    yield "datacite-home", f"{datacite.url}/"
    yield "datacite-new", f"{datacite.url}/new"
    yield "datacite-edit", f"{datacite.url}/edit/10.5555/series.v2"
    yield "datacite-missing", f"{datacite.url}/edit/10.5555/nothing"


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, filled: Simulation, width: str
) -> None:
    size = browsing.DESKTOP if width == "desktop" else browsing.PHONE
    viewport = ViewportSize(width=size["width"], height=size["height"])
    context = browser.new_context(viewport=viewport)
    page = context.new_page()
    page.goto(f"{filled.orcid.url}/signin")
    page.get_by_role("button", name="Josiah Carberry").click()
    for name, url in pages(filled):
        page.goto(url)
        browsing.check(page)
        browsing.picture(page, f"{name}-{width}")
    context.close()


def test_a_person_consents_by_keyboard(browser: Browser, filled: Simulation) -> None:
    context = browser.new_context()
    page: Page = context.new_page()
    page.goto(filled.orcid.url + orcid_query(filled, state="s"))
    page.get_by_label("E-mail address or ORCID iD").fill(CARBERRY)
    page.get_by_label("Password").fill("any")
    page.keyboard.press("Enter")
    page.locator("#authorize-button").focus()
    with page.expect_request(lambda request: request.url.startswith(CALLBACK)) as back:
        page.keyboard.press("Enter")
    assert "?code=" in back.value.url
    assert back.value.url.endswith("&state=s")
    context.close()


def test_a_record_is_refreshed_only_when_asked_for(browser: Browser, filled: Simulation) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{filled.orcid.url}/{CARBERRY}")
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    page.get_by_role("link", name="Keep refreshed").click()
    assert page.locator("meta[http-equiv=refresh]").get_attribute("content") == "2"
    context.close()
