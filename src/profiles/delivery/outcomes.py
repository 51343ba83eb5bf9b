"""What each of ORCID's answers means for a claim: one table. Pure.

Source: ORCID's error table (orcid-core `api_en.properties` and exception mapper, v3.0) and the
order of its checks. Decided by verb, status and error code; texts are read only where nothing
else tells (the put-code in 9021, and which of two things 9016 did not find).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

import msgspec

from ..values.orcid_id import OrcidId

Verb = Literal["POST", "PUT", "DELETE", "GET"]


class Kind(StrEnum):
    DONE = "done"  # it is as we wanted
    ADOPT = "adopt"  # ORCID has it already, from us
    GONE = "gone"  # the work is no longer on the record
    HOLD = "hold"  # something outside must change first
    GRANT_ENDED = "grant_ended"  # as HOLD, for all claims of the grant
    FAIL = "fail"  # for good
    LATER = "later"  # this one went wrong there: try it again, on its own
    BUSY = "busy"  # ORCID is busy, out of reach or refuses us all: everything waits


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back from one call, read but not judged."""

    verb: Verb
    bulk: bool = False  # it speaks for a whole bulk, not for one work
    status: int | None  # None: no answer came
    sent: bool = True  # False: no connection, so nothing can have been done
    foreign: bool = False  # the body is none of ORCID's: a page, half of something, or missing
    error_code: int | None = None  # ORCID's own (9001 …)
    oauth_error: str = ""  # invalid_token, forbidden …
    text: str = ""  # ORCID's words, tokens taken out
    put_code: int | None = None
    retry_after: float | None = None  # seconds
    primary: OrcidId | None = None  # the record that this one was merged into


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    # A code of claims.reasons, for HOLD, GRANT_ENDED and FAIL; for LATER what it has failed for
    # once it was tried often enough.
    reason: str = ""
    message: str = ""
    put_code: int | None = None
    retry_after: float | None = None
    unsure: bool = False  # whether it may have been done all the same
    primary: OrcidId | None = None


_ANY = "*"
_K = Kind
_Meaning = tuple[Kind, str]

_DONE: _Meaning = (_K.DONE, "")
_GONE: _Meaning = (_K.GONE, "")
_BUSY: _Meaning = (_K.BUSY, "")
_REFUSED: _Meaning = (_K.FAIL, "refused")
_UNKNOWN: _Meaning = (_K.FAIL, "unknown_answer")
_UNCLEAR: _Meaning = (_K.LATER, "unknown_answer")
_NO_RECORD: _Meaning = (_K.FAIL, "no_record")
_ENDED: _Meaning = (_K.GRANT_ENDED, "permission_ended")
_NO_SCOPE: _Meaning = (_K.GRANT_ENDED, "scope_missing")
_NOT_OURS: _Meaning = (_K.FAIL, "not_ours")
_DEPRECATED: _Meaning = (_K.HOLD, "record_deprecated")

# Our own mapping is wrong, or ORCID's rules changed.
_OUR_DOING = {
    400: (9001, 9006, 9012, 9019, 9020, 9022, 9023, 9024, 9034, 9037, 9042, 9047, 9049, 9051, 9058),
    403: (9035,),  # a visibility was sent
    404: (9001,),  # no such address; 9001 keeps the status of what it wraps
    405: (9001,),
    406: (9001,),
    415: (9001,),
}
# Codes that ORCID gives to those who ask for other things than works. Should one come all the same,
# its text is for a person to read; above all a 404 of these is no work that somebody took off.
_OF_OTHER_THINGS = {
    400: (
        *(9026, 9053),  # peer-review groups
        *(9033, 9054),  # other names, amounts of funding
        9043,  # search
        *(9045, 9046, 9050, 9055, 9060, 9061, 9062),  # affiliations
    ),
    403: (9009, 9039, 9052),  # notifications, the public API, clients acting for a member
    404: (9011, 9028, 9029, 9041),  # the old API, webhooks, notifications, biographies
    409: (9025, 9030, 9031, 9032, 9040),  # groups, sections of the person, notifications
}

# (verb, status, error code) → (kind, reason). The verb may be any, "BULK" the whole of a bulk;
# a code without an exception of its own in ORCID's table may come with any status.
TABLE: dict[tuple[str, int | str, int | None], _Meaning] = {
    ("POST", 201, None): _DONE,
    ("BULK", 200, None): _DONE,
    ("PUT", 200, None): _DONE,
    ("PUT", 204, None): _DONE,
    ("DELETE", 204, None): _GONE,
    ("DELETE", 200, None): _GONE,
    ("GET", 200, None): _DONE,
    # not found: the person took it off, or the record does not exist (told apart below)
    ("PUT", 404, 9016): (_K.GONE, "removed_at_orcid"),
    ("DELETE", 404, 9016): _GONE,
    ("POST", 404, 9016): _NO_RECORD,
    ("GET", 404, 9016): _NO_RECORD,
    # duplicates
    ("POST", 409, 9021): (_K.ADOPT, ""),
    ("PUT", 409, 9021): (_K.ADOPT, ""),  # another work of ours holds one of the identifiers
    ("DELETE", 409, 9021): _UNKNOWN,
    ("GET", 409, 9021): _UNKNOWN,
    # permission
    (_ANY, 401, 9002): _ENDED,
    (_ANY, 401, 9015): _NO_SCOPE,
    (_ANY, 401, 9017): _ENDED,
    (_ANY, 403, 9038): _NO_SCOPE,
    (_ANY, 403, 9004): _ENDED,
    (_ANY, 403, 9005): _ENDED,
    (_ANY, 403, 9010): _NOT_OURS,
    (_ANY, 403, 9013): _NOT_OURS,
    (_ANY, 403, 9014): _NOT_OURS,
    # the record
    (_ANY, 301, 9007): _DEPRECATED,
    (_ANY, 409, 9007): _DEPRECATED,
    (_ANY, 409, 9018): (_K.HOLD, "record_locked"),
    (_ANY, 409, 9036): (_K.HOLD, "record_unclaimed"),
    (_ANY, 409, 9044): (_K.HOLD, "record_deactivated"),
    (_ANY, 409, 9048): (_K.HOLD, "record_full"),
    # our client, or the address that we ask: nobody's work is at fault
    (_ANY, 409, 9057): _BUSY,  # locked
    (_ANY, 404, 9027): _BUSY,  # unknown
    (_ANY, 308, 9056): _BUSY,  # a version of the API that is no more
    (_ANY, _ANY, 9059): _BUSY,
    (_ANY, _ANY, 9000): _BUSY,  # ORCID could not reach itself
    (_ANY, _ANY, 9003): _UNKNOWN,  # has a text, and nothing that would send it
    # may be this one work's doing, such as an over-long field
    (_ANY, 500, 9008): (_K.LATER, "refused"),
    **{(_ANY, status, code): _REFUSED for status in _OUR_DOING for code in _OUR_DOING[status]},
    **{
        (_ANY, status, code): _UNKNOWN
        for status in _OF_OTHER_THINGS
        for code in _OF_OTHER_THINGS[status]
    },
}

# OAuth-shaped answers have no code of ORCID's; a bad token is 401, none at all 403. What concerns
# our client or ORCID's own sign-in server concerns everybody.
OAUTH: dict[tuple[int | str, str], _Meaning] = {
    (_ANY, "invalid_token"): _ENDED,
    (403, "forbidden"): _ENDED,
    (403, "insufficient_scope"): _NO_SCOPE,  # RFC 6750, 3.1
    (_ANY, "invalid_client"): _BUSY,
    (_ANY, "unauthorized_client"): _BUSY,
    (_ANY, "server_error"): _BUSY,
    (_ANY, "temporarily_unavailable"): _BUSY,
}

# Where the status says it all: too fast, too early, too slow, another server's business.
_WAIT = frozenset({407, 408, 421, 425, 429})
# Of Cloudflare's own: it found no way to ORCID, so ORCID saw nothing. (520, 522, 524: it may have.)
_NEVER_REACHED = frozenset({521, 523, 525, 526})
_NAMED_PUT_CODE = re.compile(r"put-code\D{0,3}(\d{1,18})\b")
_NO_SUCH_RECORD = re.compile(r"ORCID iD .*not found", re.IGNORECASE)


def judge(answer: Answer) -> Outcome:
    """What to make of the answer. Every answer has an outcome; an unknown one fails with its text."""
    kind, reason = _meaning(answer)
    put_code = answer.put_code
    if kind == Kind.ADOPT:
        named = _NAMED_PUT_CODE.search(answer.text)
        put_code = int(named.group(1)) if named else None
    return Outcome(
        kind=kind,
        reason=reason,
        message="" if kind in (Kind.DONE, Kind.GONE) else answer.text,
        put_code=put_code,
        retry_after=answer.retry_after,
        unsure=_may_be_done(answer, kind),
        primary=answer.primary,
    )


def _meaning(answer: Answer) -> _Meaning:
    status, code = answer.status, answer.error_code
    if status is None:
        return _BUSY
    if 200 <= status < 300 and (answer.foreign or code is None):
        return _success(answer)
    if code == 9016 and _NO_SUCH_RECORD.search(answer.text):
        return _NO_RECORD
    return (
        _row(answer)
        or OAUTH.get((status, answer.oauth_error))
        or OAUTH.get((_ANY, answer.oauth_error))
        or _by_status(answer, status)
    )


def _row(answer: Answer) -> _Meaning | None:
    if answer.error_code is None:
        return None
    return (
        TABLE.get((answer.verb, answer.status or 0, answer.error_code))
        or TABLE.get((_ANY, answer.status or 0, answer.error_code))
        or TABLE.get((_ANY, _ANY, answer.error_code))
    )


def _success(answer: Answer) -> _Meaning:
    """A page that comes with a 200 is somebody else's; and a 200 alone is no proof of a new work."""
    if answer.verb == "POST" and not answer.bulk and answer.put_code is not None:
        return _DONE  # it says where the work is
    verb = "BULK" if answer.bulk else answer.verb
    meaning = TABLE.get((verb, answer.status or 0, None))
    return _UNCLEAR if answer.foreign or answer.oauth_error or meaning is None else meaning


def _by_status(answer: Answer, status: int) -> _Meaning:
    if status == 301 and answer.primary is not None:
        return _DEPRECATED
    if status == 500 and answer.error_code is not None:
        return _K.LATER, "refused"
    if status >= 500 or status in _WAIT or 300 <= status < 400:
        return _BUSY
    # Something between us and ORCID speaks: what it makes of this one call need not be for good.
    return _UNCLEAR if answer.foreign else _UNKNOWN


def _may_be_done(answer: Answer, kind: Kind) -> bool:
    """Whether ORCID may have written, though the answer does not say so (or none came)."""
    if answer.verb == "GET" or not answer.sent or kind in (Kind.DONE, Kind.GONE):
        return False
    status = answer.status
    if status is None or 200 <= status < 300:
        return True
    return status >= 500 and status not in _NEVER_REACHED
