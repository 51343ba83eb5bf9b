"""The arithmetic of the benchmarks, and when a goal is met."""

from __future__ import annotations

import math

import orjson
import pytest
import typer

from profiles.ops.benchmarks.figures import (
    Bound,
    Figure,
    Part,
    exactly_once,
    least_seconds,
    percentile,
    report,
    shown,
)
from profiles.ops.benchmarks.plans import nodes

INFINITE = math.inf


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([1.0], 0.95, 1.0),  # one value is every percentile
        ([3.0, 1.0, 2.0], 0.5, 2.0),  # in no order
        ([1.0, 2.0], 0.5, 1.0),  # half of all do not exceed the first
        (list(map(float, range(1, 101))), 0.95, 95.0),
        (list(map(float, range(1, 21))), 0.95, 19.0),  # one in twenty may be slower
        ([1.0] * 18 + [INFINITE] * 2, 0.95, INFINITE),  # what never came counts
    ],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[float], share: float, expected: float
) -> None:
    assert percentile(values, share) == expected


def test_nothing_measured_meets_no_goal() -> None:
    nothing = percentile([], 0.95)
    assert not Figure(name="p95", value=nothing, bound="<", goal=2).met
    assert shown(nothing) == "none"


@pytest.mark.parametrize(
    ("requests", "seconds"),
    [
        (2000, (2000 - 40) / 24),
        (40, 0.0),  # all within the burst
        (3, 0.0),
    ],
)
def test_the_burst_costs_no_time(requests: int, seconds: float) -> None:
    assert least_seconds(requests, rate=24, burst=40) == pytest.approx(seconds)


def test_exactly_once_is_neither_never_nor_twice_nor_on_another_record() -> None:
    josiah, laura = "0000-0002-1825-0097", "0000-0001-5109-3700"
    wanted = [(josiah, "10.5555/a"), (josiah, "10.5555/b"), (josiah, "10.5555/c")]
    found = {
        (josiah, "10.5555/a"): [1.0],
        (josiah, "10.5555/b"): [1.0, 2.0],  # twice
        (laura, "10.5555/c"): [1.0],  # where nobody wanted it
    }
    assert exactly_once(wanted, found) == 1


@pytest.mark.parametrize(
    ("value", "bound", "goal", "met"),
    [
        (1.05, "≤", 1.05, True),
        (1.06, "≤", 1.05, False),
        (2.0, "<", 2.0, False),
        (0, "=", 0, True),
        (1, "=", 0, False),
        (5, "≥", 5, True),
        (4.9, "≥", 5, False),
        (4.9, None, math.nan, None),  # without a goal
    ],
)
def test_goals(value: float, bound: Bound | None, goal: float, met: bool | None) -> None:
    assert Figure(name="it", value=value, bound=bound, goal=goal).met is met


MISSED = Figure(name="refusals", value=3, bound="=", goal=0)
MET = Figure(name="memory", value=98.2, unit="MB", bound="<", goal=250)
PLAIN = Figure(name="requests", value=2000)


def test_a_missed_goal_ends_the_command_with_exit_code_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as ended:
        report([Part("At ORCID's pace", (PLAIN, MET, MISSED))], as_json=False)
    assert ended.value.exit_code == 1
    told = capsys.readouterr()
    assert "goals missed: refusals" in told.err
    assert "✗ missed" in told.out
    assert "2,000" in told.out


def test_goals_that_are_met_end_it_well(capsys: pytest.CaptureFixture[str]) -> None:
    report([Part("At ORCID's pace", (PLAIN, MET), ("And a remark.",))], as_json=False)
    told = capsys.readouterr()
    assert not told.err
    assert "98.2" in told.out
    assert "And a remark." in told.out


def test_as_json_every_figure_has_its_goal(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        report([Part("At ORCID's pace", (PLAIN, MISSED))], as_json=True)
    (part,) = orjson.loads(capsys.readouterr().out)
    assert [(f["name"], f["value"], f["goal"], f["met"]) for f in part["figures"]] == [
        ("requests", 2000, None, None),
        ("refusals", 3, "= 0", False),
    ]


def test_a_plan_is_told_by_the_tables_and_indexes_it_touches() -> None:
    plan = {
        "Node Type": "ModifyTable",
        "Operation": "Update",
        "Relation Name": "claims_claim",
        "Plans": [
            {
                "Node Type": "Nested Loop",
                "Plans": [
                    {"Node Type": "Function Scan"},
                    {"Node Type": "Bitmap Heap Scan", "Relation Name": "claims_claim",
                     "Plans": [{"Node Type": "Bitmap Index Scan", "Index Name": "claim_by_doi"}]},
                    {"Node Type": "Index Scan", "Index Name": "claims_claim_pkey",
                     "Relation Name": "claims_claim"},
                    {"Node Type": "Seq Scan", "Relation Name": "claims_claim"},
                ],
            }
        ],
    }  # fmt: skip
    assert list(nodes(plan)) == [
        "Update claims_claim",
        "Bitmap Index Scan claim_by_doi",
        "Index Scan claims_claim_pkey",
        "Seq Scan on claims_claim",
    ]
