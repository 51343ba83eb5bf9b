"""What a person (or staff for them) wishes for a claim: written down and queued at once."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ..claims import ledger, metadata
from ..claims.states import Origin
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from .facts import version_of
from .match import accept, title_of
from .nudge import CLICK, nudge
from .services import services


def add(orcid: OrcidId, work: Work, *, by: str = "") -> None:
    """Put this work on the record, whatever the person decided about it before. Raises Blocked."""
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
    """Try a held or failed claim again now. Raises NotFound, ImpossibleTransition, Blocked."""
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
    """Take a removal or refusal back. Raises NotFound, ImpossibleTransition, Blocked."""
    with transaction.atomic():
        ledger.restore(orcid, doi, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def decline(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Never add this. Raises NotFound, Blocked, ImpossibleTransition while it is on the record."""
    ledger.decline(orcid, doi, by=by or orcid, now=timezone.now())


def block(orcid: OrcidId, doi: Doi, *, by: str, note: str) -> bool:
    """Staff: it may not be on this record. Whether it has to leave. Raises ImpossibleTransition."""
    with transaction.atomic():
        leaves = ledger.block(orcid, doi, by=by, note=note, now=timezone.now())
        nudge([orcid], priority=CLICK)
    return leaves


def unblock(orcid: OrcidId, doi: Doi, *, by: str, note: str) -> bool:
    """Staff lift a block; the rules then judge the metadata as they are by now.

    Whether there is work to do. Raises NotFound, ImpossibleTransition.
    """
    now = timezone.now()
    with transaction.atomic():
        goes_on = ledger.unblock(orcid, doi, by=by, note=note, now=now)
        work = metadata.work(doi)
        judged = accept(work, policy=services().policy, now=now) if work else 0
        nudge([orcid], priority=CLICK)
    return goes_on or judged > 0
