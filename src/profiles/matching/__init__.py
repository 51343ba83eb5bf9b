"""Whose work is it, and may it be sent? Pure: one small function per rule, each with a reason."""

from .about_id import claimants
from .case import Case, PersonFacts, Policy
from .evidence import Fact
from .outcome import Answer, Evaluation, Outcome, Verdict
from .rules import RULES, Rule, evaluate
from .versions import Family, choose, families, family
from .words import AUDIENCES, BY_HAND, WORDS, ExplainLine, Words, evaluation_lines, mend, told

__all__ = [
    "AUDIENCES",
    "BY_HAND",
    "RULES",
    "WORDS",
    "Answer",
    "Case",
    "Evaluation",
    "ExplainLine",
    "Fact",
    "Family",
    "Outcome",
    "PersonFacts",
    "Policy",
    "Rule",
    "Verdict",
    "Words",
    "choose",
    "claimants",
    "evaluate",
    "evaluation_lines",
    "families",
    "family",
    "mend",
    "told",
]
