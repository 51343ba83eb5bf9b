"""Versions over the wire: from DataCite's records to one group, or one version, on the ORCID record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from django.conf import settings
from django.utils import timezone

from profiles.claims.models import Claim
from profiles.claims.states import State
from profiles.people.models import Person
from profiles.people.preferences import Choices, Versions
from profiles.pipeline import preferences
from profiles.pipeline.deliver import deliver
from profiles.pipeline.explain import explain
from profiles.pipeline.harvest import harvest
from profiles.pipeline.services import Services, build
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .people import ALICE, SCOPE, permit, person

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = seed.ORCID_CLIENT[0]
CREATOR = {
    "name": "Carberry, Josiah",
    "nameIdentifiers": [
        {"nameIdentifier": f"https://orcid.org/{ALICE}", "nameIdentifierScheme": "ORCID"}
    ],
}

# Name, version, and relations as "IsVersionOf concept".
Shape = tuple[tuple[str, str, tuple[str, ...]], ...]
ZENODO: Shape = (
    ("c", "", ("HasVersion v1", "HasVersion v2", "HasVersion v3")),
    ("v1", "1.0", ("IsVersionOf c",)),
    ("v2", "1.9", ("IsVersionOf c",)),
    ("v3", "1.10", ("IsVersionOf c",)),
)
CHAIN: Shape = (
    ("a", "", ("IsPreviousVersionOf b",)),
    ("b", "", ("IsNewVersionOf a", "IsPreviousVersionOf d")),
    ("d", "", ("IsNewVersionOf b", "IsPreviousVersionOf e")),
    ("e", "", ("IsNewVersionOf d",)),
)
FIGSHARE: Shape = (
    ("f", "", ("IsIdenticalTo f.v1",)),
    ("f.v1", "", ("IsIdenticalTo f",)),
    ("f.v2", "", ("IsPreviousVersionOf f",)),
    ("f.v10", "", ("IsPreviousVersionOf f",)),
)
VARIANTS: Shape = (
    ("o", "", ("IsOriginalFormOf p",)),
    ("p", "", ("IsVariantFormOf o",)),
    ("q", "", ("IsVariantFormOf o",)),
)
SHAPES = {"zenodo": ZENODO, "chain": CHAIN, "figshare": FIGSHARE, "variants": VARIANTS}
ORDERS: dict[str, Callable[[Shape], Shape]] = {
    "forward": lambda works: works,
    "backward": lambda works: works[::-1],
    "inside out": lambda works: (*works[1:3], *works[:1], *works[3:]),
}


@pytest.fixture
def real() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(settings.PROFILES, http)


@pytest.fixture
def alice(simulation: Simulation) -> Person:
    who = person(ALICE)
    permit(who, simulation.orcid.grant(ALICE, client_id=CLIENT, scope=SCOPE).access,
           api_client=CLIENT)  # fmt: skip
    return who


def record(name: str, version: str, relations: Sequence[str]) -> dict[str, Any]:
    return {
        "doi": f"10.5555/{name}",
        "titles": [{"title": name}],
        "creators": [CREATOR],
        "publisher": "Brown University",
        "publicationYear": 2026,
        "version": version or None,
        "types": {"resourceTypeGeneral": "Dataset"},
        "relatedIdentifiers": [
            {
                "relationType": relation.split()[0],
                "relatedIdentifierType": "DOI",
                "relatedIdentifier": f"https://doi.org/10.5555/{relation.split()[1].upper()}",
            }
            for relation in relations
        ],
    }


def go_round(real: Services) -> None:
    harvest(real, since=timezone.now() - timedelta(hours=1))
    while deliver(ALICE, real).more:
        pass


def groups(simulation: Simulation) -> list[list[str]]:
    """As ORCID itself puts them together."""
    (token,) = simulation.orcid.registry.live_tokens(ALICE)
    address = f"{simulation.orcid.url}/v3.0/{ALICE}/works"
    headers = {"Authorization": f"Bearer {token.access}", "Accept": "application/json"}
    answer = httpx2.get(address, headers=headers).raise_for_status().json()
    return sorted(
        sorted(work["title"]["title"]["value"] for work in group["work-summary"])
        for group in answer["group"]
    )


def choose(who: Person, choice: Versions) -> None:
    preferences.save(who, Choices(True, choice))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_group_when_they_come_together(
    alice: Person, simulation: Simulation, real: Services, *, shape: str, order: str
) -> None:
    for one in ORDERS[order](SHAPES[shape]):
        simulation.datacite.register(record(*one))
    go_round(real)
    assert groups(simulation) == [sorted(name for name, _, _ in SHAPES[shape])]
    assert set(Claim.objects.values_list("state", flat=True)) == {State.DONE}
    put_codes = Claim.objects.values_list("put_code", flat=True)
    assert len(set(put_codes)) == len(put_codes) == len(SHAPES[shape])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_one_group_when_they_come_one_by_one(
    alice: Person, simulation: Simulation, real: Services, *, shape: str, order: str
) -> None:
    for one in ORDERS[order](SHAPES[shape]):
        simulation.datacite.register(record(*one))
        go_round(real)
    assert groups(simulation) == [sorted(name for name, _, _ in SHAPES[shape])]
    assert len(simulation.orcid.calls("POST")) == len(SHAPES[shape])  # each once


def test_others_of_the_person_stay_apart(
    alice: Person, simulation: Simulation, real: Services
) -> None:
    for one in (*ZENODO, ("x", "", ("Cites c", "IsSupplementTo v1")), *CHAIN):
        simulation.datacite.register(record(*one))
    go_round(real)
    assert groups(simulation) == [["a", "b", "d", "e"], ["c", "v1", "v2", "v3"], ["x"]]


# The shape, the choice, and what is on the record in the end.
CHOICES = [
    ("zenodo", Versions.NEWEST, "v3"),
    ("zenodo", Versions.CONCEPT, "c"),
    ("chain", Versions.NEWEST, "e"),
    ("chain", Versions.CONCEPT, "e"),
    ("figshare", Versions.NEWEST, "f.v10"),
    ("figshare", Versions.CONCEPT, "f"),
]


@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("shape", "choice", "expected"), CHOICES)
def test_one_alone_where_the_person_wants_that(
    alice: Person,
    simulation: Simulation,
    real: Services,
    *,
    shape: str,
    choice: Versions,
    expected: str,
    order: str,
    together: bool,
) -> None:
    choose(alice, choice)
    for one in ORDERS[order](SHAPES[shape]):
        simulation.datacite.register(record(*one))
        if not together:
            go_round(real)
    go_round(real)
    assert groups(simulation) == [[expected]]
    if together:
        assert len(simulation.orcid.calls()) == 1  # nothing went there to leave again


def test_what_was_newest_leaves_and_the_older_one_comes_back(
    alice: Person, simulation: Simulation, real: Services
) -> None:
    choose(alice, Versions.NEWEST)
    for one in ZENODO:
        simulation.datacite.register(record(*one))
    go_round(real)
    simulation.datacite.update("10.5555/v3", {"creators": [{"name": "Somebody Else"}]})
    go_round(real)
    assert groups(simulation) == [["v2"]]
    simulation.datacite.update("10.5555/v3", {"creators": [CREATOR]})
    go_round(real)
    assert groups(simulation) == [["v3"]]


def test_a_new_choice_reaches_the_record(
    alice: Person, simulation: Simulation, real: Services
) -> None:
    for one in ZENODO:
        simulation.datacite.register(record(*one))
    go_round(real)
    everything = [["c", "v1", "v2", "v3"]]
    for choice, expected in [
        (Versions.NEWEST, [["v3"]]),
        (Versions.CONCEPT, [["c"]]),
        (Versions.GROUPED, everything),
    ]:
        choose(alice, choice)
        deliver(ALICE, real)
        assert groups(simulation) == expected


def test_the_explanation_of_an_older_version_names_the_newest(
    alice: Person, simulation: Simulation, real: Services
) -> None:
    choose(alice, Versions.NEWEST)
    for one in ZENODO:
        simulation.datacite.register(record(*one))
    go_round(real)
    found = explain(Doi("10.5555/v1"), ALICE)
    assert found.evaluation.reason == "newer_version"
    (line,) = [line for line in found.lines if line.code == "newer_version"]
    assert tuple(map(str, line.looked_at)) == ("newest version: 10.5555/v3",)
    assert explain(Doi("10.5555/v3"), ALICE).evaluation.verdict == "send"
