"""`profiles worker`: take jobs until told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from .migrate import set_up_migrated
from .parent import end_with


def worker(
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at the same time.")] = 4,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """A worker only."""
    if parent is not None:
        end_with(parent)
    set_up_migrated()
    from ..pipeline.worker import run  # noqa: PLC0415 (wants Django set up)

    run(concurrency)
