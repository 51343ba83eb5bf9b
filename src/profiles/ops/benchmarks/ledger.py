"""`profiles benchmark ledger`: what workers ask of the claims, the more claims there are."""

from __future__ import annotations

from typing import Annotated

import typer

from .figures import report
from .home import open_home

SIZES = [10_000, 1_000_000, 5_000_000]


def ledger(
    sizes: Annotated[
        list[int] | None,
        typer.Option("--sizes", min=10_000, help="Claims in the table; repeat it for each size."),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=5, max=500, help="The median of so many counts.")
    ] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Figures as JSON.")] = False,
) -> None:
    """Does it cost more to pick persons and settle claims when there are millions of them?"""
    open_home({"ORCID_CLIENT_ID": "APP-BENCHMARK", "ORCID_CLIENT_SECRET": "unused"})
    from .growth import measure  # noqa: PLC0415 (wants Django set up)

    report([measure(sorted(sizes or SIZES), rounds=rounds)], as_json=as_json)
