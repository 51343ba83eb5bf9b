"""Part of `accounts`: an account on its way out. Nobody signs in to it, and nothing is added for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from django.db import transaction

from ..errors import NotFound
from ..values.orcid_id import OrcidId
from .models import Grant, Person
from .permissions import GrantState


class Closing(msgspec.Struct, frozen=True):
    since: datetime
    removes_works: bool


@transaction.atomic
def begin(orcid: OrcidId, *, removes_works: bool, now: datetime) -> None:
    """From here on the account is nobody's to use. Asked again, the last word on the works counts.

    Raises NotFound.
    """
    person = Person.objects.select_for_update().filter(orcid=orcid).first()
    if person is None:
        raise NotFound(f"an account with the ORCID iD {orcid}", hint="It is made by signing in.")
    person.is_active = person.auto_update = False
    person.closing_since = person.closing_since or now
    person.removes_works = removes_works
    person.save()


def closing(orcid: OrcidId) -> Closing | None:
    """None where the account is not being closed, or is gone."""
    person = Person.objects.filter(orcid=orcid, closing_since__isnull=False).first()
    if person is None or person.closing_since is None:
        return None
    return Closing(person.closing_since, person.removes_works)


def closing_orcids(*, limit: int) -> tuple[OrcidId, ...]:
    """Whose accounts are being closed, longest ago first."""
    found = Person.objects.filter(closing_since__isnull=False, orcid__isnull=False)
    orcids = found.order_by("closing_since").values_list("orcid", flat=True)[:limit]
    return tuple(OrcidId(orcid) for orcid in orcids if orcid)


def closing_for(longer_than: timedelta, *, now: datetime) -> int:
    """How many accounts."""
    return Person.objects.filter(closing_since__lt=now - longer_than).count()


def record_was_read(orcid: OrcidId, *, since: datetime) -> bool:
    """Whether every permission that can still read the record has done so since then."""
    unread = Grant.objects.filter(orcid=orcid, state=GrantState.ACTIVE)
    return not unread.exclude(compared_at__gte=since).exists()
