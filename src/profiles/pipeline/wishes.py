"""What a person (or staff for them) wishes for a claim: written down and queued at once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ..claims import ledger, metadata
from ..claims.states import Origin
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from .match import title_of, version_of
from .nudge import CLICK, nudge


def add(orcid: OrcidId, work: Work, *, by: str = "") -> None:
    """Put this work on the record, whatever was decided about it before."""
    now = timezone.now()
    with transaction.atomic():
        metadata.record_work(work, title=title_of(work))
        ledger.want(
            orcid,
            work.doi,
            origin=Origin.SEARCH_AND_LINK,
            by=by or orcid,
            now=now,
            version=version_of(work),
            insist=True,
        )
        nudge([orcid], priority=CLICK)


def retry(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Try a held or failed claim again now. Raises NotFound, ImpossibleTransition."""
    with transaction.atomic():
        ledger.retry(orcid, doi, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def remove(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Take it off the record, and keep it off. Raises NotFound, ImpossibleTransition."""
    reason = "removed_by_person" if by in ("", orcid) else "removed_by_staff"
    with transaction.atomic():
        ledger.unwant(orcid, doi, reason=reason, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def restore(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Take a removal or refusal back. Raises NotFound, ImpossibleTransition."""
    with transaction.atomic():
        ledger.restore(orcid, doi, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def decline(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Never add this. Raises NotFound, ImpossibleTransition while it is on the record."""
    ledger.decline(orcid, doi, by=by or orcid, now=timezone.now())
