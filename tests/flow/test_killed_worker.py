"""kill -9 of the real worker while ORCID holds its answer back: nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from profiles.claims.states import State
from profiles.simulator.server import Simulation
from tests import world
from tests.world import World

JOSIAH = "0000-0002-1825-0097"
SCOPE = "openid /read-limited /activities/update"
ROOT = Path(__file__).parents[2]
BACK_WITHIN = 30  # seconds


@pytest.fixture
def whole(database_server: str, tmp_path: Path) -> Iterator[World]:
    with world.running(database_server, tmp_path) as running:
        yield running


def worker(whole: World) -> psutil.Process:
    return next(
        process
        for process in psutil.Process(whole.pid).children(recursive=True)
        if "worker" in process.cmdline()
    )


def until(what: str, holds: Callable[[], object], *, seconds: float = BACK_WITHIN) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def permit(whole: World) -> None:
    """Josiah as if he had signed in, given permission and turned auto-update on."""
    token = whole.simulation.orcid.grant(
        JOSIAH, client_id=whole.simulation.orcid_client.id, scope=SCOPE
    )
    script = (
        "import sys; from profiles.ops.django import set_up; set_up();"
        "from tests.flow.people import permit, person;"
        "permit(person(), sys.argv[1], api_client=sys.argv[2])"
    )
    command = [sys.executable, "-c", script, token.access, token.client_id]
    subprocess.run(command, env=whole.environ, cwd=ROOT, check=True)


def states(whole: World) -> set[str]:
    with psycopg.connect(whole.environ["DATABASE_URL"]) as connection:
        return {state for (state,) in connection.execute("SELECT state FROM claims_claim")}


def register(simulation: Simulation, *numbers: int) -> None:
    for number in numbers:
        simulation.datacite.register(
            {
                "doi": f"10.5555/killed.{number}",
                "titles": [{"title": f"Work {number}"}],
                "creators": [
                    {
                        "name": "Carberry, Josiah",
                        "nameIdentifiers": [
                            {"nameIdentifier": JOSIAH, "nameIdentifierScheme": "ORCID"}
                        ],
                    }
                ],
                "types": {"resourceTypeGeneral": "Dataset"},
            }
        )


def test_a_worker_killed_while_it_waits_for_orcid(whole: World) -> None:
    permit(whole)
    simulation = whole.simulation
    simulation.orcid.faults.add(method="POST", path_prefix="/v3.0", delay=3, times=1)
    register(simulation, 1, 2)
    until("a call under way", lambda: simulation.orcid.journal.concurrent_writes[JOSIAH])
    worker(whole).kill()
    register(simulation, 3)
    until("all on the record", lambda: len(simulation.orcid.works_of(JOSIAH)) >= 3)
    until("all settled", lambda: states(whole) == {State.DONE})
    titles = [work["title"]["title"]["value"] for work in simulation.orcid.works_of(JOSIAH)]
    assert sorted(titles) == ["Work 1", "Work 2", "Work 3"]
    assert simulation.orcid.concurrent_writes[JOSIAH] == 1
