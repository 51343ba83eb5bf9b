"""Dates as precise as they are known: a year, a month or a day.

Read from EDTF, which contains W3CDTF and, as intervals, RKMS ranges: the spellings that DataCite's
metadata schema allows. Strings are never sliced: what does not parse is no date.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from functools import lru_cache

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

    @property
    def precision(self) -> int:
        """1 for a year, 2 for a month, 3 for a day."""
        return 1 + (self.month is not None) + (self.day is not None)


# X is EDTF's unspecified digit, u its older spelling. 21 to 41 in place of a month are seasons,
# quarters and the like: the year is known, the month is not.
_DATE = re.compile(
    r"([0-9]{4}|[0-9]{1,3}[Xu]{1,3}|[Xu]{4})"
    r"(?:-([0-9]{2}|[0-9][Xu]|[Xu]{2})"
    r"(?:-([0-9]{2}|[0-9][Xu]|[Xu]{2})"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?)?)?"
).fullmatch
_QUALIFIERS = str.maketrans("", "", "?~%")  # uncertain, approximate, both
_OPEN = ("", "..", "open", "unknown")


@lru_cache(maxsize=4096)
def parse(text: str) -> PartialDate | None:
    """The date that an EDTF text names; None when it names none.

    A timestamp counts as its day; an interval as its start, or its end when the start is open;
    unspecified digits make that part and the finer ones absent.
    """
    start, is_interval, end = text.strip().partition("/")
    if not is_interval:
        return _single(start)
    if "/" in end or (end not in _OPEN and not _is_spelled_right(end)):
        return None
    return _single(end) if start in _OPEN else _single(start)


def published(issued: Iterable[str], publication_year: int | None) -> PartialDate | None:
    """The day of publication, from the dates of type Issued and the publicationYear.

    The Issued date of the publicationYear counts; of several the most precise, then the earliest.
    """
    dates = [date for text in issued if (date := parse(text))]
    if publication_year is None:
        return dates[0] if dates else None
    same_year = [date for date in dates if date.year == publication_year]
    if len(same_year) > 1:
        return min(same_year, key=lambda date: (-date.precision, date.month or 0, date.day or 0))
    return same_year[0] if same_year else PartialDate(publication_year)


def _is_spelled_right(text: str) -> bool:
    return _DATE(text.translate(_QUALIFIERS)) is not None


def _single(text: str) -> PartialDate | None:
    found = _DATE(text.translate(_QUALIFIERS))
    if found is None or not found[1].isdigit() or found[1] == "0000":
        return None
    year = int(found[1])
    if found[2] is None or not found[2].isdigit():
        return PartialDate(year)
    month = int(found[2])
    if 21 <= month <= 41 and found[3] is None:
        return PartialDate(year)
    if not 1 <= month <= 12:
        return None
    if found[3] is None or not found[3].isdigit():
        return PartialDate(year, month)
    day = int(found[3])
    return PartialDate(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None
