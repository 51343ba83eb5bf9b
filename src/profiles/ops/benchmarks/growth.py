"""The measuring of `profiles benchmark ledger`. Wants Django set up."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from ...claims import leases
from ...claims.leases import Settlement, Taken, Try
from ...claims.states import Event
from ...errors import ProfilesError
from ...values.orcid_id import OrcidId
from . import seeding
from .figures import Figure, Part
from .progress import say

WINDOW = 200  # persons that the feed asks for at once
NEXT = 2000  # persons who are due
EACH = 10  # claims of a person, of those who are measured too
WARM_UP = 20  # rounds that do not count
MOST_GROWTH = 2
LEASE = timedelta(minutes=10)
FINGERPRINT = "0" * 64


class NothingMeasured(ProfilesError):
    """The benchmark does not fit the ledger any more"""


# What has become of claims in the long run, in thousandths: most are on their record.
SHARES = {"done": 930, "waiting": 30, "held": 20, "failed": 10, "removed": 10}

# Persons in no order, as iDs are, and what one of them has lies scattered over the table.
_NUMBERED = """
generate_series(%s::bigint, %s) AS number
CROSS JOIN LATERAL (
    SELECT lpad(mod(mod(number, %s) * 48271, 99999989)::text, 8, '0') AS digits,
           mod(abs(hashint8(number)::bigint), 1000) AS share
) AS drawn
CROSS JOIN LATERAL (SELECT {states} AS state) AS standing
"""
_ORCID = "'{block}-' || left(digits, 4) || '-' || right(digits, 4)"
# The iDs' first half: those who are next, the many, and whose claims are taken and settled.
_NEXT, _MANY, _TOGETHER, _ALONE = "0000-0002", "0000-0003", "0000-0004", "0000-0005"


def measure(sizes: Sequence[int], *, rounds: int) -> Part:
    medians: dict[str, list[float]] = {}
    plans: list[str] = []
    # As many persons to pick from, however large the table.
    filled = _insert(_NEXT, first=0, last=NEXT - 1, persons=NEXT, states="'waiting'")
    for size in sizes:
        begun = time.monotonic()
        filled += _fill(filled, size)
        say(f"{filled:,} claims, made in {time.monotonic() - begun:.0f} s")
        watch = _steps(rounds, first=size * 1000)
        for name, milliseconds in watch.medians().items():
            medians.setdefault(name, []).append(milliseconds)
        plans = watch.plans()
    return Part(
        "Cost of one step, in the median of "
        f"{rounds} rounds, with {', '.join(f'{size:,}' for size in sizes)} claims in the table",
        (*_growth(sizes, medians), _scans(plans)),
        ("Plans with most claims:", *plans),
    )


def _growth(sizes: Sequence[int], medians: Mapping[str, Sequence[float]]) -> Iterator[Figure]:
    for name, found in medians.items():
        yield Figure(
            name=name,
            value=found[-1] / found[0],
            unit="×",
            bound="≤",
            goal=MOST_GROWTH,
            remark=" → ".join(f"{milliseconds:.2f}" for milliseconds in found) + " ms",
        )


def _scans(plans: Sequence[str]) -> Figure:
    return Figure(
        name="claims read from end to end",
        value=sum("Seq Scan on claims_claim" in plan for plan in plans),
        bound="=",
        goal=0,
        remark="steps whose plan does so",
    )


# --- the table


def _fill(first: int, size: int) -> int:
    """As many claims as are missing, each with a line of history. How many."""
    made = _insert(_MANY, first=first, last=size - 1, persons=max(size // EACH, 1), states=_drawn())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) claims_claim, claims_change")
        cursor.execute("CHECKPOINT")
    return made


def _drawn() -> str:
    """SQL: a state for each, by chance."""
    words, upto = [], 0
    for state, share in SHARES.items():
        upto += share
        words.append(f"WHEN share < {upto} THEN '{state}'")
    return f"CASE {' '.join(words)} END"


def _insert(block: str, *, first: int, last: int, persons: int, states: str) -> int:
    before = _highest()
    on_record = "state = 'done'"
    made = seeding.insert(
        "claims.claim",
        _NUMBERED.format(states=states),
        {
            "uuid": "gen_random_uuid()",
            "orcid": _ORCID.format(block=block),
            "doi": f"'10.5555/{block}.' || number",
            "origin": "'auto_update'",
            "state": "state",
            "wanted": "CASE state WHEN 'removed' THEN 'absent' ELSE 'present' END",
            "reason": "CASE state WHEN 'held' THEN 'permission_ended' WHEN 'failed' THEN 'refused'"
            " WHEN 'removed' THEN 'removed_by_person' ELSE '' END",
            # Half of those that wait are not due yet.
            "due_at": "CASE WHEN state = 'waiting' THEN now() - interval '1 hour'"
            f" + mod(share, 2) * (CASE '{block}' WHEN '{_MANY}' THEN 1 ELSE 0 END) * interval '1 day' END",
            "put_code": f"CASE WHEN {on_record} THEN number + 1 END",
            "fingerprint": f"CASE WHEN {on_record} THEN '{FINGERPRINT}' ELSE '' END",
            "api_client": f"CASE WHEN {on_record} THEN 'APP-BENCHMARK' ELSE '' END",
            "sent_at": f"CASE WHEN {on_record} THEN now() END",
        },
        [first, last, persons],
    )
    seeding.insert(
        "claims.change",
        "claims_claim WHERE id > %s",
        {
            "claim_id": "id",
            "at": "now()",
            "event": "'want'",
            "state": "state",
            "by": "'auto-update'",
        },
        [before],
    )
    return made


def _highest() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM claims_claim")
        return int(cursor.fetchone()[0])


# --- the steps


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
                    lines.append(f"{name}: {_plan(sql, values)}")
        return list(dict.fromkeys(lines))


def _steps(rounds: int, *, first: int) -> Watch:
    """As a worker goes about it, with persons of its own who have claims that wait."""
    persons = rounds + WARM_UP
    last = first + persons * EACH - 1
    _insert(_TOGETHER, first=first, last=last, persons=persons, states="'waiting'")
    _insert(_ALONE, first=first, last=first + persons - 1, persons=persons, states="'waiting'")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE claims_claim")
    watch = Watch()
    for number in range(persons):
        digits = f"{number * 48271 % 99999989:08}"
        person = f"{digits[:4]}-{digits[4:]}"
        now = timezone.now()
        with watch.step("pick the next persons"):
            leases.due_orcids(now=now, limit=WINDOW, after=f"{_NEXT}-{number % 40:02}00-0000")
        with watch.step("look for claims that hang"):
            leases.sweep(now=now)
            leases.orcids_in_hand()
        together, alone = OrcidId(f"{_TOGETHER}-{person}"), OrcidId(f"{_ALONE}-{person}")
        with watch.step(f"take a person's {EACH} additions"):
            several = leases.take_additions(together, limit=100, lease=LEASE, now=now)
        with watch.step(f"settle {EACH} together"):
            _settle(several)
        with watch.step("take one claim"):
            one = leases.take(alone, lease=LEASE, now=now)
        with watch.step("settle one"):
            _settle((one,) if one else ())
    return watch


def _settle(taken: Sequence[Taken]) -> None:
    now = timezone.now()
    attempt = Try(
        at=now,
        verb="POST",
        api_client="APP-BENCHMARK",
        fingerprint=FINGERPRINT,
        status=201,
        error_code=None,
        outcome="done",
        milliseconds=100,
    )
    found = Settlement(
        event=Event.KEEP,
        accepted=True,
        put_code=1,
        fingerprint=FINGERPRINT,
        api_client="APP-BENCHMARK",
        tries=(attempt,),
    )
    settled = leases.settle_all([(claim, found) for claim in taken], now=now)
    if not taken or settled != len(taken):
        raise NothingMeasured("claims that should wait could not be taken and settled")


def _plan(sql: str, values: object) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        (plan,) = cursor.fetchone()
    return " ← ".join(_nodes((orjson.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def _nodes(node: Mapping[str, Any]) -> Iterator[str]:
    """Those that touch a table, the outermost first."""
    kind, table, index = (node.get(key, "") for key in ("Node Type", "Relation Name", "Index Name"))
    if kind == "ModifyTable":
        yield f"{node['Operation']} {table}"
    elif index:
        yield f"{kind} {index}"
    elif table and kind != "Bitmap Heap Scan":
        yield f"{kind} on {table}"
    for child in node.get("Plans", ()):
        yield from _nodes(child)
