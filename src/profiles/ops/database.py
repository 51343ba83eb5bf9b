"""The database that a command works on: the one in DATABASE_URL, or the private one under PROFILES_HOME."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ..config import Config
from ..errors import Misconfigured
from . import postgres
from .errors import CannotStart

OLDEST_VERSION = 15
CONNECT_SECONDS = 10


@contextmanager
def open_database(config: Config) -> Iterator[str]:
    """A libpq address that answers at least until the end of the block.

    Raises Misconfigured with one line that says how to mend it.
    """
    if config.database_url is None:
        with postgres.running(config.home / "postgres") as url:
            yield url
    else:
        check(config.database_url)
        yield config.database_url


def check(url: str) -> int:
    """The version of the PostgreSQL that answers at `url`, when it is one that we can use."""
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.ProgrammingError as error:
        raise Misconfigured(f"DATABASE_URL cannot be read: {_first_line(error)}") from None
    except psycopg.OperationalError as error:
        raise CannotStart(
            f"PostgreSQL: {_first_line(error)}",
            hint="Is it running, and is DATABASE_URL right?",
        ) from None
    if version < OLDEST_VERSION:
        raise Misconfigured(
            f"DATABASE_URL leads to PostgreSQL {version}",
            hint=f"Use version {OLDEST_VERSION} or newer",
        )
    return version


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
