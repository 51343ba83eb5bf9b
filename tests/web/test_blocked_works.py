"""What its owner sees of a work that support staff blocked: why, whom to ask, and no way round it."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from profiles.claims import blocks, queries
from profiles.claims.states import State
from profiles.people.models import Person
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .cast import ALICE, claim
from .reading import Page
from .test_explain_page import DOI as TEAPOTS
from .test_explain_page import asked, headings, register

SUPPORT = "support@datacite.org"
NOTE = "says another person of that name"


def block(doi: str) -> None:
    blocks.block(ALICE, Doi(doi), by="staff:bob", note=NOTE, now=timezone.now())


def test_it_stands_among_my_works_with_the_reason_and_no_buttons(as_alice: Client) -> None:
    row = claim(state=State.DONE)
    block(row.doi)
    for page in (Page(as_alice.get("/works")), Page(as_alice.get(f"/works/{row.uuid}"))):
        assert "Support staff blocked this" in page.words
        assert SUPPORT in page.words
        assert page.buttons == []


def test_the_history_tells_that_it_was_blocked_and_keeps_the_note_to_staff(
    as_alice: Client,
) -> None:
    row = claim()
    block(row.doi)
    page = Page(as_alice.get(f"/works/{row.uuid}"))
    assert "Blocked by support staff." in page.words
    assert NOTE not in page.words


def test_a_button_of_an_old_page_is_refused_with_whom_to_ask(as_alice: Client) -> None:
    row = claim(state=State.REMOVED)
    block(row.doi)
    for action in ("restore", "retry", "decline"):
        as_alice.post(f"/works/{row.uuid}/{action}")
        assert SUPPORT in Page(as_alice.get("/works")).words
    (now,) = queries.page(ALICE).rows
    assert (now.state, now.reason) == (State.REMOVED, "blocked")


def test_the_rules_name_it(as_alice: Client, alice: Person, simulation: Simulation) -> None:
    register(simulation)
    block(TEAPOTS)
    page = asked(as_alice, TEAPOTS)
    assert headings(page) == ["It is not sent"]
    assert "DataCite's support blocked it for your ORCID record." in page.words
    assert SUPPORT in page.words


def test_find_works_shows_it_and_does_not_add_it(
    as_alice: Client, alice: Person, simulation: Simulation
) -> None:
    register(simulation)
    block(TEAPOTS)
    page = Page(as_alice.get("/works/find", {"query": "teapots"}))
    assert "Blocked by support staff" in page.words
    (box,) = page.root.iterfind(".//input[@name='doi']")
    assert "disabled" in box.attrib
    as_alice.post("/works/find", {"doi": TEAPOTS})
    told = Page(as_alice.get("/works/find")).words
    assert "Not added, because support staff blocked it" in told
    assert SUPPORT in told
    (row,) = queries.page(ALICE).rows
    assert (row.state, row.reason) == (State.REMOVED, "blocked")
