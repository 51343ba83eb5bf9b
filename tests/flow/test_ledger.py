"""The ledger on a real database: wishes, leases, settling, and what a person decided."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from django.db import IntegrityError, connection, transaction

from profiles.claims import leases, ledger, metadata, queries
from profiles.claims.leases import Settlement, Taken
from profiles.claims.models import Claim
from profiles.claims.states import Event, Origin, State, Wanted
from profiles.errors import ImpossibleTransition, NotFound
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Title, Work

pytestmark = pytest.mark.django_db

ALICE = OrcidId("0000-0002-1825-0097")
BOB = OrcidId("0000-0001-5109-3700")
CHARLIE = OrcidId("0000-0002-1694-233X")
DOI = Doi("10.5555/sea-level")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEASE = timedelta(minutes=5)
KEPT = Settlement(event=Event.KEEP, accepted=True, put_code=7, fingerprint="f1", api_client="APP-1")


def want(orcid: OrcidId = ALICE, *, version: str = "1", now: datetime = NOON) -> bool:
    return ledger.want(
        orcid, DOI, origin=Origin.AUTO_UPDATE, by="auto-update", now=now, version=version
    )


def take(orcid: OrcidId = ALICE, *, now: datetime = NOON) -> Taken:
    (taken,) = leases.take(orcid, most=1, lease=LEASE, now=now)
    return taken


def done(orcid: OrcidId = ALICE) -> None:
    want(orcid)
    assert leases.settle(take(orcid), KEPT, now=NOON)


def claim(orcid: OrcidId = ALICE) -> Claim:
    return Claim.objects.get(orcid=orcid, doi=DOI)


def test_a_wish_becomes_a_waiting_claim_that_is_due() -> None:
    assert want()
    assert (claim().state, claim().due_at, claim().origin) == (State.WAITING, NOON, "auto_update")
    assert leases.due_orcids(now=NOON, limit=5).orcids == (ALICE,)


def test_the_same_metadata_twice_is_one_wish() -> None:
    done()
    assert not want(version="1")
    assert claim().state == State.DONE
    assert want(version="2")
    assert claim().state == State.WAITING


def test_one_claim_per_person_and_doi_whatever_the_origin() -> None:
    done()
    ledger.want(ALICE, DOI, origin=Origin.SEARCH_AND_LINK, by=ALICE, now=NOON, insist=True)
    assert Claim.objects.count() == 1
    assert claim().origin == Origin.AUTO_UPDATE  # how it began is never overwritten


@pytest.mark.parametrize(
    "wrong",
    [
        {"orcid": "0000-0002-1825-009"},  # not an iD
        {"doi": "10.5555/UPPER"},  # not canonical
        {"state": "lost"},
        {"wanted": "perhaps"},
        {"origin": "hearsay"},
        {"state": "done"},  # done without a put-code
        {"state": "working"},  # working without a lease
        {"state": "held"},  # due, but not waiting
        {"state": "removed", "due_at": None, "put_code": 7},  # removed, and still there
        {"state": "declined", "due_at": None, "unsure": True},  # declined, and perhaps there
    ],
)
def test_the_database_itself_refuses_what_makes_no_sense(wrong: dict[str, str]) -> None:
    good = {"orcid": ALICE, "doi": DOI, "origin": "auto_update", "state": "waiting", "due_at": NOON}
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(**{**good, **wrong})
    Claim.objects.create(**good)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.create(**good)  # a second one


def test_a_taken_claim_is_taken_once() -> None:
    want()
    take()
    assert leases.take(ALICE, most=1, lease=LEASE, now=NOON) == ()


def test_nobody_takes_a_claim_that_is_not_due() -> None:
    want(now=NOON + timedelta(seconds=1))
    assert leases.take(ALICE, most=1, lease=LEASE, now=NOON) == ()


def test_settling_keeps_what_orcid_has() -> None:
    done()
    kept = claim()
    assert (kept.state, kept.put_code, kept.fingerprint) == (State.DONE, 7, "f1")
    assert (kept.sent_at, kept.lease, kept.attempts) == (NOON, None, 0)


def test_a_wish_while_a_worker_is_out_is_not_lost() -> None:
    want()
    taken = take()
    want(version="2")
    assert claim().state == State.WORKING  # still the worker's
    assert leases.settle(taken, KEPT, now=NOON)
    assert (claim().state, claim().put_code) == (State.WAITING, 7)  # known, and due again


def test_a_removal_while_a_worker_is_out_is_not_lost() -> None:
    want()
    taken = take()
    ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
    leases.settle(taken, KEPT, now=NOON)
    again = take()
    assert (again.wanted, again.put_code) == (Wanted.ABSENT, 7)
    leases.settle(again, Settlement(event=Event.CLEAR), now=NOON)
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_by_person")
    assert claim().put_code is None


def test_a_lost_lease_settles_nothing() -> None:
    want()
    late = take()
    assert leases.sweep(now=NOON + LEASE) == 0
    assert leases.sweep(now=NOON + LEASE + timedelta(seconds=1)) == 1
    assert not leases.settle(late, KEPT, now=NOON)
    assert claim().state == State.WAITING
    assert claim().put_code is None


def test_what_a_dead_worker_held_is_taken_back_at_once() -> None:
    want()
    want(BOB)
    late = take()
    take(BOB)
    assert ALICE in leases.orcids_in_hand()  # somebody has to look
    assert leases.take_back(ALICE, now=NOON) == 1
    assert not leases.settle(late, KEPT, now=NOON)
    assert (claim().state, claim(BOB).state) == (State.WAITING, State.WORKING)


def test_a_claim_that_kills_its_workers_is_given_up() -> None:
    want()
    now = NOON
    for _ in range(leases.LEASES):
        take(now=now)
        now += LEASE + timedelta(seconds=1)
        leases.sweep(now=now)
    assert (claim().state, claim().reason) == (State.FAILED, "our_fault")


def test_a_postponed_claim_counts_its_tries() -> None:
    want()
    later = NOON + timedelta(minutes=1)
    leases.settle(take(), Settlement(event=Event.POSTPONE, due_at=later), now=NOON)
    assert (claim().attempts, claim().due_at) == (1, later)
    want(version="2")
    assert claim().attempts == 0  # a new wish starts afresh


def test_while_orcid_is_busy_what_else_waits_waits_as_long() -> None:
    want()
    want(BOB)
    later = NOON + timedelta(minutes=1)
    assert leases.postpone_others(ALICE, until=later) == 1
    assert (claim().due_at, claim().attempts) == (later, 0)
    assert claim(BOB).due_at == NOON


class TestWhatThePersonDecided:
    """Nothing automatic overrides it."""

    @pytest.mark.parametrize("reason", ["removed_by_person", "removed_by_staff"])
    def test_removed_here_stays_removed(self, reason: str) -> None:
        done()
        ledger.unwant(ALICE, DOI, reason=reason, by=ALICE, now=NOON)
        assert not want(version="2")  # while the removal is on its way
        leases.settle(take(), Settlement(event=Event.CLEAR), now=NOON)
        assert not want(version="3")  # and after it
        assert claim().state == State.REMOVED

    def test_removed_at_orcid_stays_removed(self) -> None:
        done()
        want(version="2")
        gone = Settlement(event=Event.CLEAR, reason="removed_at_orcid")
        leases.settle(take(), gone, now=NOON)
        assert not want(version="3")

    def test_left_the_metadata_comes_back_with_them(self) -> None:
        done()
        ledger.unwant(ALICE, DOI, reason="left_metadata", by="auto-update", now=NOON)
        leases.settle(take(), Settlement(event=Event.CLEAR), now=NOON)
        assert claim().reason == "left_metadata"
        assert want(version="2")
        assert (claim().state, claim().wanted) == (State.WAITING, Wanted.PRESENT)

    def test_removed_at_orcid_while_new_metadata_came(self) -> None:
        """The worker learns of it only now; what came meanwhile was no wish of the person's."""
        done()
        want(version="2")
        taken = take()
        want(version="3")
        gone = Settlement(event=Event.CLEAR, reason="removed_at_orcid")
        leases.settle(taken, gone, now=NOON)
        assert (claim().state, claim().reason) == (State.REMOVED, "removed_at_orcid")

    def test_removed_at_orcid_while_the_person_asked_for_it(self) -> None:
        done()
        want(version="2")
        taken = take()
        by_hand = {"origin": Origin.SEARCH_AND_LINK, "by": ALICE, "now": NOON}
        ledger.want(ALICE, DOI, insist=True, **by_hand)
        gone = Settlement(event=Event.CLEAR, reason="removed_at_orcid")
        leases.settle(taken, gone, now=NOON)
        assert (claim().state, claim().wanted) == (State.WAITING, Wanted.PRESENT)

    @pytest.mark.parametrize("state", [State.HELD, State.FAILED])
    def test_asking_by_hand_tries_again_what_is_stuck(self, state: State) -> None:
        want()
        event = {State.HELD: Event.HOLD, State.FAILED: Event.FAIL}[state]
        leases.settle(take(), Settlement(event=event, reason="refused"), now=NOON)
        by_hand = {"origin": Origin.SEARCH_AND_LINK, "by": ALICE, "now": NOON}
        assert ledger.want(ALICE, DOI, version="1", insist=True, **by_hand)
        assert claim().state == State.WAITING

    def test_a_persons_removal_wins_over_an_automatic_one_on_its_way(self) -> None:
        done()
        ledger.unwant(ALICE, DOI, reason="left_metadata", by="auto-update", now=NOON)
        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        assert not want(version="2")

    def test_declined_stays_declined_until_restored(self) -> None:
        want()
        ledger.decline(ALICE, DOI, by=ALICE, now=NOON)
        assert not want(version="2")
        ledger.restore(ALICE, DOI, by=ALICE, now=NOON)
        assert (claim().state, claim().reason) == (State.WAITING, "")

    def test_adding_by_hand_takes_a_removal_back(self) -> None:
        done()
        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        leases.settle(take(), Settlement(event=Event.CLEAR), now=NOON)
        by_hand = {"origin": Origin.SEARCH_AND_LINK, "by": ALICE, "now": NOON}
        assert ledger.want(ALICE, DOI, insist=True, **by_hand)
        assert claim().wanted == Wanted.PRESENT

    def test_what_is_on_the_record_cannot_be_declined(self) -> None:
        done()
        with pytest.raises(ImpossibleTransition):
            ledger.decline(ALICE, DOI, by=ALICE, now=NOON)


def test_what_was_never_sent_is_removed_without_a_call() -> None:
    want()
    assert not ledger.unwant(ALICE, DOI, reason="left_metadata", by="auto-update", now=NOON)
    assert claim().state == State.REMOVED


class TestWhatMayHaveBeenSent:
    """An addition is written down before it is sent; nobody forgets it before somebody looked."""

    @pytest.fixture(autouse=True)
    def dead_worker(self) -> None:
        want()
        assert leases.expect_answer([take()], api_client="APP-1", until=NOON + LEASE)
        leases.sweep(now=NOON + LEASE + timedelta(seconds=1))
        assert (claim().unsure, claim().api_client) == (True, "APP-1")

    def test_is_not_dropped_unseen(self) -> None:
        want(version="2")  # which starts the count of tries afresh
        assert ledger.unwant(ALICE, DOI, reason="left_metadata", by="auto-update", now=NOON)
        assert claim().state == State.WAITING
        assert take(now=claim().due_at).unsure

    def test_cannot_be_declined_before_it_is_removed(self) -> None:
        with pytest.raises(ImpossibleTransition, match="Remove it first"):
            ledger.decline(ALICE, DOI, by=ALICE, now=NOON)
        assert "decline" not in queries.page(ALICE).rows[0].actions


def test_whoever_lost_the_lease_may_not_send() -> None:
    want()
    late = take()
    leases.sweep(now=NOON + LEASE + timedelta(seconds=1))
    assert not leases.expect_answer([late], api_client="APP-1", until=NOON + LEASE)
    assert not claim().unsure


def release() -> int:
    return ledger.release(ALICE, reasons=ledger.CURED_BY_A_GRANT, by=ALICE, now=NOON)


def hold(*origins: Origin) -> int:
    return ledger.hold_waiting(
        ALICE, origins=origins or tuple(Origin), reason="permission_ended", by="w", now=NOON
    )


class TestHolding:
    def test_a_new_permission_releases_what_waited_for_one(self) -> None:
        want()
        held = Settlement(event=Event.HOLD, reason="no_permission")
        leases.settle(take(), held, now=NOON)
        assert claim().state == State.HELD
        assert release() == 1
        assert claim().state == State.WAITING

    def test_a_new_permission_does_not_unlock_a_record(self) -> None:
        want()
        leases.settle(take(), Settlement(event=Event.HOLD, reason="record_locked"), now=NOON)
        assert release() == 0

    def test_new_metadata_keep_the_reason_for_holding(self) -> None:
        want()
        leases.settle(take(), Settlement(event=Event.HOLD, reason="record_locked"), now=NOON)
        want(version="2")
        assert (claim().state, claim().reason) == (State.HELD, "record_locked")

    def test_the_end_of_a_permission_holds_additions_but_no_removals(self) -> None:
        done()
        other = Doi("10.5555/other")
        ledger.want(ALICE, other, origin=Origin.AUTO_UPDATE, by="auto-update", now=NOON)
        ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
        assert hold() == 1
        assert Claim.objects.get(doi=other).state == State.HELD
        assert claim().state == State.WAITING

    def test_others_are_not_touched(self) -> None:
        want(ALICE)
        want(BOB)
        hold()
        assert claim(BOB).state == State.WAITING


def kept_title() -> str:
    kept = metadata.work(DOI)
    assert kept is not None
    return kept.titles[0].text


class TestMetadata:
    def test_older_metadata_never_replace_newer(self) -> None:
        for version, title in [(2, "second"), (1, "first")]:
            work = Work(doi=DOI, metadata_version=version, titles=(Title(title),))
            assert metadata.record_work(work, title=title) is (version == 2)
        assert kept_title() == "second"

    def test_without_a_version_the_time_decides(self) -> None:
        for updated, title in [("2026-02-02T00:00:00Z", "b"), ("2026-01-01T00:00:00Z", "a")]:
            metadata.record_work(
                Work(doi=DOI, updated=updated, titles=(Title(title),)), title=title
            )
        assert kept_title() == "b"


class TestReading:
    def test_the_history_tells_everything_newest_first(self) -> None:
        want()
        taken = take()
        call = leases.Try(
            at=NOON + timedelta(seconds=1),
            verb="POST",
            api_client="APP-1",
            fingerprint="f1",
            status=201,
            error_code=None,
            outcome="done",
            milliseconds=120,
        )
        kept = msgspec.structs.replace(KEPT, tries=(call,))
        leases.settle(taken, kept, now=NOON + timedelta(seconds=2))
        detail = queries.find(orcid=ALICE, doi=DOI)
        assert [line.what for line in detail.history] == ["keep", "POST", "want"]
        assert "201" in detail.history[1].detail
        assert "120 ms" in detail.history[1].detail

    def test_the_summary_counts_by_what_people_care_for(self) -> None:
        done()
        ledger.want(ALICE, Doi("10.5555/b"), origin=Origin.AUTO_UPDATE, by="x", now=NOON)
        want(BOB)
        summary = queries.summary(ALICE)
        assert (summary.created, summary.queued, summary.held) == (1, 1, 0)
        assert (summary.last_doi, summary.last_at) == (DOI, NOON)

    def test_somebody_elses_claim_is_not_found(self) -> None:
        want(ALICE)
        with pytest.raises(NotFound):
            queries.show(BOB, claim(ALICE).uuid)

    def test_a_page_out_of_range_is_the_nearest_page(self) -> None:
        want()
        assert queries.page(ALICE, number=99).number == 1
        assert queries.page(BOB).rows == ()

    @pytest.mark.parametrize(
        ("state", "actions"),
        [
            (State.DONE, {"remove"}),
            (State.HELD, {"retry", "remove", "decline"}),
            (State.REMOVED, {"restore", "decline"}),
            (State.DECLINED, {"restore"}),
        ],
    )
    def test_only_what_the_state_allows_is_offered(self, state: State, actions: set[str]) -> None:
        done()
        if state != State.DONE:
            Claim.objects.update(state=state, put_code=None)
        assert queries.page(ALICE).rows[0].actions == actions


def test_one_writer_per_record() -> None:
    """Another connection, because a session may take its own lock twice."""

    def others() -> bool:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(_takes_the_lock).result()

    with leases.writing_to(ALICE) as mine:
        assert mine
        assert not others()
    assert others()  # it was given back


def _takes_the_lock() -> bool:
    try:
        with leases.writing_to(ALICE) as mine:
            return mine
    finally:
        connection.close()


def test_nobody_hides_behind_a_person_with_many_claims() -> None:
    for number in range(30):
        doi = Doi(f"10.5555/{number}")
        ledger.want(BOB, doi, origin=Origin.AUTO_UPDATE, by="x", now=NOON)
    want(ALICE, now=NOON + timedelta(seconds=1))
    later = NOON + timedelta(minutes=1)
    assert leases.due_orcids(now=later, limit=2) == leases.Due((BOB, ALICE), after="")


def test_everybody_has_a_turn_before_anybody_has_a_second() -> None:
    for orcid in (CHARLIE, ALICE, BOB):
        want(orcid)
    turns = []
    after = ""
    for _ in range(3):
        due = leases.due_orcids(now=NOON, limit=1, after=after)
        turns += due.orcids
        after = due.after
    assert turns == sorted([ALICE, BOB, CHARLIE])
    assert after == ""  # the next round begins anew


def test_who_is_not_due_yet_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_LOOKED_AT", 2)
    first, second, third = sorted([ALICE, BOB, CHARLIE])
    for orcid in (first, second):
        want(orcid, now=NOON + timedelta(hours=1))
    want(third)
    nobody = leases.due_orcids(now=NOON, limit=5)
    assert nobody == leases.Due((), after=second)  # and the looking goes on from there
    assert leases.due_orcids(now=NOON, limit=5, after=nobody.after).orcids == (third,)


def test_a_persons_own_wish_goes_before_what_is_due_for_longer() -> None:
    want()
    hand = Doi("10.5555/by-hand")
    ledger.want(
        ALICE,
        hand,
        origin=Origin.SEARCH_AND_LINK,
        by=ALICE,
        now=NOON + timedelta(minutes=1),
        insist=True,
    )
    assert take(now=NOON + timedelta(minutes=2)).doi == hand


def test_erasing_a_person_leaves_nothing_of_theirs() -> None:
    done(ALICE)
    done(BOB)
    assert ledger.forget(ALICE) == 1
    assert [each.orcid for each in Claim.objects.all()] == [BOB]
