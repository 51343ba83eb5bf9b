"""The simulators in a process of their own, told what to do through a pipe."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import psutil

from ...simulator import server
from ..closing import until_exit

SCOPE = "openid /read-limited /activities/update"
STOP_SECONDS = 5


class Seen(NamedTuple):
    """What ORCID's side saw since it was emptied."""

    requests: int  # to the Member API
    refused: int  # too fast
    most_at_once: int  # writes to one record
    works: dict[tuple[str, str], list[float]]  # when each (iD, DOI) came, as often as it is there


class StandIns:
    """The far end of the pipe: each method is called by its name."""

    def __init__(self) -> None:
        self.simulation = server.start(seeded=False)
        self.orcid = self.simulation.orcid

    def environment(self) -> dict[str, str]:
        return self.simulation.environment()

    def people(self, count: int) -> list[tuple[str, str]]:
        """iD and token of so many persons who have given their permission."""
        client = self.simulation.orcid_client.id
        made = [self.orcid.add_person("Josiah", f"Carberry {number}") for number in range(count)]
        return [
            (one.orcid, self.orcid.grant(one.orcid, client_id=client, scope=SCOPE).access)
            for one in made
        ]

    def empty(self, *, rate: float, burst: int, enforced: bool) -> None:
        """Records and journal as on the first day; persons and tokens stay."""
        self.orcid.registry.records.clear()
        self.orcid.registry.inboxes.clear()
        self.orcid.journal.entries = deque()  # all of them, however many
        self.orcid.journal.most_concurrent_writes.clear()
        limiter = type(self.orcid.limiter)(rate=rate, burst=burst, enforced=enforced)
        self.orcid.limiter = limiter

    def count(self) -> int:
        # list: the server's thread goes on meanwhile, here and below.
        return sum(len(record.works) for record in list(self.orcid.registry.records.values()))

    def arrivals(self, wanted: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
        """When these (iD, DOI) came; those that are not there are left out."""
        found = {}
        for orcid, doi in wanted:
            works = self.orcid.registry.records[orcid].sharing("doi", doi)
            if works:
                found[orcid, doi] = works[0].created / 1000
        return found

    def seen(self) -> Seen:
        works: dict[tuple[str, str], list[float]] = {}
        for orcid, record in list(self.orcid.registry.records.items()):
            for work in list(record.works.values()):
                doi = next(value for rel, kind, value in work.ids if (rel, kind) == ("self", "doi"))
                works.setdefault((orcid, doi), []).append(work.created / 1000)
        entries = list(self.orcid.journal.entries)
        return Seen(
            requests=sum(entry.path.startswith("/v3.0") for entry in entries),
            refused=self.orcid.limiter.violations,
            most_at_once=max(self.orcid.concurrent_writes.values(), default=0),
            works=works,
        )


def _serve(pipe: Connection) -> None:
    """Until the other end is closed, by whatever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other end's business
    stand_ins = StandIns()
    with suppress(EOFError, BrokenPipeError):
        while True:
            name, given, named = pipe.recv()
            pipe.send(getattr(stand_ins, name)(*given, **named))
    stand_ins.simulation.stop()


class Remote:
    """The near end: `remote.count()` asks the other process for its count."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # nothing of ours goes along
        self._pipe, far = context.Pipe()
        child = context.Process(target=_serve, args=(far,), name="stand-ins", daemon=True)
        child.start()
        far.close()
        self.process = psutil.Process(child.pid)

        def stop() -> None:
            self._pipe.close()
            child.join(STOP_SECONDS)
            if child.is_alive():
                child.kill()

        until_exit.callback(stop)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (whatever the far end answers)
        def ask(*given: object, **named: object) -> Any:  # noqa: ANN401
            self._pipe.send((name, given, named))
            return self._pipe.recv()

        return ask
