"""When a change that ORCID tells of is looked at, and when a call to its webhooks is repeated. Pure.

ORCID calls for our own writes as well, in batches some minutes later, and does not say what has
changed. So what may be of our own making is looked at once, after ORCID must have told of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from ..delivery.outcomes import Answer

QUIET = timedelta(minutes=10)  # between two readings of one record
OWN = timedelta(minutes=6)  # ORCID calls within about five of a change

# For what did not come about: ORCID was told nothing, or its record was not read (somebody was
# writing, it did not answer, or not in a way that we understand).
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
TRIES = 12  # about a day; then ORCID may call in vain, and the weekly comparison has to do


def look_at(*, now: datetime, compared: datetime | None, wrote: datetime | None) -> datetime:
    """When to read the record: now, unless it was read lately or we wrote to it ourselves."""
    waits = [now]
    if compared is not None:
        waits.append(compared + QUIET)
    if wrote is not None:
        waits.append(wrote + OWN)
    return max(waits)


class Done(StrEnum):
    DONE = "done"
    LATER = "later"
    NEVER = "never"  # there is nothing to listen to


# Statuses and codes of ORCID to PUT and DELETE of a webhook.
_DONE = frozenset({200, 201, 204})
_NONE_THERE = frozenset({(404, 9028), (404, 9016), (403, 9014)})  # 9014: another client's
_NO_RECORD = frozenset({(404, 9016), (409, 9044), (409, 9007), (301, 9007)})


def judge(answer: Answer) -> Done:
    if answer.status in _DONE:
        return Done.DONE
    told = (answer.status or 0, answer.error_code or 0)
    if answer.verb == "DELETE" and told in _NONE_THERE:
        return Done.DONE
    return Done.NEVER if told in _NO_RECORD else Done.LATER


def pause(tries: int) -> timedelta:
    doubled: timedelta = FIRST_PAUSE * 2 ** min(max(tries - 1, 0), 10)
    return min(doubled, LONGEST_PAUSE)
