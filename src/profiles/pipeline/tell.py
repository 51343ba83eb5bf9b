"""Telling people that their permission ended, or will: one message each, however many workers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from ..claims import queries
from ..people import accounts, renewal
from ..people.permissions import GrantState, Purpose
from ..people.renewal import News
from ..people.standing import standing
from ..values.orcid_id import OrcidId
from . import mail
from .mail import Sent

if TYPE_CHECKING:
    from ..people.models import Person

TELL = "tell"  # the job's name
AGAIN_PATH = "/settings/permission/again"  # stands in people's mail boxes: it does not change
AGAIN = timedelta(minutes=10)


def tell(orcid: OrcidId) -> None:
    """Of every permission that ended since the person was told last, in one message.

    Whose part it is to tell is decided before anything is sent: who dies in between leaves it to
    the banner on our pages. Where the mail server would not take it, another time.
    """
    now = timezone.now()
    person = _can_be_told(orcid)
    if person is None:
        return
    untold = renewal.untold(orcid, now=now)
    mine = renewal.take_telling([each.grant_id for each in untold], now=now)
    news = [
        each
        for each in untold
        if each.grant_id in mine and standing(orcid, each.purpose, now=now).permission != "usable"
    ]
    if news and _send("permission_ended", person, news) == Sent.NOT_NOW:
        renewal.give_back_telling([each.grant_id for each in news])


def warn(orcid: OrcidId, grant_id: UUID) -> None:
    """That a permission ends soon, and that nobody but the person can give it again."""
    now = timezone.now()
    person = _can_be_told(orcid)
    news = renewal.take_warning(grant_id, now=now)
    if person is None or news is None:
        return
    if _send("permission_ends_soon", person, [news]) == Sent.NOT_NOW:
        renewal.give_back_warning(grant_id, until=now + AGAIN)


def _can_be_told(orcid: OrcidId) -> Person | None:
    """Somebody with an address, who has not closed the account; nobody where we send no messages."""
    person = accounts.person_by_orcid(orcid)
    told = person is not None and person.is_active and person.email
    return person if told and settings.PROFILES.sends_mail else None


def _send(template: str, person: Person, news: Collection[News]) -> Sent:
    orcid = OrcidId(person.orcid or "")
    first = min(news, key=lambda each: list(Purpose).index(each.purpose))
    config = settings.PROFILES
    return mail.send(
        template,
        to=person.email,
        name=f"{template}.{first.grant_id}",
        context={
            "name": person.name,
            "orcid": orcid,
            "orcid_link": f"{config.orcid_url}/{orcid}",
            "day": first.at,
            "expired": first.state == GrantState.EXPIRED,
            "waiting": queries.waiting_for_permission(orcid),
            "link": f"{config.base_url}{AGAIN_PATH}?{urlencode({'purpose': first.purpose})}",
        },
    )
