"""`profiles claims`: what support staff can see and do."""

from __future__ import annotations

import csv
import getpass
import sys
import uuid
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ..errors import BadInput
from ..values import doi as dois
from ..values import orcid_id
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from .migrate import set_up_migrated

if TYPE_CHECKING:
    from ..claims.queries import ClaimDetail, ClaimRow

app = typer.Typer(
    help="Claims: list, show, retry, remove, block, unblock, export.", no_args_is_help=True
)
console = Console(markup=False, emoji=False, highlight=False)  # a DOI may hold [b] and :x:

Orcid = Annotated[str, typer.Option("--orcid", help="Of this ORCID iD.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]
Which = Annotated[str, typer.Argument(help="A DOI (with --orcid), or a claim's uuid.")]
Note = Annotated[str, typer.Option("--note", help="Why. Staff alone read it, in the history.")]
By = Annotated[str, typer.Option("--by", help="Who decides; without it, your login name.")]

BY = "staff"
BY_LIMIT = 60  # characters that the history keeps
LISTED = 1000
COLUMNS = [
    *"uuid orcid doi state reason message origin wanted blocked put_code due_at attempts".split(),  # noqa: SIM905
    *("hidden_since", "unnamed_since"),
]


class NoSuchClaim(BadInput):
    """Which claim"""


@app.command("list")
def list_(
    orcid: Orcid = "",
    doi: Annotated[str, typer.Option(help="On this DOI.")] = "",
    state: Annotated[str, typer.Option(help="proposed, waiting, working, done, held, …")] = "",
    blocked: Annotated[bool, typer.Option("--blocked", help="Only what staff blocked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Claims, newest first."""
    limit = None if as_json else LISTED + 1  # the one more tells whether there are more
    rows = _search(orcid=orcid, doi=doi, state=state, blocked=blocked, limit=limit)
    if as_json:
        _print_json([_plain(row) for row in rows])
        return
    if not rows:
        console.print("no claims")
        return
    table = Table("iD", "DOI", "state", "why", "since", box=None, pad_edge=False)
    for row in rows[:LISTED]:
        why = row.message or row.why
        table.add_row(row.orcid, row.doi, row.state, why, f"{row.updated:%Y-%m-%d %H:%M}")
    console.print(table)
    if len(rows) > LISTED:
        console.print(f"the newest {LISTED:,}; narrow it, or use export")


@app.command()
def show(claim: Which, orcid: Orcid = "", as_json: AsJson = False) -> None:
    """One claim with its whole history, newest first."""
    detail = _find(claim, orcid)
    if as_json:
        history = [msgspec.to_builtins(line) for line in detail.history]
        _print_json({**_plain(detail.row), "history": history})
        return
    for name, value in _plain(detail.row).items():
        console.print(f"{name:>13}  {'' if value is None else value}")
    console.print()
    for line in detail.history:
        console.print(f"{line.at:%Y-%m-%d %H:%M:%S}  {line.what:<10} {line.detail}")
        if line.note:
            console.print(f"{'':19}  {'':<10} Note: {line.note}")


@app.command()
def retry(claim: Which, orcid: Orcid = "") -> None:
    """Try a held or failed claim again now."""
    row = _find(claim, orcid).row
    from ..pipeline import wishes  # noqa: PLC0415 (wants Django set up)

    wishes.retry(row.orcid, row.doi, by=BY)
    console.print(f"{row.doi}: queued again")


@app.command()
def remove(claim: Which, orcid: Orcid = "") -> None:
    """Take a work off the record, and keep it off until its owner restores it."""
    row = _find(claim, orcid).row
    from ..pipeline import wishes  # noqa: PLC0415 (wants Django set up)

    wishes.remove(row.orcid, row.doi, by=BY)
    console.print(f"{row.doi}: will be removed from the ORCID record of {row.orcid}")


@app.command()
def block(claim: Which, note: Note, orcid: Orcid = "", by: By = "") -> None:
    """Keep a work off a record, with or without a claim, whatever anybody wishes, until unblocked."""
    owner, doi = _pair(claim, orcid)
    from ..pipeline import wishes  # noqa: PLC0415 (wants Django set up)

    leaves = wishes.block(owner, doi, by=_staff(by), note=_said(note))
    then = "it will be removed from the record" if leaves else "it is not on the record"
    console.print(f"{doi}: blocked for {owner}; {then}")


@app.command()
def unblock(claim: Which, note: Note, orcid: Orcid = "", by: By = "") -> None:
    """Lift a block. What was wanted before it is wanted again, as far as the rules allow it."""
    owner, doi = _pair(claim, orcid)
    from ..pipeline import wishes  # noqa: PLC0415 (wants Django set up)

    goes_on = wishes.unblock(owner, doi, by=_staff(by), note=_said(note))
    then = "queued again" if goes_on else "nothing to send"
    console.print(f"{doi}: no longer blocked for {owner}; {then}")


def _pair(claim: str, orcid: str) -> tuple[OrcidId, Doi]:
    """Of a claim that need not exist. Raises NotFound, NotADoi, NotAnOrcidId, NoSuchClaim."""
    if _uuid(claim) is not None or not orcid:
        row = _find(claim, orcid).row
        return row.orcid, row.doi
    pair = orcid_id.parse(orcid), dois.parse(claim)
    set_up_migrated()
    return pair


def _said(note: str) -> str:
    """Raises BadInput."""
    if not note.strip():
        raise BadInput("an empty note", hint="Say in a few words why, for your colleagues")
    return note.strip()


def _staff(by: str) -> str:
    """Raises BadInput."""
    try:
        name = by.strip() or getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in containers
        return BY
    who = f"{BY}:{name}"
    if len(who) > BY_LIMIT:
        raise BadInput(f"the name {name!r}", hint="Give a shorter one with --by")
    return who


@app.command()
def export(orcid: Orcid = "", state: str = "", as_json: AsJson = False) -> None:
    """All claims as CSV (or JSON) to standard output."""
    rows = [_plain(row) for row in _search(orcid=orcid, state=state)]
    if as_json:
        _print_json(rows)
        return
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)


def _search(
    *,
    orcid: str = "",
    doi: str = "",
    state: str = "",
    blocked: bool = False,
    limit: int | None = None,
) -> tuple[ClaimRow, ...]:
    """Raises NotAnOrcidId, NotADoi, or BadInput for an unknown state."""
    wanted_orcid = orcid_id.parse(orcid) if orcid else ""
    wanted_doi = dois.parse(doi) if doi else ""
    set_up_migrated()
    from ..claims import queries  # noqa: PLC0415 (wants Django set up)
    from ..claims.states import State  # noqa: PLC0415

    if state and state not in list(State):
        raise BadInput(f"the state {state!r}", hint=f"Choose one of {', '.join(State)}")
    return queries.search(
        orcid=wanted_orcid, doi=wanted_doi, state=state, blocked=blocked, limit=limit
    )


def _find(claim: str, orcid: str) -> ClaimDetail:
    """Raises NotFound, NotADoi, NotAnOrcidId, NoSuchClaim."""
    wanted: OrcidId | None = orcid_id.parse(orcid) if orcid else None
    found = _uuid(claim) or dois.parse(claim)
    if isinstance(found, str) and wanted is None:
        raise NoSuchClaim(claim, hint="Say whose: --orcid 0000-0002-1825-0097")
    set_up_migrated()
    from ..claims import queries  # noqa: PLC0415 (wants Django set up)

    if isinstance(found, uuid.UUID):
        return queries.by_uuid(found)
    return queries.find(orcid=OrcidId(wanted or ""), doi=found)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _plain(row: ClaimRow) -> dict[str, object]:
    values = msgspec.to_builtins(row)
    return {name: values[name] for name in COLUMNS}


def _print_json(value: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))
