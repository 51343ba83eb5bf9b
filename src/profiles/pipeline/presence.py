"""Looking whether the DOIs that people have on their records are still public: few at a time.

What was looked at is written down with each batch, so that whoever is interrupted goes on there.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec
from django.utils import timezone

from ..claims import ledger, metadata
from ..claims import presence as kept
from ..claims.presence import Known
from ..sources.datacite import presence
from ..sources.datacite.presence import AT_ONCE, Sight
from ..values.doi import Doi
from ..values.work import Work
from . import revising, withdrawn
from .match import accept, title_of
from .services import Services

log = logging.getLogger(__name__)

EVERY = timedelta(days=7)  # each DOI is looked at once in that time
AGAIN = timedelta(
    days=1
)  # after an answer that says neither, or for the first time that it is hidden
REQUESTS = 30  # in one go: a minute's, of the 100 that DataCite grants to whom it does not know


class Looked(msgspec.Struct, frozen=True):
    """What one go came to."""

    dois: int  # of which something is known now
    hidden: int  # of these
    requests: int
    trouble: str = ""  # why it ended before its time


def look(services: Services, *, requests: int = REQUESTS) -> Looked:
    """Go on where the last time ended, until all are looked at or so many requests are made.

    Raises Unreachable, UnexpectedAnswer; what was looked at before that is written down.
    """
    dois = hidden = asked = 0
    trouble = ""
    while asked < requests and not trouble:
        now = timezone.now()
        some = kept.not_checked_since(now - EVERY, limit=AT_ONCE)
        if not some:
            break
        wanted = ledger.concerned(some)
        kept.checked([doi for doi in some if doi not in wanted], at=now)
        ours = presence.batch(doi for doi in some if doi in wanted)
        if not ours:
            continue
        # A DataCite that does not answer now is asked again by the next go, not by this one.
        found = presence.look(services.datacite_now, ours, most=requests - asked)
        _take_in(found.seen, services, asked_at=now)
        asked += found.requests
        dois += len(found.seen)
        hidden += sum(each == Sight.HIDDEN for each in found.seen.values())
        trouble = found.trouble
    return Looked(dois, hidden, asked, trouble)


def _take_in(seen: Mapping[Doi, Work | Sight], services: Services, *, asked_at: datetime) -> None:
    known = kept.known(seen)
    for doi, found in seen.items():
        if isinstance(found, Work):
            _public(found, known[doi], services, now=asked_at)
        elif found == Sight.HIDDEN:
            sure = known[doi].hidden  # a single answer takes nothing off a record
            withdrawn.hidden(doi, asked_at=asked_at, now=timezone.now(), sure=sure)
    again = [doi for doi, found in seen.items() if _is_doubtful(found, known[doi])]
    kept.checked([doi for doi in seen if doi not in again], at=asked_at)
    kept.checked(again, at=asked_at - EVERY + AGAIN)


def _is_doubtful(found: Work | Sight, known: Known) -> bool:
    return found == Sight.DOUBTFUL or (found == Sight.HIDDEN and not known.hidden)


def _public(work: Work, known: Known, services: Services, *, now: datetime) -> None:
    """What the feed did not bring is brought up to date on the way."""
    if known.empty and not known.hidden:
        metadata.record_work(work, title=title_of(work))
        for orcid in ledger.holdings(work.doi):  # they follow the choice of versions from now on
            with revising.following(orcid, [work.doi]):
                pass
    elif known.hidden or known.is_behind(work):
        accept(work, policy=services.policy, now=now, seen_now=True)
        withdrawn.shown(work.doi, now=now)  # where it concerns nobody's auto-update
