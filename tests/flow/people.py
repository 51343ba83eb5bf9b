"""Alice owns, Bob may help, Charlie may not: people with fixed parts for every test."""

from __future__ import annotations

from datetime import UTC, datetime

from profiles.people import grants
from profiles.people.models import Person
from profiles.people.permissions import Purpose, TokenReply
from profiles.people.sealing import Secret
from profiles.values.orcid_id import OrcidId

ALICE = OrcidId("0000-0002-1825-0097")
BOB = OrcidId("0000-0001-5109-3700")
CHARLIE = OrcidId("0000-0002-1694-233X")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SCOPE = "openid /read-limited /activities/update"


def person(orcid: OrcidId = ALICE, *, auto_update: bool = True) -> Person:
    return Person.objects.create(orcid=orcid, auto_update=auto_update)


def permit(
    who: Person,
    token: str = "a-token",
    *,
    api_client: str = "APP-1",
    scope: str = SCOPE,
    purpose: Purpose = Purpose.AUTO_UPDATE,
) -> None:
    """As if ORCID had just given this token."""
    reply = TokenReply(
        access_token=Secret(token),
        refresh_token=None,
        scope=scope,
        expires_at=None,
        orcid=OrcidId(who.orcid or ""),
        name="",
        api_client=api_client,
    )
    grants.store_grant(who, purpose, reply, NOON)
