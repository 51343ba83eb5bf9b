"""The only writer of persons and their identities. What others get of them is frozen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone

from ..errors import NotFound
from ..values.orcid_id import OrcidId
from . import permission_view
from .models import Grant, Person
from .permissions import Purpose
from .preferences import Choices, Versions, Withdrawn
from .profile import Names, Profile, Role
from .providers import ORCID
from .refusals import AccountClosed, DifferentOrcidId, IdTaken

# As in the table: a longer text is cut rather than refused.
NAME_LIMITS: Mapping[str, int] = {
    "name": 500,
    "given_name": 250,
    "family_name": 250,
    "organization": 500,
    "email": 254,
}

NOT_ORCIDS = frozenset({"organization", "email"})  # ORCID's id_token never tells these


def person_by_orcid(orcid: OrcidId) -> Person | None:
    return Person.objects.filter(orcid=orcid).first()


def existing_person(orcid: OrcidId) -> Person:
    """Raises NotFound."""
    person = person_by_orcid(orcid)
    if person is None:
        raise NotFound(f"an account with the ORCID iD {orcid}", hint="It is made by signing in.")
    return person


def having_accounts(orcids: Collection[OrcidId]) -> frozenset[OrcidId]:
    """Those of the iDs that somebody has linked, even if the account is closed."""
    found = Person.objects.filter(orcid__in=orcids).values_list("orcid", flat=True)
    return frozenset(OrcidId(orcid) for orcid in found if orcid)


@transaction.atomic
def link_orcid(
    *, person: Person, orcid: OrcidId, names: Names, extra_data: Mapping[str, Any]
) -> None:
    """The iD that ORCID has just proven becomes the person's, and a way to sign in.

    Raises IdTaken, DifferentOrcidId; then nothing has changed.
    """
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.orcid not in (None, orcid):
        raise DifferentOrcidId(expected=OrcidId(locked.orcid), got=orcid)
    locked.orcid = orcid
    fill_names(locked, names, from_orcid=True)
    try:
        with transaction.atomic():
            locked.save()
            identity, _ = SocialAccount.objects.get_or_create(
                provider=ORCID, uid=orcid, defaults={"user": locked, "extra_data": {**extra_data}}
            )
    except IntegrityError:  # one iD, one account: the table itself says so
        raise IdTaken(orcid) from None
    if identity.user_id != locked.pk:
        raise IdTaken(orcid)
    person.refresh_from_db()


def fill_names(person: Person, names: Names, *, from_orcid: bool) -> None:
    """ORCID's word on a name replaces what we had; others fill gaps, so that it does not change
    with the way of signing in. What a provider keeps private leaves all as it was."""
    for field in Names.__struct_fields__:
        told = getattr(names, field)
        may_say = from_orcid or field in NOT_ORCIDS or not getattr(person, field)
        if told and may_say:
            setattr(person, field, told[: NAME_LIMITS[field]])


@transaction.atomic
def remember_names(*, person: Person, names: Names, from_orcid: bool) -> None:
    locked = Person.objects.select_for_update().get(pk=person.pk)
    fill_names(locked, names, from_orcid=from_orcid)
    locked.save()
    person.refresh_from_db()


def set_auto_update(person: Person, on: bool) -> None:
    """Raises AccountClosed."""
    mine = Person.objects.filter(pk=person.pk, is_active=True)
    if not mine.update(auto_update=on, updated=timezone.now()):
        raise AccountClosed
    person.auto_update = on


@transaction.atomic
def set_preferences(person: Person, choices: Choices) -> Choices:
    """What was chosen until now. The person's row stays locked until the transaction ends.

    Raises AccountClosed.
    """
    mine = Person.objects.filter(pk=person.pk, is_active=True)
    locked = mine.select_for_update(no_key=True).first()
    if locked is None:
        raise AccountClosed
    before = _choices(locked)
    for name in Choices.__struct_fields__:
        for row in (locked, person):
            setattr(row, name, getattr(choices, name))
    locked.save(update_fields=[*Choices.__struct_fields__, "updated"])
    return before


def _choices(person: Person) -> Choices:
    return Choices(person.auto_update, Versions(person.versions), Withdrawn(person.withdrawn))


def unsettle(orcid: OrcidId, now: datetime) -> None:
    """The claims have to follow the choice of versions, and do not yet."""
    Person.objects.filter(orcid=orcid).update(unsettled_since=now)


def unsettled_since(orcid: OrcidId) -> datetime | None:
    return Person.objects.filter(orcid=orcid).values_list("unsettled_since", flat=True).first()


def settled(orcid: OrcidId, since: datetime) -> bool:
    """All claims follow the choice. False where it changed again after `since`."""
    done = Person.objects.filter(orcid=orcid, unsettled_since=since)
    return bool(done.update(unsettled_since=None))


def unsettled(*, limit: int) -> tuple[OrcidId, ...]:
    """Whose claims do not follow the choice yet, longest first."""
    waiting = Person.objects.filter(unsettled_since__isnull=False, orcid__isnull=False)
    rows = waiting.order_by("unsettled_since").values_list("orcid", flat=True)[:limit]
    return tuple(OrcidId(str(orcid)) for orcid in rows)


def set_role(*, orcid: OrcidId, role: Role, provider: str = "", client: str = "") -> None:
    """Raises NotFound."""
    count = Person.objects.filter(orcid=orcid).update(
        role=role, provider_id=provider, client_id=client, updated=timezone.now()
    )
    if count == 0:
        existing_person(orcid)


def erase(orcid: OrcidId) -> None:
    """Person, identities, grants and sessions are gone. Give the tokens back first
    (orcid_permission.withdraw)."""
    _erase(existing_person(orcid))


@transaction.atomic
def erase_without_orcid(sub: UUID) -> None:
    """An account that has no iD, so that nothing hangs on it. Raises NotFound."""
    person = Person.objects.select_for_update().filter(sub=sub, orcid__isnull=True).first()
    if person is None:
        raise NotFound(f"an account without an ORCID iD that is called {sub}")
    _erase(person)


def _erase(person: Person) -> None:
    mine = str(person.pk)
    person.delete()
    # What is kept in sessions names the iD, too. Their table does not say whose they are; but
    # accounts are seldom erased, so all are looked through.
    for session in Session.objects.iterator():
        if session.get_decoded().get(SESSION_KEY) == mine:
            session.delete()


def profile(who: Person | OrcidId) -> Profile:
    """Raises NotFound."""
    person = who if isinstance(who, Person) else existing_person(who)
    return _profile(person, Grant.objects.filter(person=person), timezone.now())


def profiles() -> tuple[Profile, ...]:
    """Everybody, in the order of signing up."""
    now = timezone.now()
    people = Person.objects.order_by("pk").prefetch_related("grants")
    return tuple(_profile(person, person.grants.all(), now) for person in people)


def _profile(person: Person, held: Collection[Grant], now: datetime) -> Profile:
    return Profile(
        sub=person.sub,
        orcid=OrcidId(person.orcid) if person.orcid else None,
        name=person.name or person.orcid or "",
        given_name=person.given_name,
        family_name=person.family_name,
        other_names=tuple(person.other_names),
        organization=person.organization,
        email=person.email,
        github=person.github,
        auto_update=person.auto_update,
        versions=Versions(person.versions),
        withdrawn=Withdrawn(person.withdrawn),
        role=Role(person.role),
        provider_id=person.provider_id,
        client_id=person.client_id,
        permissions=tuple(
            permission_view.view(held, purpose=purpose, now=now) for purpose in Purpose
        ),
        closing_since=person.closing_since,
        removes_works=person.removes_works,
    )
