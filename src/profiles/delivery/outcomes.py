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
    status: int | None  # None: no answer came
    sent: bool = True  # False: no connection, so nothing can have been done
    error_code: int | None = None  # ORCID's own (9001 …)
    oauth_error: str = ""  # invalid_token, forbidden …
    text: str = ""  # ORCID's words, tokens taken out
    put_code: int | None = None
    retry_after: float | None = None  # seconds
    primary: OrcidId | None = None  # the record that this one was merged into


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    kind: Kind
    reason: str = ""  # a code of claims.reasons, for HOLD, GRANT_ENDED and FAIL
    message: str = ""
    put_code: int | None = None
    retry_after: float | None = None
    unsure: bool = False  # whether it may have been done all the same
    primary: OrcidId | None = None  # of a record that was merged into this one


_ANY = "*"
_K = Kind

# (verb, status, error code) → (kind, reason); the verb may be any.
TABLE: dict[tuple[str, int, int | None], tuple[Kind, str]] = {
    ("POST", 201, None): (_K.DONE, ""),
    ("PUT", 200, None): (_K.DONE, ""),
    ("DELETE", 204, None): (_K.GONE, ""),
    ("GET", 200, None): (_K.DONE, ""),
    # not found: the person took it off, or the record does not exist (told apart below)
    ("PUT", 404, 9016): (_K.GONE, "removed_at_orcid"),
    ("DELETE", 404, 9016): (_K.GONE, ""),
    ("POST", 404, 9016): (_K.FAIL, "refused"),
    ("GET", 404, 9016): (_K.FAIL, "refused"),
    # our own mapping is wrong, or ORCID's rules changed
    **{
        (_ANY, 400, code): (_K.FAIL, "refused")
        for code in (
            9001,
            9006,
            9012,
            9019,
            9020,
            9022,
            9023,
            9024,
            9034,
            9037,
            9042,
            9047,
            9049,
            9051,
            9058,
        )
    },
    (_ANY, 404, 9001): (_K.FAIL, "refused"),
    (_ANY, 405, 9001): (_K.FAIL, "refused"),
    (_ANY, 406, 9001): (_K.FAIL, "refused"),
    (_ANY, 415, 9001): (_K.FAIL, "refused"),
    (_ANY, 308, 9056): (_K.FAIL, "refused"),
    # permission
    (_ANY, 401, 9002): (_K.GRANT_ENDED, "permission_ended"),
    (_ANY, 401, 9015): (_K.GRANT_ENDED, "scope_missing"),
    (_ANY, 401, 9017): (_K.GRANT_ENDED, "permission_ended"),
    (_ANY, 403, 9038): (_K.GRANT_ENDED, "scope_missing"),
    (_ANY, 403, 9004): (_K.GRANT_ENDED, "permission_ended"),
    (_ANY, 403, 9005): (_K.GRANT_ENDED, "permission_ended"),
    (_ANY, 403, 9010): (_K.FAIL, "not_ours"),
    (_ANY, 403, 9013): (_K.FAIL, "not_ours"),
    (_ANY, 403, 9014): (_K.FAIL, "not_ours"),
    (_ANY, 403, 9035): (_K.FAIL, "refused"),
    # the record
    (_ANY, 301, 9007): (_K.HOLD, "record_deprecated"),
    (_ANY, 409, 9007): (_K.HOLD, "record_deprecated"),
    (_ANY, 409, 9018): (_K.HOLD, "record_locked"),
    (_ANY, 409, 9036): (_K.HOLD, "record_unclaimed"),
    (_ANY, 409, 9044): (_K.HOLD, "record_deactivated"),
    (_ANY, 409, 9048): (_K.HOLD, "record_full"),
    (_ANY, 409, 9057): (_K.BUSY, ""),  # our client is locked: nobody's work is at fault
    # duplicates
    ("POST", 409, 9021): (_K.ADOPT, ""),
    ("PUT", 409, 9021): (_K.FAIL, "refused"),
    ("DELETE", 409, 9021): (_K.FAIL, "refused"),
    ("GET", 409, 9021): (_K.FAIL, "refused"),
    # may be this one work's doing, such as an over-long field
    (_ANY, 500, 9008): (_K.LATER, ""),
}

# OAuth-shaped answers have no code of ORCID's; a bad token is 401, none at all 403.
OAUTH: dict[tuple[int, str], tuple[Kind, str]] = {
    (401, "invalid_token"): (_K.GRANT_ENDED, "permission_ended"),
    (403, "forbidden"): (_K.GRANT_ENDED, "permission_ended"),
    (401, "invalid_client"): (_K.BUSY, ""),
    (400, "unauthorized_client"): (_K.BUSY, ""),
    (401, "server_error"): (_K.BUSY, ""),
}

_BUSY = frozenset({408, 425, 429})  # and every 5xx that is not ORCID's own 500
_NAMED_PUT_CODE = re.compile(r"put-code\D{0,3}(\d+)")
_NO_SUCH_RECORD = re.compile(r"ORCID iD .*not found", re.IGNORECASE)


def judge(answer: Answer) -> Outcome:
    """What to make of the answer. Every answer has an outcome; an unknown one fails with its text."""
    kind, reason = _row(answer)
    if answer.error_code == 9016 and _NO_SUCH_RECORD.search(answer.text):
        kind, reason = Kind.FAIL, "refused"
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
        unsure=(
            answer.verb != "GET" and answer.sent and (answer.status is None or answer.status >= 500)
        ),
        primary=answer.primary,
    )


def _row(answer: Answer) -> tuple[Kind, str]:
    if answer.status is None:
        return Kind.BUSY, ""
    row = (
        TABLE.get((answer.verb, answer.status, answer.error_code))
        or TABLE.get((_ANY, answer.status, answer.error_code))
        or OAUTH.get((answer.status, answer.oauth_error))
    )
    if row:
        return row
    if answer.status in _BUSY or answer.status >= 500:
        return Kind.BUSY, ""
    return Kind.FAIL, "unknown_answer"
