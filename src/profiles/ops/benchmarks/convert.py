"""`profiles benchmark convert`: from DataCite's bytes to ORCID's bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ... import conversion
from ...errors import MalformedRecord, NotConvertible
from ...sources.datacite import reading

_REPOSITORY = Path(__file__).resolve().parents[4]
_SHARED = _REPOSITORY.parent / "shared" / "data" / "datacite"
_FIXTURES = _REPOSITORY / "tests" / "fixtures" / "records"


def convert(
    records: Annotated[
        Path | None, typer.Option(help="A JSON file, or a folder of them; else sample records.")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="The best of so many rounds counts.")] = 20,
) -> None:
    """Records a second from DataCite's bytes to ORCID's bytes, on one core."""
    found = _load([records] if records else _default_places())
    if not found:
        typer.echo(
            f"No records found in {records or _FIXTURES}. Name a folder: --records", err=True
        )
        raise typer.Exit(2)
    refused = sum(not _converts(data) for data in found)
    ours = parsing = float("inf")
    for _ in range(rounds):  # in turns, so that what disturbs the machine disturbs both
        ours = min(ours, _seconds_a_record(_converts, found))
        parsing = min(parsing, _seconds_a_record(orjson.loads, found))
    size = sum(map(len, found)) / len(found)
    typer.echo(f"records           {len(found):>10,}   {size:,.0f} bytes each")
    typer.echo(f"not convertible   {refused:>10,}   (they count as records)")
    typer.echo(f"records a second  {1 / ours:>10,.0f}   best of {rounds} rounds, one core")
    typer.echo(f"µs a record       {ours * 1e6:>10.1f}   bytes → work → ORCID work → bytes")
    typer.echo(
        f"orjson alone      {parsing * 1e6:>10.1f}   µs a record, only parsing the same JSON"
    )
    typer.echo(f"ratio to orjson   {ours / parsing:>10.2f}")


def _converts(data: bytes) -> bool:
    """Whether a record goes the whole way. The two refusals are answers too, and counted."""
    try:
        conversion.render(conversion.convert(reading.read(data)))
    except (MalformedRecord, NotConvertible):
        return False
    return True


def _seconds_a_record(function: Callable[[bytes], object], records: list[bytes]) -> float:
    started = time.perf_counter()
    for data in records:
        function(data)
    return (time.perf_counter() - started) / len(records)


def _default_places() -> list[Path]:
    shared = [_SHARED / "records", _SHARED / "derived-from-xml"]
    return shared if all(place.is_dir() for place in shared) else [_FIXTURES]


def _load(places: list[Path]) -> list[bytes]:
    """The records, compact as the API and the data file send them."""
    loaded = []
    for place in places:
        files = sorted(place.glob("*.json")) if place.is_dir() else [place]
        for file in files:
            try:
                plain = orjson.loads(file.read_bytes())
            except (OSError, orjson.JSONDecodeError) as error:
                typer.echo(f"{file}: cannot be read ({error})", err=True)
                raise typer.Exit(2) from None
            for one in plain if isinstance(plain, list) else [plain]:
                sample = isinstance(one, dict) and "record" in one
                loaded.append(orjson.dumps(one["record"] if sample else one))
    return loaded
