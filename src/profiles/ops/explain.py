"""`profiles explain`: rule by rule, why a DOI is or is not sent. Needs a database only for --person."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx2
import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .. import config
from ..config import Config
from ..errors import BadInput, MalformedRecord, NotADoi, UnexpectedAnswer
from ..matching import (
    AUDIENCES,
    WORDS,
    Answer,
    Evaluation,
    Policy,
    Verdict,
    claimants,
    evaluate,
    evaluation_lines,
    mend,
)
from ..sources.datacite import envelope, reading
from ..sources.datacite.client import DataCite
from ..values import doi, orcid_id
from ..values.orcid_id import OrcidId
from ..values.work import Contributor, RejectedId, Work
from .migrate import set_up_migrated

TRIES = 2  # somebody is waiting

MARKS = {
    Answer.YES: Text("yes", "green"),
    Answer.NO: Text("no", "bold red"),
    Answer.HOLD: Text("hold", "yellow"),
    Answer.PROPOSE: Text("ask", "yellow"),
    Answer.IGNORED: Text("–", "dim"),
    Answer.UNKNOWN: Text("?", "dim"),
}
VERDICTS = {
    Verdict.SEND: "sent, if the researcher allows it",
    Verdict.HOLD: "held",
    Verdict.PROPOSE: "proposed to the researcher",
    Verdict.NO: "not sent",
}


def explain(
    doi_or_file: Annotated[
        str, typer.Argument(metavar="DOI-or-FILE", help="A DOI, or a file with its DataCite JSON.")
    ],
    orcid: Annotated[
        str | None,
        typer.Option("--orcid", metavar="iD", help="Only this iD; else each iD in the record."),
    ] = None,
    person: Annotated[
        bool,
        typer.Option("--person", help="With permission, own wishes and blocks, from the database."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Rule by rule, why the DOI is or isn't sent."""
    settings = config.load(os.environ)
    wanted = None if orcid is None else orcid_id.parse(orcid, host=settings.orcid_host)
    work = _work(doi_or_file, settings)
    orcids = claimants(work) if wanted is None else (wanted,)
    judge = _with_the_person() if person else _by_metadata(settings)
    evaluations = [judge(work, each) for each in orcids]
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(as_data(work, evaluations))))
    else:
        _show(work, evaluations)


def _by_metadata(settings: Config) -> Callable[[Work, OrcidId], Evaluation]:
    policy = Policy(exclude_prefixes=settings.exclude_prefixes, part_rule=settings.part_rule)
    return lambda work, orcid: evaluate(work, orcid, policy=policy)


def _with_the_person() -> Callable[[Work, OrcidId], Evaluation]:
    set_up_migrated()
    from ..pipeline.explain import evaluation_of  # noqa: PLC0415 (wants Django set up)

    return evaluation_of


def as_data(work: Work, evaluations: list[Evaluation]) -> dict[str, Any]:
    """What --json prints; documented in docs/rules.md."""
    return {
        "doi": work.doi,
        "claimants": claimants(work),
        "unusable": [_unusable(*each) for each in _rejected(work)],
        "evaluations": [
            {
                "orcid": evaluation.orcid,
                "verdict": evaluation.verdict,
                "reason": evaluation.reason,
                "rules": [
                    {
                        "rule": line.rule,
                        "title": line.title,
                        "code": line.code,
                        "outcome": line.outcome,
                        "words": line.words,
                        "looked_at": [str(fact) for fact in line.looked_at],
                        "mend": {reader: mend(line.code, reader) for reader in AUDIENCES},
                    }
                    for line in evaluation_lines(evaluation, "staff")
                ],
            }
            for evaluation in evaluations
        ],
    }


def _work(doi_or_file: str, settings: Config) -> Work:
    """From the file of that name, else from DataCite. Raises ProfilesError."""
    data = _content(doi_or_file)
    if data is not None:
        found = envelope.records(data)
        if len(found) != 1:
            raise BadInput(
                f"{doi_or_file}: {len(found)} records", hint="Give a file with one record"
            )
        try:
            return reading.read(found[0], orcid_host=settings.orcid_host)
        except MalformedRecord as error:
            raise MalformedRecord(f"{doi_or_file}: {error.detail}") from error
    try:
        name = doi.parse(doi_or_file)
    except NotADoi as error:
        raise BadInput(f"{doi_or_file!r} is no file, and no DOI either", hint=error.hint) from error
    with httpx2.Client(timeout=30.0) as http:
        try:
            return DataCite.configured(http, settings, tries=TRIES).work(name)
        except MalformedRecord as error:  # not of the caller's making
            raise UnexpectedAnswer(f"DataCite's record of {name}: {error.detail}") from error


def _content(name: str) -> bytes | None:
    """Of the file of that name; None where there is none, nor could be."""
    path = Path(name)
    try:
        exists = path.exists()
    except (OSError, ValueError):  # too long, or with a character that no name has
        return None
    try:
        return path.read_bytes() if exists else None
    except OSError as error:
        raise BadInput(f"{name}: {error.strerror}") from error


def _show(work: Work, evaluations: list[Evaluation]) -> None:
    console = Console(markup=False, emoji=False, highlight=False)
    console.print(f"DOI {work.doi}: {work.titles[0].text if work.titles else 'no title'}")
    if not evaluations:
        console.print("The record names no ORCID iD that can be used, so it is sent to nobody.")
        for each in _rejected(work):
            found = _unusable(*each)
            console.print("  {place}: {name}, {raw!r}, {reason}".format(**found))
    for evaluation in evaluations:
        console.print()
        console.print(_headline(evaluation))
        console.print(_table(evaluation))


def _headline(evaluation: Evaluation) -> str:
    line = f"{evaluation.orcid}: {VERDICTS[evaluation.verdict]}"
    return f"{line}. {WORDS[evaluation.reason].says}" if evaluation.reason else line


def _table(evaluation: Evaluation) -> Table:
    table = Table("", "Rule", "Looked at", "Answer", "What would change it")
    lines = evaluation_lines(evaluation, "staff")
    for line in lines:
        if line.outcome is not Answer.UNKNOWN:
            table.add_row(
                MARKS[line.outcome],
                Text(f"{line.rule} {line.title}"),
                Text("\n".join(map(str, line.looked_at))),
                Text(line.words),
                Text(line.mend),
            )
    if any(line.outcome is Answer.UNKNOWN for line in lines):
        table.add_row(
            MARKS[Answer.UNKNOWN],
            Text("R15 Permission and own wishes"),
            Text("permission: not looked at"),
            Text(WORDS["person_unknown"].says),
            Text(""),
        )
    return table


def _rejected(work: Work) -> Iterator[tuple[str, Contributor, RejectedId]]:
    for place, entries in (("creators", work.creators), ("contributors", work.contributors)):
        for entry in entries:
            for each in entry.rejected:
                yield place, entry, each


def _unusable(place: str, entry: Contributor, each: RejectedId) -> dict[str, str]:
    return {
        "place": place,
        "name": entry.name,
        "raw": each.raw,
        "scheme": each.scheme,
        "reason": orcid_id.REASONS.get(each.reason, each.reason),
    }
