"""The real whole for tests: the simulators in this process, web and worker beside it, a database.

Nothing is shared but the wire, so a test sees what a person, ORCID and DataCite see.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psycopg

from profiles.config import SETTINGS
from profiles.simulator import server
from profiles.simulator.server import Simulation

READY_SECONDS = 60
STOP_SECONDS = 30


class World(NamedTuple):
    url: str  # of the service
    simulation: Simulation
    log: Path  # what the service said
    pid: int  # of the supervisor
    environ: dict[str, str]  # the service's


@contextmanager
def running(database_server: str, home: Path, **settings: str) -> Iterator[World]:
    """A service of its own on any free port, reading changed DOIs every second."""
    port = _free_port()
    url = f"http://localhost:{port}"
    log = home / "service.log"
    simulation = server.start(service_url=url)
    try:
        with _database(database_server) as database_url, log.open("w") as output:
            environ = _environment() | simulation.environment()
            environ |= {
                "DATABASE_URL": database_url,
                "PROFILES_HOME": str(home),
                "PROFILES_BASE_URL": url,
                "HARVEST_SECONDS": "1",
            } | settings
            command = [sys.executable, "-m", "profiles", "serve", "--migrate", "--port", str(port)]
            service = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
            try:
                _wait(service, port, log)
                yield World(url, simulation, log, service.pid, environ)
            finally:
                service.terminate()
                service.wait(STOP_SECONDS)
    finally:
        simulation.stop()


def _environment() -> dict[str, str]:
    """Ours without any of the service's settings."""
    ours = {setting.name for setting in SETTINGS}
    return {
        name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in ours
    }


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    name = f"profiles_world_{os.getpid()}_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server_url, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _wait(service: subprocess.Popen[bytes], port: int, log: Path) -> None:
    give_up = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up:
        if service.poll() is not None:
            break
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health/ready", headers={"Host": f"localhost:{port}"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise AssertionError(f"the service did not get ready:\n{log.read_text()[-4000:]}")
