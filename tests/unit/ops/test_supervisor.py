"""Children that end, stubborn children, and an end that leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from profiles.ops.ports import require_port
from profiles.ops.supervisor import backoff

# A supervisor whose children are this script in place of the profiles command.
SUPERVISE = """
import os, sys
from profiles.ops import supervisor
sys.argv = [sys.argv[0], *sys.argv[1:]]
supervisor.COMMAND = [sys.executable, "-c", sys.argv[1]]
child = supervisor.Child("child", [], dict(os.environ))
sys.exit(supervisor.Supervisor([child]).run())
"""
# What a child starts with: it notes its process id, and ends with its supervisor.
CHILD = """
import os, sys, time, signal
from profiles.ops.parent import end_with
end_with(int(sys.argv[sys.argv.index("--parent") + 1]))
with open(os.environ["PIDS"], "a") as pids:
    print(os.getpid(), file=pids)
"""


def start(tmp_path: Path, then: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, CHILD + then],
        env=dict(os.environ) | {"PIDS": str(tmp_path / "pids")},
        stderr=subprocess.PIPE,
        text=True,
    )


def children(tmp_path: Path, count: int) -> list[psutil.Process | None]:
    """The first `count` children, once there are so many; None for one that has ended."""
    give_up = time.monotonic() + 20
    file = tmp_path / "pids"
    while time.monotonic() < give_up:
        pids = file.read_text().split() if file.exists() else []
        if len(pids) >= count:
            return [
                psutil.Process(int(pid)) if psutil.pid_exists(int(pid)) else None for pid in pids
            ]
        time.sleep(0.02)
    raise AssertionError("the children did not start")


def gone(process: psutil.Process | None) -> bool:
    if process is None:
        return True
    give_up = time.monotonic() + 10
    while time.monotonic() < give_up:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_signal_ends_all_and_is_no_failure(tmp_path: Path, number: int) -> None:
    supervisor = start(tmp_path, "time.sleep(60)")
    (child,) = children(tmp_path, 1)
    supervisor.send_signal(number)
    supervisor.communicate(timeout=10)
    assert supervisor.returncode == 0
    assert gone(child)


def test_a_dead_child_is_started_again_and_said_so(tmp_path: Path) -> None:
    supervisor = start(tmp_path, "time.sleep(60)")
    (child,) = children(tmp_path, 1)
    assert child is not None
    child.kill()
    children(tmp_path, 2)
    supervisor.terminate()
    _, log = supervisor.communicate(timeout=10)
    assert "child ended (SIGKILL); it starts again in 1 s" in log


def test_a_child_that_cannot_start_ends_all_with_its_code(tmp_path: Path) -> None:
    supervisor = start(tmp_path, "sys.exit(2)")
    supervisor.communicate(timeout=20)
    assert supervisor.returncode == 2


def test_a_killed_supervisor_leaves_no_child(tmp_path: Path) -> None:
    supervisor = start(tmp_path, "time.sleep(60)")
    (child,) = children(tmp_path, 1)
    supervisor.kill()
    supervisor.communicate(timeout=10)
    assert gone(child)


def test_asked_twice_it_does_not_wait_for_a_stubborn_child(tmp_path: Path) -> None:
    supervisor = start(
        tmp_path,
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "open(os.environ['PIDS'], 'a').write('0 ')\ntime.sleep(60)",
    )
    child, _ = children(tmp_path, 2)
    supervisor.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    supervisor.send_signal(signal.SIGINT)
    supervisor.communicate(timeout=10)
    assert time.monotonic() - began < 4
    assert gone(child)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        (1, 1),  # at once, nearly
        (2, 2),
        (5, 16),
        (6, 30),  # never longer
        (100, 30),
    ],
)
def test_each_early_death_doubles_the_wait(failures: int, seconds: float) -> None:
    assert backoff(failures) == seconds


def test_a_port_in_use_is_said_with_the_way_out() -> None:
    import socket

    from profiles.ops.errors import CannotStart

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"port {port} on 127.0.0.1 is in use.*--port"):
            require_port("127.0.0.1", port)
    require_port("127.0.0.1", port)
