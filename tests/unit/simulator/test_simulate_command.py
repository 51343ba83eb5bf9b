"""`profiles simulate` as somebody types it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import httpx2
import pytest

COMMAND = [sys.executable, "-m", "profiles", "simulate"]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def test_it_prints_the_environment_serves_and_ends_quietly() -> None:
    orcid, globus, datacite = free_ports(3)
    ports = ["--orcid-port", orcid, "--globus-port", globus, "--datacite-port", datacite]
    with subprocess.Popen(
        [*COMMAND, *map(str, ports), "--empty"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        lines = [running.stdout.readline().strip() for _ in range(12)]
        said = dict(line.removeprefix("export ").split("=", 1) for line in lines[3:])
        assert said["ORCID_URL"] == f"http://localhost:{orcid}"
        assert said["DATACITE_API_URL"] == f"http://localhost:{datacite}"
        assert httpx2.get(f"{said['DATACITE_API_URL']}/dois").json()["meta"]["total"] == 0
        running.send_signal(signal.SIGINT)
        assert running.wait(10) == 0
        assert running.stderr.read() == ""


def test_a_port_in_use_is_one_line_and_exit_code_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [*COMMAND, "--orcid-port", str(port)], capture_output=True, text=True, check=False
        )
    assert ended.returncode == 2
    assert str(port) in ended.stderr
    assert "--orcid-port" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("port", ["99999", "-5"])
def test_what_is_no_port_is_refused_as_wrong_use(port: str) -> None:
    words = [*COMMAND, "--orcid-port", port]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Input should be" in ended.stderr
    assert "Traceback" not in ended.stderr
