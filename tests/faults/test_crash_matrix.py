"""kill -9 of the real worker at every step of its work: nothing lost, nothing twice, nobody helps.

One round of each step by default; CRASH_ROUNDS=10 makes it fifty kills.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from profiles.ops.supervisor import HEALTHY_SECONDS
from tests import world
from tests.world import World

ROOT = Path(__file__).parents[2]
JOSIAH = "0000-0002-1825-0097"
SCOPE = "openid /read-limited /activities/update"
BACK_WITHIN = 30  # seconds
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "1"))

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def whole(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world.running(database_server, tmp_path_factory.mktemp("crash")) as running:
        permit(running)
        yield running


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


# --- the world ------------------------------------------------------------------------------------


def register(whole: World, count: int) -> list[str]:
    found = []
    for number in itertools.islice(numbers, count):
        doi = f"10.5555/crash.{number}"
        whole.simulation.datacite.register(
            {
                "doi": doi,
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
        found.append(doi)
    return found


def on_record(whole: World) -> list[tuple[str, str]]:
    """DOI and title of each work, as often as it is there."""
    return sorted(
        (work["external-ids"]["external-id"][0]["external-id-value"],
         work["title"]["title"]["value"])
        for work in whole.simulation.orcid.works_of(JOSIAH)
    )  # fmt: skip


def worker(whole: World) -> psutil.Process:
    """The one that runs, or comes back soon."""
    end = time.monotonic() + BACK_WITHIN
    while time.monotonic() < end:
        for process in psutil.Process(whole.pid).children():
            with suppress(psutil.Error):
                if "worker" in process.cmdline():
                    return process
        time.sleep(0.1)
    raise AssertionError("there is no worker")


def age(process: psutil.Process) -> float:
    return time.time() - process.create_time()


def query(whole: World, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(whole.environ["DATABASE_URL"]) as connection:
        return connection.execute(sql.encode()).fetchall()


def until(what: str, holds: Callable[[], object], *, seconds: float = BACK_WITHIN) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


@contextmanager
def locked(whole: World, sql: str) -> Iterator[None]:
    """Somebody else's transaction holds these rows, so that the worker waits right there."""
    with psycopg.connect(whole.environ["DATABASE_URL"]) as connection:
        connection.execute(sql.encode())
        yield
        connection.rollback()


def waits_for_a_lock(whole: World) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return bool(query(whole, waiting))


# --- the steps ------------------------------------------------------------------------------------


def before_sending(whole: World) -> AbstractContextManager[None]:
    """The claims are leased, and the worker waits for its place in the queue to ORCID."""
    return locked(whole, "SELECT * FROM delivery_pace FOR UPDATE")


def after_orcid_has_it(whole: World) -> AbstractContextManager[None]:
    """ORCID has done it and is slow to say so."""
    whole.simulation.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="after", delay=0)
    whole.simulation.orcid.faults.add(method="GET", path_prefix="/v3.0", delay=3)
    return nullcontext()


def while_orcid_works(whole: World) -> AbstractContextManager[None]:
    whole.simulation.orcid.faults.add(method="POST", path_prefix="/v3.0", delay=3)
    return nullcontext()


def before_settling(whole: World) -> AbstractContextManager[None]:
    """The answer came; what it says cannot be written down yet."""
    return locked(whole, "LOCK TABLE claims_attempt IN EXCLUSIVE MODE")


def is_under_way(whole: World) -> bool:
    return bool(whole.simulation.orcid.journal.concurrent_writes[JOSIAH])


def is_reading_the_record(whole: World) -> bool:
    faults = whole.simulation.orcid.faults.rules
    return not faults and not is_under_way(whole)


STEPS: list[
    tuple[Callable[[World], AbstractContextManager[None]], Callable[[World], bool], int]
] = [
    (before_sending, waits_for_a_lock, 1),
    (before_sending, waits_for_a_lock, 4),  # in one call
    (while_orcid_works, is_under_way, 1),
    (while_orcid_works, is_under_way, 4),
    (after_orcid_has_it, is_reading_the_record, 4),  # reading back what became of it
    (before_settling, waits_for_a_lock, 1),
    (before_settling, waits_for_a_lock, 4),
]


@pytest.mark.parametrize("count", range(ROUNDS))
@pytest.mark.parametrize(("prepare", "reached", "works"), STEPS)
def test_kill(
    whole: World,
    prepare: Callable[[World], AbstractContextManager[None]],
    reached: Callable[[World], bool],
    works: int,
    count: int,
) -> None:
    until("a worker that has started well", lambda: age(worker(whole)) > HEALTHY_SECONDS)
    query_pace = "SELECT count(*) FROM delivery_pace"
    if not query(whole, query_pace)[0][0]:
        first = register(whole, 1)  # so that there is a pace to wait for
        until("the first work", lambda: len(on_record(whole)) == len(first))
    before = on_record(whole)
    with ExitStack() as held:
        held.enter_context(prepare(whole))
        dois = register(whole, works)
        until("the step", lambda: reached(whole))
        worker(whole).kill()
    wanted = sorted([*(doi for doi, _ in before), *dois])
    until("all on the record", lambda: [doi for doi, _ in on_record(whole)] == wanted)
    unsettled = "SELECT doi, state, message FROM claims_claim WHERE state <> 'done'"
    until("all settled", lambda: not query(whole, unsettled))
    assert [doi for doi, _ in on_record(whole)] == wanted  # each exactly once
    assert whole.simulation.orcid.concurrent_writes[JOSIAH] == 1
    whole.simulation.orcid.faults.clear()


def test_the_database_dies_in_the_middle(whole: World) -> None:
    """Every connection is cut while ORCID holds its answer back."""
    before = [doi for doi, _ in on_record(whole)]
    whole.simulation.orcid.faults.add(method="POST", path_prefix="/v3.0", delay=2)
    dois = register(whole, 3)
    until("a call under way", lambda: is_under_way(whole))
    query(
        whole,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    wanted = sorted([*before, *dois])
    until("all on the record", lambda: [doi for doi, _ in on_record(whole)] == wanted, seconds=60)
    unsettled = "SELECT doi, state, message FROM claims_claim WHERE state <> 'done'"
    until("all settled", lambda: not query(whole, unsettled), seconds=60)
    assert [doi for doi, _ in on_record(whole)] == wanted
