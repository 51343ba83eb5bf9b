"""The life of a claim: every pair of state and event is either in the table or refused."""

from __future__ import annotations

from itertools import product

import pytest

from profiles.claims.reasons import REASONS, sticky
from profiles.claims.states import TRANSITIONS, Event, State, after, allows
from profiles.errors import ImpossibleTransition

PAIRS = list(product(State, Event))


@pytest.mark.parametrize(("state", "event"), PAIRS)
def test_every_pair_is_in_the_table_or_raises(state: State, event: Event) -> None:
    if allows(state, event):
        assert after(state, event) is TRANSITIONS[state, event]
        return
    with pytest.raises(ImpossibleTransition, match=f"{event} a claim that is {state}"):
        after(state, event)


def test_no_state_is_a_trap() -> None:
    """From every state a person or a metadata change can bring a claim back on its way."""
    for state in State:
        seen, todo = {state}, [state]
        while todo:
            here = todo.pop()
            new = {to for (start, _), to in TRANSITIONS.items() if start == here} - seen
            seen |= new
            todo += new
        assert State.WAITING in seen, state


def test_every_state_can_be_reached_from_waiting() -> None:
    seen, todo = {State.WAITING}, [State.WAITING]
    while todo:
        here = todo.pop()
        new = {to for (start, _), to in TRANSITIONS.items() if start == here} - seen
        seen |= new
        todo += new
    assert seen == set(State) - {State.PROPOSED}


@pytest.mark.parametrize(
    ("state", "event", "to"),
    [
        (State.WAITING, Event.TAKE, State.WORKING),  # only waiting claims are taken
        (State.WORKING, Event.WANT, State.WORKING),  # a wish never takes a claim from its worker
        (State.DONE, Event.WANT, State.WAITING),  # a metadata change
        (State.DONE, Event.UNWANT, State.WAITING),  # a removal is on its way like an addition
        (State.HELD, Event.WANT, State.HELD),  # new metadata do not cure a missing permission
        (State.HELD, Event.UNWANT, State.WAITING),  # deleting needs no new permission
        (State.DECLINED, Event.RESTORE, State.WAITING),
    ],
)
def test_what_matters_most(state: State, event: Event, to: State) -> None:
    assert after(state, event) is to


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (State.DECLINED, Event.WANT),  # sticky: nothing automatic overrides a refusal
        (State.DONE, Event.DECLINE),  # first it must leave the record
        (State.DONE, Event.TAKE),
        (State.WORKING, Event.TAKE),  # two workers never hold one claim
        (State.WORKING, Event.DROP),  # it may be at ORCID by now
    ],
)
def test_what_must_never_happen(state: State, event: Event) -> None:
    assert not allows(state, event)


def test_every_reason_has_words_and_every_problem_a_next_step() -> None:
    for code, reason in REASONS.items():
        assert reason.words.endswith("."), code
        if reason.state in (State.HELD, State.FAILED):
            assert reason.next_step, code


def test_only_a_persons_or_staffs_own_decision_is_sticky() -> None:
    assert {code for code in REASONS if sticky(code)} == {
        "removed_by_person",
        "removed_at_orcid",
        "removed_by_staff",
        "account_closed",
        "never_add",
        "blocked",
    }
    assert not sticky("")
