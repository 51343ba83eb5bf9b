"""The tables of words are complete: whatever the other parts can say has words on the pages."""

from __future__ import annotations

from typing import get_args

import pytest

from profiles.claims.queries import ACTIONS
from profiles.claims.states import Event, Mark, Origin, State, Wanted
from profiles.matching import Answer, Verdict
from profiles.people.permissions import GrantState, Purpose
from profiles.people.profile import Role
from profiles.pipeline import find
from profiles.pipeline.withdrawn import Outlook
from profiles.values import orcid_id
from profiles.values.work import Place
from profiles.web import wording

TABLES = [
    ("claims", set(wording.CLAIMS), set(State)),
    ("events", set(wording.EVENTS), set(Event)),
    ("marks", set(wording.MARKS), set(Mark)),
    ("outlooks", set(wording.OUTLOOKS), set(Outlook)),
    ("origins", set(wording.ORIGINS), set(Origin)),
    ("purposes", set(wording.PURPOSES), set(Purpose)),
    ("permissions", set(wording.PERMISSIONS), {"none", *GrantState}),
    ("roles", set(wording.ROLES), set(Role)),
    ("answers", set(wording.ANSWERS), set(Answer)),
    ("verdicts", set(wording.VERDICTS), set(Verdict)),
    ("refusals", set(wording.REFUSALS), set(find.REFUSALS)),
    ("codes", set(wording.CODES), {"scope_missing", *orcid_id.REASONS}),
    ("places", set(wording.NAMED), {None, *get_args(Place)}),
]


@pytest.mark.parametrize(("table", "worded", "values"), TABLES)
def test_every_value_has_words(table: str, worded: set[object], values: set[object]) -> None:
    assert worded == values, table


def test_every_action_on_a_claim_has_a_button_and_a_wish() -> None:
    from profiles.web.works import WISHES

    assert {action.name for action in wording.ACTIONS} == set(ACTIONS) == set(WISHES)


def test_every_state_is_found_under_exactly_one_filter() -> None:
    states = [state for one in wording.FILTERS for state in one.states]
    assert sorted(states) == sorted(State)


LEAVING = [
    (State.WAITING, Wanted.ABSENT, "Being removed"),
    (State.WORKING, Wanted.ABSENT, "Being removed"),
    (State.WAITING, Wanted.PRESENT, "Queued"),
    (State.FAILED, Wanted.ABSENT, "Could not be sent"),
]


@pytest.mark.parametrize(("state", "wanted", "words"), LEAVING)
def test_a_removal_reads_otherwise_than_an_addition(
    state: State, wanted: Wanted, words: str
) -> None:
    assert wording.claim(state, wanted).words == words


def test_a_call_to_orcid_is_told_by_its_verb() -> None:
    assert wording.happened("POST") == "Call to ORCID: POST."
