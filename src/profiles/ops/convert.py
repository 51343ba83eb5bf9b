"""`profiles convert`: DataCite JSON in, one ORCID work a line out; what cannot be converted is named."""

from __future__ import annotations

import os
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from .. import config
from ..conversion import RefusedWork, render
from ..conversion import convert as to_orcid
from ..errors import MalformedRecord
from ..sources.datacite import envelope, reading


def convert(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="`-` or none: standard input.")
    ] = None,
) -> None:
    """Convert DataCite JSON (a record, a list, JSON Lines, an API page) to ORCID works.

    Exit code 1: some records could not be converted (all are named). 2: a file cannot be read.
    """
    orcid_host = config.load(os.environ).orcid_host
    failed = unreadable = False
    try:
        for name in files or ["-"]:
            try:
                failed |= _convert_file(name, orcid_host=orcid_host)
            except OSError as error:
                if isinstance(error, BrokenPipeError):
                    raise
                unreadable = True
                typer.echo(f"{name}: {error.strerror}. Give the path of a JSON file", err=True)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if failed or unreadable:
        raise typer.Exit(2 if unreadable else 1)


def _convert_file(name: str, *, orcid_host: str) -> bool:
    """Whether something could not be converted."""
    if name == "-":
        return _convert_stream("-", sys.stdin.buffer, orcid_host=orcid_host)
    with Path(name).open("rb") as stream:
        return _convert_stream(name, stream, orcid_host=orcid_host)


def _convert_stream(name: str, stream: BinaryIO, *, orcid_host: str) -> bool:
    out = sys.stdout.buffer
    failed = False
    for place, data in _records(stream):
        where = f"{name}:{place}"
        try:
            work = reading.read(data, orcid_host=orcid_host)
            where = f"{where} {work.doi}"
            out.write(render(to_orcid(work, orcid_host=orcid_host)) + b"\n")
        except (MalformedRecord, RefusedWork) as error:
            failed = True
            typer.echo(f"{where}: {error.detail}", err=True)
    return failed


def _records(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Each record with its place: the line in JSON Lines, else its number.

    JSON Lines are read line by line, so a file of any size will do.
    """
    first = stream.readline().removeprefix(BOM_UTF8)
    if _is_whole_object(first):
        yield from _of_lines(chain([first], stream))
        return
    whole = first + stream.read()
    lines = whole.strip().split(b"\n")
    if len(lines) > 1 and any(map(_is_whole_object, lines)) and not _is_json(whole):
        yield from _of_lines(lines)  # JSON Lines whose first line is broken
        return
    for number, data in enumerate(envelope.records(whole), start=1):
        yield str(number), data


def _of_lines(lines: Iterator[bytes] | list[bytes]) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found = envelope.records(line)
            for index, data in enumerate(found, start=1):
                yield str(number) if len(found) == 1 else f"{number}.{index}", data


def _is_whole_object(line: bytes) -> bool:
    return line.lstrip()[:1] == b"{" and _is_json(line)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
