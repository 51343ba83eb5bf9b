"""Alice owns, Bob is somebody else, Nemo has signed in but linked no ORCID iD yet; and their claims."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.test import Client
from django.utils import timezone

from profiles.claims import leases, ledger, metadata, queries
from profiles.claims.models import Claim
from profiles.claims.queries import ClaimRow
from profiles.claims.states import Event, Origin, State
from profiles.people import grants
from profiles.people.models import Person
from profiles.people.permissions import GrantState, Purpose, TokenReply
from profiles.people.sealing import Secret
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Title, Work

# How a taken claim is settled so that it ends in this state.
_ROUNDS = {State.DONE: Event.KEEP, State.HELD: Event.HOLD, State.FAILED: Event.FAIL}
_LEASE = timedelta(minutes=5)

ALICE = OrcidId("0000-0002-1825-0097")
BOB = OrcidId("0000-0001-5109-3700")


def make_alice() -> Person:
    return Person.objects.create(
        orcid=ALICE,
        name="Alice Adams",
        other_names=["A. Adams", "Alice B. Adams"],
        organization="Example University",
        email="alice@example.org",
    )


def make_bob() -> Person:
    return Person.objects.create(orcid=BOB)  # whose name is private at ORCID


def make_nemo() -> Person:
    return Person.objects.create(name="Nemo")


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def permit(
    person: Person,
    scope: str = "/read-limited /activities/update",
    *,
    purpose: Purpose = Purpose.AUTO_UPDATE,
) -> None:
    """Gives the permission, as a return from ORCID does."""
    reply = TokenReply(
        access_token=Secret(f"token of {person.orcid}"),
        refresh_token=None,
        scope=scope,
        expires_at=None,
        orcid=OrcidId(str(person.orcid)),
        name="",
        api_client="APP-EXAMPLE",
    )
    grants.store_grant(person, purpose, reply, timezone.now())


def withdraw(person: Person) -> None:
    for grant in person.grants.all():
        grants.end_grant(
            grant.pk, state=GrantState.REVOKED, reason="invalid_token", now=timezone.now()
        )


@transaction.atomic
def claim(
    doi: str = "10.5555/weddell",
    *,
    orcid: OrcidId = ALICE,
    title: str = "Ice of the Weddell Sea",
    state: State = State.WAITING,
    reason: str = "",
    message: str = "",
) -> ClaimRow:
    """A claim in that state, reached on the way that it really takes."""
    now = timezone.now()
    metadata.record_work(Work(doi=Doi(doi), titles=(Title(title),)), title=title)
    ledger.want(orcid, Doi(doi), origin=Origin.AUTO_UPDATE, by="auto_update", now=now)
    if state in _ROUNDS:
        (taken,) = leases.take(orcid, most=1, lease=_LEASE, now=now)
        assert taken.doi == doi, "an older claim is still due: make the waiting ones last"
        event = _ROUNDS[state]
        leases.settle(
            taken,
            leases.Settlement(
                event=event,
                reason=reason,
                message=message,
                accepted=event == Event.KEEP,
                put_code=17 if event == Event.KEEP else None,
            ),
            now=now + timedelta(seconds=1),
        )
    elif state == State.REMOVED:
        ledger.unwant(orcid, Doi(doi), reason="removed_by_person", by=orcid, now=now)
    elif state == State.DECLINED:
        ledger.decline(orcid, Doi(doi), by=orcid, now=now)
    row = queries.find(orcid=orcid, doi=Doi(doi)).row
    assert row.state == state
    return row


def stored(doi: str = "10.5555/weddell", *, orcid: OrcidId = ALICE) -> Claim:
    return Claim.objects.get(orcid=orcid, doi=doi)
