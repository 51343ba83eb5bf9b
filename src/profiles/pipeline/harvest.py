"""Following DataCite: read what changed since the last time, and match it."""

from __future__ import annotations

import logging
from datetime import datetime

import msgspec
from django.utils import timezone

from ..sources.datacite import feed
from ..sources.datacite.feed import Position, Window
from .match import accept
from .models import FeedPosition
from .services import Services

log = logging.getLogger(__name__)

DATACITE = "datacite"


class Harvested(msgspec.Struct, frozen=True):
    """What one harvest came to."""

    until: datetime  # every change up to here is in the ledger
    read: int  # works that were new to us
    wishes: int  # claims that have something new to do
    malformed: tuple[str, ...]  # records that could not be read, each with its reason


def harvest(
    services: Services, *, since: datetime | None = None, until: datetime | None = None
) -> Harvested:
    """Read on from where the last harvest stopped (or from `since`), up to now (or `until`).

    The position is stored after each page whose works are in the ledger, so an interrupted
    harvest goes on with that page's successor. A harvest of a time of its own (`since`, `until`)
    leaves the stored position alone. Raises Unreachable, UnexpectedAnswer.
    """
    now = until or timezone.now()
    follows = since is None and until is None
    position = Position(done=since) if since else _stored(now)
    read = wishes = 0
    malformed: list[str] = []
    seen = services.seen if follows else {}
    for step in feed.follow(services.datacite, position, now=now, seen=seen):
        for work in step.works:
            wishes += accept(work, policy=services.policy, now=timezone.now())
        for failure in step.failures:
            log.warning("a record was left out: %s", failure)
            malformed.append(str(failure))
        read += len(step.works)
        position = step.position
        if follows:
            _store(position)
    return Harvested(position.done, read, wishes, tuple(malformed))


def last_read() -> datetime | None:
    """When DataCite last answered."""
    found = FeedPosition.objects.filter(source=DATACITE).first()
    return found.read_at if found else None


def _stored(now: datetime) -> Position:
    """A service that starts for the first time follows from now on; older DOIs are back-filled."""
    found, _ = FeedPosition.objects.get_or_create(
        source=DATACITE, defaults={"done": now, "read_at": now}
    )
    window = Window(found.since, found.until) if found.since and found.until else None
    return Position(done=found.done, window=window, cursor=found.cursor)


def _store(position: Position) -> None:
    FeedPosition.objects.update_or_create(
        source=DATACITE,
        defaults={
            "done": position.done,
            "since": position.window.since if position.window else None,
            "until": position.window.until if position.window else None,
            "cursor": position.cursor,
            "read_at": timezone.now(),
        },
    )
