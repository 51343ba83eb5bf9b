"""kill -9 of the real service at every step of its work: nothing lost, nothing twice, nobody helps.

By default one round of those steps that differ most; CRASH_ROUNDS=2 makes two rounds of all of
them, with the long outages, which is more than fifty deaths.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from profiles.ops import postgres
from profiles.ops.supervisor import HEALTHY_SECONDS
from tests import world
from tests.world import World

from .gate import Gate

ROOT = Path(__file__).parents[2]
JOSIAH = "0000-0002-1825-0097"
SCOPE = "openid /read-limited /activities/update"
BACK_WITHIN = 30  # seconds
ROUNDS = int(os.environ.get("CRASH_ROUNDS", "0"))  # 0: one of the short choice

numbers = itertools.count(1)


@dataclass
class Life:
    """A service with all around it, and what should be on Josiah's record."""

    whole: World
    gate: Gate  # between the service and ORCID
    postgres: Path  # the database server's folder
    wanted: dict[str, str] = field(default_factory=dict)  # titles by DOI

    @property
    def orcid(self) -> Any:
        return self.whole.simulation.orcid

    # --- what repositories do ---

    def register(self, count: int) -> None:
        for number in itertools.islice(numbers, count):
            doi = f"10.5555/crash.{number}"
            self.wanted[doi] = f"Work {number}"
            self.whole.simulation.datacite.register(
                {
                    "doi": doi,
                    "titles": [{"title": self.wanted[doi]}],
                    "creators": creators(),
                    "types": {"resourceTypeGeneral": "Dataset"},
                }
            )

    def some(self, count: int) -> list[str]:
        """DOIs that are on the record."""
        if len(self.wanted) < count:
            self.register(count - len(self.wanted))
            self.is_settled()
        return sorted(self.wanted)[:count]

    def rename(self, count: int) -> None:
        for doi in self.some(count):
            self.wanted[doi] = f"Renamed {next(numbers)}"
            titles = {"titles": [{"title": self.wanted[doi]}]}
            self.whole.simulation.datacite.update(doi, titles)

    def withdraw(self, count: int) -> None:
        """The metadata no longer name Josiah."""
        for doi in self.some(count):
            del self.wanted[doi]
            self.whole.simulation.datacite.update(doi, {"creators": creators(named=False)})

    def compare(self, copies: int) -> None:
        """A comparison with the record, on which so many works are twice."""
        for doi in self.some(max(copies, 1))[:copies]:
            (work,) = [each for each in self.orcid.works_of(JOSIAH) if doi_of(each) == doi]
            content = {name: work[name] for name in ("title", "type", "external-ids")}
            client = self.whole.simulation.orcid_client.id
            self.orcid.add_work(JOSIAH, content, client_id=client)
        self.script("nudge([orcid], job='reconcile')")

    # --- what is seen ---

    def on_record(self) -> list[tuple[str, str]]:
        """DOI and title of each work, as often as it is there."""
        works = self.orcid.works_of(JOSIAH)
        return sorted((doi_of(work), work["title"]["title"]["value"]) for work in works)

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.whole.environ["DATABASE_URL"]) as connection:
            return connection.execute(sql.encode(), values).fetchall()

    def unsettled(self) -> list[tuple[Any, ...]]:
        return self.query(
            "SELECT doi, state, reason, message, unsure, due_at - now() FROM claims_claim "
            "WHERE state NOT IN ('done', 'removed')"
        )

    def is_settled(self, *, seconds: float = BACK_WITHIN) -> float:
        """Soon. How soon."""
        begun = time.monotonic()
        right = sorted(self.wanted.items())
        until(
            "all on the record",
            lambda: self.on_record() == right,
            seconds=seconds,
            told=lambda: (set(self.on_record()) ^ set(right), self.unsettled()),
        )
        until("all settled", lambda: not self.unsettled(), seconds=seconds, told=self.unsettled)
        assert self.on_record() == right  # each exactly once
        assert self.orcid.concurrent_writes.get(JOSIAH, 0) <= 1
        return time.monotonic() - begun

    # --- processes ---

    def worker(self) -> psutil.Process:
        """The service's own, that runs or comes back soon."""
        end = time.monotonic() + BACK_WITHIN
        while time.monotonic() < end:
            with suppress(psutil.Error):
                for process in psutil.Process(self.whole.pid).children():
                    if "worker" in process.cmdline():
                        return process
            time.sleep(0.1)
        raise AssertionError("there is no worker")

    def kill_worker(self) -> None:
        self.worker().kill()

    def kill_all(self) -> None:
        """The supervisor, the web server and the worker, and somebody starts them again."""
        supervisor = psutil.Process(self.whole.pid)
        for process in [supervisor, *supervisor.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.whole.service.wait()
        self.whole.start()

    @contextmanager
    def second_worker(self) -> Iterator[psutil.Process]:
        environ = self.whole.environ | {"PGAPPNAME": "second"}
        with self.whole.log.open("a") as log:
            command = [sys.executable, "-m", "profiles", "worker"]
            process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
        try:
            there = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'second'"
            until("a second worker", lambda: self.query(there))
            yield psutil.Process(process.pid)
        finally:
            process.kill()
            process.wait()

    def script(self, line: str, *values: str) -> None:
        lines = (
            "import sys; from profiles.ops.django import set_up; set_up()",
            "from profiles.people.models import Person",
            "from profiles.pipeline import permissions",
            "from profiles.pipeline.nudge import nudge",
            "from tests.flow.people import permit, person",
            "orcid, *values = sys.argv[1:]",
            line,
        )
        command = [sys.executable, "-c", "\n".join(lines), JOSIAH, *values]
        subprocess.run(command, env=self.whole.environ, cwd=ROOT, check=True)

    def permit(self) -> None:
        """Josiah gives permission at ORCID."""
        client = self.whole.simulation.orcid_client.id
        token = self.orcid.grant(JOSIAH, client_id=client, scope=SCOPE)
        self.script(
            "who = Person.objects.filter(orcid=orcid).first() or person(orcid)\n"
            "permit(who, values[0], api_client=values[1])\n"
            "permissions.granted(orcid)",
            token.access,
            token.client_id,
        )

    def stop_database(self, how: signal.Signals) -> None:
        """SIGINT is `-m fast`, SIGQUIT `-m immediate`; then it is started again."""
        pid = int((self.postgres / "data" / "postmaster.pid").read_text().split()[0])
        server = psutil.Process(pid)
        server.send_signal(how)
        with suppress(psutil.NoSuchProcess):
            until("the end of the database", lambda: server.status() == psutil.STATUS_ZOMBIE)
        time.sleep(1)
        with postgres.running(self.postgres):  # whoever else uses it keeps it up after that
            pass


def creators(*, named: bool = True) -> list[dict[str, Any]]:
    identifiers = [{"nameIdentifier": JOSIAH, "nameIdentifierScheme": "ORCID"}]
    return [{"name": "Carberry, Josiah", "nameIdentifiers": identifiers if named else []}]


def doi_of(work: dict[str, Any]) -> str:
    found: str = work["external-ids"]["external-id"][0]["external-id-value"]
    return found


def until(
    what: str,
    holds: Callable[[], object],
    *,
    seconds: float = BACK_WITHIN,
    told: Callable[[], object] = str,
) -> None:
    end = time.monotonic() + seconds
    while not _now(holds):
        assert time.monotonic() < end, f"not within {seconds} s: {what} {told()}"
        time.sleep(0.05)


def _now(holds: Callable[[], object]) -> object:
    try:
        return holds()
    except (psycopg.OperationalError, KeyError):  # being started; a work that has just left
        return False


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """With a database server of its own, which may die."""
    folder = tmp_path_factory.mktemp("crash")
    with postgres.running(folder / "postgres") as server:
        found: list[Gate] = []

        def gated(simulation_url: str) -> str:
            found.append(Gate(int(simulation_url.rpartition(":")[2])))
            return f"http://localhost:{found[0].port}"

        with world.running(server, folder, way_to_orcid=gated) as whole:
            life = Life(whole, found[0], folder / "postgres")
            life.permit()
            life.register(1)  # so that there is a pace to wait for
            life.is_settled()
            yield life


# --- how to hold the service at a step, and how to see that it is there ---------------------------


@contextmanager
def locked(life: Life, sql: str) -> Iterator[None]:
    """Somebody else's transaction holds these rows, so that the worker waits right there."""
    with psycopg.connect(life.whole.environ["DATABASE_URL"]) as connection:
        connection.execute(sql.encode())
        yield
        with suppress(psycopg.OperationalError):
            connection.rollback()


def at_the_queue(life: Life) -> AbstractContextManager[None]:
    """The claims are leased, and the worker waits for its place in the queue to ORCID."""
    return locked(life, "SELECT * FROM delivery_pace FOR UPDATE")


def at_orcid(life: Life) -> AbstractContextManager[None]:
    """ORCID is slow to do it."""
    for method in ("POST", "PUT", "DELETE"):
        life.orcid.faults.add(method=method, path_prefix="/v3.0", delay=3)
    return nullcontext()


def at_reading_back(life: Life) -> AbstractContextManager[None]:
    """ORCID has done it and nobody was told; the worker reads what became of it."""
    life.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="after")
    return at_reading(life)


def at_reading(life: Life) -> AbstractContextManager[None]:
    life.orcid.faults.add(method="GET", path_prefix="/v3.0", delay=3)
    return nullcontext()


def at_settling(life: Life) -> AbstractContextManager[None]:
    """The answer came; what it says cannot be written down yet."""
    return locked(life, "LOCK TABLE claims_attempt IN EXCLUSIVE MODE")


def at_comparing(life: Life) -> AbstractContextManager[None]:
    """The record has been read; what it has cannot be compared yet."""
    return locked(life, f"SELECT * FROM claims_claim WHERE orcid = '{JOSIAH}' FOR UPDATE")


def waits_for_a_lock(life: Life) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return bool(life.query(waiting))


def is_writing(life: Life) -> bool:
    return bool(life.orcid.journal.concurrent_writes[JOSIAH])


def is_reading(life: Life) -> bool:
    return not any(fault.method == "GET" for fault in life.orcid.faults.rules)


@dataclass(frozen=True)
class Step:
    name: str
    hold: Callable[[Life], AbstractContextManager[None]]
    reached: Callable[[Life], bool]
    cause: Callable[[Life], None]
    short: bool = False  # of the short choice
    kill: Callable[[Life], None] = Life.kill_worker


def add(count: int) -> Callable[[Life], None]:
    return lambda life: life.register(count)


def update(count: int) -> Callable[[Life], None]:
    return lambda life: life.rename(count)


def remove(count: int) -> Callable[[Life], None]:
    return lambda life: life.withdraw(count)


def compare(copies: int) -> Callable[[Life], None]:
    return lambda life: life.compare(copies)


STEPS = [
    Step("one, before sending", at_the_queue, waits_for_a_lock, add(1)),
    Step("four, before sending", at_the_queue, waits_for_a_lock, add(4), short=True),
    Step("one, while ORCID works", at_orcid, is_writing, add(1), short=True),
    Step("four, while ORCID works", at_orcid, is_writing, add(4), short=True),
    Step("four, while looking", at_reading_back, is_reading, add(4), short=True),
    Step("one, before settling", at_settling, waits_for_a_lock, add(1)),
    Step("four, before settling", at_settling, waits_for_a_lock, add(4), short=True),
    Step("an update, before sending", at_the_queue, waits_for_a_lock, update(2)),
    Step("an update, while ORCID works", at_orcid, is_writing, update(2)),
    Step("an update, before settling", at_settling, waits_for_a_lock, update(2)),
    Step("a removal, before sending", at_the_queue, waits_for_a_lock, remove(2)),
    Step("a removal, while ORCID works", at_orcid, is_writing, remove(2)),
    Step("a removal, before settling", at_settling, waits_for_a_lock, remove(2), short=True),
    Step("comparing, before reading", at_reading, is_reading, compare(0)),
    Step("comparing, before it is written", at_comparing, waits_for_a_lock, compare(1)),
    Step("comparing, while a copy is removed", at_orcid, is_writing, compare(1)),
    Step("the whole service", at_orcid, is_writing, add(4), kill=Life.kill_all, short=True),
    Step("the whole service, settling", at_settling, waits_for_a_lock, add(4), kill=Life.kill_all),
]


@pytest.fixture
def calm(life: Life) -> Iterator[Life]:
    """A worker that has started well, and no fault left over."""
    until("a worker that has started well", lambda: age(life.worker()) > HEALTHY_SECONDS)
    life.orcid.journal.most_concurrent_writes.clear()
    yield life
    life.orcid.faults.clear()


def age(process: psutil.Process) -> float:
    return time.time() - process.create_time()


@pytest.mark.parametrize("count", range(max(ROUNDS, 1)))
@pytest.mark.parametrize(
    "step", [pytest.param(step, id=step.name) for step in STEPS if ROUNDS or step.short]
)
def test_kill(calm: Life, step: Step, count: int) -> None:
    with ExitStack() as held:
        if step.hold in (at_the_queue, at_settling, at_comparing):
            calm.some(2)  # before anything is held
        held.enter_context(step.hold(calm))
        step.cause(calm)
        until("the step", lambda: step.reached(calm), told=calm.unsettled)
        step.kill(calm)
    if "comparing" in step.name:  # no claim waits for it, so the next one comes minutes later
        until("the end of the dead one's call", lambda: not is_writing(calm))
        calm.script("nudge([orcid], job='reconcile')")
    calm.is_settled()


def full(test: Any) -> Any:
    """Not of the short choice."""
    return pytest.mark.skipif(not ROUNDS, reason="with CRASH_ROUNDS")(
        pytest.mark.parametrize("count", range(ROUNDS))(test)
    )


# --- the database ---------------------------------------------------------------------------------


def test_the_database_is_stopped_and_started(calm: Life) -> None:
    """At once, while ORCID holds its answer back: what the worker has in hand cannot be settled."""
    at_orcid(calm)
    calm.register(3)
    until("a call under way", lambda: is_writing(calm))
    calm.stop_database(signal.SIGQUIT)
    calm.is_settled()


@full
def test_the_database_is_stopped_in_order(calm: Life, count: int) -> None:
    at_orcid(calm)
    calm.rename(2)
    until("a call under way", lambda: is_writing(calm))
    calm.stop_database(signal.SIGINT)
    calm.is_settled()


@full
def test_every_connection_to_the_database_is_cut(calm: Life, count: int) -> None:
    at_orcid(calm)
    calm.register(3)
    until("a call under way", lambda: is_writing(calm))
    calm.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    calm.is_settled()


# --- two workers ----------------------------------------------------------------------------------

HOLDER = (
    "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid) "
    "WHERE locktype = 'advisory' AND pg_stat_activity.datname = current_database()"
)


def who_writes(life: Life, second: psutil.Process) -> psutil.Process:
    """Of the two workers."""
    names = [name for (name,) in life.query(HOLDER)]
    return second if "second" in names else life.worker()


@full
def test_one_of_two_workers_dies(calm: Life, count: int) -> None:
    with calm.second_worker() as second:
        at_orcid(calm)
        calm.register(4)
        until("a call under way", lambda: is_writing(calm))
        who_writes(calm, second).kill()
        calm.is_settled()


@full
@pytest.mark.parametrize("hold", [at_orcid, at_the_queue])
def test_a_worker_stands_still_for_longer_than_its_lease(
    calm: Life, hold: Callable[[Life], AbstractContextManager[None]], count: int
) -> None:
    """It goes on where it was, and finds that its claims are somebody else's."""
    with calm.second_worker() as second, ExitStack() as held:
        held.enter_context(hold(calm))
        calm.register(4)
        until("the step", lambda: is_writing(calm) or waits_for_a_lock(calm))
        paused = who_writes(calm, second)
        paused.suspend()
        try:
            held.close()
            over = "UPDATE claims_claim SET lease_until = now() - interval '1 second' "
            calm.query(over + "WHERE state = 'working' RETURNING 1")
            until("the end of the lease", lambda: not calm.query(IN_HAND))
            if hold is at_the_queue:  # its machine is gone for the database, too
                calm.query(CUT_OFF, "second" if paused.pid == second.pid else "")
            time.sleep(3)
        finally:
            paused.resume()
        calm.is_settled()


IN_HAND = "SELECT 1 FROM claims_claim WHERE state = 'working'"
CUT_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity JOIN pg_locks USING (pid) "
    "WHERE locktype = 'advisory' AND application_name = %s"
)


# --- ORCID ----------------------------------------------------------------------------------------


def test_orcid_refuses_connections_for_a_while(calm: Life) -> None:
    """So long that the breaker opens; new works come all the time."""
    calm.gate.shut()
    for _ in range(4):
        calm.register(2)
        time.sleep(2)
    calm.gate.open()
    calm.is_settled()


@full
def test_orcid_is_down_for_minutes(calm: Life, count: int) -> None:
    """Refused connections, then 503, then silence; every few seconds a work comes or changes."""

    def news(seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            calm.register(1)
            time.sleep(5)

    calm.gate.shut()
    news(40)
    calm.gate.open()
    calm.orcid.faults.add(path_prefix="/v3.0", status=503, times=None)
    news(40)
    calm.gate.die()
    news(50)
    calm.gate.open()
    calm.orcid.faults.clear()
    calm.is_settled()


def test_orcid_asks_for_patience(calm: Life) -> None:
    """A storm of refusals, some with the time to wait, and a pace far below ours."""
    for status, headers in ((429, {"Retry-After": "2"}), (503, {"Retry-After": "1"}), (503, {})):
        calm.orcid.faults.add(path_prefix="/v3.0", status=status, headers=headers)
    calm.register(6)
    calm.is_settled(seconds=2 * BACK_WITHIN)


def test_permission_withdrawn_between_two_calls(calm: Life) -> None:
    """The first of two bulks is in; the second is refused and waits for a new permission."""
    calm.orcid.faults.add(method="POST", path_prefix="/v3.0", delay=2)
    calm.orcid.faults.add(method="POST", path_prefix="/v3.0", delay=2)
    there = len(calm.on_record())
    calm.register(15)
    until("the first call", lambda: is_writing(calm))
    calm.register(15)
    until("the first call's works", lambda: len(calm.on_record()) > there)
    calm.orcid.revoke_tokens(JOSIAH)
    held = "SELECT 1 FROM claims_claim WHERE reason = 'permission_ended'"
    until("claims held", lambda: calm.query(held), told=calm.unsettled)
    assert len(calm.on_record()) < len(calm.wanted)
    calm.permit()
    calm.is_settled()
