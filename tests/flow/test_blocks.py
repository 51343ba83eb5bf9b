"""Blocks by support staff: a work that may not be on a record, whatever anybody wishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction

from profiles.claims import blocks, ledger, queries
from profiles.claims.models import Claim
from profiles.claims.reasons import BLOCKED
from profiles.claims.states import Origin, State, Wanted
from profiles.errors import Blocked, ImpossibleTransition, NotFound
from profiles.matching import Policy
from profiles.pipeline import permissions, wishes
from profiles.pipeline.deliver import deliver
from profiles.pipeline.match import accept
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Title

from .people import ALICE, NOON
from .test_deliver import DOI, alice, claim, real, titles, verbs, want
from .test_match import work as metadata_of
from .test_reconcile import work

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = seed.ORCID_CLIENT[0]
STAFF = "staff:bob"


def block(note: str = "not hers: ticket 7") -> bool:
    return blocks.block(ALICE, DOI, by=STAFF, note=note, now=NOON)


def unblock(note: str = "it is hers after all") -> bool:
    return blocks.unblock(ALICE, DOI, by=STAFF, note=note, now=NOON)


def learn(*creators: OrcidId, title: str = "Tides") -> None:
    """New metadata of the DOI, with these creators."""
    updated = f"2027-01-01T00:00:00.{next(_count):06}Z"
    new = metadata_of(*creators, updated=updated, titles=(Title(title),))
    accept(new, policy=Policy(), now=NOON)


_count = iter(range(10**6))


def by_hand() -> bool:
    return ledger.want(ALICE, DOI, origin=Origin.SEARCH_AND_LINK, by=ALICE, now=NOON, insist=True)


def stands() -> tuple[str, str]:
    return claim().state, claim().reason


class TestWhereItStands:
    """Whatever the claim was, a block takes the work off and keeps it off."""

    def test_without_a_claim_there_is_one_from_now_on(self) -> None:
        assert not block()
        assert stands() == (State.REMOVED, BLOCKED)

    def test_what_waits_is_not_sent(self, alice: Simulation, real: Services) -> None:
        want()
        assert not block()
        assert stands() == (State.REMOVED, BLOCKED)
        deliver(ALICE, real)
        assert verbs(alice) == []

    def test_what_is_there_is_taken_off(self, alice: Simulation, real: Services) -> None:
        want()
        deliver(ALICE, real)
        assert block()
        deliver(ALICE, real)
        assert (titles(alice), stands()) == ([], (State.REMOVED, BLOCKED))
        assert verbs(alice) == ["POST", "DELETE"]

    def test_what_was_declined_is_blocked_as_well(self) -> None:
        want()
        ledger.decline(ALICE, DOI, by=ALICE, now=NOON)
        block()
        assert stands() == (State.REMOVED, BLOCKED)

    def test_a_removal_that_permission_is_missing_for_waits_for_one(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        deliver(ALICE, real)
        Claim.objects.update(api_client="APP-ANOTHER", state=State.HELD, reason="no_permission")
        block()
        deliver(ALICE, real)
        assert (claim().state, claim().wanted) == (State.HELD, Wanted.ABSENT)
        Claim.objects.update(api_client=CLIENT)
        permissions.granted(ALICE)
        deliver(ALICE, real)
        assert (titles(alice), stands()) == ([], (State.REMOVED, BLOCKED))

    def test_twice_is_refused_so_that_the_first_note_stays(self) -> None:
        block()
        with pytest.raises(ImpossibleTransition, match="it is blocked already"):
            block()


class TestNothingOverridesIt:
    @pytest.fixture(autouse=True)
    def blocked(self, alice: Simulation, real: Services) -> None:
        want()
        deliver(ALICE, real)
        block()
        deliver(ALICE, real)
        assert stands() == (State.REMOVED, BLOCKED)

    def test_no_new_metadata(self, alice: Simulation, real: Services) -> None:
        want("Tides, again")
        learn(ALICE)
        deliver(ALICE, real)
        assert (titles(alice), stands()) == ([], (State.REMOVED, BLOCKED))

    @pytest.mark.parametrize(
        "wish",
        [
            by_hand,
            lambda: wishes.restore(ALICE, DOI),
            lambda: wishes.retry(ALICE, DOI),
            lambda: wishes.decline(ALICE, DOI),
        ],
        ids=["add", "restore", "retry", "decline"],
    )
    def test_no_wish_of_the_persons_which_says_whom_to_ask(
        self, wish: Callable[[], object]
    ) -> None:
        with pytest.raises(Blocked, match=r"support@datacite\.org"):
            wish()
        assert stands() == (State.REMOVED, BLOCKED)
        assert queries.page(ALICE).rows[0].actions == frozenset()

    def test_no_removal_by_hand_that_would_make_it_the_persons_to_take_back(self) -> None:
        wishes.remove(ALICE, DOI)
        assert stands() == (State.REMOVED, BLOCKED)

    def test_no_renewed_permission(self, alice: Simulation, real: Services) -> None:
        permissions.granted(ALICE)
        deliver(ALICE, real)
        assert (titles(alice), stands()) == ([], (State.REMOVED, BLOCKED))

    def test_no_comparison_a_work_that_is_there_is_taken_off_again(
        self, alice: Simulation, real: Services
    ) -> None:
        alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT)
        reconcile(ALICE, real)
        deliver(ALICE, real)
        assert (titles(alice), stands()) == ([], (State.REMOVED, BLOCKED))

    def test_not_even_our_own_mistake(self) -> None:
        """The database refuses what would forget the block."""
        for slip in ({"wanted": Wanted.PRESENT}, {"unwanted_for": ""}, {"before_block": ""}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Claim.objects.update(**slip)

    def test_but_nothing_is_kept_of_who_closed_the_account(self) -> None:
        ledger.forget(ALICE)
        assert not Claim.objects.exists()


class TestOnItsWay:
    """The block comes while a worker is out, or before the removal went through."""

    def test_what_is_being_sent_is_taken_off_afterwards(
        self, alice: Simulation, real: Services
    ) -> None:
        want()
        deliver(ALICE, real)
        want("Tides, again")
        alice.orcid.delete_work(ALICE, claim().put_code or 0)
        with_block = _while_sending(alice, real)
        assert with_block == (State.REMOVED, BLOCKED)

    def test_the_person_removing_it_meanwhile_changes_nothing(self) -> None:
        want()
        Claim.objects.update(state=State.DONE, put_code=7, due_at=None)
        block()
        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        assert claim().unwanted_for == BLOCKED


def _while_sending(alice: Simulation, real: Services) -> tuple[str, str]:
    """The block comes between taking the claim and settling it."""
    from profiles.claims import leases
    from profiles.claims.leases import Settlement
    from profiles.claims.states import Event

    Claim.objects.update(due_at=NOON)
    (taken,) = leases.take(ALICE, most=1, lease=NOON - NOON, now=NOON)
    assert not block()  # still in the worker's hands
    gone = Settlement(event=Event.CLEAR, reason="removed_at_orcid")
    assert leases.settle(taken, gone, now=NOON)
    deliver(ALICE, real)
    return stands()


class TestLifting:
    """What was wanted before is wanted again; what somebody had decided before stays decided."""

    def test_what_was_on_the_record_comes_back(self, alice: Simulation, real: Services) -> None:
        want()
        deliver(ALICE, real)
        block()
        deliver(ALICE, real)
        assert unblock()
        deliver(ALICE, real)
        assert (titles(alice), claim().state) == (["Tides"], State.DONE)

    def test_a_removal_on_its_way_is_called_off(self, alice: Simulation, real: Services) -> None:
        want()
        deliver(ALICE, real)
        block()
        assert unblock()
        deliver(ALICE, real)
        assert (verbs(alice), claim().state) == (["POST"], State.DONE)

    def test_what_waited_waits_again(self) -> None:
        want()
        block()
        assert unblock()
        assert (claim().state, claim().wanted) == (State.WAITING, Wanted.PRESENT)

    def test_what_the_person_declined_stays_declined(self) -> None:
        want()
        ledger.decline(ALICE, DOI, by=ALICE, now=NOON)
        block()
        assert not unblock()
        assert stands() == (State.DECLINED, "never_add")

    @pytest.mark.parametrize("reason", ["removed_by_person", "left_metadata"])
    def test_what_was_taken_off_for_a_reason_stays_off_for_it(self, reason: str) -> None:
        want()
        ledger.unwant(ALICE, DOI, reason=reason, by=ALICE, now=NOON)
        block()
        assert not unblock()
        assert stands() == (State.REMOVED, reason)

    def test_where_nobody_had_wanted_it_everything_is_open(
        self, alice: Simulation, real: Services
    ) -> None:
        block()
        assert not unblock()
        assert ledger.holdings(DOI) == {}  # as if there had never been a claim
        assert by_hand()
        assert (claim().origin, claim().state) == (Origin.SEARCH_AND_LINK, State.WAITING)

    def test_the_rules_judge_what_the_metadata_became_meanwhile(
        self, alice: Simulation, real: Services
    ) -> None:
        learn(ALICE)
        block()
        learn()
        wishes.unblock(ALICE, DOI, by=STAFF, note="")
        assert stands() == (State.REMOVED, "left_metadata")

    def test_only_what_is_blocked_can_be_unblocked(self) -> None:
        with pytest.raises(NotFound):
            unblock()
        want()
        with pytest.raises(ImpossibleTransition, match="it is not blocked"):
            unblock()


def test_the_history_keeps_who_when_and_why() -> None:
    want()
    block("not hers: ticket 7")
    unblock("it is hers after all")
    lines = [(line.what, line.note) for line in queries.find(orcid=ALICE, doi=DOI).history]
    assert ("block", "not hers: ticket 7") in lines
    assert ("unblock", "it is hers after all") in lines
    blocked = next(x for x in queries.find(orcid=ALICE, doi=DOI).history if x.what == "block")
    assert STAFF in blocked.detail
    assert blocked.at == NOON
