"""Figures, their goals, and the table that shows them. Pure but for the printing."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

import msgspec
import orjson
import typer
from rich.console import Console
from rich.table import Table

Bound = Literal["<", "≤", "=", "≥"]
Place = tuple[str, str]  # an iD and a DOI

_HOLDS: dict[Bound, Callable[[float, float], bool]] = {
    "<": lambda value, goal: value < goal,
    "≤": lambda value, goal: value <= goal,
    "=": lambda value, goal: value == goal,
    "≥": lambda value, goal: value >= goal,
}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured and, where there is one, what it should have been."""

    name: str
    value: float
    unit: str = ""
    bound: Bound | None = None
    goal: float = math.nan
    remark: str = ""

    @property
    def met(self) -> bool | None:
        """None without a goal."""
        return None if self.bound is None else _HOLDS[self.bound](self.value, self.goal)


class Part(msgspec.Struct, frozen=True):
    """Figures that were measured together."""

    title: str
    figures: tuple[Figure, ...]
    remarks: tuple[str, ...] = ()


def percentile(values: Collection[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed; NaN of nothing."""
    if not values:
        return math.nan
    return sorted(values)[max(math.ceil(share * len(values)), 1) - 1]


def least_seconds(requests: int, *, rate: float, burst: int) -> float:
    """What so many requests take at ORCID's pace, however quick we are."""
    return max(requests - burst, 0) / rate


def exactly_once(wanted: Collection[Place], found: Mapping[Place, Collection[float]]) -> int:
    """How many of those wanted are there, and there once."""
    return sum(len(found.get(one, ())) == 1 for one in wanted)


def report(parts: Sequence[Part], *, as_json: bool) -> None:
    """Print everything; ends the command with exit code 1 where a goal was missed."""
    if as_json:
        typer.echo(orjson.dumps([_plain(part) for part in parts], option=orjson.OPT_INDENT_2))
    else:
        for part in parts:
            _print(part)
    missed = [figure for part in parts for figure in part.figures if figure.met is False]
    if missed:
        names = ", ".join(figure.name for figure in missed)
        typer.echo(f"profiles: goals missed: {names}", err=True)
        raise typer.Exit(1)


def _plain(part: Part) -> dict[str, Any]:
    figures = [
        {
            "name": figure.name,
            "value": figure.value,
            "unit": figure.unit,
            "goal": None if figure.bound is None else f"{figure.bound} {figure.goal:g}",
            "met": figure.met,
            "remark": figure.remark,
        }
        for figure in part.figures
    ]
    return {"title": part.title, "figures": figures, "remarks": list(part.remarks)}


_MARKS = {True: "[green]✓[/]", False: "[bold red]✗ missed[/]", None: ""}


def _print(part: Part) -> None:
    table = Table(title=part.title, title_justify="left", box=None, pad_edge=False)
    table.add_column("measured")
    table.add_column("figure", justify="right")
    table.add_column("")
    table.add_column("goal", justify="right")
    table.add_column("")
    table.add_column("remark", style="dim")
    for figure in part.figures:
        goal = "" if figure.bound is None else f"{figure.bound} {shown(figure.goal)}"
        table.add_row(
            figure.name, shown(figure.value), figure.unit, goal, _MARKS[figure.met], figure.remark
        )
    console = Console(highlight=False)
    console.print()
    console.print(table)
    for remark in part.remarks:
        console.print(remark, markup=False, style="dim")


def shown(value: float) -> str:
    """As many digits as tell something."""
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "never"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
