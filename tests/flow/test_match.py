"""From metadata to the ledger: whose claim begins, changes or leaves."""

from __future__ import annotations

import msgspec
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from profiles.claims import leases, ledger, metadata
from profiles.claims.models import Claim
from profiles.claims.reasons import REASONS
from profiles.claims.states import Event, Origin, State, Wanted
from profiles.matching import Policy
from profiles.pipeline import wishes
from profiles.pipeline.facts import REMOVED
from profiles.pipeline.match import accept
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, RelatedId, Title, Work

from .people import ALICE, BOB, CHARLIE, NOON, permit, person

pytestmark = pytest.mark.django_db

DOI = Doi("10.5555/tides")
POLICY = Policy()


def work(*creators: OrcidId, version: int = 1, **changes: object) -> Work:
    found = Work(
        doi=DOI,
        state="findable",
        metadata_version=version,
        titles=(Title("Tides"),),
        creators=tuple(Contributor(name="N.", orcids=(orcid,)) for orcid in creators),
    )
    return msgspec.structs.replace(found, **changes)


def take_in(*creators: OrcidId, version: int = 1, **changes: object) -> int:
    return accept(work(*creators, version=version, **changes), policy=POLICY, now=NOON)


def on_record(orcid: OrcidId = ALICE) -> None:
    """As if a worker had delivered what is waiting."""
    while due := leases.take(orcid, most=1, lease=NOON - NOON, now=NOON):
        (taken,) = due
        kept = leases.Settlement(event=Event.KEEP, put_code=7, fingerprint="f")
        leases.settle(taken, kept, now=NOON)


def states() -> dict[str, str]:
    return dict(Claim.objects.values_list("orcid", "state"))


def nudged() -> list[str]:
    jobs = ProcrastinateJob.objects.filter(task_name="deliver", status="todo")
    return sorted(job.args["orcid"] for job in jobs)


def kept_title() -> str:
    kept = metadata.work(DOI)
    assert kept is not None
    return kept.titles[0].text


def test_a_creator_with_auto_update_gets_a_claim_and_a_nudge() -> None:
    permit(person(ALICE))
    assert take_in(ALICE) == 1
    assert states() == {ALICE: State.WAITING}
    assert nudged() == [ALICE]
    assert kept_title() == "Tides"


def test_whoever_we_do_not_know_leaves_no_trace() -> None:
    assert take_in(ALICE) == 0
    assert not Claim.objects.exists()
    assert metadata.work(DOI) is None


def test_auto_update_off_means_hands_off() -> None:
    permit(person(ALICE, auto_update=False))
    assert take_in(ALICE) == 0
    assert not Claim.objects.exists()


def test_without_permission_the_claim_is_there_and_waits() -> None:
    """It is delivery that holds it, with the reason; a grant then releases it."""
    person(ALICE)
    assert take_in(ALICE) == 1


def test_each_creator_has_a_claim_of_their_own() -> None:
    for orcid in (ALICE, BOB):
        permit(person(orcid))
    assert take_in(ALICE, BOB, CHARLIE) == 2
    assert states() == {ALICE: State.WAITING, BOB: State.WAITING}


def test_the_same_metadata_again_change_nothing() -> None:
    permit(person(ALICE))
    take_in(ALICE)
    on_record()
    assert take_in(ALICE) == 0
    assert states() == {ALICE: State.DONE}


def test_changed_metadata_make_the_claim_due_again() -> None:
    permit(person(ALICE))
    take_in(ALICE)
    on_record()
    assert take_in(ALICE, version=2, titles=(Title("High tides"),)) == 1
    assert states() == {ALICE: State.WAITING}
    assert kept_title() == "High tides"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"creators": ()}, "left_metadata"),  # the iD is gone
        ({"creators": (), "contributors": (Contributor(name="N.", orcids=(ALICE,)),)},
         "left_metadata"),  # no longer a creator
        ({"related": (RelatedId("IsPartOf", "DOI", "10.5555/whole", Doi("10.5555/whole")),)},
         "no_longer_qualifies"),  # it became a part
    ],
)  # fmt: skip
def test_what_no_longer_qualifies_leaves_the_record(
    changes: dict[str, object], reason: str
) -> None:
    permit(person(ALICE))
    take_in(ALICE)
    on_record()
    assert take_in(ALICE, version=2, **changes) == 1
    claim = Claim.objects.get()
    assert (claim.wanted, claim.unwanted_for) == (Wanted.ABSENT, reason)


def test_what_was_added_by_hand_follows_its_metadata_and_stays() -> None:
    permit(person(ALICE))
    take_in(ALICE)
    Claim.objects.update(origin=Origin.SEARCH_AND_LINK)
    on_record()
    assert take_in(version=2) == 1
    claim = Claim.objects.get()
    assert (claim.wanted, claim.origin) == (Wanted.PRESENT, Origin.SEARCH_AND_LINK)


def test_what_left_and_was_added_again_by_hand_stays() -> None:
    """It began with auto-update, left with the metadata, and then the person wanted it."""
    permit(person(ALICE))
    take_in(ALICE)
    take_in(version=2)
    assert states() == {ALICE: State.REMOVED}
    wishes.add(ALICE, work(version=2))
    assert take_in(version=3) == 1
    claim = Claim.objects.get()
    assert (claim.wanted, claim.origin) == (Wanted.PRESENT, Origin.AUTO_UPDATE)
    wishes.remove(ALICE, DOI)
    assert not Claim.objects.get().by_hand


def test_what_the_person_removed_stays_off() -> None:
    permit(person(ALICE))
    take_in(ALICE)
    on_record()
    ledger.unwant(ALICE, DOI, reason="removed_by_person", by=ALICE, now=NOON)
    assert take_in(ALICE, version=2) == 0
    assert Claim.objects.get().wanted == Wanted.ABSENT


def test_a_second_nudge_while_one_is_queued_is_no_second_job() -> None:
    permit(person(ALICE))
    take_in(ALICE)
    take_in(ALICE, version=2)
    assert nudged() == [ALICE]


def test_metadata_that_come_late_change_nothing() -> None:
    permit(person(ALICE))
    take_in(ALICE, version=5)
    on_record()
    assert take_in(version=4) == 0  # an older state, which did not name her yet
    assert states() == {ALICE: State.DONE}


def test_every_decision_of_a_person_is_known_to_the_rules() -> None:
    """So that the explanation tells what the ledger will do."""
    sticky = {code for code in REASONS if REASONS[code].sticky and REASONS[code].state == "removed"}
    assert sticky == set(REMOVED)
