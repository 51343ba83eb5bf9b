"""States, permissions and rules in the words and colours of the pages. Pure tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..claims.states import Event, Origin, State, Wanted
from ..errors import MalformedRecord, NotADoi, NotFound, ProfilesError, Unreachable
from ..matching import Answer, Verdict
from ..people.permissions import GrantState, Purpose
from ..people.profile import Role

Words = str | Promise


class Pill(NamedTuple):
    words: Words
    look: str = ""  # a class of profiles.css


GOOD, WAIT, WARN, BAD = "pill-good", "pill-wait", "pill-warn", "pill-bad"

CLAIMS: Mapping[State, Pill] = {
    State.PROPOSED: Pill(_("Waits for your yes"), WARN),
    State.WAITING: Pill(_("Queued"), WAIT),
    State.WORKING: Pill(_("Being sent"), WAIT),
    State.DONE: Pill(_("On your ORCID record"), GOOD),
    State.HELD: Pill(_("On hold"), WARN),
    State.FAILED: Pill(_("Could not be sent"), BAD),
    State.DECLINED: Pill(_("Never added, as you asked")),
    State.REMOVED: Pill(_("Not on your record")),
}
LEAVING = Pill(_("Being removed"), WAIT)


def claim(state: State, wanted: Wanted) -> Pill:
    """A removal on its way is `waiting` too, but reads otherwise."""
    leaving = wanted == Wanted.ABSENT and state in (State.WAITING, State.WORKING)
    return LEAVING if leaving else CLAIMS[state]


class Filter(NamedTuple):
    key: str  # in the address; empty for all
    label: Words
    states: tuple[State, ...]


FILTERS = (
    Filter("", _("All"), ()),
    Filter("recorded", _("On your record"), (State.DONE,)),
    Filter("queued", _("Queued"), (State.WAITING, State.WORKING)),
    Filter("attention", _("Need attention"), (State.HELD, State.FAILED, State.PROPOSED)),
    Filter("off", _("Removed or never added"), (State.REMOVED, State.DECLINED)),
)


class Action(NamedTuple):
    name: str
    label: Words
    done: Words  # said after it


ACTIONS = (
    Action("retry", _("Retry"), _("It is queued again.")),
    Action("restore", _("Restore"), _("It is queued to be added again.")),
    Action("remove", _("Remove"), _("It is being taken off your ORCID record, and stays off.")),
    Action("decline", _("Never add"), _("It will never be added, unless you restore it.")),
)

EVENTS: Mapping[str, Words] = {
    Event.APPROVE: _("You said yes."),
    Event.WANT: _("Found, or its metadata changed."),
    Event.UNWANT: _("To be taken off the record."),
    Event.DROP: _("Not to be added."),
    Event.TAKE: _("Taken up for sending."),
    Event.KEEP: _("On the ORCID record."),
    Event.CLEAR: _("Off the ORCID record."),
    Event.POSTPONE: _("Put back in the queue."),
    Event.EXPIRE: _("Sending was interrupted; put back in the queue."),
    Event.HOLD: _("Put on hold."),
    Event.RELEASE: _("Released."),
    Event.FAIL: _("Could not be sent."),
    Event.RETRY: _("Retried."),
    Event.DECLINE: _("Never to be added."),
    Event.RESTORE: _("Restored."),
}


def happened(what: str) -> Words:
    """An event of the claim in words; a call to ORCID by its verb."""
    return EVENTS.get(what) or _("Call to ORCID: %s.") % what


ORIGINS: Mapping[str, Words] = {
    Origin.AUTO_UPDATE: _("found by Auto-update"),
    Origin.SEARCH_AND_LINK: _("added by hand"),
    Origin.STAFF: _("added by support staff"),
    Origin.IMPORT: _("taken over from your record"),
}

PURPOSES: Mapping[Purpose, tuple[Words, Words]] = {
    Purpose.AUTO_UPDATE: (
        _("Auto-update"),
        _("DataCite may add works to your ORCID record and keep them up to date."),
    ),
    Purpose.SEARCH_AND_LINK: (
        _("Search & Link"),
        _("DataCite may add the works that you choose to your ORCID record."),
    ),
}

PERMISSIONS: Mapping[str, Pill] = {
    "none": Pill(_("Not given")),
    GrantState.ACTIVE: Pill(_("Given"), GOOD),
    GrantState.REVOKED: Pill(_("Withdrawn"), WARN),
    GrantState.EXPIRED: Pill(_("Expired"), WARN),
    GrantState.REPLACED: Pill(_("Not given")),
}

ROLES: Mapping[Role, Words] = {
    Role.STAFF_ADMIN: _("Staff administrator"),
    Role.STAFF_USER: _("Staff"),
    Role.PROVIDER_ADMIN: _("Member administrator"),
    Role.PROVIDER_USER: _("Member"),
    Role.CLIENT_ADMIN: _("Repository administrator"),
    Role.CLIENT_USER: _("Repository"),
    Role.USER: _("User"),
}

ANSWERS: Mapping[Answer, Pill] = {
    Answer.YES: Pill(_("Allows it"), GOOD),
    Answer.NO: Pill(_("Stops it"), BAD),
    Answer.HOLD: Pill(_("Holds it"), WARN),
    Answer.PROPOSE: Pill(_("Asks you"), WARN),
    Answer.IGNORED: Pill(_("Does not apply")),
    Answer.UNKNOWN: Pill(_("Not known")),
}

VERDICTS: Mapping[Verdict, Words] = {
    Verdict.SEND: _("It is sent"),
    Verdict.HOLD: _("It is on hold"),
    Verdict.PROPOSE: _("You are asked first"),
    Verdict.NO: _("It is not sent"),
}

PROBLEMS: Mapping[type[ProfilesError], Words] = {
    NotADoi: _("This is not a DOI. A DOI starts with 10. and has a slash."),
    NotFound: _("DataCite has no public DOI of that name. Is it spelled right?"),
    Unreachable: _("DataCite does not answer at the moment. Please try again in a few minutes."),
    MalformedRecord: _("DataCite's record of this DOI cannot be read."),
}
