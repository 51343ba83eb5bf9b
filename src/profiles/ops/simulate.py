"""`profiles simulate`: the simulators alone, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Annotated, Any

import typer

from ..simulator import server


def _port(name: str) -> Any:  # noqa: ANN401 (as typer has it)
    return typer.Option(min=0, max=65535, help=f"Port of the simulated {name}; 0 is any free one.")


def simulate(
    *,
    orcid_port: Annotated[int, _port("ORCID")] = 8001,
    globus_port: Annotated[int, _port("Globus")] = 8002,
    datacite_port: Annotated[int, _port("DataCite")] = 8003,
    service_url: Annotated[
        str, typer.Option(help="Address of the service that will use them.")
    ] = "http://localhost:8000",
    empty: Annotated[
        bool, typer.Option("--empty", help="Start without sample persons and DOIs.")
    ] = False,
) -> None:
    """Run stand-ins of ORCID, Globus and DataCite on this machine.

    Prints their addresses and the environment that points a service at them.
    """
    simulation = server.start(
        orcid_port=orcid_port,
        globus_port=globus_port,
        datacite_port=datacite_port,
        service_url=service_url,
        seeded=not empty,
    )
    typer.echo(f"# ORCID     {simulation.orcid.url}")
    typer.echo(f"# Globus    {simulation.globus.url}")
    typer.echo(f"# DataCite  {simulation.datacite.url}")
    for name, value in simulation.environment().items():
        typer.echo(f"export {name}={value}")
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    ended.wait()
    simulation.stop()
