"""`profiles people`: accounts, for support staff. The first administrator is made here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ..errors import BadInput, ProfilesError
from ..people.permissions import PermissionView
from ..people.profile import Profile, Role
from ..values import orcid_id
from ..values.orcid_id import OrcidId
from .migrate import set_up_migrated

app = typer.Typer(help="Accounts: list, show, role, erase.")

WhoseId = Annotated[str, typer.Argument(metavar="ID", help="The person's ORCID iD.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_people(as_json: AsJson = False) -> None:
    """Everybody who has an account."""
    set_up_migrated()
    from ..people import accounts  # noqa: PLC0415 (wants Django set up)

    people = accounts.profiles()
    if as_json:
        _print_json(people)
        return
    table = Table("ORCID iD", "Name", "Role", "Auto-update", "Permission")
    for person in people:
        table.add_row(
            person.orcid or str(person.sub),
            person.name,
            person.role,
            "closing" if person.closing_since else "on" if person.auto_update else "off",
            ", ".join(_permission(view) for view in person.permissions if view.is_active) or "none",
        )
    Console(markup=False, emoji=False, highlight=False).print(table)


@app.command()
def show(unverified_id: WhoseId, as_json: AsJson = False) -> None:
    """One account, with its permissions at ORCID."""
    set_up_migrated()
    from ..people import accounts  # noqa: PLC0415 (wants Django set up)
    from ..pipeline import erasure  # noqa: PLC0415

    whose = orcid_id.parse(unverified_id)
    person = accounts.profile(whose)
    if as_json:
        _print_json(person)
        return
    console = Console(markup=False, emoji=False, highlight=False)
    for title, text in (*_rows(person), *_closing_row(person, erasure.left(whose))):
        console.print(f"{title:14} {text}")


@app.command()
def role(
    unverified_id: WhoseId,
    new_role: Annotated[Role, typer.Argument(metavar="ROLE", help=", ".join(Role))],
    provider: Annotated[str, typer.Option(help="The DataCite member a provider role is for.")] = "",
    client: Annotated[str, typer.Option(help="The repository a client role is for.")] = "",
) -> None:
    """Give a person a role. The person must have signed in once."""
    check_scope(new_role, provider=provider, client=client)
    set_up_migrated()
    from ..people import accounts  # noqa: PLC0415 (wants Django set up)

    whose = orcid_id.parse(unverified_id)
    accounts.set_role(orcid=whose, role=new_role, provider=provider, client=client)
    typer.echo(f"{whose} is now {new_role}.")


@app.command()
def erase(
    unverified_id: WhoseId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    remove_works: Annotated[
        bool,
        typer.Option("--remove-works", help="First take off the ORCID record what we put there."),
    ] = False,
) -> None:
    """Give the person's tokens back to ORCID, then delete all that we know of them.

    An account without an ORCID iD is named as `profiles people list` names it.
    """
    set_up_migrated()
    from ..people import accounts  # noqa: PLC0415 (wants Django set up)
    from ..pipeline import erasure  # noqa: PLC0415

    if sub := _sub(unverified_id):
        if not yes:
            typer.confirm(f"Erase the account {sub}?", abort=True)
        accounts.erase_without_orcid(sub)
        typer.echo(f"The account {sub} is erased.")
        return
    whose = orcid_id.parse(unverified_id)
    person = accounts.existing_person(whose)
    if not yes:
        typer.confirm(f"Erase the account of {whose} ({person})?", abort=True)
    erasure.close(whose, remove_works=remove_works)
    _erased(whose, remove_works=remove_works)


def _sub(unverified_id: str) -> UUID | None:
    try:
        return UUID(unverified_id)
    except ValueError:
        return None


def _erased(whose: OrcidId, *, remove_works: bool) -> None:
    """As far as it goes while somebody waits. Exit code 1 where something is left."""
    from ..pipeline import erasure  # noqa: PLC0415 (wants Django set up)
    from ..pipeline.services import services  # noqa: PLC0415

    def go_on() -> erasure.Progress | None:
        try:
            return erasure.go_on(whose, services())
        except ProfilesError as error:
            raise _Closing(error.message) from error

    before = None
    while (done := go_on()) and not done.erased:
        if done.left == before:  # ORCID is busy, or a worker is at it
            raise _Closing(f"{done.left} works are left to remove")
        typer.echo(f"{done.left} works are left to remove.")
        before = done.left
    claims, stayed = (done.claims, done.stayed) if done else (0, 0)
    typer.echo(
        f"The account of {whose} is erased, with {claims} claims; its tokens are given back to "
        f"ORCID. {_works(stayed, remove_works=remove_works)}"
    )
    if stayed:
        raise typer.Exit(1)


class _Closing(ProfilesError):
    """The account is closed for its owner, and not erased yet"""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, hint="It goes on by itself as long as a worker runs.")


def _works(stayed: int, *, remove_works: bool) -> str:
    if stayed:
        return f"{stayed} works stay on the ORCID record: ORCID would not let us remove them."
    if remove_works:
        return "Its works are off the ORCID record."
    return "Works on the ORCID record stay there."


def check_scope(role: Role, *, provider: str, client: str) -> None:
    """A role for a member or a repository says which. Raises BadInput."""
    needs_provider = role in (Role.PROVIDER_ADMIN, Role.PROVIDER_USER)
    needs_client = role in (Role.CLIENT_ADMIN, Role.CLIENT_USER)
    if needs_provider and not provider:
        raise BadInput(f"the role {role}", hint="Name the member with --provider")
    if needs_client and not client:
        raise BadInput(f"the role {role}", hint="Name the repository with --client")


def _print_json(value: Profile | tuple[Profile, ...]) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value)))


def _permission(view: PermissionView) -> str:
    until = f", until {view.until:%Y-%m-%d}" if view.until else ""
    return f"{view.purpose} ({view.state}{until})"


def _closing_row(person: Profile, left: int) -> tuple[tuple[str, str], ...]:
    if person.closing_since is None:
        return ()
    works = f"; {left} works are left to remove" if person.removes_works else ""
    return (("Closing", f"since {person.closing_since:%Y-%m-%d %H:%M} UTC{works}"),)


def _rows(person: Profile) -> tuple[tuple[str, str], ...]:
    return (
        ("ORCID iD", person.orcid or "not linked"),
        ("Name", person.name),
        ("Other names", "; ".join(person.other_names) or "none"),
        ("Organization", person.organization or "none"),
        ("Email", person.email or "none"),
        ("Role", " ".join(filter(None, (person.role, person.provider_id, person.client_id)))),
        ("Auto-update", "on" if person.auto_update else "off"),
        ("Permissions", "; ".join(_permission(view) for view in person.permissions)),
    )
