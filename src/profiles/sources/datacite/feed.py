"""What changed at DataCite since we last looked: windows of time, walked page by page.

The caller stores the Position of each Step once its works are recorded, and starts from it again
after any interruption. Windows overlap, so a work can come twice, but none is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from ...values.doi import Doi
from ...values.work import Work
from .client import DataCite
from .reading import Failure

OVERLAP = timedelta(minutes=5)  # for clocks that differ and an index that lags behind
LONGEST = timedelta(days=1)  # a window that was interrupted is not walked again from far back


class Window(msgspec.Struct, frozen=True):
    since: datetime
    until: datetime


class Position(msgspec.Struct, frozen=True):
    """How far we have read. All times are aware."""

    done: datetime  # every change up to here is read
    window: Window | None = None  # begun, and not yet read to its end
    cursor: str = ""  # the next page of that window


class Mark(NamedTuple):
    """Which state of a DOI's metadata this is; later ones are greater."""

    version: int
    updated: str


Seen = MutableMapping[Doi, Mark]  # what the last windows brought


class Step(NamedTuple):
    """One page: what is new in it, and the position to store when that is recorded."""

    works: tuple[Work, ...]
    failures: tuple[Failure, ...]
    position: Position


def next_window(
    position: Position,
    *,
    now: datetime,
    overlap: timedelta = OVERLAP,
    longest: timedelta = LONGEST,
) -> Window | None:
    """The window to read, the interrupted one first; None when everything up to now is read."""
    if position.window is not None:
        return position.window
    if position.done >= now:
        return None
    return Window(since=position.done - overlap, until=min(now, position.done + longest))


def after_page(position: Position, window: Window, cursor: str) -> Position:
    """The position after a page of the window; its last page has no cursor for the next."""
    if cursor:
        return Position(done=position.done, window=window, cursor=cursor)
    return Position(done=window.until)


def mark(work: Work) -> Mark:
    """metadataVersion goes up at each save; records without one are known by their time."""
    return Mark(-1 if work.metadata_version is None else work.metadata_version, work.updated)


def newer(works: Iterable[Work], seen: Seen) -> tuple[Work, ...]:
    """The works that are in a later state than the one seen, or were not seen at all."""
    return tuple(each for each in works if each.doi not in seen or mark(each) > seen[each.doi])


def follow(
    datacite: DataCite,
    position: Position,
    *,
    now: datetime,
    seen: Seen,
    overlap: timedelta = OVERLAP,
    longest: timedelta = LONGEST,
) -> Iterator[Step]:
    """Read on from the position until `now`.

    A step's works count as seen when the next step is asked for: whoever fails to record them
    gets them again. `seen` keeps only what the next window can bring once more.
    """
    while window := next_window(position, now=now, overlap=overlap, longest=longest):
        pages = datacite.changes(
            since=window.since, until=window.until, cursor=position.cursor or None
        )
        again = window.until - overlap  # what is older, the next window does not bring
        for page in pages:
            position = after_page(position, window, page.next_cursor)
            works = newer(page.works, seen)
            yield Step(works, page.failures, position)
            found = ((each.doi, mark(each)) for each in works)
            seen.update((doi, each) for doi, each in found if _comes_again(each, since=again))
        for name in [name for name, each in seen.items() if not _comes_again(each, since=again)]:
            del seen[name]


def _comes_again(seen: Mark, *, since: datetime) -> bool:
    """Without a readable time perhaps: a mark too many only costs memory."""
    at = _time(seen.updated)
    return at is None or at >= since


def _time(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
