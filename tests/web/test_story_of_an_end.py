"""A permission that ends at ORCID, and an account that is closed, against the real whole."""

from __future__ import annotations

import psycopg
import pytest
from playwright.sync_api import expect

from ..world import World
from .browsing import Visit, check
from .test_story import (
    button,
    give_permission,
    link,
    register,
    seconds_until_recorded,
    sign_in_with_orcid,
    until,
)

pytestmark = pytest.mark.browser

TOLD = "Your permission for DataCite at ORCID has ended"


def test_from_a_withdrawn_permission_to_a_new_one_and_to_the_end(
    visit: Visit, world: World
) -> None:
    orcid = world.simulation.orcid.add_person("Eve", "Example").orcid
    page = sign_in_with_orcid(visit, world, orcid=orcid)
    give_permission(page)
    link(page, "Update").click()
    page.get_by_label("Auto-update is enabled").check()
    button(page, "Save").click()
    rows(world, "UPDATE people_person SET email = 'eve@example.org' WHERE orcid = %s", orcid)

    # Withdrawn at ORCID: the next work finds out.
    world.simulation.orcid.revoke_tokens(orcid)
    repository = visit()
    since = register(repository, world, orcid=orcid, title="A work that waits")
    again = button(page, "Give permission again")
    until(lambda: bool(page.reload()) and again.count() == 1)
    expect(page.get_by_role("complementary")).to_contain_text("1 work waits for it")
    check(page)
    until(lambda: world.log.read_text().count(f"Subject: {TOLD}") == 1)
    assert "To: eve@example.org" in world.log.read_text()

    again.click()
    button(page, "Authorize access").click()
    expect(page.get_by_role("status")).to_contain_text("You gave permission")
    expect(again).to_have_count(0)
    seconds_until_recorded(repository, world, orcid=orcid, title="A work that waits", since=since)

    # The account is closed, and the work leaves with it.
    link(page, "Your data").click()
    link(page, "Close my account").click()
    page.get_by_label("Remove them first").check()
    button(page, "Close my account").click()
    expect(page.get_by_role("status")).to_contain_text("Your account is closed")
    expect(link(page, "Sign In")).to_be_visible()
    until(lambda: not rows(world, "SELECT 1 FROM people_person WHERE orcid = %s", orcid))
    assert world.simulation.orcid.works_of(orcid) == []
    live = world.simulation.orcid.registry.live_tokens(orcid)
    assert not [token for token in live if "/activities/update" in token.scopes]
    for table in ("claims_claim", "claims_attempt", "people_grant"):
        assert not rows(world, f"SELECT 1 FROM {table} WHERE orcid = %s", orcid)
    assert world.log.read_text().count(TOLD) == 1


def rows(world: World, query: str, orcid: str) -> list[tuple[object, ...]]:
    with psycopg.connect(world.environ["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(query.encode(), [orcid])
        return cursor.fetchall() if cursor.description else []
