"""German words are long: the pages hold them, on a phone too."""

from __future__ import annotations

from typing import Any

import pytest

from profiles.claims.states import State
from profiles.people.models import Person
from profiles.simulator.server import Simulation

from .browsing import DESKTOP, PHONE, Visit, check, picture
from .cast import claim, make_alice, permit
from .test_explain_page import DOI, register
from .test_pages_in_browser import arrive

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAGES = [
    ("explain", f"/works/explain?doi={DOI}", "Urheberinnen und Urheber, Platz 1 von 1"),
    ("works", "/works", "In Ihrem ORCID-Eintrag"),
    ("settings", "/settings", "Keine Angabe"),
]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_german_fits(
    visit: Visit, live_server: Any, simulation: Simulation, viewport: dict[str, int]
) -> None:
    register(simulation)
    page = visit(viewport=viewport, locale="de-DE")
    alice = make_alice()
    permit(alice)
    Person.objects.update(email="")
    claim("10.5555/kept", state=State.DONE)
    claim("10.5555/full", state=State.HELD, reason="record_full")
    claim("10.5555/refused", state=State.FAILED, reason="not_ours")
    arrive(page, live_server, alice)
    for name, address, words in PAGES:
        page.goto(live_server.url + address)
        assert words in page.locator("body").inner_text(), name
        check(page)
        picture(page, f"{name}-de-{viewport['width']}")
