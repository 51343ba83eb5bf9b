"""Permissions that end, or would: renewed in time, or held and told once. Over the wire."""

from __future__ import annotations

import threading
from datetime import timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.db import connection
from django.utils import timezone

from profiles.claims import ledger
from profiles.claims.models import Claim
from profiles.claims.states import Origin, State
from profiles.errors import Misconfigured, Unreachable
from profiles.people import grants, orcid_permission, renewal, wiring
from profiles.people.lifetimes import Due
from profiles.people.models import Grant, Person
from profiles.people.permissions import GrantState, Purpose, TokenReply
from profiles.people.renewal import DueGrant
from profiles.people.sealing import Secret
from profiles.people.standing import standing
from profiles.pipeline import erasure, permissions, refreshing, tell
from profiles.simulator.orcid.state import Token
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

from .people import ALICE, SCOPE, person

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
AUTO = Purpose.AUTO_UPDATE


@pytest.fixture
def alice(simulation: Simulation) -> Person:
    wiring.forget()
    made = person(ALICE)
    made.email = "alice@example.org"
    made.save()
    return made


def give(
    simulation: Simulation,
    who: Person,
    *,
    lasts: timedelta = 7300 * DAY,
    renewable: bool = True,
    scope: str = SCOPE,
    purpose: Purpose = AUTO,
) -> Token:
    """A permission that is alive at ORCID and here."""
    client = simulation.orcid_client.id
    token = simulation.orcid.registry.issue_token(
        client_id=client,
        orcid=who.orcid or "",
        scopes=tuple(scope.split()),
        expires_in=int(lasts.total_seconds()),
    )
    now = timezone.now()
    reply = TokenReply(
        access_token=Secret(token.access),
        refresh_token=Secret(token.refresh) if renewable else None,
        scope=scope,
        expires_at=now + lasts,
        orcid=ALICE,
        name="",
        api_client=client,
    )
    grants.store_grant(who, purpose, reply, now)
    return token


def want(doi: str = "10.5555/sea") -> None:
    ledger.want(ALICE, Doi(doi), origin=Origin.AUTO_UPDATE, by="test", now=timezone.now())


def later(moved: timedelta) -> time_machine.travel:
    """Here and at ORCID, whose clock follows ours."""
    return time_machine.travel(timezone.now() + moved)


def states() -> list[str]:
    return [claim.state for claim in Claim.objects.order_by("doi")]


def refreshed(simulation: Simulation) -> int:
    return sum(token.disabled == "REFRESHED" for token in simulation.orcid.registry.tokens.values())


# ---- ended at ORCID


def test_what_hung_on_an_ended_grant_is_held_with_it(simulation: Simulation, alice: Person) -> None:
    give(simulation, alice)
    want()
    assert permissions.grant_ended(Grant.objects.get().pk, reason="permission_ended")
    grant, claim = Grant.objects.get(), Claim.objects.get()
    assert (grant.state, grant.ended_reason) == ("revoked", "permission_ended")
    assert (claim.state, claim.reason) == (State.HELD, "permission_ended")


def test_a_refused_token_that_was_renewed_meanwhile_ends_nothing(
    simulation: Simulation, alice: Person
) -> None:
    old = Secret(give(simulation, alice).access).fingerprint
    want()
    grant = Grant.objects.get()
    permissions.renew(grant.pk)
    assert not permissions.grant_ended(grant.pk, reason="permission_ended", fingerprint=old)
    assert (Grant.objects.get().state, states()) == ("active", [State.WAITING])
    new = Grant.objects.get().fingerprint
    assert permissions.grant_ended(grant.pk, reason="permission_ended", fingerprint=new)
    assert (Grant.objects.get().state, states()) == ("revoked", [State.HELD])


def test_the_end_of_one_grant_leaves_what_another_serves(
    simulation: Simulation, alice: Person
) -> None:
    give(simulation, alice)
    give(simulation, alice, purpose=Purpose.SEARCH_AND_LINK)
    want()
    permissions.grant_ended(Grant.objects.get(purpose=AUTO).pk, reason="permission_ended")
    assert states() == [State.WAITING]
    tell.tell(ALICE)
    assert mail.outbox == []  # nothing that was allowed is missing


def test_a_new_grant_releases_what_an_old_one_held(simulation: Simulation, alice: Person) -> None:
    give(simulation, alice)
    want()
    permissions.grant_ended(Grant.objects.get().pk, reason="permission_ended")
    give(simulation, alice)
    assert permissions.granted(ALICE) == 1
    assert states() == [State.WAITING]


# ---- told once


def ended(simulation: Simulation, alice: Person) -> Token:
    token = give(simulation, alice)
    want("10.5555/sea")
    want("10.5555/tide")
    permissions.grant_ended(Grant.objects.get().pk, reason="permission_ended")
    return token


def test_the_person_is_told_once_in_plain_words(simulation: Simulation, alice: Person) -> None:
    token = ended(simulation, alice)
    for _ in range(3):
        tell.tell(ALICE)
    assert len(mail.outbox) == 1
    message = mail.outbox[0]
    html = message.alternatives[0].content  # type: ignore[attr-defined]
    assert message.to == ["alice@example.org"]
    assert message.subject == "Your permission for DataCite at ORCID has ended"
    for text in (message.body, html):
        assert "2 works wait for your permission" in text
        assert "/settings/permission/again?purpose=auto_update" in text
        assert ALICE in text
        assert token.access not in text
        assert token.refresh not in text
    assert "<img" not in html


def test_of_many_workers_one_tells(
    simulation: Simulation, alice: Person, transactional_db: None
) -> None:
    ended(simulation, alice)
    together = threading.Barrier(4)

    def work() -> None:
        together.wait(10)
        tell.tell(ALICE)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(mail.outbox) == 1


def test_what_the_person_withdrew_here_is_no_news(simulation: Simulation, alice: Person) -> None:
    give(simulation, alice)
    orcid_permission.withdraw(alice, AUTO, reason="withdrawn in Settings", now=timezone.now())
    tell.tell(ALICE)
    assert mail.outbox == []


def test_without_an_address_nothing_is_sent_until_there_is_one(
    simulation: Simulation, alice: Person
) -> None:
    Person.objects.update(email="")
    ended(simulation, alice)
    tell.tell(ALICE)
    assert mail.outbox == []
    Person.objects.update(email="alice@example.org")
    tell.tell(ALICE)
    assert len(mail.outbox) == 1


def test_old_news_are_not_sent(simulation: Simulation, alice: Person) -> None:
    ended(simulation, alice)
    with later(8 * DAY):
        tell.tell(ALICE)
    assert mail.outbox == []


# ---- renewed in time


def test_a_permission_is_renewed_a_month_before_it_ends(
    simulation: Simulation, alice: Person
) -> None:
    old = give(simulation, alice, lasts=400 * DAY)
    with later(369 * DAY):
        assert refreshing.see_to_ends() == 0
    with later(371 * DAY):
        assert refreshing.see_to_ends() == 1
        grant = Grant.objects.get()
        assert grant.state == "active"
        assert grant.expires_at is not None
        assert grant.expires_at > timezone.now() + 7000 * DAY
        usable = grants.usable_grant(ALICE, AUTO, timezone.now())
        assert usable is not None
        live = [token.access for token in simulation.orcid.registry.live_tokens(ALICE)]
        assert [usable.access_token.reveal()] == live
        assert old.access not in live
        assert refreshing.see_to_ends() == 0
    assert mail.outbox == []


def test_a_short_token_is_renewed_at_half_its_life(simulation: Simulation, alice: Person) -> None:
    simulation.orcid_client.persistent = False
    give(simulation, alice, lasts=HOUR)
    with later(timedelta(minutes=29)):
        assert refreshing.see_to_ends() == 0
    for minutes in (31, 62, 93):
        with later(timedelta(minutes=minutes)):
            assert refreshing.see_to_ends() == 1
            assert refreshing.see_to_ends() == 0
    assert refreshed(simulation) == 3


def test_an_expired_token_is_renewed_when_it_is_needed(
    simulation: Simulation, alice: Person
) -> None:
    give(simulation, alice, lasts=HOUR)
    want()
    with later(30 * DAY):
        assert grants.usable_grant(ALICE, AUTO, timezone.now()) is None
        assert standing(ALICE, AUTO, now=timezone.now()).permission == "usable"
        usable = permissions.usable(ALICE, AUTO)
        assert usable is not None
        assert not usable.lapsed
        assert usable.access_token.reveal() in {
            token.access for token in simulation.orcid.registry.live_tokens(ALICE)
        }
        assert permissions.usable(ALICE, AUTO) == usable
        client = simulation.orcid_client.id
        assert permissions.of_client(ALICE, client, removing=False) == usable
    assert refreshed(simulation) == 1


def test_a_permission_withdrawn_at_orcid_is_noticed_at_its_renewal(
    simulation: Simulation, alice: Person
) -> None:
    give(simulation, alice, lasts=HOUR)
    want()
    with later(2 * HOUR):
        simulation.orcid.revoke_tokens(ALICE)
        assert permissions.usable(ALICE, AUTO) is None
        assert (Grant.objects.get().state, states()) == ("revoked", [State.HELD])
        tell.tell(ALICE)
        assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 503}, Unreachable),
        ({"reset": "before"}, Unreachable),
        ({"status": 401, "body": {"error": "invalid_client"}}, Misconfigured),
        ({"status": 400, "body": {"error": "unauthorized_client"}}, Misconfigured),
        ({"status": 401, "body": {"error": "server_error"}}, Unreachable),
    ],
)
def test_what_is_not_the_persons_doing_ends_nothing_and_is_tried_again(
    simulation: Simulation, alice: Person, fault: dict[str, Any], kind: type[Exception]
) -> None:
    give(simulation, alice, lasts=HOUR)
    want()
    with later(2 * HOUR):
        simulation.orcid.faults.add(path_prefix="/oauth/token", times=1, **fault)
        with pytest.raises(kind):
            permissions.usable(ALICE, AUTO)
        simulation.orcid.faults.add(path_prefix="/oauth/token", times=1, **fault)
        assert refreshing.see_to_ends() == 1
        assert refreshing.see_to_ends() == 0  # not at once again
        assert (Grant.objects.get().state, states()) == ("active", [State.WAITING])
    with later(4 * HOUR):
        assert refreshing.see_to_ends() == 1
        assert Grant.objects.get().renewed_at is not None


def test_a_renewal_whose_answer_was_lost_ends_in_asking_the_person(
    simulation: Simulation, alice: Person
) -> None:
    """ORCID disables the old tokens at once, and the new ones are known to nobody."""
    give(simulation, alice, lasts=HOUR)
    want()
    with later(2 * HOUR):
        simulation.orcid.faults.add(path_prefix="/oauth/token", times=1, reset="after")
        with pytest.raises(Unreachable):
            permissions.usable(ALICE, AUTO)
        assert Grant.objects.get().state == "active"
        assert permissions.usable(ALICE, AUTO) is None
        assert (Grant.objects.get().state, states()) == ("revoked", [State.HELD])
        tell.tell(ALICE)
        assert len(mail.outbox) == 1


def test_of_many_workers_one_renews(
    simulation: Simulation, alice: Person, transactional_db: None
) -> None:
    """Were two to use one refresh token, the second would be refused, and the permission lost."""
    give(simulation, alice, lasts=HOUR)
    grant_id = Grant.objects.get().pk
    Grant.objects.update(due_at=timezone.now())
    simulation.orcid.faults.add(path_prefix="/oauth/token", times=1, delay=0.5)
    due = DueGrant(grant_id, ALICE, Due.RENEW)
    together = threading.Barrier(4)

    def work() -> None:
        together.wait(10)
        refreshing._renew_if_free(due)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [entry.path for entry in simulation.orcid.log].count("/oauth/token") == 1
    assert refreshed(simulation) == 1
    assert len(simulation.orcid.registry.live_tokens(ALICE)) == 1
    assert not renewal.is_due(grant_id, now=timezone.now() + timedelta(days=300))
    assert Grant.objects.get().state == "active"
    assert Grant.objects.get().renewed_at is not None


def test_a_grant_withdrawn_while_it_is_renewed_leaves_no_token_behind(
    simulation: Simulation, alice: Person
) -> None:
    give(simulation, alice)
    old = renewal.renewable(Grant.objects.get().pk)
    assert old is not None
    grants.end_grant(old.grant_id, state=GrantState.REVOKED, reason="x", now=timezone.now())
    orcid_permission.renew(old, now=timezone.now())
    assert simulation.orcid.registry.live_tokens(ALICE) == []
    assert Grant.objects.get().state == "revoked"


def test_one_that_cannot_be_renewed_ends_on_its_day(simulation: Simulation, alice: Person) -> None:
    give(simulation, alice, lasts=HOUR, renewable=False)
    want()
    with later(timedelta(minutes=59)):
        assert refreshing.see_to_ends() == 0
    with later(timedelta(minutes=61)):
        assert refreshing.see_to_ends() == 1
        assert (Grant.objects.get().state, states()) == ("expired", [State.HELD])
        assert mail.outbox == []  # that is for the job, and once
        assert permissions.usable(ALICE, AUTO) is None


def test_who_has_closed_the_account_is_not_warned(simulation: Simulation, alice: Person) -> None:
    give(simulation, alice, lasts=100 * DAY, renewable=False)
    erasure.close(ALICE, remove_works=True)
    with time_machine.travel(timezone.now() + 90 * DAY):
        refreshing.see_to_ends()
    assert mail.outbox == []


def test_an_orcid_that_calls_itself_another_keeps_nobodys_end_from_being_seen_to(
    simulation: Simulation, alice: Person
) -> None:
    """A renewal that cannot be trusted is tried again; what is due after it is done."""
    give(simulation, alice, lasts=HOUR)
    give(simulation, alice, lasts=100 * DAY, renewable=False, purpose=Purpose.SEARCH_AND_LINK)
    way = "/.well-known/openid-configuration"
    told = httpx2.get(f"{simulation.orcid.url}{way}").json()
    another = {**told, "issuer": "https://other.example"}
    simulation.orcid.faults.add(path_prefix=way, status=200, body=another, times=None)
    with time_machine.travel(timezone.now() + 90 * DAY):
        refreshing.see_to_ends()
    assert len(mail.outbox) == 1
    assert "ends on" in mail.outbox[0].body


@pytest.mark.parametrize(
    ("lasts", "renewable", "days_before"),
    [
        (100, True, 30),  # renewed
        (100, False, 14),  # its owner is warned
        (20, False, 0),  # too short to be warned of
    ],
)
def test_permissions_from_before_are_seen_to_when_new_ones_are(
    simulation: Simulation, alice: Person, lasts: int, renewable: bool, days_before: int
) -> None:
    """Not earlier: the link in a warning would answer that there is nothing to do."""
    give(simulation, alice, lasts=lasts * DAY, renewable=renewable)
    new = Grant.objects.get()
    assert new.expires_at is not None
    assert new.due_at == new.expires_at - days_before * DAY
    Grant.objects.update(due_at=None)
    migration = import_module("profiles.people.migrations.0003_ends")
    migration.see_to_their_ends(apps, connection.schema_editor())
    assert Grant.objects.get().due_at == new.due_at


def test_orcid_out_of_reach_is_not_asked_on_everybodys_behalf(
    simulation: Simulation, alice: Person
) -> None:
    token = give(simulation, alice, lasts=HOUR)
    for number in range(4):
        other = person(OrcidId(f"0000-0002-1825-000{number}"))
        twin = Grant.objects.get(person=alice)
        twin.pk, twin.person, twin.orcid = uuid4(), other, other.orcid
        context = f"grant:{twin.pk}"
        twin.sealed_refresh_token = wiring.sealer().seal(Secret(token.refresh), context=context)
        twin.save(force_insert=True)
    simulation.orcid.faults.add(path_prefix="/oauth/token", status=503, times=100)
    with later(2 * HOUR):
        assert refreshing.see_to_ends() == 3
