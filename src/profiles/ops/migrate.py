"""`profiles migrate`: prepare the database, or bring it up to this version."""

from __future__ import annotations

from typing import Annotated

import typer
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from ..config import Config
from .django import set_up
from .errors import CannotStart

# One migration at a time, also when several machines start together. The number is arbitrary.
LOCK = 7_604_201


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Only say whether it is needed.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing when all is well.")] = False,
) -> None:
    """Prepare the database."""
    set_up()
    if check:
        require_migrated()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
    count = len(unapplied())
    if count:
        call_command("migrate", interactive=False, verbosity=0)
    if not quiet:
        typer.echo(f"database ready, migrations applied: {count}")


def set_up_migrated() -> Config:
    """As `set_up`, for commands that read or write the tables. Raises CannotStart."""
    config = set_up()
    require_migrated()
    return config


def unapplied() -> list[str]:
    """The migrations that the database still lacks."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def require_migrated() -> None:
    if missing := unapplied():
        raise CannotStart(
            f"the database lacks {len(missing)} migrations", hint="Run `profiles migrate` first"
        )
