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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from profiles.config import SETTINGS
from profiles.simulator import server
from profiles.simulator.server import Simulation

READY_SECONDS = 60
STOP_SECONDS = 30


@dataclass
class World:
    url: str  # of the service
    simulation: Simulation
    log: Path  # what the service said
    environ: dict[str, str]  # the service's
    service: subprocess.Popen[bytes] = field(init=False)

    @property
    def pid(self) -> int:
        """Of the supervisor."""
        return self.service.pid

    def start(self) -> None:
        """The service; again, where it was killed."""
        port = urlsplit(self.url).port or 0
        command = [sys.executable, "-m", "profiles", "serve", "--migrate", "--port", str(port)]
        with self.log.open("a") as output:
            self.service = subprocess.Popen(command, env=self.environ, stdout=output, stderr=output)
        _wait(self.service, port, self.log)

    def stop(self) -> None:
        self.service.terminate()
        self.service.wait(STOP_SECONDS)


@contextmanager
def running(
    database_server: str,
    home: Path,
    *,
    way_to_orcid: Callable[[str], str] = str,
    more: Mapping[str, str] | None = None,
) -> Iterator[World]:
    """A service of its own on any free port, reading changed DOIs every second.

    `way_to_orcid` may put something between the service and ORCID's API; `more` are further
    settings.
    """
    url = f"http://localhost:{_free_port()}"
    simulation = server.start(service_url=url)
    try:
        with _database(database_server) as database_url:
            whole = World(
                url=url,
                simulation=simulation,
                log=home / "service.log",
                environ=_environment()
                | simulation.environment()
                | {
                    "DATABASE_URL": database_url,
                    "PROFILES_HOME": str(home),
                    "PROFILES_BASE_URL": url,
                    "ORCID_API_URL": way_to_orcid(simulation.orcid.url),
                    "HARVEST_SECONDS": "1",
                }
                | dict(more or {}),
            )
            try:
                whole.start()
                yield whole
            finally:
                whole.stop()
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
