"""`profiles serve` and `profiles demo` as an operator meets them: start, mistakes, and the end."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="profiles-") as folder:
        yield Path(folder)


def start(home: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "profiles", *words],
        env={"PATH": os.environ["PATH"], "PROFILES_HOME": str(home), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for first in range(20_000 + os.getpid() % 10_000, 40_000, count):
        if all(is_free(port) for port in range(first, first + count)):
            return first
    raise AssertionError("no free ports")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def answers(port: int, path: str = "/health/live") -> bool:
    give_up = time.monotonic() + 90
    while time.monotonic() < give_up:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return False


def nothing_left(home: Path, *processes: psutil.Process) -> bool:
    """None of these processes, and none that names this home or works in it."""
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        if not any(map(lives, processes)) and not any(
            belongs(p, home) for p in psutil.process_iter()
        ):
            return True
        time.sleep(0.1)
    return False


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def belongs(process: psutil.Process, home: Path) -> bool:
    try:
        return str(home) in " ".join(process.cmdline())
    except psutil.Error:
        return False


def test_an_unprepared_database_is_one_line_and_code_2(home: Path) -> None:
    served = start(home, "serve", "--port", str(free_ports(1)))
    _, errors = served.communicate(timeout=90)
    assert served.returncode == 2
    (line,) = errors.splitlines()
    assert "Run `profiles migrate` first" in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_told_to_stop_and_leaves_nothing(home: Path, number: int) -> None:
    port = free_ports(1)
    served = start(home, "serve", "--migrate", "--port", str(port))
    assert answers(port)
    family = psutil.Process(served.pid).children(recursive=True)
    assert len(family) >= 3  # web, its worker process, the worker
    began = time.monotonic()
    served.send_signal(number)
    _, errors = served.communicate(timeout=60)
    assert time.monotonic() - began < 15
    assert served.returncode == 0
    assert "Traceback" not in errors
    assert nothing_left(home, *family)


def test_a_killed_supervisor_leaves_no_process(home: Path) -> None:
    port = free_ports(1)
    served = start(home, "serve", "--migrate", "--port", str(port))
    assert answers(port)
    family = psutil.Process(served.pid).children(recursive=True)
    served.kill()
    served.communicate(timeout=30)
    assert nothing_left(home, *family)


def test_the_demo_is_ready_says_where_and_leaves_nothing(home: Path) -> None:
    port = free_ports(4)
    demo = start(home, "demo", "--port", str(port), "--no-browser")
    assert demo.stdout is not None
    said = []
    for line in demo.stdout:
        said.append(line)
        if line.startswith("ready in"):
            break
    assert f"http://localhost:{port}" in "".join(said)
    assert f"http://localhost:{port + 1}" in "".join(said)
    second = start(home, "demo", "--port", str(port), "--no-browser")
    _, errors = second.communicate(timeout=60)
    assert second.returncode == 2
    assert f"port {port} on 127.0.0.1 is in use. Choose another with --port" in errors
    family = psutil.Process(demo.pid).children(recursive=True)
    demo.send_signal(signal.SIGINT)
    demo.communicate(timeout=60)
    assert demo.returncode == 0
    assert nothing_left(home, *family)


@pytest.mark.parametrize("command", [("claims", "list"), ("people", "list"), ("harvest", "--once")])
def test_a_command_on_an_empty_database_says_how_to_mend_it(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    environ = {**os.environ, "PROFILES_HOME": str(tmp_path)}
    environ.pop("DATABASE_URL", None)
    found = subprocess.run(
        [sys.executable, "-m", "profiles", *command],
        env=environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert found.returncode == 2
    assert found.stderr.splitlines()[-1].endswith("Run `profiles migrate` first")
    assert "Traceback" not in found.stderr
