"""Every page of ours in a browser: light and dark, desktop and phone, by keyboard, without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from profiles.claims.states import State
from profiles.people import accounts
from profiles.people.models import Person
from profiles.simulator.server import Simulation

from .browsing import DESKTOP, PHONE, Visit, check, picture
from .cast import ALICE, claim, make_alice, make_nemo, permit, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PUBLIC = ["/", "/sign-in", "/status", "/no-such-page"]
STALE = "/orcid/auto_update/callback?code=abcdef&state=unknown"
OWN = [
    "/settings",
    "/settings/account",
    "/works",
    "/works?show=off",
    "/works/explain",
    "/data",
    "/data/close",
    "/sign-out",
    STALE,
]
LOOKS = [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")]


def arrive(page: Page, live_server: Any, person: Person) -> None:
    """Signed in, as after the round with a provider."""
    cookie = signed_in(person).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies(
        [{"name": cookie.key, "value": cookie.value, "url": str(live_server.url)}]
    )


def with_claims(person: Person) -> str:
    """One claim of every kind; the address of the one that failed."""
    permit(person)
    accounts.set_auto_update(person=person, on=True)
    claim("10.5555/done", title="A work with a long title " * 6, state=State.DONE)
    claim("10.5555/held", state=State.HELD, reason="record_locked")
    claim("10.5555/never", state=State.DECLINED)
    claim("10.5555/off", title="", state=State.REMOVED)
    failed = claim(
        "10.5555/" + "a-doi-without-any-place-to-break-it" * 3,
        state=State.FAILED,
        reason="refused",
        message="Invalid title",
    )
    claim("10.5555/waits", title="A work that waits")
    return f"/works/{failed.uuid}"


@pytest.mark.parametrize(("viewport", "scheme"), LOOKS)
def test_every_page_is_accessible_and_fits(
    visit: Visit, live_server: Any, viewport: dict[str, int], scheme: str
) -> None:
    page = visit(viewport=viewport, color_scheme=scheme)
    for path in PUBLIC:
        page.goto(live_server.url + path)
        check(page)
    alice = make_alice()
    arrive(page, live_server, alice)
    for path in OWN:
        page.goto(live_server.url + path)
        check(page)
    for path in [with_claims(alice), *OWN]:
        page.goto(live_server.url + path)
        check(page)
    page.goto(live_server.url + "/works/explain?doi=hello")
    check(page)
    page.get_by_text("Alice Adams").click()
    expect(page.get_by_role("link", name="DataCite Commons")).to_be_visible()
    check(page)


def with_works(simulation: Simulation) -> None:
    """At DataCite: one work for every mark, some with a claim."""
    named = [f"https://orcid.org/{ALICE}"]
    part = {"relatedIdentifierType": "DOI", "relatedIdentifier": "10.5555/all"}
    ice = {"title": "Ice of the Weddell Sea: " + "what the floes, the krill and the seals say " * 3}
    for doi, ids, more in [
        ("10.5555/done", named, {"titles": [ice]}),
        ("10.5555/off", named, {}),
        ("10.5555/part", named, {"relatedIdentifiers": [{"relationType": "IsPartOf", **part}]}),
        ("10.5555/new", named, {}),
        ("10.5555/" + "a-doi-without-any-place-to-break-it" * 3, named, {}),
        ("10.5555/unnamed", [], {}),
    ]:
        identifiers = [{"nameIdentifier": one, "nameIdentifierScheme": "ORCID"} for one in ids]
        creators = [{"name": "Adams, Alice", "nameIdentifiers": identifiers}]
        record = {
            "doi": doi,
            "titles": [{"title": f"Teapots of the Weddell Sea, {doi[-6:]}"}],
            "creators": [*creators, *({"name": f"Author {letter}"} for letter in "BCDE")],
            "types": {"resourceTypeGeneral": "Dataset"},
            "publisher": {"name": "Example Archive of the Southern Ocean"},
            "publicationYear": 2024,
            **more,
        }
        simulation.datacite.register(record)
    claim("10.5555/done", state=State.DONE)
    claim("10.5555/off", state=State.REMOVED)


@pytest.mark.parametrize(("viewport", "scheme"), LOOKS)
def test_finding_works_is_accessible_and_fits(
    visit: Visit,
    live_server: Any,
    simulation: Simulation,
    *,
    viewport: dict[str, int],
    scheme: str,
) -> None:
    page = visit(viewport=viewport, color_scheme=scheme)
    arrive(page, live_server, make_alice())
    with_works(simulation)
    for name, query in [("own", ""), ("words", "weddell"), ("nothing", "zebra"), ("bad", "()")]:
        page.goto(f"{live_server.url}/works/find?query={query}")
        check(page)
        picture(page, f"find-{name}-{viewport['width']}-{scheme}")
    simulation.datacite.faults.add(path_prefix="/dois", times=None, status=503)
    page.goto(f"{live_server.url}/works/find")
    expect(page.get_by_text("DataCite does not answer")).to_be_visible()
    check(page)
    simulation.datacite.faults.clear()
    page.goto(f"{live_server.url}/works/find?query=weddell")
    page.get_by_role("button", name="Add to ORCID record").click()
    expect(page.get_by_role("status")).to_contain_text("2 works are noted")
    check(page)
    picture(page, f"find-added-{viewport['width']}-{scheme}")
    page.goto(f"{live_server.url}/works")
    picture(page, f"works-{viewport['width']}-{scheme}")


def test_works_are_found_and_added_with_the_keyboard(
    visit: Visit, live_server: Any, simulation: Simulation
) -> None:
    page = visit()
    arrive(page, live_server, make_alice())
    with_works(simulation)
    page.goto(f"{live_server.url}/works/find")
    page.get_by_role("searchbox", name="Search DataCite").focus()
    page.keyboard.type("10.5555/unnamed")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Works that match")).to_be_visible()
    box = page.get_by_role("checkbox", name="Teapots of the Weddell Sea")
    expect(box).not_to_be_checked()
    box.focus()
    page.keyboard.press("Space")
    for _ in range(3):  # over the links of the work to the button
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "submit":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 work is noted")


def test_the_page_that_links_an_id_is_accessible(visit: Visit, live_server: Any) -> None:
    page = visit()
    arrive(page, live_server, make_nemo())
    page.goto(live_server.url + "/settings")
    expect(page.get_by_role("button", name="Link your ORCID iD")).to_be_visible()
    check(page)


def test_everything_can_be_done_with_the_keyboard(visit: Visit, live_server: Any) -> None:
    page = visit()
    arrive(page, live_server, make_alice())
    page.goto(live_server.url + "/settings")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Go to ORCID Permissions")).to_be_focused()
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Settings")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()
    expect(page.locator("summary")).to_be_focused()
    page.get_by_role("link", name="Update").focus()
    page.keyboard.press("Enter")
    page.get_by_role("checkbox", name="Auto-update is enabled").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your settings are saved.")


def test_focus_is_always_visible(visit: Visit, live_server: Any) -> None:
    page = visit()
    page.goto(live_server.url + "/")
    for _ in range(8):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert float(outline.removesuffix("px")) >= 2, page.evaluate(
            "document.activeElement.outerHTML"
        )


def test_everything_works_without_scripts(visit: Visit, live_server: Any) -> None:
    page = visit(java_script_enabled=False)
    alice = make_alice()
    arrive(page, live_server, alice)
    with_claims(alice)
    page.goto(live_server.url + "/settings")
    page.get_by_text("Alice Adams", exact=True).first.click()
    page.get_by_role("link", name="My works").click()
    page.get_by_role("link", name="Need attention").click()
    page.get_by_role("button", name="Retry Ice of the Weddell Sea").first.click()
    expect(page.get_by_role("status")).to_contain_text("It is queued again.")
    page.get_by_text("Alice Adams", exact=True).first.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign In")).to_be_visible()


def test_works_are_found_and_added_without_scripts(
    visit: Visit, live_server: Any, simulation: Simulation
) -> None:
    page = visit(java_script_enabled=False)
    arrive(page, live_server, make_alice())
    with_works(simulation)
    page.goto(f"{live_server.url}/works")
    page.get_by_role("link", name="Find works", exact=True).click()
    page.get_by_role("searchbox", name="Search DataCite").fill("weddell")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("checkbox", name="Teapots of the Weddell Sea, 5/part").check()
    page.get_by_role("button", name="Add to ORCID record").click()
    expect(page.get_by_role("status")).to_contain_text("3 works are noted")


SUMMARY = "**/settings/claims"


def on_settings(visit: Visit, live_server: Any) -> Page:
    """The page of a person whose works come by themselves, with a clock that only we move."""
    page = visit()
    alice = make_alice()
    permit(alice)
    accounts.set_auto_update(person=alice, on=True)
    arrive(page, live_server, alice)
    page.clock.install()
    page.goto(live_server.url + "/settings")
    return page


def test_the_summary_on_settings_follows_by_itself(visit: Visit, live_server: Any) -> None:
    page = on_settings(visit, live_server)
    for doi in ("10.5555/new", "10.5555/newer"):
        claim(doi, state=State.DONE)
        page.clock.run_for(5000)
        expect(page.get_by_role("link", name=doi, exact=True)).to_be_visible()


def test_the_focus_stays_where_it_is_while_the_summary_follows(
    visit: Visit, live_server: Any
) -> None:
    page = on_settings(visit, live_server)
    works = page.get_by_role("link", name="See all your works")
    works.focus()
    for doi in ("10.5555/new", "10.5555/newer"):
        claim(doi, state=State.DONE)
        page.clock.run_for(5000)
        expect(page.get_by_role("link", name=doi, exact=True)).to_be_visible()
        expect(works).to_be_focused()


def test_a_summary_that_is_the_same_is_left_alone(visit: Visit, live_server: Any) -> None:
    page = on_settings(visit, live_server)
    marks = []
    for _ in range(3):
        with page.expect_response(SUMMARY):
            page.clock.run_for(5000)
        page.clock.run_for(1000)  # for the swap to settle
        marks.append(page.locator("#claims-summary[data-seen]").count())
        page.locator("#claims-summary").evaluate("summary => summary.dataset.seen = 'yes'")
    assert marks == [0, 1, 1]


def test_nothing_is_asked_while_nobody_looks(visit: Visit, live_server: Any) -> None:
    page = on_settings(visit, live_server)
    asked: list[str] = []
    # Of the service: Chromium may still fetch the icon of the page.
    page.on("request", lambda request: "/static/" in request.url or asked.append(request.url))
    hide = "away => Object.defineProperty(document, 'hidden', {value: away, configurable: true})"
    page.evaluate(hide, True)
    page.clock.run_for(20_000)
    assert asked == []
    page.evaluate(hide, False)
    with page.expect_response(SUMMARY):
        page.clock.run_for(5000)
