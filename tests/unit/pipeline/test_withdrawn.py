"""What becomes of a work whose DOI is hidden, or whose metadata no longer name the person."""

from __future__ import annotations

import msgspec
import pytest

from profiles.claims.ledger import Holding
from profiles.claims.reasons import REASONS as WORDS
from profiles.claims.reasons import sticky
from profiles.claims.states import Origin, State
from profiles.people.preferences import Withdrawn
from profiles.pipeline.withdrawn import KEPT, REASONS, Fate, Kind, fate

MARK, REMOVE, KEEP = Withdrawn.MARK, Withdrawn.REMOVE, Withdrawn.KEEP
UNNAMED, HIDDEN = Kind.UNNAMED, Kind.HIDDEN
STAYS, LEAVES, RETURNS, NOTHING = Fate.STAYS, Fate.LEAVES, Fate.RETURNS, Fate.NOTHING

ON = Holding(
    origin=Origin.AUTO_UPDATE, by_hand=False, state=State.DONE, reason="", there=True, sent=True
)


def but(**changes: object) -> Holding:
    return msgspec.structs.replace(ON, **changes)


def off(reason: str, *, sent: bool = True, state: State = State.REMOVED) -> Holding:
    return but(state=state, reason=reason, unwanted_for=reason, there=False, sent=sent)


WAITS = but(state=State.WAITING, there=False, sent=False)
HELD = but(state=State.HELD, reason="no_permission", there=False, sent=False)
LEAVING = but(state=State.WAITING, unwanted_for="doi_hidden")

# fmt: off
TABLE = [
    (HIDDEN, MARK, ON, STAYS, "the default: a hidden DOI may come back"),
    (HIDDEN, REMOVE, ON, LEAVES, "as the person chose"),
    (HIDDEN, KEEP, ON, STAYS, "as the person chose"),
    (UNNAMED, MARK, ON, LEAVES, "the default: it is not theirs any more"),
    (UNNAMED, REMOVE, ON, LEAVES, "as the person chose"),
    (UNNAMED, KEEP, ON, STAYS, "as the person chose"),
    # Not there yet: what is kept is what is on the record.
    (HIDDEN, MARK, WAITS, LEAVES, "what is not public does not get on a public record"),
    (HIDDEN, KEEP, WAITS, LEAVES, "nor by this preference"),
    (HIDDEN, MARK, HELD, LEAVES, "nor when the permission comes later"),
    (UNNAMED, KEEP, WAITS, LEAVES, "it never was on their record"),
    (HIDDEN, MARK, but(state=State.WORKING), STAYS, "ORCID may have it"),
    (HIDDEN, MARK, but(state=State.FAILED), STAYS, "an update was refused; the work is there"),
    # By hand: no rule takes it off.
    (HIDDEN, REMOVE, but(by_hand=True), STAYS, "added by hand"),
    (UNNAMED, REMOVE, but(by_hand=True), STAYS, "added by hand"),
    (HIDDEN, REMOVE, but(origin=Origin.SEARCH_AND_LINK), STAYS, "added by hand"),
    (HIDDEN, REMOVE, but(origin=Origin.STAFF), STAYS, "added by hand, by staff"),
    # It was there before us: only what the person chose takes it off.
    (HIDDEN, REMOVE, but(origin=Origin.IMPORT), LEAVES, "there before us"),
    (UNNAMED, REMOVE, but(origin=Origin.IMPORT), LEAVES, "there before us"),
    (UNNAMED, MARK, but(origin=Origin.IMPORT), STAYS, "there before us"),
    (HIDDEN, MARK, but(origin=Origin.IMPORT), STAYS, "there before us"),
    (HIDDEN, REMOVE, msgspec.structs.replace(WAITS, by_hand=True), STAYS, "still to be added"),
    # Off, or leaving.
    (HIDDEN, MARK, off("removed_by_person"), NOTHING, "the person's decision"),
    (HIDDEN, KEEP, off("removed_at_orcid"), NOTHING, "the person's decision"),
    (HIDDEN, KEEP, off("never_add", state=State.DECLINED), NOTHING, "the person's decision"),
    (HIDDEN, KEEP, off("left_metadata"), NOTHING, "it left for another reason"),
    (HIDDEN, REMOVE, off("doi_hidden"), NOTHING, "it is off, as wished"),
    (HIDDEN, MARK, off("doi_hidden"), RETURNS, "it left for this alone"),
    (HIDDEN, KEEP, off("doi_hidden"), RETURNS, "it left for this alone"),
    (HIDDEN, MARK, LEAVING, RETURNS, "not gone yet"),
    (HIDDEN, REMOVE, LEAVING, NOTHING, "it is on its way off"),
    (HIDDEN, MARK, off("doi_hidden", sent=False), NOTHING, "it never was on the record"),
    (UNNAMED, KEEP, off("left_metadata"), NOTHING, "what is kept was there; Restore is offered"),
]
# fmt: on


@pytest.mark.parametrize(("kind", "preference", "held", "expected", "remark"), TABLE)
def test_what_becomes_of_it(
    kind: Kind, preference: Withdrawn, held: Holding, expected: Fate, remark: str
) -> None:
    assert fate(kind, preference, held, auto_update=True) == expected, remark


@pytest.mark.parametrize(("kind", "preference", "held", "expected", "remark"), TABLE)
def test_with_auto_update_off_nothing_leaves_and_nothing_comes_back(
    kind: Kind, preference: Withdrawn, held: Holding, expected: Fate, remark: str
) -> None:
    unmoved = NOTHING if expected in (NOTHING, RETURNS) else STAYS
    assert fate(kind, preference, held, auto_update=False) == unmoved, remark


def test_every_preference_is_in_the_table() -> None:
    assert set(KEPT) == set(Withdrawn)
    assert {row[1] for row in TABLE} == set(Withdrawn)
    assert {row[0] for row in TABLE} == set(REASONS) == set(Kind)


def test_a_rule_takes_works_off_for_reasons_that_a_rule_may_take_back() -> None:
    assert all(WORDS[code].state == State.REMOVED for code in REASONS.values())
    assert not any(sticky(code) for code in REASONS.values())
