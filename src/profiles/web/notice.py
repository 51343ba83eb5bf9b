"""What stands on top of every page while a permission needs the person: ended, too small, ending."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from ..claims import queries
from ..people import accounts
from ..people.permissions import GrantState, PermissionView, Purpose
from ..values.orcid_id import OrcidId

_KEY = "permission_notice_put_off"


class Kind(StrEnum):
    ENDED = "ended"
    LACKING = "lacking"  # given, but not for adding works
    ENDING = "ending"


class Notice(NamedTuple):
    kind: Kind
    purpose: Purpose
    day: datetime | None  # when it ended, or will
    waiting: int  # works
    key: str


def notice(request: HttpRequest) -> Notice | None:
    """The first thing to say, unless the person has put it off for this session.

    Its buttons lead back to the page, so that it stands only where one can come back to.
    """
    person = getattr(request, "user", None)
    if request.method != "GET" or person is None or not person.is_authenticated:
        return None
    if person.orcid is None:
        return None
    found = _first(accounts.profile(person).permissions)
    if found is None:
        return None
    view, kind = found
    key = f"{kind} {view.purpose} {view.since}"
    if request.session.get(_KEY) == key:
        return None
    waiting = queries.waiting_for_permission(OrcidId(person.orcid))
    day = view.ended if kind == Kind.ENDED else view.until
    return Notice(kind, view.purpose, day, waiting, key)


def put_off(session: SessionBase, unverified_key: str) -> None:
    """Until the next sign-in, or until there is something else to say."""
    session[_KEY] = unverified_key[:200]


def _first(views: Iterable[PermissionView]) -> tuple[PermissionView, Kind] | None:
    told = [(view, kind) for view in views if (kind := _kind(view)) is not None]
    return min(told, key=lambda each: list(Kind).index(each[1]), default=None)


def _kind(view: PermissionView) -> Kind | None:
    if view.state in (GrantState.REVOKED, GrantState.EXPIRED):
        return None if view.withdrawn_here else Kind.ENDED
    if view.is_active and not view.may_write:
        return Kind.LACKING
    return Kind.ENDING if view.ends_soon else None
