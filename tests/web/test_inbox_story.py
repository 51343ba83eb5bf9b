"""The story of somebody who has never been here, in a browser, against the real whole.

From a message in the ORCID inbox to a work on the record; and what they then take off at ORCID is
known here within seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Page, expect

from .. import world as worlds
from ..world import World
from .browsing import Visit, check, picture

pytestmark = pytest.mark.browser

JOSIAH = "0000-0002-1825-0097"
TITLE = "Cracked pots nobody asked for"
SECONDS = 5  # from ORCID's call to the claim
PATIENCE = 30


@pytest.fixture(scope="module")
def world(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("inbox")
    on = {"ORCID_NOTIFICATIONS": "on", "ORCID_WEBHOOKS": "on"}
    with worlds.running(database_server, home, more=on) as running:
        yield running


def sql(world: World, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(world.environ["DATABASE_URL"], autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def wait_for(world: World, what: Callable[[], object], *, name: str) -> float:
    """How long it took."""
    began = time.monotonic()
    while not what():
        log = world.log.read_text()[-4000:]
        assert time.monotonic() - began < PATIENCE, f"no {name} after {PATIENCE} s:\n{log}"
        time.sleep(0.05)
    return time.monotonic() - began


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def register(page: Page, world: World) -> None:
    page.goto(f"{world.simulation.datacite.url}/new?person={JOSIAH}")
    page.get_by_label("Title", exact=True).fill(TITLE)
    press(page, "Register")
    expect(page.get_by_role("status")).to_contain_text("Saved: 10.")


def on_record(world: World) -> list[int]:
    works = world.simulation.orcid.works_of(JOSIAH)
    return [each["put-code"] for each in works if each["title"]["title"]["value"] == TITLE]


def claim(world: World) -> tuple[object, ...]:
    (found,) = sql(
        world,
        "SELECT c.state, c.reason FROM claims_claim c JOIN claims_storedwork w USING (doi) "
        f"WHERE w.title = '{TITLE}'",
    )
    return found


def test_from_a_message_in_the_inbox_to_the_record_and_off_it_again(
    visit: Visit, world: World
) -> None:
    orcid = world.simulation.orcid
    page = visit()
    register(page, world)
    wait_for(world, lambda: sql(world, "SELECT * FROM pipeline_waitingdoi"), name="waiting DOI")
    assert orcid.inbox(JOSIAH) == []
    sql(world, "UPDATE pipeline_invitation SET due_at = now()")  # the day of collecting is over
    wait_for(world, lambda: orcid.inbox(JOSIAH), name="notification")

    page.goto(f"{orcid.url}/signin?next=/inbox")
    page.get_by_role("button", name=JOSIAH).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inbox")
    expect(page.get_by_text(TITLE)).to_be_visible()
    check(page)
    picture(page, "inbox")
    page.get_by_role("link", name="Grant permission to DataCite Profiles").click()
    press(page, "Authorize access")

    expect(page).to_have_url(re.compile(f"{world.url}/sign-in"))
    expect(page.get_by_text("Please sign in with ORCID to go on.")).to_be_visible()
    check(page)
    picture(page, "inbox-sign-in")
    press(page, "Sign in with ORCID")
    press(page, "Authorize access")  # who they are
    expect(page.get_by_role("heading", level=1)).to_have_text("One more step: your permission")
    check(page)
    picture(page, "inbox-permission")
    press(page, "Give permission and turn Auto-update on")
    press(page, "Authorize access")  # what we may do
    expect(page).to_have_url(f"{world.url}/works")
    expect(page.get_by_text("You gave permission. Thank you!")).to_be_visible()
    wait_for(world, lambda: on_record(world), name="work on the record")
    assert sql(world, "SELECT * FROM pipeline_invitation") == []

    # What the person takes off at ORCID.
    wait_for(world, lambda: orcid.registry.webhooks[JOSIAH], name="webhook")
    wait_for(world, lambda: claim(world)[0] == "done", name="settled claim")
    sql(world, "UPDATE claims_claim SET sent_at = now() - interval '1 hour'")
    sql(world, "UPDATE people_grant SET compared_at = now() - interval '1 hour'")
    orcid.delete_work(JOSIAH, on_record(world)[0])
    assert orcid.deliver_webhooks() == 1
    took = wait_for(
        world, lambda: claim(world) == ("removed", "removed_at_orcid"), name="removal in the ledger"
    )
    print(f"known here after {took:.2f} s")  # noqa: T201 (shown with -s)
    assert took < SECONDS


def test_who_says_no_reads_a_friendly_word(visit: Visit, world: World) -> None:
    orcid = world.simulation.orcid
    page = visit()
    laura = "0000-0001-5109-3700"
    page.goto(f"{world.simulation.datacite.url}/new?person={laura}")
    page.get_by_label("Title", exact=True).fill("Of tides")
    press(page, "Register")
    wait_for(world, lambda: sql(world, "SELECT * FROM pipeline_waitingdoi"), name="waiting DOI")
    sql(world, "UPDATE pipeline_invitation SET due_at = now()")
    wait_for(world, lambda: orcid.inbox(laura), name="notification")
    page.goto(f"{orcid.url}/signin?next=/inbox")
    page.get_by_role("button", name=laura).click()
    page.get_by_role("link", name="Grant permission to DataCite Profiles").click()
    press(page, "Deny access")
    expect(page.get_by_role("heading", level=1)).to_have_text("You did not give permission")
    check(page)
    picture(page, "inbox-denied")
    assert sql(world, "SELECT state FROM pipeline_invitation") == [("denied",)]
