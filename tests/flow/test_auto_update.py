"""The main job over the wire: a person signs in and permits; their DOIs come, change and go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx2
import pytest
from django.conf import settings
from django.utils import timezone

from profiles.claims import queries
from profiles.claims.states import State
from profiles.people.models import Person
from profiles.pipeline.deliver import deliver
from profiles.pipeline.harvest import harvest
from profiles.pipeline.services import Services, build
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

from .browser import Browser
from .test_sign_in import sign_in_with_orcid

pytestmark = pytest.mark.django_db

JOSIAH = OrcidId("0000-0002-1825-0097")
DOI = Doi("10.5555/flow-test")


@pytest.fixture
def real() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(settings.PROFILES, http)


def permit(browser: Browser) -> Browser:
    sign_in_with_orcid(browser)
    return browser.press("Get ORCID Token").press("authorize-button")


def turn_auto_update_on(browser: Browser) -> Browser:
    browser.go("/settings/account")
    return browser.press("Save", auto_update="on")


def creator(orcid: str = JOSIAH) -> dict[str, object]:
    return {
        "name": "Carberry, Josiah",
        "nameType": "Personal",
        "givenName": "Josiah",
        "familyName": "Carberry",
        "nameIdentifiers": [
            {"nameIdentifier": f"https://orcid.org/{orcid}", "nameIdentifierScheme": "ORCID"}
        ],
    }


def register(simulation: Simulation, **changes: object) -> None:
    simulation.datacite.register(
        {
            "doi": DOI,
            "titles": [{"title": "Cracked pots"}],
            "creators": [creator()],
            "publisher": "Brown University",
            "publicationYear": 2026,
            "types": {"resourceTypeGeneral": "Dataset"},
            **changes,
        }
    )


def works(simulation: Simulation) -> list[str]:
    return [work["title"]["title"]["value"] for work in simulation.orcid.works_of(JOSIAH)]


def go_round(real: Services) -> None:
    """What the worker does every minute: read what changed, then deliver what is due."""
    harvest(real, since=timezone.now() - timedelta(hours=1))
    deliver(JOSIAH, real)


def writes(simulation: Simulation) -> list[str]:
    return [entry.method for entry in simulation.orcid.calls()]


def test_the_whole_way(browser: Browser, simulation: Simulation, real: Services) -> None:
    turn_auto_update_on(permit(browser))
    assert Person.objects.get().auto_update

    register(simulation)
    go_round(real)
    assert (writes(simulation), works(simulation)) == (["POST"], ["Cracked pots"])

    go_round(real)  # nothing changed
    simulation.datacite.update(DOI, {"url": "https://example.org/elsewhere"})
    go_round(real)  # saved again, but nothing that we send changed
    assert writes(simulation) == ["POST"]

    simulation.datacite.update(DOI, {"titles": [{"title": "Mended pots"}]})
    go_round(real)
    assert (writes(simulation), works(simulation)) == (["POST", "PUT"], ["Mended pots"])

    simulation.datacite.update(DOI, {"creators": [creator("0000-0001-5109-3700")]})
    go_round(real)
    assert (writes(simulation), works(simulation)) == (["POST", "PUT", "DELETE"], [])
    row = queries.find(orcid=JOSIAH, doi=DOI).row
    assert (row.state, row.reason) == (State.REMOVED, "left_metadata")

    simulation.datacite.update(DOI, {"creators": [creator()]})
    go_round(real)
    assert works(simulation) == ["Mended pots"]  # the iD came back, and so does the work

    assert "10.5555/flow-test" in browser.go("/works").words
    assert "10.5555/flow-test" in browser.go("/settings").words


def test_without_auto_update_nothing_happens(
    browser: Browser, simulation: Simulation, real: Services
) -> None:
    permit(browser)
    register(simulation)
    go_round(real)
    assert writes(simulation) == []


def test_a_permission_that_comes_late_releases_what_waited(
    browser: Browser, simulation: Simulation, real: Services
) -> None:
    turn_auto_update_on(sign_in_with_orcid(browser))
    register(simulation)
    go_round(real)
    assert queries.find(orcid=JOSIAH, doi=DOI).row.state == State.HELD
    browser.go("/settings").press("Get ORCID Token").press("authorize-button")
    deliver(JOSIAH, real)
    assert works(simulation) == ["Cracked pots"]


def test_declined_consent_leaves_the_person_signed_in_with_a_friendly_word(
    browser: Browser, simulation: Simulation
) -> None:
    sign_in_with_orcid(browser)
    browser.press("Get ORCID Token").press("deny-button")
    assert (browser.path, browser.status) == ("/settings", 200)
    assert "did not give permission" in browser.words
    assert "Get ORCID Token" in browser.words


def test_removed_on_the_page_stays_off_and_comes_back_on_wish(
    browser: Browser, simulation: Simulation, real: Services
) -> None:
    turn_auto_update_on(permit(browser))
    register(simulation)
    go_round(real)
    browser.go("/works").press("Remove")
    deliver(JOSIAH, real)
    assert works(simulation) == []
    simulation.datacite.update(DOI, {"titles": [{"title": "Mended pots"}]})
    go_round(real)
    assert works(simulation) == []
    browser.go("/works").press("Restore")
    deliver(JOSIAH, real)
    # Metadata that came while it was off are what the person gets.
    assert works(simulation) == ["Mended pots"]
