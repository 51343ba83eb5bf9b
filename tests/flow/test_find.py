"""Search & Link over the wire: search, tick, add, and the work is on the ORCID record, once."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from django.conf import settings

from profiles.claims import queries
from profiles.claims.states import Origin, State
from profiles.people.models import Grant
from profiles.people.permissions import Purpose
from profiles.pipeline.deliver import deliver
from profiles.pipeline.services import Services, build
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

from .browser import Browser
from .test_sign_in import sign_in_with_orcid

pytestmark = pytest.mark.django_db

JOSIAH = OrcidId("0000-0002-1825-0097")
DOI = Doi("10.5555/unnamed-pots")
RECORD = {
    "doi": DOI,
    "titles": [{"title": "Unnamed pots"}],
    "creators": [{"name": "Carberry, Josiah"}],  # the iD was forgotten
    "publisher": "Brown University",
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Dataset"},
}


@pytest.fixture
def real() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(settings.PROFILES, http)


def search(browser: Browser) -> Browser:
    browser.go("/works/find").press("Search", query='"unnamed pots" carberry')
    assert DOI in browser.words
    return browser


def add(browser: Browser) -> Browser:
    return browser.press("Add to ORCID record", doi=DOI)


def writes(simulation: Simulation) -> list[str]:
    return [entry.method for entry in simulation.orcid.calls()]


def test_a_work_without_the_id_is_found_added_and_delivered_once(
    browser: Browser, simulation: Simulation, real: Services
) -> None:
    sign_in_with_orcid(browser)
    browser.press("Get ORCID Token").press("authorize-button")
    assert "Get ORCID Token" not in browser.go("/works/find").words, "one ORCID client serves both"
    simulation.datacite.register(RECORD)
    page = search(browser).root
    assert "1 work is queued for your ORCID record." in add(browser).words
    deliver(JOSIAH, real)
    browser.root = page  # as with the browser's way back
    assert "1 work was among your works already." in add(browser).words
    deliver(JOSIAH, real)
    assert writes(simulation) == ["POST"]
    (work,) = simulation.orcid.works_of(JOSIAH)
    assert work["title"]["title"]["value"] == "Unnamed pots"
    row = queries.find(orcid=JOSIAH, doi=DOI).row
    assert (row.state, row.origin) == (State.DONE, Origin.SEARCH_AND_LINK)
    assert "On your ORCID record" in browser.go(f"/works/find?query={DOI}").words


def test_what_waits_for_permission_is_delivered_by_the_permission_for_search_and_link(
    browser: Browser, simulation: Simulation, real: Services
) -> None:
    simulation.datacite.register(RECORD)
    sign_in_with_orcid(browser)
    assert "1 work is noted and waits until you give permission." in add(search(browser)).words
    deliver(JOSIAH, real)
    assert queries.find(orcid=JOSIAH, doi=DOI).row.reason == "no_permission"
    assert "On hold" in browser.go(f"/works/find?query={DOI}").words

    browser.press("Get ORCID Token").press("authorize-button")
    assert (browser.path, browser.status) == ("/works/find", 200)
    assert "You gave permission." in browser.words
    deliver(JOSIAH, real)
    assert writes(simulation) == ["POST"]
    (grant,) = Grant.objects.all()
    assert grant.purpose == Purpose.SEARCH_AND_LINK
    assert grant.last_success_at is not None


def test_with_a_permission_for_each_purpose_a_work_goes_by_its_own(
    browser: Browser, simulation: Simulation, real: Services
) -> None:
    simulation.datacite.register(RECORD)
    page = sign_in_with_orcid(browser).root
    for purpose in Purpose:
        browser.root, browser.url = page, settings.PROFILES.base_url  # as in a second window
        browser.press("Get ORCID Token", purpose=purpose)
        if "authorize-button" in browser.ids:  # ORCID asks only once
            browser.press("authorize-button")
    add(search(browser))
    deliver(JOSIAH, real)
    assert writes(simulation) == ["POST"]
    used = Grant.objects.exclude(last_success_at=None)
    assert [grant.purpose for grant in used] == [Purpose.SEARCH_AND_LINK]
