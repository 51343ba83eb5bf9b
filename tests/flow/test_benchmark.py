"""The benchmarks with a database and workers, on a tiny scale: they run, they count, they clean up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest

SECONDS = 240  # at most, on a machine that has other things to do


class Place:
    """A folder that is the command's /tmp, so that what it leaves behind is seen."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "profiles", "benchmark", *words],
            env=os.environ | {"TMPDIR": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def figures(self, *words: str) -> dict[str, dict[str, Any]]:
        command = self.start(*words, "--json")
        try:
            out, err = command.communicate(timeout=SECONDS)
        finally:
            command.kill()  # what it started ends with it
        # Whether goals are met at this scale says nothing; that the command went to its end does.
        assert command.returncode in (0, 1), err.decode()
        assert out, err.decode()
        return {figure["name"]: figure for part in orjson.loads(out) for figure in part["figures"]}

    def left(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture
def place() -> Iterator[Place]:
    # A short name: the database's socket stands in it.
    with tempfile.TemporaryDirectory(prefix="measured-", ignore_cleanup_errors=True) as folder:
        yield Place(Path(folder))


TINY = ("deliver", "--persons", "4", "--works", "3", "--workers", "1")


def test_deliver_counts_what_reached_the_records(place: Place) -> None:
    found = place.figures(*TINY, "--part", "pace")
    assert found["DOIs exactly once"]["value"] == 4 * 3
    assert found["requests"]["value"] == 4  # each person's three in one
    assert found["works a request"]["value"] == 3
    assert found["refused for pace"]["value"] == 0
    assert found["most writes at once"]["value"] == 1
    assert 20 < found["a worker's memory"]["value"] < 250
    assert place.left() == []


def test_clicks_are_timed_from_the_wish_to_the_record(place: Place) -> None:
    clicks = ("--clicks", "8", "--clicks-a-second", "20", "--backlog", "12")
    found = place.figures(*TINY, *clicks, "--part", "clicks")
    assert 0 < found["click to record, p50"]["value"] <= found["click to record, p95"]["value"]
    assert found["click to record, p95"]["value"] <= found["click to record, longest"]["value"] < 60
    assert found["most writes at once"]["value"] == 1


def test_ledger_compares_the_same_steps_in_small_and_large(place: Place) -> None:
    found = place.figures("ledger", "--sizes", "10000", "--sizes", "11000", "--rounds", "5")
    assert {name for name, figure in found.items() if figure["unit"] == "×"} == {
        "pick the next persons",
        "look for claims that hang",
        "take 10 additions",
        "settle 10 together",
        "take one claim",
        "settle one",
    }
    assert found["claims read from end to end"]["value"] == 0
    assert place.left() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_it_leaves_nothing(place: Place, number: signal.Signals) -> None:
    command = place.start(*TINY, "--part", "clicks", "--backlog", "100", "--clicks-a-second", "0.1")
    try:
        end = time.monotonic() + SECONDS / 2
        while "worker" not in "".join(_children(command.pid)):
            assert command.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        _stop(command, number)
        assert command.returncode not in (0, None)
        assert place.left() == []
        assert not _children(command.pid)
    finally:
        command.kill()
        command.communicate()


def _stop(command: subprocess.Popen[str], number: signal.Signals) -> None:
    """A signal may fall into one of the moments in which Python lets no exception through."""
    for _ in range(3):
        os.kill(command.pid, number)
        with suppress(subprocess.TimeoutExpired):
            command.communicate(timeout=30)
            return
    raise AssertionError("it does not stop")


def _children(pid: int) -> list[str]:
    with suppress(psutil.Error):
        return [" ".join(child.cmdline()) for child in psutil.Process(pid).children(recursive=True)]
    return []
