"""Following the changes: windows that overlap, positions that survive, works that come once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import msgspec
import pytest

from profiles.errors import Unreachable
from profiles.sources.datacite.client import DataCite
from profiles.sources.datacite.feed import (
    LONGEST,
    OVERLAP,
    Mark,
    Position,
    Seen,
    Step,
    Window,
    after_page,
    follow,
    newer,
    next_window,
)
from profiles.values.doi import Doi
from profiles.values.work import Work

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BEGUN = Window(NOON - MINUTE, NOON)


@pytest.mark.parametrize(
    ("remark", "position", "now", "window"),
    [
        ("a minute later", Position(NOON), NOON + MINUTE, Window(NOON - OVERLAP, NOON + MINUTE)),
        ("nothing new can be there", Position(NOON), NOON, None),
        ("a clock that went back", Position(NOON), NOON - MINUTE, None),
        ("after a long pause, in parts", Position(NOON), NOON + 3 * LONGEST,
         Window(NOON - OVERLAP, NOON + LONGEST)),
        ("the interrupted one first", Position(NOON, BEGUN, "MTIz"), NOON + MINUTE, BEGUN),
    ],
)  # fmt: skip
def test_the_next_window(
    remark: str, position: Position, now: datetime, window: Window | None
) -> None:
    assert next_window(position, now=now) == window, remark


def test_a_window_is_done_with_its_last_page() -> None:
    begun = after_page(Position(NOON - MINUTE), BEGUN, "MTIz")
    assert begun == Position(NOON - MINUTE, BEGUN, "MTIz")
    assert after_page(begun, BEGUN, "") == Position(NOON)


def test_a_position_can_be_stored() -> None:
    position = Position(NOON - MINUTE, BEGUN, "MTIz")
    assert msgspec.json.decode(msgspec.json.encode(position), type=Position) == position


def work(doi: str, version: int | None = None, updated: str = "") -> Work:
    return Work(doi=Doi(doi), metadata_version=version, updated=updated)


@pytest.mark.parametrize(
    ("remark", "seen", "found", "is_new"),
    [
        ("not seen", {}, work("10.5555/1", 1), True),
        ("another DOI was seen", {Doi("10.5555/2"): Mark(1, "")}, work("10.5555/1", 1), True),
        ("seen", {Doi("10.5555/1"): Mark(1, "")}, work("10.5555/1", 1), False),
        ("saved again", {Doi("10.5555/1"): Mark(1, "")}, work("10.5555/1", 2), True),
        ("an index that lags", {Doi("10.5555/1"): Mark(2, "")}, work("10.5555/1", 1), False),
        ("no version, same time", {Doi("10.5555/1"): Mark(-1, "2026-06-01T12:00:00Z")},
         work("10.5555/1", None, "2026-06-01T12:00:00Z"), False),
        ("no version, later", {Doi("10.5555/1"): Mark(-1, "2026-06-01T12:00:00Z")},
         work("10.5555/1", None, "2026-06-01T12:00:01Z"), True),
        ("ten is more than nine", {Doi("10.5555/1"): Mark(9, "")}, work("10.5555/1", 10), True),
    ],
)  # fmt: skip
def test_only_newer_states_of_the_metadata_are_new(
    remark: str, seen: Seen, found: Work, is_new: bool
) -> None:
    assert bool(newer([found], seen)) is is_new, remark


class Store:
    """A DataCite that holds records and pages through those of the window it is asked for."""

    def __init__(self) -> None:
        self.records: dict[str, tuple[int, datetime]] = {}
        self.windows: list[str] = []
        self.down_after: int | None = None

    def save(self, doi: str, at: datetime) -> None:
        version, _ = self.records.get(doi, (0, at))
        self.records[doi] = (version + 1, at)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        params = request.url.params
        self.windows.append(params["query"])
        if self.down_after is not None and len(self.windows) > self.down_after:
            return httpx2.Response(503)
        since, until = params["query"].removeprefix("updated:[").removesuffix("]").split(" TO ")
        found = [
            (doi, version, stamp)
            for doi, (version, at) in sorted(self.records.items())
            if since <= (stamp := at.strftime("%Y-%m-%dT%H:%M:%SZ")) <= until
        ]
        start = 0 if params["page[cursor]"] == "1" else int(params["page[cursor]"][1:])
        rows = found[start : start + 2]
        more = start + 2 < len(found)
        address = f"https://datacite.test/dois?page%5Bcursor%5D=c{start + 2}"
        return httpx2.Response(
            200,
            json={
                "data": [
                    {"attributes": {"doi": doi, "metadataVersion": version, "updated": stamp}}
                    for doi, version, stamp in rows
                ],
                "links": {"next": address} if more else {},
            },
        )

    def client(self) -> DataCite:
        http = httpx2.Client(transport=httpx2.MockTransport(self))
        return DataCite(http, url="https://datacite.test", tries=1)


@pytest.fixture
def store() -> Iterator[Store]:
    found = Store()
    for number in range(5):
        found.save(f"10.5555/{number}", NOON)
    return found


def names(*steps: Step) -> list[str]:
    return [each.doi for step in steps for each in step.works]


def test_a_work_of_the_overlap_comes_once(store: Store) -> None:
    seen: Seen = {}
    start = Position(NOON - MINUTE)
    first = list(follow(store.client(), start, now=NOON + MINUTE, seen=seen))
    store.save("10.5555/9", NOON + 2 * MINUTE)
    again = list(follow(store.client(), first[-1].position, now=NOON + 3 * MINUTE, seen=seen))
    assert names(*first) == [f"10.5555/{n}" for n in range(5)]
    assert names(*again) == ["10.5555/9"]
    assert again[-1].position == Position(NOON + 3 * MINUTE)


def test_a_work_saved_again_in_the_overlap_comes_again(store: Store) -> None:
    seen: Seen = {}
    first = list(follow(store.client(), Position(NOON - MINUTE), now=NOON + MINUTE, seen=seen))
    store.save("10.5555/3", NOON + MINUTE)
    again = list(follow(store.client(), first[-1].position, now=NOON + 2 * MINUTE, seen=seen))
    assert names(*again) == ["10.5555/3"]


def test_a_late_entry_in_the_index_is_found_by_the_overlap(store: Store) -> None:
    seen: Seen = {}
    first = list(follow(store.client(), Position(NOON - MINUTE), now=NOON + MINUTE, seen=seen))
    store.save("10.5555/late", NOON - MINUTE)
    again = list(follow(store.client(), first[-1].position, now=NOON + 2 * MINUTE, seen=seen))
    assert names(*again) == ["10.5555/late"]


def test_an_outage_loses_nothing_and_the_walk_goes_on_where_it_stopped(store: Store) -> None:
    seen: Seen = {}
    store.down_after = 1
    steps = follow(store.client(), Position(NOON - MINUTE), now=NOON + MINUTE, seen=seen)
    first = next(steps)
    with pytest.raises(Unreachable):
        next(steps)
    assert first.position.cursor
    store.down_after = None
    rest = list(follow(store.client(), first.position, now=NOON + 2 * MINUTE, seen=seen))
    assert names(first, *rest) == [f"10.5555/{number}" for number in range(5)]


def test_works_that_could_not_be_recorded_come_again(store: Store) -> None:
    seen: Seen = {}
    start = Position(NOON - MINUTE)
    steps = follow(store.client(), start, now=NOON + MINUTE, seen=seen)
    lost = names(next(steps))
    steps.close()  # recording failed: the position was not stored, the next step not asked for
    again = next(follow(store.client(), start, now=NOON + MINUTE, seen=seen))
    assert names(again) == lost


def test_a_long_pause_is_read_in_windows_of_a_day(store: Store) -> None:
    list(follow(store.client(), Position(NOON), now=NOON + 2 * LONGEST, seen={}))
    assert [each.split(" TO ")[1] for each in store.windows][-1] == "2026-06-03T12:00:00Z]"
    assert len(set(store.windows)) == 2


def test_what_cannot_come_again_is_not_kept_for_the_length_of_a_window(store: Store) -> None:
    """A window may hold a day's works, hundreds of thousands."""
    store.save("10.5555/9", NOON + LONGEST - MINUTE)
    seen: Seen = {}
    for _ in follow(store.client(), Position(NOON - MINUTE), now=NOON + LONGEST, seen=seen):
        assert set(seen) <= {"10.5555/9"}
    assert set(seen) == {"10.5555/9"}


def test_what_cannot_come_again_is_forgotten(store: Store) -> None:
    seen: Seen = {}
    list(follow(store.client(), Position(NOON - MINUTE), now=NOON + MINUTE, seen=seen))
    assert len(seen) == 5
    list(follow(store.client(), Position(NOON + MINUTE), now=NOON + 3 * OVERLAP, seen=seen))
    assert seen == {}
