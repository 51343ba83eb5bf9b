"""The parts of `profiles benchmark deliver`. Wants Django set up."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
from django.db import connection, transaction

from ...pipeline.nudge import nudge
from ...values.orcid_id import OrcidId
from . import clicks, seeding
from .clicks import Click
from .crew import Cpu, Crew, cpu, working
from .figures import Figure, Part, exactly_once, least_seconds
from .home import database_server
from .progress import say, until_all
from .stand_ins import Remote, Seen

START_SECONDS = 60
LATEST_SECONDS = 60  # that a clicked work is waited for
RUN_IN_SECONDS = 10  # of work on the backlog before the first click
NO_LIMIT = 9_999  # a second: the most that the settings take
MEMORY_MB = 250
MB = 1024 * 1024


class Size(msgspec.Struct, frozen=True, kw_only=True):
    persons: int
    works: int
    workers: int
    concurrency: int
    rate: float
    burst: int
    backlog: int
    clicks: int
    clicks_a_second: float
    limit: int
    fed: bool


class Round(NamedTuple):
    """One batch of claims, from the ledger to the records."""

    claims: int
    seconds: float  # from the ledger to the last work on its record
    seen: Seen
    cpu: Cpu
    peak: int
    exactly_once: int  # claims whose work is on the record, and there once


class Ground:
    """Where the parts take place, one after the other: they share the people."""

    def __init__(self, size: Size, *, stand_ins: Remote, home: Path) -> None:
        self.size = size
        self.stand_ins = stand_ins
        self.log = home / "workers.log"
        self.database = database_server(home)
        self._orcids: list[OrcidId] = []

    # --- the parts

    def pace(self) -> Part:
        size = self.size
        done = self._round("pace", rate=size.rate, burst=size.burst)
        least = least_seconds(done.seen.requests, rate=size.rate, burst=size.burst)
        ratio = done.seconds / least if least else float("nan")
        return Part(
            f"At ORCID's pace: {size.persons:,} persons × {size.works} new DOIs, "
            f"{size.rate:g} requests a second, burst {size.burst}, {size.workers} workers",
            (
                *_kept(done.seen, done.claims, done.exactly_once),
                Figure(
                    name="works a request",
                    value=done.claims / done.seen.requests,
                    bound="≥",
                    goal=min(5, size.works),
                ),
                Figure(name="time", value=done.seconds, unit="s", remark="claims to last work"),
                Figure(
                    name="of the least possible",
                    value=ratio,
                    unit="×",
                    bound="≤" if least else None,  # all within the burst: nothing to compare
                    goal=1.05,
                    remark=f"(requests − burst) / rate = {least:.1f} s",
                ),
                _memory(done.peak),
                _others(done.cpu),
            ),
        )

    def speed(self) -> Part:
        done = self._round("speed", rate=NO_LIMIT, burst=NO_LIMIT)
        return Part(
            f"As fast as it goes: {self.size.persons:,} persons × {self.size.works} new DOIs, "
            f"no limiter, {self.size.workers} workers, {os.cpu_count()} processors",
            (
                *_kept(done.seen, done.claims, done.exactly_once),
                Figure(name="works a second", value=done.claims / done.seconds),
                Figure(
                    name="workers' CPU a work",
                    value=1000 * done.cpu.workers / done.claims,
                    unit="ms",
                ),
                Figure(
                    name="PostgreSQL's CPU a work",
                    value=1000 * done.cpu.database / done.claims,
                    unit="ms",
                ),
                Figure(
                    name="simulators' CPU a work",
                    value=1000 * done.cpu.simulators / done.claims,
                    unit="ms",
                ),
                _memory(done.peak),
                _others(done.cpu),
            ),
        )

    def clicking(self) -> Part:
        size = self.size
        behind = self._people(max(size.backlog // size.works, 1))
        others = self._people(len(behind) + size.clicks)[len(behind) :]
        self._empty(rate=size.rate, burst=size.burst, enforced=True)
        plan = clicks.planned(behind, others, size.clicks)
        with self._crew(rate=size.rate, burst=size.burst) as crew:
            waiting = self._wish(behind, part="backlog")
            seeding.failed([(each.orcid, each.doi) for each in plan if each.kind == clicks.RETRY])
            seeding.analyze()
            say(f"{waiting:,} claims wait")
            time.sleep(RUN_IN_SECONDS)
            before = self._cpu(crew)
            begun = time.monotonic()
            made = self._click(plan, crew)
            arrivals = self._arrivals(made, crew)
            seconds = time.monotonic() - begun
            used = self._cpu(crew).since(before)
            left = _unfinished()
        seen: Seen = self.stand_ins.seen()
        return Part(
            f"Clicks during a backlog of {waiting:,} claims: {len(made)} of them, "
            f"{size.clicks_a_second:g} a second, at ORCID's pace, {size.workers} workers",
            (*clicks.waits(made, arrivals), *_kept(seen), _memory(crew.peak), _others(used)),
            (
                f"{left:,} claims still wait after {seconds:.0f} s of clicks."
                + ("" if left else " Too few: the last clicks met no backlog. Use --backlog."),
            ),
        )

    # --- what they do

    def _round(self, part: str, *, rate: float, burst: int) -> Round:
        size = self.size
        orcids = self._people(size.persons)
        self._empty(rate=rate, burst=burst, enforced=rate < NO_LIMIT)
        with self._crew(rate=rate, burst=burst) as crew:
            before = self._cpu(crew)
            total = self._wish(orcids, part=part)
            begun = time.time()
            until_all(part, total, self.stand_ins.count, limit=size.limit, watch=crew.require_alive)
            until_all(
                f"{part}: settled",
                total,
                lambda: total - _unfinished(),
                limit=size.limit,
                watch=crew.require_alive,
            )
            used = self._cpu(crew).since(before)
        seen: Seen = self.stand_ins.seen()
        wanted = {
            (orcid, doi)
            for number, orcid in enumerate(orcids)
            for doi in seeding.dois(part, of=number, works=size.works)
        }
        return Round(
            claims=total,
            seconds=max(max(times) for times in seen.works.values()) - begun,
            seen=seen,
            cpu=used,
            peak=crew.peak,
            exactly_once=exactly_once(wanted, seen.works),
        )

    def _wish(self, orcids: list[OrcidId], *, part: str) -> int:
        """New claims of all these people at once; each wish nudges, unless the feed has to find it."""
        with transaction.atomic():
            count = seeding.claims(orcids, part=part, works=self.size.works)
            if not self.size.fed:
                nudge(orcids)
        return count

    def _click(self, plan: list[Click], crew: Crew) -> list[Click]:
        """People come when they like: at random, so many a second on average."""
        chance = random.Random(1)  # noqa: S311 (the same each time)
        made: list[Click] = []
        due = time.monotonic()

        def next_one() -> int:
            nonlocal due
            if time.monotonic() >= due:
                made.append(clicks.act(plan[len(made)]))
                due += chance.expovariate(self.size.clicks_a_second)
            return len(made)

        until_all(
            "clicks",
            len(plan),
            next_one,
            limit=self.size.limit,
            watch=crew.require_alive,
            look_seconds=0.01,
        )
        return made

    def _arrivals(self, made: list[Click], crew: Crew) -> dict[tuple[str, str], float]:
        """When each work came; one that has not come by now is left out."""
        wanted = [(click.orcid, click.doi) for click in made]
        give_up = time.monotonic() + LATEST_SECONDS
        while True:
            found: dict[tuple[str, str], float] = self.stand_ins.arrivals(wanted)
            if len(found) == len(wanted) or time.monotonic() > give_up:
                return found
            crew.require_alive()
            time.sleep(0.5)

    @contextmanager
    def _crew(self, *, rate: float, burst: int) -> Iterator[Crew]:
        environ = {**os.environ, "ORCID_RATE": f"{rate}", "ORCID_BURST": f"{burst}"}
        size = self.size
        with working(
            size.workers, concurrency=size.concurrency, environ=environ, log=self.log
        ) as crew:
            until_all(
                "workers",
                size.workers,
                _workers,
                limit=START_SECONDS,
                watch=crew.require_alive,
            )
            yield crew

    def _cpu(self, crew: Crew) -> Cpu:
        return cpu(crew, database=self.database, simulators=self.stand_ins.process)

    def _people(self, count: int) -> list[OrcidId]:
        missing = count - len(self._orcids)
        if missing > 0:
            known = self.stand_ins.people(missing)
            seeding.people(known)
            self._orcids += [OrcidId(orcid) for orcid, _ in known]
        return self._orcids[:count]

    def _empty(self, *, rate: float, burst: int, enforced: bool) -> None:
        seeding.empty()
        self.stand_ins.empty(rate=rate, burst=burst, enforced=enforced)


# --- what several parts show


def _kept(seen: Seen, claims: int | None = None, once: int | None = None) -> Iterator[Figure]:
    """What no speed may cost."""
    if claims is not None and once is not None:
        yield Figure(
            name="DOIs exactly once",
            value=once,
            bound="=",
            goal=claims,
            remark="on their person's record",
        )
    yield Figure(name="requests", value=seen.requests, remark="to ORCID's Member API")
    yield Figure(name="refused for pace", value=seen.refused, bound="=", goal=0)
    yield Figure(name="most writes at once", value=seen.most_at_once, bound="=", goal=1)


def _memory(peak: int) -> Figure:
    return Figure(name="a worker's memory", value=peak / MB, unit="MB", bound="<", goal=MEMORY_MB)


def _others(used: Cpu) -> Figure:
    """Figures in seconds mean little where the machine had other things to do."""
    return Figure(
        name="used by others",
        value=100 * used.others,
        unit="%",
        remark="of the processors, meanwhile",
    )


def _workers() -> int:
    return _number("SELECT count(*) FROM procrastinate_workers")


def _unfinished() -> int:
    return _number("SELECT count(*) FROM claims_claim WHERE state <> 'done'")


def _number(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])
