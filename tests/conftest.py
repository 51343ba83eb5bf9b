"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from profiles.simulator.server import Simulation

from . import simulated

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the repository: ORCID's schemas and samples, real DataCite records."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the reference data (a folder `shared` beside the repository) are not here")
    return SHARED


@pytest.fixture
def simulation() -> Iterator[Simulation]:
    """ORCID, Globus and DataCite, fresh for each test, at the addresses the service knows."""
    running = simulated.start()
    yield running
    running.stop()
