"""Several additions in one call: each settled by its own part of the answer, none twice, none lost."""

from __future__ import annotations

import pytest

from profiles.claims import ledger, metadata
from profiles.claims.models import Attempt, Claim
from profiles.claims.states import State
from profiles.pipeline.deliver import Delivered, deliver
from profiles.pipeline.services import Services
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.work import Contributor, RelatedId, Title, Types, Work

from .people import ALICE, NOON
from .test_deliver import alice, real, titles

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def want(*names: str, related: tuple[RelatedId, ...] = ()) -> None:
    for name in names:
        work = Work(
            doi=Doi(f"10.5555/{name}"),
            state="findable",
            types=Types(general="Dataset"),
            titles=(Title(name),),
            creators=(Contributor(name="Josiah Carberry", orcids=(ALICE,)),),
            related=related,
        )
        metadata.record_work(work, title=name)
        ledger.want(ALICE, work.doi, origin="auto_update", by="test", now=NOON)


def version_of(name: str) -> tuple[RelatedId, ...]:
    doi = Doi(f"10.5555/{name}")
    return (RelatedId("IsVersionOf", "DOI", doi, doi),)


def again() -> None:
    """The waiting is over."""
    Claim.objects.filter(state=State.WAITING).update(due_at=NOON)


def calls(simulation: Simulation) -> list[str]:
    """Each write to the record: its verb, and `s` for several works at once."""
    return [
        entry.method + ("s" if entry.path.endswith("/works") else "")
        for entry in simulation.orcid.calls()
    ]


def states() -> set[str]:
    return set(Claim.objects.values_list("state", flat=True))


def test_several_additions_are_one_call(alice: Simulation, real: Services) -> None:
    want("a", "b", "c")
    assert deliver(ALICE, real) == Delivered(3)
    assert calls(alice) == ["POSTs"]
    put_codes = {work["put-code"]: work["title"]["title"]["value"] for work in _works(alice)}
    for claim in Claim.objects.all():
        assert put_codes[claim.put_code] == claim.doi.removeprefix("10.5555/")
    assert Attempt.objects.count() == 3


def test_a_hundred_at_most_go_in_one_call(alice: Simulation, real: Services) -> None:
    want(*(f"w{number}" for number in range(201)))
    while deliver(ALICE, real).more:
        pass
    assert calls(alice) == ["POSTs", "POSTs", "POST"]
    assert len(set(titles(alice))) == len(titles(alice)) == 201


def test_what_was_there_already_is_adopted_and_the_others_added(
    alice: Simulation, real: Services
) -> None:
    want("a")
    deliver(ALICE, real)
    Claim.objects.all().delete()  # as after the loss of our database
    want("a", "b", "c")
    deliver(ALICE, real)
    assert sorted(titles(alice)) == ["a", "b", "c"]
    assert states() == {State.DONE}


class TestVersions:
    """In a bulk ORCID refuses a work that another one only names as its version."""

    def test_that_come_together_are_sent_apart(self, alice: Simulation, real: Services) -> None:
        want("v1", "v2", related=version_of("concept"))
        want("concept")
        deliver(ALICE, real)
        assert sorted(titles(alice)) == ["concept", "v1", "v2"]
        assert states() == {State.DONE}
        assert len(set(Claim.objects.values_list("put_code", flat=True))) == 3

    def test_that_are_there_already_are_not_taken_for_the_work(
        self, alice: Simulation, real: Services
    ) -> None:
        """The put-code that the refusal names is that of the version, not of the concept."""
        want("v1", related=version_of("concept"))
        deliver(ALICE, real)
        want("concept", "other")
        deliver(ALICE, real)
        assert sorted(titles(alice)) == ["concept", "other", "v1"]
        assert states() == {State.DONE}
        assert len(set(Claim.objects.values_list("put_code", flat=True))) == 3


class TestAnAnswerThatWasLost:
    def test_after_the_fact_makes_no_second_copies(self, alice: Simulation, real: Services) -> None:
        alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="after")
        want("a", "b", "c")
        deliver(ALICE, real)
        again()
        deliver(ALICE, real)
        assert calls(alice).count("POSTs") == 1
        assert "POST" not in calls(alice)
        assert len(alice.orcid.calls("GET")) == 1  # read once for all
        assert sorted(titles(alice)) == ["a", "b", "c"]
        assert states() == {State.DONE}

    def test_before_the_fact_is_sent_again(self, alice: Simulation, real: Services) -> None:
        alice.orcid.faults.add(method="POST", path_prefix="/v3.0", reset="before")
        want("a", "b", "c")
        deliver(ALICE, real)
        assert states() == {State.WAITING}
        again()
        deliver(ALICE, real)
        assert sorted(titles(alice)) == ["a", "b", "c"]
        assert states() == {State.DONE}

    def test_in_the_middle_is_as_lost(self, alice: Simulation, real: Services) -> None:
        alice.orcid.faults.add(method="POST", path_prefix="/v3.0", truncate=True)
        want("a", "b", "c")
        deliver(ALICE, real)
        again()
        deliver(ALICE, real)
        assert sorted(titles(alice)) == ["a", "b", "c"]
        assert states() == {State.DONE}

    def test_with_too_few_parts_is_as_lost(self, alice: Simulation, real: Services) -> None:
        alice.orcid.faults.add(method="POST", path_prefix="/v3.0", status=200, body={"bulk": []})
        want("a", "b")
        deliver(ALICE, real)
        assert states() == {State.WAITING}
        again()
        deliver(ALICE, real)
        assert sorted(titles(alice)) == ["a", "b"]


@pytest.mark.parametrize(
    "items",
    [
        [{"work": "x"}, {}],  # not what a part looks like
        [{"work": {"put-code": "x"}}, {"error": {"response-code": "x"}}],
        ["a", "b"],
    ],
)
def test_parts_that_say_nothing_are_as_lost(
    alice: Simulation, real: Services, items: list[object]
) -> None:
    alice.orcid.faults.add(method="POST", path_prefix="/v3.0", status=200, body={"bulk": items})
    want("a", "b")
    deliver(ALICE, real)
    assert set(Claim.objects.values_list("state", "unsure")) == {("waiting", True)}
    again()
    deliver(ALICE, real)
    assert sorted(titles(alice)) == ["a", "b"]


def test_a_revoked_token_holds_all_after_one_call(alice: Simulation, real: Services) -> None:
    alice.orcid.revoke_tokens(ALICE)
    want("a", "b", "c")
    deliver(ALICE, real)
    assert calls(alice) == ["POSTs"]
    assert set(Claim.objects.values_list("state", "reason")) == {("held", "permission_ended")}


def test_a_record_that_has_room_for_some_gets_some(alice: Simulation, real: Services) -> None:
    """Over 10,000 works the whole call is refused; one by one the room that is left is used."""
    full = {"status": 409, "error_code": 9048}
    alice.orcid.faults.add(method="POST", regex=".*/works$", **full)
    alice.orcid.faults.add(method="POST", regex=".*/work$", skip=1, times=None, **full)
    want("a", "b", "c")
    deliver(ALICE, real)
    assert titles(alice) == ["a"]
    assert set(Claim.objects.exclude(state="done").values_list("state", "reason")) == {
        ("held", "record_full")
    }


def test_one_work_that_spoils_the_call_is_refused_by_itself(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.faults.add(method="POST", regex=".*/works$", status=400, error_code=9047)
    alice.orcid.faults.add(method="POST", regex=".*/work$", status=400, error_code=9047)
    want("a", "b", "c")
    deliver(ALICE, real)
    assert titles(alice) == ["b", "c"]
    assert Claim.objects.get(doi="10.5555/a").reason == "refused"


def _works(simulation: Simulation) -> list[dict[str, object]]:
    return simulation.orcid.works_of(ALICE)
