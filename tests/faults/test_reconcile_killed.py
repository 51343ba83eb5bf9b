"""kill -9 in the middle of a comparison: nothing half done, nothing lost, the next one finishes it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection

from profiles.claims.models import Claim
from profiles.claims.states import State
from profiles.people import grants
from profiles.pipeline.deliver import deliver
from profiles.pipeline.reconcile import NOTHING, reconcile
from profiles.pipeline.services import Services
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from tests.flow.people import ALICE, NOON
from tests.flow.test_deliver import DOI, alice, claim, real, titles, want
from tests.flow.test_reconcile import codes, put

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
SCRIPT = (
    "import sys; from profiles.ops.django import set_up; set_up();"
    "from profiles.pipeline.reconcile import reconcile;"
    "from profiles.pipeline.services import services;"
    "reconcile(sys.argv[1], services())"
)
OTHER, GONE = Doi("10.5555/other"), Doi("10.5555/gone")


def database() -> str:
    server = urlsplit(os.environ["DATABASE_URL"])
    return server._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def comparing() -> Iterator[subprocess.Popen[bytes]]:
    """Another process that compares Alice's record, for as long as it lives."""
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, ALICE],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database()},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


def until(happened: Callable[[], object]) -> None:
    give_up = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@contextmanager
def the_reading_is_slow(alice: Simulation) -> Iterator[Callable[[], object]]:
    alice.orcid.faults.add(method="GET", path_prefix="/v3.0", delay=1)
    yield lambda: not alice.orcid.faults.rules  # it has come


@contextmanager
def a_removal_is_slow(alice: Simulation) -> Iterator[Callable[[], object]]:
    alice.orcid.faults.add(method="DELETE", path_prefix="/v3.0", delay=1)
    yield lambda: not alice.orcid.faults.rules  # it has come


@contextmanager
def the_history_cannot_be_written(alice: Simulation) -> Iterator[Callable[[], object]]:
    """The claims are changed by then, and nothing is committed."""
    with psycopg.connect(database()) as other:
        other.execute("LOCK TABLE claims_change IN EXCLUSIVE MODE")
        yield lambda: _waiting(other)
        other.rollback()


def _waiting(other: psycopg.Connection) -> object:
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'claims_change'::regclass"
    return other.execute(waiting).fetchone()


@pytest.mark.parametrize(
    "moment",
    [the_reading_is_slow, the_history_cannot_be_written, a_removal_is_slow],
    ids=lambda moment: moment.__name__.replace("_", " "),
)
def test_whenever_it_is_killed_the_next_one_finishes_it(
    alice: Simulation, real: Services, moment: Callable[[Simulation], Any]
) -> None:
    want()
    want("Gone", doi=GONE)
    deliver(ALICE, real)
    first = claim().put_code
    alice.orcid.delete_work(ALICE, claim(GONE).put_code or 0)
    put(alice, DOI)  # a second copy
    other = put(alice, OTHER)
    with moment(alice) as reached, comparing() as process:
        until(reached)
        assert process.poll() is None
        process.kill()
        process.wait(10)
    assert grants.compared_before(NOON, limit=5, now=NOON) == (ALICE,)  # still to be done
    until(lambda: reconcile(ALICE, real))  # as soon as the dead one's lock is free
    deliver(ALICE, real)
    assert (codes(alice), titles(alice)) == ([first, other], ["Tides", "Theirs"])
    stands = {each.doi: (each.state, each.put_code) for each in Claim.objects.all()}
    assert stands == {
        DOI: (State.DONE, first),
        OTHER: (State.DONE, other),
        GONE: (State.REMOVED, None),
    }
    assert reconcile(ALICE, real) == NOTHING
