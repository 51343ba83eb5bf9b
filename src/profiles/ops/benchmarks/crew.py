"""The workers as the service really runs them, and what they cost."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import typer

from ...errors import ProfilesError
from ..supervisor import COMMAND

STOP_SECONDS = 10
LOOK_SECONDS = 0.25  # between two looks at the memory
LAST_WORDS = 2000  # characters of the log that are shown when a worker dies


class WorkerDied(ProfilesError):
    """A worker has died"""


class Crew:
    """Some worker processes, and the most memory that one of them was seen to hold."""

    def __init__(
        self, count: int, *, concurrency: int, environ: Mapping[str, str], log: Path
    ) -> None:
        self.log = log
        self.peak = 0  # bytes
        self._ended = threading.Event()
        command = [*COMMAND, "worker", "--concurrency", str(concurrency)]
        command += ["--parent", str(os.getpid())]
        with log.open("ab") as output:
            self._children = [
                subprocess.Popen(  # noqa: S603 (our own arguments)
                    command,
                    env=dict(environ),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
                for _ in range(count)
            ]
        self.processes = [psutil.Process(child.pid) for child in self._children]
        threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            for process in self.processes:
                with suppress(psutil.Error):
                    self.peak = max(self.peak, process.memory_info().rss)

    def require_alive(self) -> None:
        """Raises WorkerDied."""
        if any(child.poll() is not None for child in self._children):
            raise WorkerDied("the lines above may say why")

    def last_words(self) -> str:
        return self.log.read_text(errors="replace")[-LAST_WORDS:]

    def stop(self) -> None:
        self._ended.set()
        for child in self._children:
            child.terminate()
        for child in self._children:
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
            if child.poll() is None:
                child.kill()
                child.wait()


@contextmanager
def working(
    count: int, *, concurrency: int, environ: Mapping[str, str], log: Path
) -> Iterator[Crew]:
    crew = Crew(count, concurrency=concurrency, environ=environ, log=log)
    try:
        yield crew
    except ProfilesError:
        typer.echo(crew.last_words(), err=True)
        raise
    finally:
        crew.stop()


class Cpu(NamedTuple):
    """Seconds, in user and system mode."""

    workers: float
    database: float
    simulators: float
    busy: float  # of all processors, whoever used them
    possible: float

    @property
    def others(self) -> float:
        """What share of the processors was used by what has nothing to do with it."""
        ours = self.workers + self.database + self.simulators
        return max(self.busy - ours, 0.0) / self.possible if self.possible else 0.0

    def since(self, earlier: Cpu) -> Cpu:
        return Cpu(*(now - then for now, then in zip(self, earlier, strict=True)))


def cpu(crew: Crew, *, database: psutil.Process, simulators: psutil.Process) -> Cpu:
    machine = psutil.cpu_times()
    resting = machine.idle + getattr(machine, "iowait", 0.0)
    return Cpu(
        busy=sum(machine) - resting,
        possible=sum(machine),
        workers=sum(map(_own, crew.processes)),
        database=_own(database) + _of_the_dead(database) + sum(map(_own, database.children())),
        simulators=_own(simulators),
    )


def _own(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _of_the_dead(process: psutil.Process) -> float:
    """What children used that have ended."""
    times = process.cpu_times()
    return float(times.children_user + times.children_system)
