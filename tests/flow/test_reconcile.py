"""The ledger compared with the record: what we had not known, what is gone, what had moved."""

from __future__ import annotations

import pytest

from profiles.claims import leases, ledger
from profiles.claims.models import Claim
from profiles.claims.states import Origin, State
from profiles.errors import Unreachable
from profiles.people import grants
from profiles.people.models import Grant
from profiles.pipeline.deliver import deliver
from profiles.pipeline.reconcile import NOTHING, Compared, reconcile
from profiles.pipeline.services import Services
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .people import ALICE, NOON, person
from .test_deliver import DOI, alice, claim, real, titles, want

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = seed.ORCID_CLIENT[0]


def work(doi: str, title: str = "Theirs") -> dict[str, object]:
    return {
        "title": {"title": {"value": title}},
        "type": "data-set",
        "external-ids": {
            "external-id": [
                {
                    "external-id-type": "doi",
                    "external-id-value": doi,
                    "external-id-relationship": "self",
                }
            ]
        },
    }


def test_what_our_client_put_there_before_is_taken_over(alice: Simulation, real: Services) -> None:
    put_code = alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT).put_code
    assert reconcile(ALICE, real) == Compared(imported=1, repaired=0, gone=0)
    found = claim()
    assert (found.state, found.put_code, found.origin) == (State.DONE, put_code, Origin.IMPORT)
    want("Tides")  # and from now on it follows its metadata
    deliver(ALICE, real)
    assert (titles(alice), claim().put_code) == (["Tides"], put_code)


def test_works_of_others_are_none_of_ours(alice: Simulation, real: Services) -> None:
    other = alice.orcid.add_client("Other", redirect_uris=())
    alice.orcid.add_work(ALICE, work(DOI), client_id=other.id)
    alice.orcid.add_work(ALICE, work("10.5555/own"))  # by the person
    assert reconcile(ALICE, real) == NOTHING
    assert not Claim.objects.exists()


def test_what_the_person_took_off_at_orcid_stays_off(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    assert reconcile(ALICE, real) == Compared(imported=0, repaired=0, gone=1)
    assert (claim().state, claim().reason) == (State.REMOVED, "removed_at_orcid")
    want("Tides, again")
    deliver(ALICE, real)
    assert titles(alice) == []


def test_a_put_code_that_changed_is_mended_and_the_work_brought_up_to_date(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    new = alice.orcid.add_work(ALICE, work(DOI, "Old"), client_id=CLIENT).put_code
    assert reconcile(ALICE, real) == Compared(imported=0, repaired=1, gone=0)
    deliver(ALICE, real)
    assert (claim().state, claim().put_code) == (State.DONE, new)
    assert titles(alice) == ["Tides"]


def test_a_work_that_was_there_before_us_is_kept_until_we_know_its_metadata(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT)
    reconcile(ALICE, real)
    ledger.want(ALICE, DOI, origin=Origin.STAFF, by="test", now=NOON, insist=True)
    deliver(ALICE, real)
    assert (claim().state, titles(alice)) == (State.DONE, ["Theirs"])


def test_a_second_comparison_finds_nothing_new(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    for _ in range(2):
        assert reconcile(ALICE, real) == NOTHING
    assert grants.compared_before(NOON, limit=5, now=NOON) == ()


def test_a_record_that_cannot_be_read_changes_nothing(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    alice.orcid.faults.add(method="GET", path_prefix="/v3.0", status=503)
    with pytest.raises(Unreachable):
        reconcile(ALICE, real)
    assert claim().state == State.DONE
    assert grants.compared_before(NOON, limit=5, now=NOON) == (ALICE,)


def test_a_claim_in_a_workers_hands_is_left_to_it(alice: Simulation, real: Services) -> None:
    want()
    taken = leases.take(ALICE, lease=NOON - NOON, now=NOON)
    assert taken is not None
    alice.orcid.add_work(ALICE, work(DOI), client_id=CLIENT)
    assert reconcile(ALICE, real) == NOTHING
    assert claim().state == State.WORKING


def test_what_a_removal_was_on_its_way_for_is_removed(alice: Simulation, real: Services) -> None:
    want()
    deliver(ALICE, real)
    ledger.unwant(ALICE, DOI, reason="left_metadata", by="test", now=NOON)
    alice.orcid.delete_work(ALICE, claim().put_code or 0)
    reconcile(ALICE, real)
    assert (claim().state, claim().reason) == (State.REMOVED, "left_metadata")


def test_what_a_client_put_there_that_we_did_not_ask_for_is_not_missed(
    alice: Simulation, real: Services
) -> None:
    want()
    deliver(ALICE, real)
    Claim.objects.update(api_client="APP-OTHERCLIENT")
    assert reconcile(ALICE, real) == Compared(imported=0, repaired=1, gone=0)
    Claim.objects.update(api_client="APP-OTHERCLIENT", doi=Doi("10.5555/elsewhere"))
    assert reconcile(ALICE, real).gone == 0  # type: ignore[union-attr]


def test_without_permission_nothing_is_read(simulation: Simulation, real: Services) -> None:
    person(ALICE)
    assert reconcile(ALICE, real) == NOTHING
    assert simulation.orcid.calls("GET") == []
    assert not Grant.objects.exists()
