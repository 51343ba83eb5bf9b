"""Asking persons who have not signed up: when, when again, and in which words. Pure.

One notification in the ORCID inbox per person, with all DOIs that wait. Who says no is left alone
for half a year, who says nothing for two months; and nobody is asked again without a new DOI.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

import msgspec

from ..delivery.outcomes import Answer
from ..values.doi import Doi


class State(StrEnum):
    QUIET = "quiet"  # asked in vain before, and no DOI has come since
    COLLECTING = "collecting"  # a DOI has come; others may come with it
    SENDING = "sending"  # written down before it is sent: it may be in the inbox already
    ASKED = "asked"
    DENIED = "denied"
    CLOSED = "closed"  # ORCID takes no message for this record
    JOINED = "joined"  # has an account: what waits goes to matching, once auto-update is on


class Event(StrEnum):
    FOUND = "found"  # a DOI that had not been there
    BEGIN = "begin"
    SENT = "sent"
    REFUSED = "refused"
    LATER = "later"  # nobody knows what came of it, or it cannot be done now
    EMPTY = "empty"  # no DOI is left to ask for
    DENY = "deny"
    REST_OVER = "rest over"  # and no DOI has come meanwhile
    REST_OVER_WITH_NEWS = "rest over, with news"
    JOIN = "join"


COLLECT = timedelta(days=1)  # a data set seldom comes alone
LOOK = timedelta(minutes=5)  # until a call whose answer is lost has ended at ORCID too
NO_ANSWER = timedelta(days=60)
DENIED = timedelta(days=180)
CLOSED = timedelta(days=365)
NOW = timedelta(0)
TAKE_BACK = timedelta(days=2)  # how long a message to who joined is tried to be taken back
UNTIL_ON = timedelta(days=1)  # who joined may switch auto-update on without our hearing of it

# (state, event) → (state, when something is to be done next; None: only when a DOI comes).
# What is not here changes nothing.
TABLE: dict[tuple[State, Event], tuple[State, timedelta | None]] = {
    (State.QUIET, Event.FOUND): (State.COLLECTING, COLLECT),
    (State.COLLECTING, Event.BEGIN): (State.SENDING, LOOK),
    (State.SENDING, Event.BEGIN): (State.SENDING, LOOK),  # again, after looking
    (State.COLLECTING, Event.EMPTY): (State.QUIET, None),
    (State.SENDING, Event.SENT): (State.ASKED, NO_ANSWER),
    (State.SENDING, Event.REFUSED): (State.CLOSED, CLOSED),
    (State.SENDING, Event.EMPTY): (State.QUIET, None),
    (State.ASKED, Event.REST_OVER): (State.QUIET, None),
    (State.ASKED, Event.REST_OVER_WITH_NEWS): (State.COLLECTING, NOW),
    (State.DENIED, Event.REST_OVER): (State.QUIET, None),
    (State.DENIED, Event.REST_OVER_WITH_NEWS): (State.COLLECTING, NOW),
    (State.CLOSED, Event.REST_OVER): (State.COLLECTING, NOW),  # nobody has read anything yet
    (State.CLOSED, Event.REST_OVER_WITH_NEWS): (State.COLLECTING, NOW),
    (State.JOINED, Event.LATER): (State.JOINED, UNTIL_ON),
    **{(state, Event.DENY): (State.DENIED, DENIED) for state in State if state != State.JOINED},
    **{(state, Event.JOIN): (State.JOINED, NOW) for state in State},
}


def after(state: State, event: Event, *, now: datetime) -> tuple[State, datetime | None] | None:
    """The new state and when it is to be looked at; None where nothing changes."""
    found = TABLE.get((state, event))
    if found is None:
        return None
    return found[0], None if found[1] is None else now + found[1]


# --- what ORCID's answer to a notification means ---

BUSY = timedelta(minutes=15)
OUR_DOING = timedelta(hours=6)  # a scope that is missing, a message that ORCID does not understand

# (status, ORCID's code) to any call: the record takes no message, now and probably for long.
TAKES_NONE: frozenset[tuple[int, int]] = frozenset(
    {
        (404, 9016),  # no such record
        (409, 9018),  # locked
        (409, 9032),  # the person takes no notifications
        (409, 9036),  # nobody has claimed it
        (409, 9044),  # deactivated
        (409, 9007),  # merged into another, whose owner is somebody to us only by that iD
        (301, 9007),
    }
)
_MAY_BE_THERE = 500
_NOT_IN_THE_INBOX = frozenset({(200, 0), (204, 0), (404, 9029)})
_READ = (403, 9009)  # it stays in the inbox, and nothing hangs on it


class Told(msgspec.Struct, frozen=True):
    """What became of one call."""

    event: Event  # SENT, REFUSED or LATER
    wait: timedelta = NOW  # for LATER: until the next try, which begins by looking
    failing: bool = False  # of ORCID's own making: the breaker counts it
    ours: bool = False  # of our making: somebody has to look


def judge(answer: Answer) -> Told:
    if answer.verb == "POST" and answer.status == 201:
        return Told(Event.SENT)
    if answer.status is None or answer.status >= _MAY_BE_THERE or answer.status == 429:
        asked = timedelta(seconds=answer.retry_after or 0)
        return Told(Event.LATER, max(BUSY, asked), failing=True)
    if (answer.status, answer.error_code or 0) in TAKES_NONE:
        return Told(Event.REFUSED)
    return Told(Event.LATER, OUR_DOING, ours=True)


def is_gone(answer: Answer) -> bool:
    """To taking a notification back: there is nothing left to take back."""
    told = (answer.status or 0, answer.error_code or 0)
    return told in _NOT_IN_THE_INBOX | TAKES_NONE | {_READ}


def again_after(told: Told, *, tries: int) -> timedelta:
    """Until the next try, after so many."""
    doubled: timedelta = told.wait * 2 ** min(tries - 1, 10)
    return max(told.wait, min(doubled, OUR_DOING))


# --- the message ---

MOST_ITEMS = 100
LONGEST = 1000  # characters of a title, and of the text before the list (the schema's limits)
SUBJECT = "your works with DOIs"  # stands inside a sentence; ORCID advises 25 characters at most


class Waiting(msgspec.Struct, frozen=True):
    doi: Doi
    title: str


def message(newest: Sequence[Waiting], *, count: int, address: str) -> bytes:
    """The notification as ORCID takes it: the newest DOIs, and how many there are in all."""
    return msgspec.json.encode(
        {
            "notification-type": "permission",
            "authorization-url": {"uri": address},
            "notification-subject": SUBJECT,
            "notification-intro": intro(count, listed=min(len(newest), MOST_ITEMS)),
            "items": {"item": [_item(each) for each in newest[:MOST_ITEMS]]},
        }
    )


def intro(count: int, *, listed: int) -> str:
    have, them = ("A work", "it") if count == 1 else (f"{count:,} works", "them")
    carry = "carries" if count == 1 else "carry"
    newest = f" The newest {listed} are listed here." if count > listed else ""
    return (
        f"{have} registered with DataCite {carry} your ORCID iD. If you give permission, DataCite "
        f"Profiles adds {them} to your ORCID record, and keeps your record up to date with new "
        "works that carry your iD. You sign in with ORCID, and can stop it at any time. If you "
        f"deny it, we leave you alone for half a year.{newest}"
    )


def _item(work: Waiting) -> dict[str, Any]:
    return {
        "item-type": "work",
        "item-name": work.title[:LONGEST] or work.doi,
        "external-id": {
            "external-id-type": "doi",
            "external-id-value": work.doi,
            "external-id-url": {"value": f"https://doi.org/{work.doi}"},
            "external-id-relationship": "self",
        },
    }


def authorize_address(
    *, endpoint: str, client_id: str, scope: str, redirect_uri: str, state: str
) -> str:
    """ORCID's page where the person decides. The code that comes back is never used, so no nonce."""
    query = {
        "client_id": client_id,
        "response_type": "code",
        "scope": scope,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{endpoint}?{urlencode(query)}"
