"""The simulators' servers: three ports, one process, one daemon thread."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from ..errors import Misconfigured
from . import control, memory, seed
from .datacite.simulator import DataCiteSimulator
from .globus.simulator import GlobusSimulator
from .memory import Memory
from .orcid import webhooks
from .orcid.member_api import PUBLIC
from .orcid.simulator import OrcidSimulator
from .wire import Protocol

ADDRESS: Final = "127.0.0.1"


class _Server(uvicorn.Server):
    """Uvicorn in a thread that is not the main one, and that ends at once when asked."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = asyncio.Event()

    def install_signal_handlers(self) -> None:
        """Signals belong to the program around."""

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter = (counter + 10) % 864_000
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), 1)

    def end(self) -> None:
        self.should_exit = True
        self.force_exit = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._asked.set)


class Simulation:
    """The state of all simulators and, after `start`, their running servers."""

    def __init__(self, *, service_url: str, memory: Memory | None = None) -> None:
        self.memory = memory or Memory.empty()
        self.clock = self.memory.clock
        self.service_url = service_url.rstrip("/")
        self.orcid = OrcidSimulator(registry=self.memory.registry)
        self.globus = GlobusSimulator(accounts=self.memory.accounts)
        self.datacite = DataCiteSimulator(store=self.memory.store)
        self.orcid_client = seed.orcid_client(self.orcid, self.service_url)
        self.globus_client = seed.globus_client(self.globus, self.service_url)
        self.datacite.people = lambda: [
            (f"{one.family_name}, {one.given_names}", one.orcid)
            for one in self.orcid.registry.people.values()
        ]
        self.memory_file: Path | None = None  # where to remember all this after `stop`
        self._servers: list[_Server] = []
        self._thread: threading.Thread | None = None

    def environment(self) -> dict[str, str]:
        """What points the service at these simulators."""
        return {
            "ORCID_URL": self.orcid.url,
            "ORCID_API_URL": self.orcid.url,
            "ORCID_PUBLIC_API_URL": f"{self.orcid.url}{PUBLIC}",
            "ORCID_CLIENT_ID": self.orcid_client.id,
            "ORCID_CLIENT_SECRET": self.orcid_client.secret,
            "GLOBUS_URL": self.globus.url,
            "GLOBUS_CLIENT_ID": self.globus_client.id,
            "GLOBUS_CLIENT_SECRET": self.globus_client.secret,
            "DATACITE_API_URL": self.datacite.url,
        }

    def serve(self, sockets: list[socket.socket]) -> None:
        """Listen in a daemon thread; returns when all answer."""
        apps: list[ASGIApp] = [
            simulator.app(control.routes(simulator))
            for simulator in (self.orcid, self.globus, self.datacite)
        ]
        self._servers = [
            _Server(
                uvicorn.Config(
                    app,
                    http=Protocol,
                    ws="none",
                    lifespan="off",
                    log_config=None,
                    access_log=False,
                    server_header=False,
                )
            )
            for app in apps
        ]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(sockets, ready), name="simulators", daemon=True
        )
        self._thread.start()
        ready.wait(10)

    def _run(self, sockets: list[socket.socket], ready: threading.Event) -> None:
        async def all_of_them() -> None:
            tasks = [
                asyncio.create_task(server.serve(sockets=[listening]))
                for server, listening in zip(self._servers, sockets, strict=True)
            ]
            while not all(server.started for server in self._servers):
                await asyncio.sleep(0.005)
            ready.set()
            telling = asyncio.create_task(self._tell_of_changes())
            await asyncio.gather(*tasks)
            telling.cancel()

        asyncio.run(all_of_them())

    async def _tell_of_changes(self) -> None:
        """Webhooks, a batch every five minutes by the simulators' clock."""
        last = self.clock.now()
        while True:
            await asyncio.sleep(1)
            if self.clock.now() >= last + webhooks.BATCH:
                last = self.clock.now()
                await asyncio.to_thread(self.orcid.deliver_webhooks)

    def stop(self) -> None:
        for server in self._servers:
            server.end()
        if self._thread is not None:
            self._thread.join(5)
        if self.memory_file is not None:
            memory.save(self.memory, self.memory_file)


def listen(host: str, port: int, *, option: str) -> socket.socket:
    """A bound socket; a port in use is a wrong setting, said in one line."""
    # The protocol is named, because asyncio sets TCP_NODELAY only where it is; without that every
    # answer waits 40 ms for a delayed acknowledgement.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"port {port} cannot be used ({error.strerror})",
            hint=f"Choose another with {option}",
        ) from None
    listening.listen(128)
    return listening


def start(
    *,
    host: str = ADDRESS,
    orcid_port: int = 0,
    globus_port: int = 0,
    datacite_port: int = 0,
    service_url: str = "http://localhost:8000",
    seeded: bool = True,
    memory_file: Path | None = None,
) -> Simulation:
    """Run the simulators; port 0 is any free port. Raises Misconfigured for a port in use.

    With a `memory_file` they go on where they were stopped the last time.
    """
    known = memory.load(memory_file) if memory_file else None
    simulation = Simulation(service_url=service_url, memory=known)
    simulation.memory_file = memory_file
    wanted = (
        (simulation.orcid, orcid_port, "--orcid-port"),
        (simulation.globus, globus_port, "--globus-port"),
        (simulation.datacite, datacite_port, "--datacite-port"),
    )
    sockets: list[socket.socket] = []
    try:
        for simulator, port, option in wanted:
            listening = listen(host, port, option=option)
            sockets.append(listening)
            # The name, not the number: sign-in cookies and redirect URIs are told by host name.
            simulator.url = f"http://localhost:{listening.getsockname()[1]}"
    except Misconfigured:
        for listening in sockets:
            listening.close()
        raise
    if seeded and known is None:
        seed.fill(simulation.orcid, simulation.globus, simulation.datacite)
    simulation.serve(sockets)
    return simulation
