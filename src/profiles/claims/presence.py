"""Which DOIs were public when DataCite was last asked, and when that was. Beside `metadata`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from django.db import transaction
from django.db.models import Q

from ..values.doi import Doi
from ..values.work import Work
from .models import StoredWork


class Known(msgspec.Struct, frozen=True):
    """What we have of a DOI, to be compared with what DataCite has."""

    metadata_version: int | None
    updated: str
    hidden: bool
    empty: bool  # no metadata came yet

    def is_behind(self, work: Work) -> bool:
        if work.metadata_version is not None and self.metadata_version is not None:
            return work.metadata_version > self.metadata_version
        return work.updated > self.updated

    def is_ahead_of(self, work: Work) -> bool:
        if work.metadata_version is not None and self.metadata_version is not None:
            return work.metadata_version < self.metadata_version
        return work.updated < self.updated


def known(dois: Collection[Doi]) -> dict[Doi, Known]:
    rows = StoredWork.objects.filter(doi__in=dois).annotate(empty=Q(content=b""))
    found = rows.values_list("doi", "metadata_version", "source_updated", "hidden_since", "empty")
    return {
        Doi(doi): Known(version, updated, hidden is not None, empty)
        for doi, version, updated, hidden, empty in found
    }


def expect(dois: Collection[Doi]) -> None:
    """Claims began without metadata: they are fetched when the DOIs are looked at, soon."""
    StoredWork.objects.bulk_create(
        [StoredWork(doi=doi, content=b"") for doi in dois], ignore_conflicts=True
    )


def not_checked_since(moment: datetime, *, limit: int) -> tuple[Doi, ...]:
    """Those never looked at first, then those looked at longest ago.

    Two questions, because the index has those without a time at its other end.
    """
    dois = StoredWork.objects.values_list("doi", flat=True)
    never = list(dois.filter(checked_at__isnull=True)[:limit])
    before = dois.filter(checked_at__lt=moment).order_by("checked_at")
    return tuple(Doi(doi) for doi in [*never, *before[: limit - len(never)]])


def checked(dois: Collection[Doi], *, at: datetime) -> None:
    StoredWork.objects.filter(doi__in=dois).update(checked_at=at)


def look_again(doi: Doi) -> None:
    """Soon."""
    StoredWork.objects.filter(doi=doi).update(checked_at=None)


def hidden_since(doi: Doi) -> datetime | None:
    return StoredWork.objects.filter(doi=doi).values_list("hidden_since", flat=True).first()


@transaction.atomic
def hide(doi: Doi, *, asked_at: datetime, sure: bool = True) -> bool:
    """It was not public when we asked. False where that is known, or later metadata have come.

    Where that is not `sure` it counts as not looked at yet.

    Of what we never saw public nothing is known: it may be of another agency than DataCite.
    """
    stored = StoredWork.objects.select_for_update().filter(doi=doi).exclude(content=b"").first()
    if stored is None or stored.hidden_since is not None:
        return False
    if is_later(stored.source_updated, asked_at):
        return False
    StoredWork.objects.filter(doi=doi).update(
        hidden_since=asked_at, checked_at=asked_at if sure else None
    )
    return True


def show(doi: Doi) -> bool:
    """It is public. Whether it was hidden until now."""
    hidden = StoredWork.objects.filter(doi=doi, hidden_since__isnull=False)
    return bool(hidden.update(hidden_since=None))


def is_later(updated: str, moment: datetime) -> bool:
    """Whether a time, as DataCite writes it, is certainly later."""
    try:
        at = datetime.fromisoformat(updated)
    except ValueError:
        return False
    return at.tzinfo is not None and at > moment
