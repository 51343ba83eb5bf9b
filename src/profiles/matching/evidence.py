"""What a rule looked at, apart from the language in which it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import msgspec

from ..values.marking import marked as _


class Fact(msgspec.Struct, frozen=True, gc=False):
    """A text with places by name, and what is put there: metadata as they are, or facts in turn."""

    says: str  # "agency: %(value)s"; marked for the catalogues
    puts: tuple[tuple[str, str | int | Fact], ...] = ()

    def __str__(self) -> str:
        return self.says % dict(self.puts)

    def translated(self, translate: Callable[[str], str]) -> Self:
        puts = tuple(
            (name, put.translated(translate) if isinstance(put, Fact) else put)
            for name, put in self.puts
        )
        return type(self)(translate(self.says), puts)


NOT_GIVEN = Fact(_("not given"))


def fact(says: str, **puts: str | int | Fact) -> Fact:
    return Fact(says, tuple(puts.items()))


def given(says: str, value: str) -> Fact:
    """For a value that the metadata may lack."""
    return fact(says, value=value or NOT_GIVEN)
