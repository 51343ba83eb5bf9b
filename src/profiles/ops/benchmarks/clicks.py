"""What persons do while others' claims wait, and how long they wait for it. Wants Django set up."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import NamedTuple

from ...pipeline import wishes
from ...values.doi import Doi
from ...values.orcid_id import OrcidId
from . import seeding
from .figures import Figure, percentile


class Click(NamedTuple):
    kind: str
    orcid: OrcidId
    doi: Doi
    at: float  # 0: not yet


OTHER, OWN, RETRY = "by others", "a new one, by who waits", "a retry, by who waits"
KINDS = (OTHER, OWN, OTHER, RETRY)


def planned(behind: list[OrcidId], others: list[OrcidId], count: int) -> list[Click]:
    """Half of them by persons for whom nothing waits."""
    chance = random.Random(2)  # noqa: S311 (the same each time)
    kinds = [KINDS[number % len(KINDS)] for number in range(count)]
    return [
        Click(
            kind=kind,
            orcid=others[number] if kind == OTHER else chance.choice(behind),
            doi=Doi(f"10.5555/click.{number}"),
            at=0.0,
        )
        for number, kind in enumerate(kinds)
    ]


def act(click: Click) -> Click:
    now = time.time()
    if click.kind == RETRY:
        wishes.retry(click.orcid, click.doi)
    else:
        wishes.add(click.orcid, seeding.work_of(click.orcid, click.doi))
    return click._replace(at=now)


def waits(made: list[Click], arrivals: dict[tuple[str, str], float]) -> Iterator[Figure]:
    """From the click to the work on the record; what never came took for ever."""
    waited = [
        (click.kind, arrivals.get((click.orcid, click.doi), float("inf")) - click.at)
        for click in made
    ]
    every = [seconds for _, seconds in waited]
    yield Figure(name="click to record, p50", value=percentile(every, 0.5), unit="s")
    yield Figure(
        name="click to record, p95", value=percentile(every, 0.95), unit="s", bound="<", goal=2
    )
    yield Figure(name="click to record, longest", value=max(every), unit="s")
    for kind in dict.fromkeys(KINDS):
        of_kind = [seconds for each, seconds in waited if each == kind]
        yield Figure(name=f"p95 {kind}", value=percentile(of_kind, 0.95), unit="s")
