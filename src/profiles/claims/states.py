"""The life of a claim as one table (design, section 5). Pure.

A claim is what is wanted for one (iD, DOI). What is wanted and where it stands are two things:
a removal on its way is `waiting` with `wanted = absent`.
"""

from __future__ import annotations

from enum import StrEnum

from ..errors import ImpossibleTransition


class State(StrEnum):
    PROPOSED = "proposed"  # waits for the person's yes
    WAITING = "waiting"  # due to be sent at due_at
    WORKING = "working"  # leased by a worker until lease_until
    DONE = "done"  # ORCID has it as last sent
    HELD = "held"  # something outside must change first
    FAILED = "failed"  # refused for good, or the retries are used up
    DECLINED = "declined"  # the person said no; sticky
    REMOVED = "removed"  # taken off the record


class Wanted(StrEnum):
    PRESENT = "present"
    ABSENT = "absent"


class Origin(StrEnum):
    """How a claim began; never overwritten by another origin."""

    AUTO_UPDATE = "auto_update"
    SEARCH_AND_LINK = "search_and_link"
    STAFF = "staff"
    IMPORT = "import"


class Event(StrEnum):
    """What can happen to a claim."""

    APPROVE = "approve"  # the person says yes to a proposal
    WANT = "want"  # it shall be on the record, or its metadata changed
    UNWANT = "unwant"  # it shall leave the record, where ORCID has it
    DROP = "drop"  # it shall not go there, and never did
    TAKE = "take"  # a worker leases it
    KEEP = "keep"  # ORCID has it as wanted
    CLEAR = "clear"  # ORCID no longer has it
    FIND = "find"  # ORCID has it, and we had not known
    POSTPONE = "postpone"  # try again later, or the wish changed meanwhile
    EXPIRE = "expire"  # the lease ran out
    HOLD = "hold"  # something outside must change first
    RELEASE = "release"  # it has changed
    FAIL = "fail"  # refused for good
    RETRY = "retry"  # by the person or staff
    DECLINE = "decline"  # the person: not mine, never add this
    RESTORE = "restore"  # the person takes removal or refusal back
    BLOCK = "block"  # support staff: it shall not be on the record, whatever anybody wishes
    UNBLOCK = "unblock"  # that is lifted; what was wanted before follows


class Mark(StrEnum):
    """What is noted in a claim's history, and moves nothing."""

    HIDDEN = "hidden"  # its DOI is no longer public
    PUBLIC = "public"  # it is again
    UNNAMED = "unnamed"  # its metadata no longer name the person
    NAMED = "named"  # they do again
    TIDIED = "tidied"  # a second copy of it was taken off the record


S, E = State, Event

TRANSITIONS: dict[tuple[State, Event], State] = {
    (S.PROPOSED, E.APPROVE): S.WAITING,
    (S.PROPOSED, E.WANT): S.WAITING,
    (S.PROPOSED, E.DROP): S.REMOVED,
    (S.PROPOSED, E.DECLINE): S.DECLINED,
    (S.WAITING, E.WANT): S.WAITING,
    (S.WAITING, E.UNWANT): S.WAITING,
    (S.WAITING, E.DROP): S.REMOVED,
    (S.WAITING, E.TAKE): S.WORKING,
    (S.WAITING, E.HOLD): S.HELD,
    (S.WAITING, E.RETRY): S.WAITING,  # now, not when it is due
    (S.WAITING, E.DECLINE): S.DECLINED,
    (S.WORKING, E.WANT): S.WORKING,  # the serial tells the worker that the wish moved on
    (S.WORKING, E.UNWANT): S.WORKING,
    (S.WORKING, E.KEEP): S.DONE,
    (S.WORKING, E.CLEAR): S.REMOVED,
    (S.WORKING, E.DECLINE): S.DECLINED,  # off the record again, and still never to be added
    (S.WORKING, E.POSTPONE): S.WAITING,
    (S.WORKING, E.EXPIRE): S.WAITING,
    (S.WORKING, E.HOLD): S.HELD,
    (S.WORKING, E.FAIL): S.FAILED,
    (S.WAITING, E.CLEAR): S.REMOVED,  # the record was read, and it is not there any more
    (S.DONE, E.CLEAR): S.REMOVED,
    (S.HELD, E.CLEAR): S.REMOVED,
    (S.FAILED, E.CLEAR): S.REMOVED,
    (S.WAITING, E.FIND): S.WAITING,
    (S.DONE, E.FIND): S.WAITING,  # what the work found holds is not known: compare it
    (S.HELD, E.FIND): S.HELD,
    (S.FAILED, E.FIND): S.WAITING,
    (S.DONE, E.WANT): S.WAITING,
    (S.DONE, E.UNWANT): S.WAITING,
    (S.HELD, E.WANT): S.HELD,
    (S.HELD, E.UNWANT): S.WAITING,  # after a revocation ORCID still lets us delete
    (S.HELD, E.DROP): S.REMOVED,
    (S.HELD, E.RELEASE): S.WAITING,
    (S.HELD, E.RETRY): S.WAITING,
    (S.HELD, E.DECLINE): S.DECLINED,
    (S.FAILED, E.WANT): S.WAITING,
    (S.FAILED, E.UNWANT): S.WAITING,
    (S.FAILED, E.DROP): S.REMOVED,
    (S.FAILED, E.RETRY): S.WAITING,
    (S.FAILED, E.DECLINE): S.DECLINED,
    (S.DECLINED, E.RESTORE): S.WAITING,
    (S.REMOVED, E.WANT): S.WAITING,
    (S.REMOVED, E.RESTORE): S.WAITING,
    (S.REMOVED, E.DECLINE): S.DECLINED,
    (S.DECLINED, E.FIND): S.WAITING,  # a work of ours is there all the same: it is taken off again
    (S.REMOVED, E.FIND): S.WAITING,
    (S.PROPOSED, E.BLOCK): S.REMOVED,
    (S.WAITING, E.BLOCK): S.WAITING,
    (S.WORKING, E.BLOCK): S.WORKING,
    (S.DONE, E.BLOCK): S.WAITING,
    (S.HELD, E.BLOCK): S.WAITING,
    (S.FAILED, E.BLOCK): S.WAITING,
    (S.DECLINED, E.BLOCK): S.REMOVED,
    (S.REMOVED, E.BLOCK): S.REMOVED,
    (S.WAITING, E.UNBLOCK): S.WAITING,
    (S.WORKING, E.UNBLOCK): S.WORKING,
    (S.HELD, E.UNBLOCK): S.HELD,
    (S.FAILED, E.UNBLOCK): S.FAILED,
    (S.REMOVED, E.UNBLOCK): S.REMOVED,
}


def after(state: State, event: Event) -> State:
    """The state that follows. Raises ImpossibleTransition."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ImpossibleTransition(f"{event} a claim that is {state}") from None


def allows(state: State, event: Event) -> bool:
    return (state, event) in TRANSITIONS
