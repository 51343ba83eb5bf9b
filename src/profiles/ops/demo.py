"""`profiles demo`: the whole system on one machine, with simulated ORCID, Globus and DataCite.

It has a home of its own and takes no settings but PROFILES_HOME: nothing real is touched.
"""

from __future__ import annotations

import http.client
import os
import shutil
import sys
import time
import webbrowser
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from ..config import SETTINGS, load
from . import postgres
from .environment import prepare
from .errors import CannotStart
from .ports import require_port
from .serve import LOCAL, children, run_migrate
from .supervisor import Supervisor

if TYPE_CHECKING:
    from ..simulator.server import Simulation

PORT = 8000
MEMORY = "simulators"  # so that grants and claims of the last run meet an ORCID that knows them
READY_SECONDS = 60
STEPS = (
    "Sign In, then Sign in with Globus: choose an institution, Google or ORCID.",
    "Link your ORCID iD, and on Settings press Get ORCID Token.",
    "Press Update, tick Auto-update is enabled, and Save.",
    "Register a DOI with that iD at DataCite: seconds later it is on the ORCID record.",
)


def demo(
    port: Annotated[int, typer.Option(min=1, max=65532, help="First of four ports.")] = PORT,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the demo's earlier data.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
) -> None:
    """The whole system on this machine, with simulated services."""
    began = time.monotonic()
    for each in range(port, port + 4):
        require_port(LOCAL, each)
    home = load(os.environ).home / ("demo" if port == PORT else f"demo-{port}")
    if fresh:
        _forget(home)
    base_url = f"http://localhost:{port}"
    _settle({"PROFILES_HOME": str(home), "PROFILES_BASE_URL": base_url, "HARVEST_SECONDS": "1"})
    environ = dict(os.environ)

    def ready() -> None:
        if answers(port, seconds=READY_SECONDS):
            _welcome(environ, seconds=time.monotonic() - began)
            if not no_browser and _has_display():
                webbrowser.open(base_url)

    # The simulators are imported and started beside the database and its migrations.
    with ThreadPoolExecutor(1) as beside:
        starting: Future[Simulation] = beside.submit(_simulate, port, base_url, home / MEMORY)
        prepare()
        run_migrate(environ)
        simulation = starting.result()
    try:
        environ |= simulation.environment()
        crew = children(environ, host=LOCAL, port=port, concurrency=4)
        sys.exit(Supervisor(crew).run(started=ready))
    finally:
        simulation.stop()


def _simulate(port: int, service_url: str, memory_file: Path) -> Simulation:
    from ..simulator import server  # noqa: PLC0415 (half a second, spent beside other work)

    return server.start(
        host=LOCAL,
        orcid_port=port + 1,
        globus_port=port + 2,
        datacite_port=port + 3,
        service_url=service_url,
        memory_file=memory_file,
    )


def _settle(ours: Mapping[str, str]) -> None:
    """The demo's settings in place of all others."""
    for setting in SETTINGS:
        for name in (setting.name, f"{setting.name}_FILE"):
            os.environ.pop(name, None)
    os.environ.update(ours)


def _forget(home: Path) -> None:
    if postgres.is_up(home / "postgres"):
        raise CannotStart("the demo is running", hint="Stop it first")
    for name in ("postgres", "keys"):
        shutil.rmtree(home / name, ignore_errors=True)
    (home / MEMORY).unlink(missing_ok=True)


def answers(port: int, *, seconds: float) -> bool:
    """Wait for the web server's first answer, and say so where none comes."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        connection = http.client.HTTPConnection(LOCAL, port, timeout=5)
        try:
            connection.request("GET", "/health/live", headers={"Host": f"localhost:{port}"})
            return connection.getresponse().status < 500
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    typer.echo(
        f"profiles: http://localhost:{port} does not answer after {seconds:.0f} s. "
        "The lines above may say why; Ctrl-C stops everything.",
        err=True,
    )
    return False


def _welcome(environ: Mapping[str, str], *, seconds: float) -> None:
    addresses = Table.grid(padding=(0, 2))
    addresses.add_row("Profiles", f"[bold]{environ['PROFILES_BASE_URL']}[/]")
    addresses.add_row("ORCID, simulated", environ["ORCID_URL"])
    addresses.add_row("DataCite, simulated", environ["DATACITE_API_URL"])
    addresses.add_row("", "")
    for number, step in enumerate(STEPS, 1):
        addresses.add_row(f"{number:>16}", step)
    console = Console(highlight=False)
    console.print(Panel(addresses, title="DataCite Profiles", expand=False, padding=(1, 2)))
    console.print(f"ready in {seconds:.1f} s. Ctrl-C stops everything.")


def _has_display() -> bool:
    if sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
