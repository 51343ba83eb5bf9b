"""How far it has come: a bar on a terminal, now and then a plain line elsewhere. To stderr."""

from __future__ import annotations

import time
from collections.abc import Callable

import typer
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn

from ...errors import ProfilesError

LINE_SECONDS = 10.0
LOOK_SECONDS = 0.3
STUCK_SECONDS = 45.0


class GaveUp(ProfilesError):
    """It does not get on"""


def say(text: str) -> None:
    typer.echo(text, err=True)


def until_all(
    what: str,
    total: int,
    count: Callable[[], int],
    *,
    limit: float,
    watch: Callable[[], None],
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Wait until the count has reached the total. Raises GaveUp when it does not get there."""
    console = Console(stderr=True)
    begun = told = moved = time.monotonic()
    before = -1
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        while (now := count()) < total:
            watch()
            bar.update(task, completed=now)
            if now != before:
                before, moved = now, time.monotonic()
            stuck = time.monotonic() - moved > STUCK_SECONDS
            if stuck or time.monotonic() - begun > limit:
                raise GaveUp(f"{what}: {now:,} of {total:,} after {time.monotonic() - begun:.0f} s")
            if not console.is_terminal and time.monotonic() - told > LINE_SECONDS:
                told = time.monotonic()
                say(f"{what}: {now:,} of {total:,} after {told - begun:.0f} s")
            time.sleep(look_seconds)
        bar.update(task, completed=total)
