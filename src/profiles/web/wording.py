"""States, permissions and rules in the words and colours of the pages. Pure tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ..claims.states import Event, Mark, Origin, State, Wanted
from ..errors import (
    MalformedRecord,
    Misconfigured,
    NotADoi,
    NotFound,
    ProfilesError,
    UnexpectedAnswer,
    Unreachable,
)
from ..matching import Answer, ExplainLine, Verdict
from ..people.permissions import WRITE_SCOPE, GrantState, Purpose
from ..people.preferences import Versions, Withdrawn
from ..people.profile import Role
from ..pipeline.find import Found
from ..pipeline.withdrawn import Outlook
from ..values.work import Place

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


BLOCKED = Pill(_("Blocked by support staff"), BAD)
ASK_SUPPORT = _(
    "Support staff blocked this work for your record. If you think that this is wrong, please "
    "write to support@datacite.org."
)
REMOVED_BY_YOU = Pill(_("Removed by you"))
NOT_BY_ITSELF = Pill(_("Not added by itself"), WARN)
DOI_HIDDEN = Pill(_("DOI no longer public"), WARN)
NOT_NAMED_ANY_MORE = Pill(_("No longer names you"), WARN)
NOT_YET = Pill(_("Not on your record yet"), WAIT)
NOT_NAMED = Pill(_("Not on your record"))


def found(one: Found) -> Pill:
    """How a work that was found stands with the person who searched."""
    if one.claim is not None:
        if one.claim.blocked:
            return BLOCKED
        if one.claim.reason in ("removed_by_person", "removed_at_orcid"):
            return REMOVED_BY_YOU
        return claim(one.claim.state, one.claim.wanted)
    if one.named is None:
        return NOT_NAMED
    return NOT_BY_ITSELF if one.against else NOT_YET


NAMED: Mapping[Place | None, Words] = {
    "creators": _("Your ORCID iD is among the creators."),
    "contributors": _("Your ORCID iD is among the contributors."),
    None: _("Your ORCID iD is not in the metadata."),
}


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
    Event.FIND: _("Found on the ORCID record."),
    Event.POSTPONE: _("Put back in the queue."),
    Event.EXPIRE: _("Sending was interrupted; put back in the queue."),
    Event.HOLD: _("Put on hold."),
    Event.RELEASE: _("Released."),
    Event.FAIL: _("Could not be sent."),
    Event.RETRY: _("Retried."),
    Event.DECLINE: _("Never to be added."),
    Event.RESTORE: _("Restored."),
    Event.BLOCK: _("Blocked by support staff."),
    Event.UNBLOCK: _("The block was lifted."),
}

MARKS: Mapping[str, Words] = {
    Mark.HIDDEN: _("The DOI is no longer public."),
    Mark.PUBLIC: _("The DOI is public again."),
    Mark.UNNAMED: _("The DOI's metadata no longer name your ORCID iD."),
    Mark.TIDIED: _("A second copy was taken off the ORCID record."),
    Mark.NAMED: _("The DOI's metadata name your ORCID iD again."),
}


def happened(what: str) -> Words:
    """An event or a mark of the claim in words; a call to ORCID by its verb."""
    return EVENTS.get(what) or MARKS.get(what) or _("Call to ORCID: %s.") % what


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


class Choice(NamedTuple):
    label: Words
    text: Words  # what it means, in a line


VERSIONS: Mapping[Versions, Choice] = {
    Versions.GROUPED: Choice(
        _("All versions"),
        _(
            "Every version is added, and ORCID shows them together as one work. This is the usual choice."
        ),
    ),
    Versions.NEWEST: Choice(
        _("Only the newest version"),
        _("When a newer version comes, it is added and the older one leaves your record."),
    ),
    Versions.CONCEPT: Choice(
        _("Only the DOI for all versions"),
        _(
            "Some repositories, such as Zenodo and figshare, register one DOI that stands for all"
            " versions. Where none names you, the newest version is added instead."
        ),
    ),
}

WITHDRAWN: Mapping[Withdrawn, Choice] = {
    Withdrawn.MARK: Choice(
        _("Keep it while its DOI is only hidden"),
        _(
            "It stays, marked here, while the repository hides the DOI. It leaves your record when"
            " its metadata no longer name you. This is the usual choice."
        ),
    ),
    Withdrawn.REMOVE: Choice(
        _("Remove it"),
        _("It leaves your record in both cases, and comes back when that is undone."),
    ),
    Withdrawn.KEEP: Choice(_("Keep it"), _("It stays on your record in both cases, marked here.")),
}

# What is asked, and what the person should know to answer.
ASK_VERSIONS = (
    _("Versions of a work"),
    _(
        "A work may have several DOIs, one for each of its versions. What you add or restore"
        " yourself stays, whatever you choose here."
    ),
)
ASK_WITHDRAWN = (
    _("Withdrawn works"),
    _(
        "A repository may hide a DOI that is on your record, or change its metadata so that they"
        " no longer name you with your ORCID iD."
    ),
)

PERMISSIONS: Mapping[str, Pill] = {
    "none": Pill(_("Not given")),
    GrantState.ACTIVE: Pill(_("Given"), GOOD),
    GrantState.REVOKED: Pill(_("Withdrawn"), WARN),
    GrantState.EXPIRED: Pill(_("Expired"), WARN),
    GrantState.REPLACED: Pill(_("Not given")),
}

TOO_LITTLE = Pill(_("Given for too little"), WARN)

# What ORCID calls a scope is of no use to a person, but names it on ORCID's own pages.
SCOPES: Mapping[str, Words] = {
    "/read-limited": _("reading what you share with trusted parties (/read-limited)"),
    "/activities/update": _("adding and updating works (/activities/update)"),
}


def scopes(missing: Iterable[str]) -> str:
    return ", ".join(str(SCOPES[scope]) for scope in missing)


def effect(missing: Collection[str]) -> Words:
    """What cannot be done without them."""
    if WRITE_SCOPE in missing:
        return _("Without it no work can be sent; please give permission again.")
    return _("Works are sent all the same; you can give permission again to complete it.")


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


def spoken(line: ExplainLine) -> ExplainLine:
    """A rule's words in the reader's language: the rules themselves know but English."""
    return line._replace(
        title=gettext(line.title),
        words=gettext(line.words),
        mend=gettext(line.mend) if line.mend else "",
        looked_at=tuple(fact.translated(_in_words) for fact in line.looked_at),
    )


# What the rules look at and call by a code.
CODES: Mapping[str, Words] = {
    "scope_missing": _("given for too little"),
    "empty": _("no value"),
    "no_id": _("no ORCID iD in it"),
    "too_long": _("too long"),
    "two_ids": _("two different iDs"),
    "check_digit": _("wrong check digit"),
    "other_host": _("another host"),
}


def _in_words(text: str) -> str:
    return str(CODES[text]) if text in CODES else gettext(text)


VERDICTS: Mapping[Verdict, Words] = {
    Verdict.SEND: _("It is sent"),
    Verdict.HOLD: _("It is on hold"),
    Verdict.PROPOSE: _("You are asked first"),
    Verdict.NO: _("It is not sent"),
}

OUTLOOKS: Mapping[Outlook, Words] = {
    Outlook.STAYS_BY_HAND: _("You added it yourself: it stays on your record until you remove it."),
    Outlook.STAYS_IMPORTED: _("It was on your record before: it stays there."),
    Outlook.STAYS_UNTIL_REPLACED: _(
        "It stays on your record until the one that takes its place is there, too."
    ),
    Outlook.HIDDEN_STAYS: _(
        "It is on your record and stays there, with a mark under My works, for it may become "
        "public again. You can choose in Settings that such works are removed."
    ),
    Outlook.HIDDEN_LEAVES: _(
        "It leaves your record, as you chose in Settings. When it is public again, it comes back "
        "by itself."
    ),
    Outlook.HIDDEN_WAITS: _("As soon as it is public again, it is added to your record by itself."),
    Outlook.HIDDEN_OFF: _(
        "It was taken off your record because it is not public. When it is public again, it comes "
        "back by itself."
    ),
    Outlook.UNNAMED_STAYS: _(
        "It is on your record and stays there, with a mark under My works, as you chose in Settings."
    ),
    Outlook.UNNAMED_LEAVES: _(
        "It leaves your record. You can choose in Settings that such works stay."
    ),
}

# For what no rule would send, and what is there all the same.
ON_RECORD = _("It is on your record, or on its way there.")
STAYING = frozenset(
    {
        Outlook.STAYS_BY_HAND,
        Outlook.STAYS_IMPORTED,
        Outlook.STAYS_UNTIL_REPLACED,
        Outlook.HIDDEN_STAYS,
        Outlook.UNNAMED_STAYS,
    }
)

PROBLEMS: Mapping[type[ProfilesError], Words] = {
    NotADoi: _("This is not a DOI. A DOI starts with 10. and has a slash."),
    NotFound: _("DataCite has no public DOI of that name. Is it spelled right?"),
    Unreachable: _("DataCite does not answer at the moment. Please try again in a few minutes."),
    MalformedRecord: _("DataCite's record of this DOI cannot be read."),
    UnexpectedAnswer: _("DataCite's answer cannot be read. Please try again in a few minutes."),
    Misconfigured: _("DataCite refuses our service at the moment. This is ours to mend."),
}

SEARCH_PROBLEMS: Mapping[type[ProfilesError], Words] = {
    Unreachable: PROBLEMS[Unreachable],
    Misconfigured: PROBLEMS[Misconfigured],
    UnexpectedAnswer: _(
        "DataCite could not answer this search. Please try other words, or again in a few minutes."
    ),
}
NOTHING_ASKED = _("Please type at least one word, a name or a DOI.")

# Why a work that was ticked is not added: the DOIs follow.
REFUSALS: Mapping[str, Words] = {
    "blocked": _(
        "Not added, because support staff blocked it for your record; if you think that this is "
        "wrong, please write to support@datacite.org:"
    ),
    "unknown": _("Not added, because DataCite has no public DOI of that name:"),
    "unreadable": _("Not added, because DataCite's record cannot be read:"),
    "not_datacite": _("Not added, because another agency than DataCite registered it:"),
    "not_findable": _("Not added, because the DOI is not findable:"),
    "no_title": _("Not added, because it has no title, and ORCID takes no work without one:"),
    "doi_unreadable": _("Not added, because ORCID cannot read the DOI:"),
}
