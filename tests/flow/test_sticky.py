"""What a person decided stands: nothing automatic overrides it, and they alone take it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from profiles.claims.states import State
from profiles.pipeline import permissions, wishes
from profiles.pipeline.deliver import deliver
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services
from profiles.simulator.server import Simulation

from .people import ALICE
from .test_blocks import learn
from .test_deliver import DOI, alice, claim, real, titles
from .test_reconcile import put

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

Act = Callable[[Simulation, Services], object]


def removed_here(alice: Simulation, real: Services) -> None:
    wishes.remove(ALICE, DOI)
    deliver(ALICE, real)


def removed_by_staff(alice: Simulation, real: Services) -> None:
    wishes.remove(ALICE, DOI, by="staff:bob")
    deliver(ALICE, real)


def removed_there_and_seen_when_read(alice: Simulation, real: Services) -> None:
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    reconcile(ALICE, real)


def removed_there_and_seen_when_updated(alice: Simulation, real: Services) -> None:
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    learn(ALICE, title="High tides")
    deliver(ALICE, real)


def declined(alice: Simulation, real: Services) -> None:
    removed_here(alice, real)
    wishes.decline(ALICE, DOI)


DECISIONS = {
    removed_here: (State.REMOVED, "removed_by_person"),
    removed_by_staff: (State.REMOVED, "removed_by_staff"),
    removed_there_and_seen_when_read: (State.REMOVED, "removed_at_orcid"),
    removed_there_and_seen_when_updated: (State.REMOVED, "removed_at_orcid"),
    declined: (State.DECLINED, "never_add"),
}


def new_metadata(alice: Simulation, real: Services) -> None:
    learn(ALICE)


def the_same_metadata(alice: Simulation, real: Services) -> None:
    learn(ALICE)
    learn(ALICE)


def the_id_leaves_and_comes_back(alice: Simulation, real: Services) -> None:
    learn()
    learn(ALICE)


def a_new_permission(alice: Simulation, real: Services) -> None:
    permissions.granted(ALICE)


def another_reading(alice: Simulation, real: Services) -> None:
    reconcile(ALICE, real)


def a_late_addition(alice: Simulation, real: Services) -> None:
    put(alice, DOI)
    reconcile(ALICE, real)


AUTOMATIC: tuple[Act, ...] = (
    new_metadata,
    the_same_metadata,
    the_id_leaves_and_comes_back,
    a_new_permission,
    another_reading,
    a_late_addition,
)


def name(act: object) -> str:
    return getattr(act, "__name__", "").replace("_", " ")


@pytest.fixture
def on_record(alice: Simulation, real: Services) -> Simulation:
    learn(ALICE)
    deliver(ALICE, real)
    assert titles(alice) == ["Tides"]
    return alice


@pytest.mark.parametrize("automatic", AUTOMATIC, ids=name)
@pytest.mark.parametrize("decide", DECISIONS, ids=name)
def test_nothing_automatic_brings_it_back_and_restore_does(
    on_record: Simulation, real: Services, decide: Act, automatic: Act
) -> None:
    decide(on_record, real)
    state, reason = DECISIONS[decide]  # type: ignore[index]
    assert (claim().state, claim().reason) == (state, reason)
    for _ in range(2):
        automatic(on_record, real)
        deliver(ALICE, real)
        assert titles(on_record) == []
        assert (claim().state, claim().reason) == (state, reason)
    wishes.restore(ALICE, DOI)
    deliver(ALICE, real)
    assert (len(titles(on_record)), claim().state) == (1, State.DONE)
