"""`profiles benchmark`: how fast the parts are, measured so that anybody can repeat it."""

from __future__ import annotations

import typer

from .benchmarks.convert import convert
from .benchmarks.deliver import deliver
from .benchmarks.ledger import ledger

benchmark = typer.Typer(no_args_is_help=True, help="Measure how fast the parts are.")
for command in (convert, deliver, ledger):
    benchmark.command()(command)
