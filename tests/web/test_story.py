"""The whole story in a browser, against the real whole: service, worker, database, ORCID, Globus, DataCite.

From the first click to a work on the ORCID record; every page on the way is accessible, ours and theirs.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from ..world import World
from .browsing import DESKTOP, PHONE, Visit, check, picture

pytestmark = pytest.mark.browser

JOSIAH = "0000-0002-1825-0097"
SOFIA = "0000-0002-1694-233X"
SECONDS = 5  # from registering a DOI to the ORCID record


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def link(page: Page, name: str) -> Locator:
    return page.get_by_role("link", name=name, exact=True)


def menu(page: Page) -> Locator:
    return page.get_by_role("navigation", name="Account").locator("summary")


def seen(page: Page, address: str) -> None:
    """We are there, and the page is in order."""
    expect(page).to_have_url(re.compile(address))
    check(page)


def register(page: Page, world: World, *, orcid: str, title: str) -> float:
    """At DataCite, in a window of the repository's; when that began."""
    page.goto(f"{world.simulation.datacite.url}/new?person={orcid}")
    check(page)
    page.get_by_label("Title", exact=True).fill(title)
    began = time.monotonic()
    button(page, "Register").click()
    expect(page.get_by_role("status")).to_contain_text("Saved: 10.")
    return began


def seconds_until_recorded(
    page: Page, world: World, *, orcid: str, title: str, since: float
) -> float:
    """By looking at the public record at ORCID again and again."""
    while time.monotonic() - since < 30:
        page.goto(f"{world.simulation.orcid.url}/{orcid}")
        if page.get_by_role("heading", name=title).count():
            return time.monotonic() - since
        page.wait_for_timeout(100)
    raise AssertionError(f"not on the record after 30 seconds:\n{world.log.read_text()[-4000:]}")


@pytest.mark.parametrize(
    ("viewport", "given", "family", "institution", "name"),
    [
        (DESKTOP, "Josiah", "Carberry", "Brown University (simulated)", "desktop"),
        (PHONE, "Sofia", "Garcia", "Upland University", "phone"),
    ],
)
def test_from_sign_in_to_a_work_on_the_orcid_record(
    visit: Visit,
    world: World,
    *,
    viewport: dict[str, int],
    given: str,
    family: str,
    institution: str,
    name: str,
) -> None:
    orcid = {"Josiah": JOSIAH, "Sofia": SOFIA}[given]
    title = f"Cracked pots, as seen by {given}"
    page = visit(viewport=viewport)

    page.goto(world.url)
    check(page)
    picture(page, f"landing-{name}")
    link(page, "Sign In").click()
    seen(page, "/sign-in$")
    picture(page, f"sign-in-{name}")
    button(page, "Sign in with Globus").click()
    seen(page, world.simulation.globus.url)
    page.get_by_role("button", name=institution).click()
    check(page)
    page.get_by_role("button", name=f"{given} {family}").click()

    seen(page, "/link-orcid")
    picture(page, f"link-orcid-{name}")
    button(page, "Link your ORCID iD").click()
    seen(page, world.simulation.orcid.url)
    page.get_by_role("button", name=orcid).click()
    check(page)
    button(page, "Authorize access").click()

    seen(page, f"{world.url}/")
    menu(page).click()
    expect(link(page, "Settings")).to_be_visible()
    expect(link(page, "DataCite Commons")).to_have_attribute(
        "href", re.compile(f"/orcid.org/{orcid}$")
    )
    expect(link(page, "ORCID record")).to_have_attribute(
        "href", f"{world.simulation.orcid.url}/{orcid}"
    )
    expect(button(page, "Sign out")).to_be_visible()
    link(page, "Settings").click()

    seen(page, "/settings$")
    expect(page.get_by_role("heading", name="Set-up: 1 of 3 done")).to_be_visible()
    picture(page, f"set-up-{name}")
    button(page, "Get ORCID Token").click()
    seen(page, world.simulation.orcid.url)
    button(page, "Authorize access").click()
    seen(page, "/settings$")
    expect(page.get_by_role("status")).to_contain_text("You gave permission")
    expect(button(page, "Delete ORCID Token")).to_be_visible()

    link(page, "Update").click()
    seen(page, "/settings/account$")
    page.get_by_label("Auto-update is enabled").check()
    picture(page, f"account-{name}")
    button(page, "Save").click()
    seen(page, "/settings$")
    expect(page.get_by_role("heading", name="Set-up")).to_have_count(0)

    repository = visit()
    since = register(repository, world, orcid=orcid, title=title)
    taken = seconds_until_recorded(repository, world, orcid=orcid, title=title, since=since)
    check(repository)
    assert taken < SECONDS

    # Settings was left open, and follows by itself.
    doi = repository.locator("article", has_text=title).get_by_role("link", name="10.").inner_text()
    expect(page.get_by_role("link", name=doi)).to_be_visible()
    expect(page.locator(".counts li").first).to_have_text(re.compile(r"^\s*[1-9]\d* created"))
    check(page)
    picture(page, f"settings-{name}")

    page.goto(f"{world.url}/works")
    expect(link(page, title)).to_be_visible()
    check(page)
    picture(page, f"works-{name}")
    link(page, title).click()
    check(page)
    picture(page, f"work-{name}")
    link(page, "Which rules apply to this DOI?").click()
    expect(page.get_by_role("heading", name="It is sent")).to_be_visible()
    check(page)
    picture(page, f"explain-{name}")

    menu(page).click()
    button(page, "Sign out").click()
    expect(link(page, "Sign In")).to_be_visible()
    check(page)


def test_what_a_person_removes_leaves_the_record_and_stays_off(visit: Visit, world: World) -> None:
    orcid, title = "0000-0001-5000-0007", "A work to take off again"
    page = sign_in_with_orcid(visit, world, orcid=orcid)
    give_permission(page)
    link(page, "Update").click()
    page.get_by_label("Auto-update is enabled").check()
    button(page, "Save").click()
    repository = visit()
    since = register(repository, world, orcid=orcid, title=title)
    seconds_until_recorded(repository, world, orcid=orcid, title=title, since=since)
    check(repository)

    page.goto(f"{world.url}/works")
    page.get_by_role("button", name=f"Remove {title}").click()
    expect(page.get_by_role("status")).to_contain_text("It is being taken off your ORCID record")
    removed = page.get_by_text("Not on your record")
    until(lambda: bool(page.reload()) and removed.count() == 1)
    check(page)
    repository.reload()
    expect(repository.get_by_role("heading", name=title)).to_have_count(0)
    expect(page.get_by_role("button", name=f"Restore {title}")).to_be_visible()


def test_declining_at_orcid_leaves_one_signed_in_with_a_friendly_word(
    visit: Visit, world: World
) -> None:
    page = sign_in_with_orcid(visit, world, orcid="0000-0001-5109-3700")
    button(page, "Get ORCID Token").click()
    button(page, "Deny access").click()
    seen(page, f"{world.url}/settings")
    expect(page.get_by_role("status")).to_contain_text("You did not give permission")
    expect(button(page, "Get ORCID Token")).to_be_visible()


def test_authorising_as_somebody_else_is_told_and_changes_nothing(
    visit: Visit, world: World
) -> None:
    ada = world.simulation.orcid.add_person("Ada", "Example")
    ben = world.simulation.orcid.add_person("Ben", "Example")
    page = sign_in_with_orcid(visit, world, orcid=ada.orcid)
    page.goto(f"{world.simulation.orcid.url}/userStatus.json?logUserOut=true")
    page.goto(f"{world.url}/settings")
    button(page, "Get ORCID Token").click()
    page.get_by_role("button", name=ben.orcid).click()
    button(page, "Authorize access").click()
    expect(page.get_by_role("heading", name="You authorised a different ORCID iD")).to_be_visible()
    check(page)
    link(page, "Back to Settings").click()
    expect(button(page, "Get ORCID Token")).to_be_visible()


def test_one_can_sign_in_without_a_mouse(visit: Visit, world: World) -> None:
    page = visit()
    page.goto(world.url)
    press(page, link(page, "Sign In"))
    press(page, button(page, "Sign in with ORCID"))
    expect(page).to_have_url(re.compile(world.simulation.orcid.url))
    press(page, page.get_by_role("button", name=JOSIAH))
    authorize = button(page, "Authorize access")
    if authorize.count():  # not when the same was allowed before
        press(page, authorize)
    expect(page).to_have_url(re.compile(f"^{world.url}/"))
    press(page, menu(page))
    press(page, link(page, "Settings"))
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def press(page: Page, wanted: Locator) -> None:
    """Tab until it has the focus, then Enter."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            page.keyboard.press("Enter")
            page.wait_for_load_state()
            return
    raise AssertionError(f"{wanted} is out of reach for the keyboard")


def sign_in_with_orcid(visit: Visit, world: World, *, orcid: str) -> Page:
    page = visit()
    page.goto(f"{world.url}/sign-in?next=/settings")
    button(page, "Sign in with ORCID").click()
    page.get_by_role("button", name=orcid).click()
    button(page, "Authorize access").click()
    seen(page, f"{world.url}/settings")
    return page


def give_permission(page: Page) -> None:
    button(page, "Get ORCID Token").click()
    button(page, "Authorize access").click()
    expect(button(page, "Delete ORCID Token")).to_be_visible()


def until(holds: Callable[[], bool], seconds: float = 15) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it never came true"
        time.sleep(0.2)
