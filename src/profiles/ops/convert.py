"""`profiles convert`: DataCite JSON in, one ORCID work a line out; what cannot be converted is named."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from ..conversion import RefusedWork, render
from ..conversion import convert as to_orcid
from ..errors import MalformedRecord
from ..sources.datacite import reading


class _Wrapped(msgspec.Struct):
    """What may stand around records: an answer of the API, or a sample of a collection."""

    data: msgspec.Raw = msgspec.Raw()
    record: msgspec.Raw = msgspec.Raw()


def convert(
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="`-` or none: standard input.")
    ] = None,
) -> None:
    """Convert DataCite JSON (a record, a list, JSON Lines, an API page) to ORCID works.

    Exit code 1: some records could not be converted (all are named). 2: a file cannot be read.
    """
    failed = unreadable = False
    try:
        for name in files or ["-"]:
            try:
                failed |= _convert_file(name)
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


def _convert_file(name: str) -> bool:
    """Whether something could not be converted."""
    if name == "-":
        return _convert_stream("-", sys.stdin.buffer)
    with Path(name).open("rb") as stream:
        return _convert_stream(name, stream)


def _convert_stream(name: str, stream: BinaryIO) -> bool:
    out = sys.stdout.buffer
    failed = False
    for place, data in _records(stream):
        where = f"{name}:{place}"
        try:
            work = reading.read(data)
            where = f"{where} {work.doi}"
            out.write(render(to_orcid(work)) + b"\n")
        except (MalformedRecord, RefusedWork) as error:
            failed = True
            typer.echo(f"{where}: {error.detail}", err=True)
    return failed


def _records(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Each record with its place: the line in JSON Lines, else its number.

    JSON Lines are read line by line, so a file of any size will do.
    """
    first = stream.readline().removeprefix(b"\xef\xbb\xbf")
    if _is_whole_object(first):
        yield from _of_lines(chain([first], stream))
        return
    whole = first + stream.read()
    lines = whole.strip().split(b"\n")
    if len(lines) > 1 and any(map(_is_whole_object, lines)) and not _is_json(whole):
        yield from _of_lines(lines)  # JSON Lines whose first line is broken
        return
    for number, data in enumerate(_unwrapped(whole), start=1):
        yield str(number), data


def _of_lines(lines: Iterator[bytes] | list[bytes]) -> Iterator[tuple[str, bytes]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found = _unwrapped(line)
            for index, data in enumerate(found, start=1):
                yield str(number) if len(found) == 1 else f"{number}.{index}", data


def _unwrapped(data: bytes) -> list[bytes]:
    """The records within a list, an API page or a sample; else the data as they are."""
    try:
        if data.lstrip()[:1] == b"[":
            return [bytes(one) for one in msgspec.json.decode(data, type=list[msgspec.Raw])]
        wrapped = msgspec.json.decode(data, type=_Wrapped)
    except (msgspec.DecodeError, RecursionError):
        return [data]  # reading says what is wrong
    if record := bytes(wrapped.record):
        return [record]
    inner = bytes(wrapped.data)
    return _unwrapped(inner) if inner[:1] == b"[" else [data]


def _is_whole_object(line: bytes) -> bool:
    return line.lstrip()[:1] == b"{" and _is_json(line)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
