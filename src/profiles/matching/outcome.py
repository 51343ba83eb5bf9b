"""What a rule answers, and what all the answers together come to."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from .evidence import Fact

Finding = tuple[str, tuple[Fact, ...]]  # a reason code, and what the rule looked at


class Answer(StrEnum):
    """One rule's answer."""

    YES = "yes"
    NO = "no"
    HOLD = "hold"  # something outside must change first
    PROPOSE = "propose"  # the person wants to be asked
    IGNORED = "ignored"  # there is nothing here for the rule, or nothing that it counts
    UNKNOWN = "unknown"  # the rule is about a person, and no person was given


class Verdict(StrEnum):
    """What becomes of the work for this iD."""

    SEND = "send"
    HOLD = "hold"
    PROPOSE = "propose"
    NO = "no"


class Outcome(msgspec.Struct, frozen=True, gc=False):
    rule: str
    code: str
    answer: Answer
    looked_at: tuple[Fact, ...]


class Evaluation(msgspec.Struct, frozen=True):
    """Every rule's answer for one (DOI, iD), in the order of the rules."""

    doi: Doi
    orcid: OrcidId
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    reason: str  # the code of the outcome that decided; empty when the work is sent


# The first of these that any rule answers decides, and the first rule that answers it is the reason.
DECIDING: tuple[tuple[Answer, Verdict], ...] = (
    (Answer.NO, Verdict.NO),
    (Answer.HOLD, Verdict.HOLD),
    (Answer.PROPOSE, Verdict.PROPOSE),
)


def judge(outcomes: tuple[Outcome, ...]) -> tuple[Verdict, str]:
    """The verdict, and the code of the outcome that decided it."""
    for answer, verdict in DECIDING:
        for outcome in outcomes:
            if outcome.answer is answer:
                return verdict, outcome.code
    return Verdict.SEND, ""
