"""The measuring of `profiles benchmark ledger`. Wants Django set up."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from ...claims import leases
from ...claims.leases import Settlement, Taken, Try
from ...claims.states import Event
from ...errors import ProfilesError
from ...values.orcid_id import OrcidId
from . import many_claims
from .figures import Figure, Part
from .plans import plan
from .progress import say

WINDOW = 200  # persons that the feed asks for at once
PERSONS = 2000  # who are due
EACH = 10  # claims of a person, of those who are measured too
WARM_UP = 20  # rounds that do not count
MOST_GROWTH = 2
LEASE = timedelta(minutes=10)
# The first half of the iDs of those who are next, and of those whose claims are taken and settled.
NEXT, TOGETHER, ALONE = "0000-0002", "0000-0004", "0000-0005"


class NothingMeasured(ProfilesError):
    """The benchmark does not fit the ledger any more"""


def measure(sizes: Sequence[int], *, rounds: int) -> Part:
    """In turns, so that what disturbs the machine disturbs all sizes."""
    watches = {size: Watch() for size in sizes}
    for size in sizes:
        _make(size, persons=rounds + WARM_UP)
    for number in range(rounds + WARM_UP):
        for size in sizes:
            many_claims.use(size)
            _steps(watches[size], many_claims.digits(number), number=number)
    medians = [watch.medians() for watch in watches.values()]
    plans = watches[sizes[-1]].plans()
    return Part(
        "Cost of one step, in the median of "
        f"{rounds} rounds, with {', '.join(f'{size:,}' for size in sizes)} claims in the table",
        (
            *(_growth(name, [of_size[name] for of_size in medians]) for name in medians[0]),
            _scans(plans),
        ),
        ("Plans with most claims:", *plans),
    )


def _make(size: int, *, persons: int) -> None:
    """A table with so many claims; as many persons to pick from, however large it is."""
    begun = time.monotonic()
    many_claims.begin(size)
    made = many_claims.waiting(NEXT, first=0, persons=PERSONS, each=1)
    made += many_claims.waiting(TOGETHER, first=0, persons=persons, each=EACH)
    made += many_claims.waiting(ALONE, first=0, persons=persons, each=1)
    many_claims.fill(made, size)
    say(f"{size:,} claims, made in {time.monotonic() - begun:.0f} s")


def _growth(name: str, milliseconds: Sequence[float]) -> Figure:
    return Figure(
        name=name,
        value=milliseconds[-1] / milliseconds[0],
        unit="×",
        bound="≤",
        goal=MOST_GROWTH,
        remark=" → ".join(f"{each:.2f}" for each in milliseconds) + " ms",
    )


def _scans(plans: Sequence[str]) -> Figure:
    return Figure(
        name="claims read from end to end",
        value=sum("Seq Scan on claims_claim" in plan for plan in plans),
        bound="=",
        goal=0,
        remark="steps whose plan does so",
    )


class Watch:
    """How long each step took, and what it asked of the database."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, list[float]] = defaultdict(list)
        self.asked: dict[str, list[tuple[str, Any]]] = defaultdict(list)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        def note(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:  # noqa: ANN401
            self.asked[name].append((sql, values))
            return execute(sql, values, many, context)

        begun = time.perf_counter()
        with connection.execute_wrapper(note):
            yield
        self.milliseconds[name].append(1000 * (time.perf_counter() - begun))

    def medians(self) -> dict[str, float]:
        return {
            name: statistics.median(found[WARM_UP:]) for name, found in self.milliseconds.items()
        }

    def plans(self) -> list[str]:
        """How the last round's statements were planned, in a line each."""
        lines = []
        for name, asked in self.asked.items():
            per_round = len(asked) // len(self.milliseconds[name])
            for sql, values in asked[-per_round:]:
                if sql.split()[0] in ("SELECT", "WITH", "UPDATE", "INSERT"):
                    lines.append(f"{name}: {plan(sql, values)}")
        return list(dict.fromkeys(lines))


def _steps(watch: Watch, person: str, *, number: int) -> None:
    """As a worker goes about it."""
    now = timezone.now()
    with watch.step("pick the next persons"):
        leases.due_orcids(now=now, limit=WINDOW, after=f"{NEXT}-{number % 40:02}00-0000")
    with watch.step("look for claims that hang"):
        leases.sweep(now=now)
        leases.orcids_in_hand()
    together, alone = OrcidId(f"{TOGETHER}-{person}"), OrcidId(f"{ALONE}-{person}")
    with watch.step(f"take {EACH} additions"):
        several = leases.take(together, most=100, lease=LEASE, now=now)
    with watch.step(f"settle {EACH} together"):
        _settle(several)
    with watch.step("take one claim"):
        one = leases.take(alone, most=100, lease=LEASE, now=now)
    with watch.step("settle one"):
        _settle(one)


def _settle(taken: Sequence[Taken]) -> None:
    now = timezone.now()
    attempt = Try(
        at=now,
        verb="POST",
        api_client="APP-BENCHMARK",
        fingerprint=many_claims.FINGERPRINT,
        status=201,
        error_code=None,
        outcome="done",
        milliseconds=100,
    )
    found = Settlement(
        event=Event.KEEP,
        accepted=True,
        put_code=1,
        fingerprint=many_claims.FINGERPRINT,
        api_client="APP-BENCHMARK",
        tries=(attempt,),
    )
    settled = leases.settle_all([(claim, found) for claim in taken], now=now)
    if not taken or settled != len(taken):
        raise NothingMeasured("claims that should wait could not be taken and settled")
