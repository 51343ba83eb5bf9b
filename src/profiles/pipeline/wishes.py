"""What a person (or staff for them) wishes for a claim: written down and queued at once."""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from ..claims import blocks, ledger, metadata
from ..claims.states import Origin
from ..errors import Blocked
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import revising
from .facts import version_of
from .match import accept, title_of
from .nudge import CLICK, nudge
from .services import services


def add(orcid: OrcidId, work: Work, *, by: str = "") -> None:
    """Put this work on the record, whatever the person decided about it before. Raises Blocked."""
    if add_all(orcid, [work], by=by):
        raise Blocked(work.doi)


def add_all(orcid: OrcidId, works: Collection[Work], *, by: str = "") -> tuple[Doi, ...]:
    """As `add`, at once; those that are blocked are left out and returned."""
    if not works:
        return ()
    dois = [work.doi for work in works]
    before = metadata.named_versions(dois)
    for work in works:
        metadata.record_work(work, title=title_of(work))
    also = before | metadata.named_versions(dois)
    with revising.following(orcid, dois, also=also):
        blocked = tuple(work.doi for work in works if not _add(orcid, work, by=by or orcid))
        nudge([orcid], priority=CLICK)
    return blocked


def _add(orcid: OrcidId, work: Work, *, by: str) -> bool:
    """False where it is blocked."""
    try:
        ledger.want(
            orcid,
            work.doi,
            origin=Origin.SEARCH_AND_LINK,
            by=by,
            now=timezone.now(),
            version=version_of(work),
            insist=True,
        )
    except Blocked:
        return False
    return True


def retry(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Try a held or failed claim again now. Raises NotFound, ImpossibleTransition, Blocked."""
    with revising.following(orcid, [doi]):
        ledger.retry(orcid, doi, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def remove(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Take it off the record, and keep it off. Raises NotFound, ImpossibleTransition."""
    reason = "removed_by_person" if by in ("", orcid) else "removed_by_staff"
    with revising.following(orcid, [doi]):
        ledger.unwant(orcid, doi, reason=reason, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def restore(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Take a removal or refusal back. Raises NotFound, ImpossibleTransition, Blocked."""
    with revising.following(orcid, [doi]):
        ledger.restore(orcid, doi, by=by or orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)


def decline(orcid: OrcidId, doi: Doi, *, by: str = "") -> None:
    """Never add this. Raises NotFound, Blocked, ImpossibleTransition while it is on the record."""
    with revising.following(orcid, [doi]):
        ledger.decline(orcid, doi, by=by or orcid, now=timezone.now())


def block(orcid: OrcidId, doi: Doi, *, by: str, note: str) -> bool:
    """Staff: it may not be on this record. Whether it has to leave. Raises ImpossibleTransition."""
    with revising.following(orcid, [doi]):
        leaves = blocks.block(orcid, doi, by=by, note=note, now=timezone.now())
        nudge([orcid], priority=CLICK)
    return leaves


def unblock(orcid: OrcidId, doi: Doi, *, by: str, note: str) -> bool:
    """Staff lift a block; the rules then judge the metadata as they are by now.

    Whether there is work to do. Raises NotFound, ImpossibleTransition.
    """
    with revising.following(orcid, [doi]):
        goes_on = blocks.unblock(orcid, doi, by=by, note=note, now=timezone.now())
        nudge([orcid], priority=CLICK)
    # By itself: it concerns others too, whose rows are locked in a fixed order.
    work = metadata.work(doi)
    judged = accept(work, policy=services().policy, now=timezone.now()) if work else 0
    return goes_on or judged > 0
