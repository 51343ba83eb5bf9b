"""A browser to walk through the service and the simulators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.conf import settings

from profiles.people import wiring
from profiles.simulator.server import Simulation

from .browser import Browser


@pytest.fixture
def new_browser(simulation: Simulation) -> Iterator[Callable[[], Browser]]:
    wiring.forget()  # as after a start: nothing known yet of providers and their keys
    opened: list[Browser] = []

    def another() -> Browser:
        others = (simulation.orcid.url, simulation.globus.url)
        opened.append(Browser(settings.PROFILES.base_url, others=others))
        return opened[-1]

    yield another
    for browser in opened:
        browser.wire.close()


@pytest.fixture
def browser(new_browser: Callable[[], Browser], db: None) -> Browser:
    return new_browser()


@pytest.fixture(autouse=True)
def nothing_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """When an answer is lost here, the call is over: nobody need wait for it in earnest."""
    monkeypatch.setattr("profiles.pipeline.deliver.PASSES_WITHIN", timedelta(0))
