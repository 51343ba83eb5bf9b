"""`profiles benchmark deliver`: real workers against the simulated ORCID, on this machine alone."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from .figures import report
from .home import open_home


class Which(StrEnum):
    PACE = "pace"
    SPEED = "speed"
    CLICKS = "clicks"


def deliver(
    *,
    persons: Annotated[int, typer.Option(min=1, help="Persons with permission.")] = 2000,
    works: Annotated[int, typer.Option(min=1, help="New DOIs of each.")] = 10,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 2,
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at a time in each.")] = 4,
    rate: Annotated[float, typer.Option(min=0.1, help="Requests a second that ORCID takes.")] = 24,
    burst: Annotated[int, typer.Option(min=2, help="Requests that ORCID takes at once.")] = 40,
    backlog: Annotated[
        int, typer.Option(min=1, help="Claims that wait while persons click.")
    ] = 100_000,
    clicks: Annotated[int, typer.Option(min=1, help="Persons' own wishes.")] = 300,
    clicks_a_second: Annotated[float, typer.Option(min=0.1, help="On average.")] = 4,
    limit: Annotated[int, typer.Option(min=1, help="Seconds that each part may take.")] = 900,
    fed: Annotated[
        bool,
        typer.Option(
            "--fed", help="No nudge with each wish: the feed finds them, as after an outage."
        ),
    ] = False,
    part: Annotated[
        list[Which] | None, typer.Option(help="Only this one (may be repeated); else all.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON.")] = False,
) -> None:
    """Delivery against the simulated ORCID: its pace, our speed, and persons who wait."""
    # In this order: the simulators' addresses are settings, and Django wants them.
    from .stand_ins import Remote  # noqa: PLC0415 (imported only where it is called)

    stand_ins = Remote()
    home = open_home({**stand_ins.environment(), "HARVEST_SECONDS": "59"})
    from .delivering import Ground, Size  # noqa: PLC0415 (wants Django set up)

    ground = Ground(
        Size(
            persons=persons,
            works=works,
            workers=workers,
            concurrency=concurrency,
            rate=rate,
            burst=burst,
            backlog=backlog,
            clicks=clicks,
            clicks_a_second=clicks_a_second,
            limit=limit,
            fed=fed,
        ),
        stand_ins=stand_ins,
        home=home,
    )
    parts = {Which.PACE: ground.pace, Which.SPEED: ground.speed, Which.CLICKS: ground.clicking}
    report([parts[name]() for name in part or parts], as_json=as_json)
