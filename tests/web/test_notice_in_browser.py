"""What stands on top of every page while a permission needs its owner."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from profiles.people import accounts, grants
from profiles.people.permissions import Purpose
from profiles.pipeline import permissions

from .browsing import DESKTOP, PHONE, Visit, check, picture
from .cast import claim, make_alice, permit
from .test_pages_in_browser import arrive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = ("/settings", "/works", "/data/close")


@pytest.mark.parametrize(
    ("viewport", "scheme"),
    [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
)
def test_an_ended_permission_is_told_on_every_page_until_it_is_put_off(
    visit: Visit, live_server: Any, viewport: dict[str, int], scheme: str
) -> None:
    alice = make_alice()
    permit(alice)
    accounts.set_auto_update(person=alice, on=True)
    for number in range(3):
        claim(f"10.5555/{number}")
    permissions.grant_ended(alice.grants.get().pk, reason="permission_ended")
    page = visit(viewport=viewport, color_scheme=scheme)
    arrive(page, live_server, alice)
    for path in PAGES:
        page.goto(live_server.url + path)
        notice = page.get_by_role("complementary", name="Your permission at ORCID")
        expect(notice).to_contain_text("3 works wait for it")
        check(page)
        name = path.strip("/").replace("/", "-")
        picture(page, f"notice-{name}-{viewport['width']}-{scheme}")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("button", name="Give permission again")).to_have_count(0)


def test_a_permission_for_too_little_names_what_is_missing(visit: Visit, live_server: Any) -> None:
    alice = make_alice()
    permit(alice, scope="/read-limited")
    page = visit()
    arrive(page, live_server, alice)
    page.goto(live_server.url + "/settings")
    expect(page.get_by_role("complementary")).to_contain_text("does not include adding works")
    expect(page.locator("#orcid-permissions")).to_contain_text("(/activities/update)")
    check(page)
    picture(page, "notice-lacking")
    assert grants.usable_grant(alice.orcid, Purpose.AUTO_UPDATE, alice.created) is None
