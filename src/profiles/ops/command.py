"""The `profiles` command: one table of what there is; only what is called is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from .. import __version__
from ..config import WrongSettings
from ..errors import BadInput, Misconfigured, ProfilesError
from .closing import until_exit

SUMMARY = "Sign in once, link an ORCID iD, and your DataCite DOIs reach your ORCID record."
DONE, FAILED, WRONG_USE = 0, 1, 2
RUN, DATA, STAFF, DEVELOP = "Run", "Works", "Support", "Develop"
TO_PYTEST = {"allow_extra_args": True, "ignore_unknown_options": True}

Target = typer.Typer | Callable[..., None]


@dataclass(frozen=True)
class Command:
    name: str
    module: str  # in ops; holds a function or a group of that name, or `app`
    help: str
    panel: str
    attribute: str = ""
    context: dict[str, Any] = field(default_factory=dict)

    def load(self) -> Target:
        module = importlib.import_module(f"{__package__}.{self.module}")
        target: Target = getattr(module, self.attribute or self.name)
        return target


COMMANDS = (
    Command("demo", "demo", "The whole system on this machine, with simulated services.", RUN),
    Command("serve", "serve", "Web and worker together.", RUN),
    Command("worker", "worker", "A worker only.", RUN),
    Command("migrate", "migrate", "Prepare the database.", RUN),
    Command("doctor", "doctor", "Check settings, keys, services and clock.", RUN),
    Command(
        "simulate", "simulate", "Run stand-ins of ORCID, Globus and DataCite on this machine.", RUN
    ),
    Command("harvest", "harvest", "Read changed DOIs from DataCite, and match them.", DATA),
    Command(
        "convert",
        "convert",
        "Convert DataCite JSON (a record, a list, JSON Lines, an API page) to ORCID works.",
        DATA,
    ),
    Command("explain", "explain", "Rule by rule, why the DOI is or isn't sent.", DATA),
    Command(
        "claims",
        "claims",
        "Claims: list, show, retry, remove, block, unblock, export.",
        STAFF,
        "app",
    ),
    Command("people", "people", "Accounts: list, show, role, erase.", STAFF, "app"),
    Command("test", "check", "All tests; arguments go to pytest.", DEVELOP, context=TO_PYTEST),
    Command("check", "check", "Format, lint, types, import rules and tests.", DEVELOP),
    Command("benchmark", "benchmark", "Measure how fast the parts are.", DEVELOP),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Mistakes end in one line each and exit code 2, the rest in exit code 1."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        with until_exit:
            build(arguments)(args=arguments, prog_name="profiles")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("profiles"):
            raise
        _say([f"the package {error.name} is missing: install datacite-profiles[demo], or [dev]"])
        sys.exit(WRONG_USE)
    except WrongSettings as error:
        _say(error.problems)
        sys.exit(WRONG_USE)
    except ProfilesError as error:
        _say([error.message])
        sys.exit(WRONG_USE if isinstance(error, Misconfigured | BadInput) else FAILED)


def build(arguments: Sequence[str]) -> typer.Typer:
    """The command line as seen by these arguments: of the commands not called, only the help."""
    app = typer.Typer(
        help=SUMMARY,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # they would print local values, secrets among them
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    called = next((word for word in arguments if not word.startswith("-")), None)
    for command in COMMANDS:
        target = command.load() if command.name == called else _nothing
        if isinstance(target, typer.Typer):
            app.add_typer(target, name=command.name, help=command.help, no_args_is_help=True)
        else:
            app.command(
                command.name,
                help=command.help if target is _nothing else None,
                rich_help_panel=command.panel,
                context_settings=command.context,
            )(target)
    return app


def _nothing() -> None:
    """Stands in the help for a command that was not called."""


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"profiles {__version__}")
        raise typer.Exit


def _options(
    _show: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(f"profiles: {line}", err=True)
