"""Dates as precise as they are known: a year, a month or a day."""

from __future__ import annotations

import msgspec


class PartialDate(msgspec.Struct, frozen=True, gc=False):
    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        """2020, 2020-02 or 2020-02-29."""
        parts = [f"{self.year:04}"]
        if self.month is not None:
            parts.append(f"{self.month:02}")
            if self.day is not None:
                parts.append(f"{self.day:02}")
        return "-".join(parts)
