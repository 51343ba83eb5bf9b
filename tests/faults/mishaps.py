"""What can go wrong around one piece of work: a sudden death anywhere, or something said in between.

A death is as PostgreSQL and ORCID see a kill -9: from one statement or call on nothing is done any
more, no clean-up either, and the connection to the database is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx2
from django.db import connection

PATIENCE = 10  # seconds that something said in between may take: nobody may be locked out for long


class SuddenDeath(BaseException):
    """The process ends here."""


class Mishaps:
    """For one process: give `statement` to the database and `hooks` to the HTTP client."""

    def __init__(self) -> None:
        self._steps: int | None = None  # until death
        self._last: int | None = None  # calls until death
        self._calls: int | None = None  # until something is said
        self._said: Callable[[], None] | None = None
        self._wrong: BaseException | None = None
        self.dead = False

    def clear(self) -> None:
        self._steps = self._last = self._calls = self._said = self._wrong = None
        self.dead = False

    def death_after(self, steps: int) -> None:
        """Statements to the database, and calls begun or answered."""
        self._steps = steps

    def death_at_call(self, calls: int) -> None:
        """When so many more have begun or been answered."""
        self._last = calls

    def said_after(self, calls: int, said: Callable[[], None]) -> None:
        """What somebody else does, when so many calls have begun or been answered."""
        self._calls, self._said = calls, said

    @contextmanager
    def happening(self) -> Iterator[None]:
        """Around the work; a death ends it quietly, and what must not be is told afterwards."""
        try:
            with connection.execute_wrapper(self._statement):
                yield
        except SuddenDeath:
            connection.close()
        finally:
            wrong = self._wrong
            self.clear()
        if wrong is not None:  # the work itself may have swallowed it
            raise wrong

    @property
    def hooks(self) -> dict[str, list[Callable[[Any], None]]]:
        return {"request": [self._call], "response": [self._call]}

    def _statement(
        self,
        execute: Callable[..., object],
        sql: str,
        params: object,
        many: bool,
        context: object,
    ) -> object:
        self._step()
        return execute(sql, params, many, context)

    def _call(self, _: httpx2.Request | httpx2.Response) -> None:
        if self._last is not None:
            self.dead = self.dead or not self._last
            self._last -= 1
        self._step()
        if connection.in_atomic_block:
            self._wrong = AssertionError("a call to ORCID in the middle of a transaction")
        if self._calls is None or self._said is None:
            return
        if self._calls:
            self._calls -= 1
            return
        said, self._calls, self._said = self._said, None, None
        with ThreadPoolExecutor(1) as somebody:
            self._wrong = somebody.submit(_with_own_connection, said).exception(PATIENCE)

    def _step(self) -> None:
        if self._steps is not None:
            self._steps -= 1
            self.dead = self.dead or self._steps < 0
        if self.dead:
            raise SuddenDeath


def _with_own_connection(said: Callable[[], None]) -> None:
    try:
        said()
    finally:
        connection.close()
