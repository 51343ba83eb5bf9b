"""Works whose DOI is hidden or no longer names the person: the mark, what to do, what will happen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client
from django.utils import timezone

from profiles.claims import ledger, presence
from profiles.claims.models import Claim
from profiles.claims.states import Origin, State
from profiles.people import accounts
from profiles.people.models import Person
from profiles.people.preferences import Withdrawn
from profiles.pipeline import revising, wishes, withdrawn
from profiles.pipeline.withdrawn import Kind, Outlook, outlook
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.web import wording

from .browsing import DESKTOP, PHONE, Visit, check, picture
from .cast import ALICE, claim, make_alice, permit
from .reading import Page
from .test_explain_page import DOI, asked, register
from .test_pages_in_browser import arrive

TITLE = "A reading of teapots"


@pytest.fixture
def teapots(alice: Person) -> Person:
    """Alice has it on her record."""
    accounts.set_auto_update(alice, on=True)
    claim(DOI, title=TITLE, state=State.DONE)
    return alice


def hide(doi: str = DOI) -> None:
    now = timezone.now()
    withdrawn.hidden(Doi(doi), asked_at=now, now=now)


def prefer(person: Person, choice: Withdrawn) -> None:
    Person.objects.filter(pk=person.pk).update(withdrawn=choice)
    revising.begin(ALICE)


def works(client: Client) -> Page:
    return Page(client.get("/works"))


def test_a_work_whose_doi_is_hidden_is_marked_with_what_can_be_done(
    as_alice: Client, teapots: Person
) -> None:
    hide()
    page = works(as_alice)
    assert "On your ORCID record DOI no longer public" in page.words
    assert f"we noticed on {timezone.now():%-d %B %Y}. The work stays" in page.words
    assert page.links["in Settings"] == "/settings/account"
    assert page.buttons == ["Remove"]


def test_the_mark_and_the_line_of_history_are_on_its_page_too(
    as_alice: Client, teapots: Person
) -> None:
    hide()
    row = Claim.objects.get()
    words = Page(as_alice.get(f"/works/{row.uuid}")).words
    assert "DOI no longer public" in words
    assert str(wording.MARKS["hidden"]) in words.partition("History")[2]
    withdrawn.shown(Doi(DOI), now=timezone.now())
    words = Page(as_alice.get(f"/works/{row.uuid}")).words
    assert "DOI no longer public" not in words.partition("History")[0]
    assert str(wording.MARKS["public"]) in words


def test_what_the_person_added_is_not_said_to_hang_on_a_setting(
    as_alice: Client, teapots: Person
) -> None:
    Claim.objects.update(origin=Origin.SEARCH_AND_LINK)
    hide()
    page = works(as_alice)
    assert "You can remove it here." in page.words
    assert "in Settings" not in page.links


def test_what_was_removed_says_why_and_that_it_comes_back(
    as_alice: Client, teapots: Person
) -> None:
    hide()
    prefer(teapots, Withdrawn.REMOVE)
    assert "Being removed" in works(as_alice).words
    Claim.objects.update(
        state=State.REMOVED, reason="doi_hidden", put_code=None, due_at=None, sent_at=timezone.now()
    )
    page = works(as_alice)
    assert "The DOI is no longer public." in page.words
    assert "it is added again by itself" in page.words
    assert "Restore" in page.buttons
    assert "The work stays" not in page.words


def test_a_work_that_no_longer_names_the_person_is_marked_where_it_is_kept(
    as_alice: Client, teapots: Person
) -> None:
    ledger.mark_named(ALICE, Doi(DOI), named=False, by="auto-update", now=timezone.now())
    page = works(as_alice)
    assert "No longer names you" in page.words
    assert "no longer name your ORCID iD; we noticed on" in page.words
    assert "The work stays on your ORCID record." in page.words


def test_somebody_elses_hidden_doi_is_as_unknown_as_none(
    as_alice: Client, as_bob: Client, teapots: Person, simulation: Simulation
) -> None:
    register(simulation)
    simulation.datacite.hide(DOI)
    assert TITLE in asked(as_alice).words
    page = asked(as_bob)
    assert TITLE not in page.words
    assert "no public DOI of that name" in page.words


def test_who_asks_for_a_hidden_doi_has_it_looked_at(
    as_alice: Client, teapots: Person, simulation: Simulation
) -> None:
    register(simulation)
    assert not presence.not_checked_since(timezone.now() - timedelta(days=1), limit=1)
    asked(as_alice)
    assert not presence.not_checked_since(timezone.now() - timedelta(days=1), limit=1)
    simulation.datacite.hide(DOI)
    asked(as_alice)
    assert presence.not_checked_since(timezone.now() - timedelta(days=1), limit=1) == (DOI,)


EXPLAINED = [
    (Withdrawn.MARK, Outlook.HIDDEN_STAYS),
    (Withdrawn.REMOVE, Outlook.HIDDEN_LEAVES),
    (Withdrawn.KEEP, Outlook.HIDDEN_STAYS),
]


@pytest.mark.parametrize(("choice", "expected"), EXPLAINED)
def test_the_explanation_says_what_happens_under_the_persons_preference(
    as_alice: Client,
    teapots: Person,
    simulation: Simulation,
    choice: Withdrawn,
    expected: Outlook,
) -> None:
    register(simulation)
    simulation.datacite.hide(DOI)
    Person.objects.update(withdrawn=choice)
    page = asked(as_alice)
    assert "The DOI is not findable" in page.words
    assert str(wording.OUTLOOKS[expected]) in page.words


def test_the_explanation_of_metadata_that_no_longer_name_the_person(
    as_alice: Client, teapots: Person, simulation: Simulation
) -> None:
    register(simulation, orcid="0000-0001-5109-3700")
    assert str(wording.OUTLOOKS[Outlook.UNNAMED_LEAVES]) in asked(as_alice).words
    assert str(wording.ON_RECORD) not in asked(as_alice).words
    Person.objects.update(withdrawn=Withdrawn.KEEP)
    page = asked(as_alice)
    assert str(wording.OUTLOOKS[Outlook.UNNAMED_STAYS]) in page.words
    assert str(wording.ON_RECORD) in page.words


def test_every_outlook_can_come(teapots: Person) -> None:
    there = ledger.holdings(Doi(DOI))[ALICE]
    claim("10.5555/waits")
    waits = ledger.holdings(Doi("10.5555/waits"))[ALICE]
    wishes.remove(ALICE, Doi(DOI))
    mine = ledger.holdings(Doi(DOI))[ALICE]
    told = {
        outlook(kind, choice, held, auto_update=True)
        for kind in Kind
        for choice in Withdrawn
        for held in (
            there,
            waits,
            mine,
            _but(there, by_hand=True),
            _but(mine, "doi_hidden"),
            msgspec.structs.replace(there, origin=Origin.IMPORT),
        )
    }
    assert told | {Outlook.STAYS_UNTIL_REPLACED} == {*Outlook, None}
    assert outlook(Kind.HIDDEN, Withdrawn.MARK, mine, auto_update=True) is None  # their own wish


def _but(held: ledger.Holding, unwanted_for: str = "", *, by_hand: bool = False) -> ledger.Holding:
    return msgspec.structs.replace(held, unwanted_for=unwanted_for, by_hand=by_hand)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_marked_works_are_accessible_and_fit(
    visit: Visit, live_server: Any, simulation: Simulation, viewport: dict[str, int]
) -> None:
    alice = make_alice()
    permit(alice)
    accounts.set_auto_update(alice, on=True)
    claim("10.5555/plain", title="A work like any other", state=State.DONE)
    claim("10.5555/unnamed", title="Tides of another author", state=State.DONE)
    claim(DOI, title="Ice of the Weddell Sea: what the floes, the krill say", state=State.DONE)
    hide()
    ledger.mark_named(
        ALICE, Doi("10.5555/unnamed"), named=False, by="auto-update", now=timezone.now()
    )
    claim("10.5555/by-hand", title="Added by hand", state=State.DONE)
    Claim.objects.filter(doi="10.5555/by-hand").update(origin=Origin.SEARCH_AND_LINK)
    hide("10.5555/by-hand")
    register(simulation)
    simulation.datacite.hide(DOI)
    page = visit(viewport=viewport)
    arrive(page, live_server, alice)
    row = Claim.objects.get(doi=DOI)
    for name, path in [
        ("list", "/works"),
        ("one", f"/works/{row.uuid}"),
        ("explained", f"/works/explain?doi={DOI}"),
    ]:
        page.goto(live_server.url + path)
        check(page)
        picture(page, f"withdrawn-{name}-{viewport['width']}")
