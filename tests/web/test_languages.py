"""A page speaks the reader's language, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import translation

from profiles.claims.models import Change, Claim
from profiles.claims.states import State
from profiles.people.models import Grant, Person
from profiles.simulator.server import Simulation
from tests.unit.translations import catalogue

from .cast import claim, permit, signed_in, withdraw
from .reading import Page
from .test_explain_page import DOI, register

pytestmark = pytest.mark.django_db

LANGUAGES = catalogue.LANGUAGES
STRANGERS = ["/", "/sign-in", "/status", "/no-such-page"]
OWN = ["/", "/settings", "/settings/account", "/sign-out", "/data", "/works"]
FILLED = re.compile(r"%\(\w+\)[sd]|%s|<[^>]*>")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The language of the last request stays that of the thread."""
    with translation.override(None):
        yield


def english(language: str) -> Iterator[str]:
    """What would be left in English on a page: the fixed parts of every text, where they differ."""
    for entry in catalogue.entries(language):
        translated = " ".join(entry.translations)
        for part in FILLED.split(entry.msgid):
            words = " ".join(part.split())
            if len(words) >= 12 and " " in words and words not in translated:
                yield words


def all_words(page: Page) -> str:
    """Also what is only heard or shown on pointing."""
    names = ("aria-label", "title", "alt", "placeholder")
    spoken = [each.get(name) for each in page.root.iter() for name in names if each.get(name)]
    title = page.root.findtext(".//title") or ""
    return " ".join([page.words, title, *spoken])


def seen(client: Client, address: str, language: str) -> Page:
    response = client.get(address, headers={"Accept-Language": f"{language}, en;q=0.5"})
    page = Page(response)
    assert page.root.get("lang") == language
    words = all_words(page)
    assert [text for text in english(language) if text in words] == [], address
    return page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", STRANGERS)
def test_a_strangers_page(address: str, language: str) -> None:
    seen(Client(), address, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_a_person(alice: Person, as_alice: Client, language: str) -> None:
    for address in OWN:  # with nothing there yet
        seen(as_alice, address, language)
    permit(alice)
    rows = [
        claim(f"10.5555/{state}", state=state, reason=reason, message="“its words”")
        for state, reason in [
            (State.DONE, ""),
            (State.HELD, "record_full"),
            (State.FAILED, "not_ours"),
            (State.REMOVED, ""),
            (State.DECLINED, ""),
            (State.WAITING, ""),
        ]
    ]
    for address in [*OWN, *(f"/works/{row.uuid}" for row in rows)]:
        seen(as_alice, address, language)
    withdraw(alice)
    for address in OWN:
        seen(as_alice, address, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_that_asks_for_an_orcid_id(nemo: Person, language: str) -> None:
    seen(signed_in(nemo), "/link-orcid", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_searching_and_explaining(as_alice: Client, simulation: Simulation, language: str) -> None:
    register(simulation)
    register(simulation, doi="10.5555/closed", titles=[], orcid="0000-0001-5109-3700")
    for address in ["/works/find", "/works/find?query=teapots", "/works/find?query=nothing+such"]:
        seen(as_alice, address, language)
    for doi in ["", DOI, "10.5555/closed", "10.5555/unknown", "nonsense"]:
        seen(as_alice, f"/works/explain?doi={doi}", language)


def looked_at(client: Client, doi: str, language: str) -> list[str]:
    """What each rule of the page says that it looked at."""
    headers = {"Accept-Language": language}
    page = Page(client.get("/works/explain", {"doi": doi}, headers=headers))
    return [
        " ".join(p.text_content().split())
        for p in page.root.iterfind(".//li/div/p[@class='quiet small']")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_rules_looked_at_is_told_in_the_readers_language(
    as_alice: Client, simulation: Simulation, language: str
) -> None:
    register(simulation)
    english = [line.removeprefix("Looked at: ") for line in looked_at(as_alice, DOI, "en")]
    there = looked_at(as_alice, DOI, language)
    assert len(english) == len(there) > 5
    assert [line for line in english for other in there if line in other] == []


def test_what_the_rules_looked_at_is_told_in_german(
    as_alice: Client, simulation: Simulation
) -> None:
    register(simulation)
    assert {
        "Angesehen: Registrierungsagentur: datacite",
        "Angesehen: Urheberinnen und Urheber, Platz 1 von 1: Adams, Alice",
        "Angesehen: Berechtigung: fehlt",
        "Angesehen: Ressourcentyp (resourceTypeGeneral): Dataset",
    } <= set(looked_at(as_alice, DOI, "de"))


DATES = [
    ("en", "Last change 5 March 2026, 14:07 UTC", "5 March 2026, 14:07:09 UTC", "9 May 2026"),
    ("de", "5. März 2026, 14:07 UTC", "5. März 2026, 14:07:09 UTC", "9. Mai 2026"),
    (
        "es",
        "5 de marzo de 2026, 14:07 UTC",
        "5 de marzo de 2026, 14:07:09 UTC",
        "9 de mayo de 2026",
    ),
    ("fr", "5 mars 2026, 14:07 UTC", "5 mars 2026, 14:07:09 UTC", "9 mai 2026"),
]


@pytest.mark.parametrize(("language", "moment", "second", "day"), DATES)
def test_dates_are_written_as_in_the_readers_language(
    alice: Person, as_alice: Client, language: str, moment: str, second: str, day: str
) -> None:
    permit(alice)
    row = claim(f"10.5555/{language}", state=State.DONE)
    seen_at = datetime(2026, 3, 5, 14, 7, 9, tzinfo=UTC)
    Claim.objects.update(updated=seen_at, unnamed_since=datetime(2026, 5, 9, tzinfo=UTC))
    Change.objects.update(at=seen_at)
    Grant.objects.update(granted_at=datetime(2026, 5, 9, tzinfo=UTC))
    asking = {"Accept-Language": language}
    page = Page(as_alice.get(f"/works/{row.uuid}", headers=asking))
    assert moment in page.words
    assert second in page.words
    assert f" {day}" in page.words
    assert day in Page(as_alice.get("/settings", headers=asking)).words


def test_who_asks_for_another_language_gets_english() -> None:
    page = Page(Client().get("/", headers={"Accept-Language": "fi"}))
    assert page.root.get("lang") == "en"
    assert "Sign In" in page.links


def test_a_page_differs_by_language_for_caches_too() -> None:
    response = Client().get("/", headers={"Accept-Language": "de"})
    assert "Accept-Language" in response["Vary"]
    assert response["Content-Language"] == "de"


def test_what_a_program_reads_is_text_whatever_the_language() -> None:
    row = claim(state=State.FAILED, reason="refused")
    assert (type(row.why), type(row.next_step)) == (str, str)
    with translation.override("de"):
        assert type(claim("10.5555/other", state=State.DONE).why) is str
