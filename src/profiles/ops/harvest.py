"""`profiles harvest`: read changed DOIs from DataCite into the ledger."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from ..errors import BadInput, Unreachable
from .migrate import set_up_migrated


class NotATime(BadInput):
    """Not a time"""


def harvest(
    since: Annotated[
        str, typer.Option(help="Start here (2026-01-31, or 2026-01-31T12:00:00Z).")
    ] = "",
    until: Annotated[str, typer.Option(help="Stop here; without it: now.")] = "",
    once: Annotated[
        bool, typer.Option("--once", help="End when everything found is in the ledger.")
    ] = False,
) -> None:
    """Read changed DOIs from DataCite, and match them. Delivery is the worker's business.

    Goes on where the last harvest stopped, and repeats by itself until stopped.
    """
    begin, end = _time(since), _time(until)
    config = set_up_migrated()
    from ..pipeline.harvest import harvest as run  # noqa: PLC0415 (wants Django set up)
    from ..pipeline.services import services  # noqa: PLC0415

    broken = 0
    while True:
        try:
            found = run(services(), since=begin, until=end)
        except Unreachable as error:
            if once or end:
                raise
            typer.echo(f"profiles: {error.message}", err=True)
        else:
            for line in found.malformed:
                typer.echo(line, err=True)
            broken += len(found.malformed)
            if once or end or found.read:
                typer.echo(
                    f"read up to {found.until:%Y-%m-%d %H:%M:%SZ}: "
                    f"{found.read} works, {found.wishes} claims to deliver"
                )
        if once or end:
            raise typer.Exit(1 if broken else 0)
        begin = None
        time.sleep(config.harvest_seconds)


def _time(text: str) -> datetime | None:
    """Without an offset the time is UTC. Raises NotATime."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotATime(text, hint="Write it like 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
