"""The form behind Update in a browser: what it looks like, and by keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from profiles.people.models import Person

from .browsing import Visit, check, picture
from .cast import make_alice, permit
from .test_pages_in_browser import LOOKS, arrive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("viewport", "scheme"), LOOKS)
def test_the_form_is_accessible_and_fits(
    visit: Visit, live_server: Any, viewport: dict[str, int], scheme: str
) -> None:
    page = visit(viewport=viewport, color_scheme=scheme)
    alice = make_alice()
    permit(alice)
    arrive(page, live_server, alice)
    page.goto(f"{live_server.url}/settings/account")
    check(page)
    picture(page, f"account-{viewport['width']}-{scheme}")
    page.get_by_label("Auto-update is enabled").check()
    page.get_by_label("Only the newest version").check()
    page.get_by_label("Remove it").check()
    page.locator("#withdrawn-remove").evaluate("radio => { radio.value = 'else' }")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing is saved yet.")).to_be_visible()
    expect(page.locator("#withdrawn-mark")).to_be_focused()
    check(page)
    picture(page, f"account-wrong-{viewport['width']}-{scheme}")
    page.get_by_label("Keep it", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    expect(page.get_by_text("Versions of a work: Only the newest version")).to_be_visible()
    check(page)
    picture(page, f"settings-chosen-{viewport['width']}-{scheme}")


def test_choices_are_made_with_the_keyboard(visit: Visit, live_server: Any) -> None:
    page = visit()
    arrive(page, live_server, make_alice())
    page.goto(f"{live_server.url}/settings/account")
    page.get_by_label("Auto-update is enabled").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(page.get_by_role("group", name="Versions of a work")).to_be_visible()
    expect(page.get_by_label("All versions", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Only the newest version")).to_be_checked()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Keep it while its DOI is only hidden")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    alice = Person.objects.get()
    assert (alice.auto_update, alice.versions, alice.withdrawn) == (True, "newest", "remove")


def test_cancel_changes_nothing(visit: Visit, live_server: Any) -> None:
    page = visit()
    arrive(page, live_server, make_alice())
    page.goto(f"{live_server.url}/settings/account")
    page.get_by_label("Only the DOI for all versions").check()
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert Person.objects.get().versions == "grouped"
