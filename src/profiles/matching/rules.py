"""The rule table (facts on DataCite, 1.5): every rule is evaluated, the first "no" is the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..values.marking import marked as _
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import about_id, about_person, about_work, relations
from .case import Case, PersonFacts, Policy
from .outcome import Answer, Evaluation, Finding, Outcome, judge

YES, NO, HOLD = Answer.YES, Answer.NO, Answer.HOLD
PROPOSE, IGNORED, UNKNOWN = Answer.PROPOSE, Answer.IGNORED, Answer.UNKNOWN


class Rule(NamedTuple):
    number: str
    title: str
    check: Callable[[Case], Finding]
    codes: Mapping[str, Answer]  # every code that `check` can return, and what it answers


_PART_WISHES = {"part_sent": YES, "part_asked": PROPOSE, "part_never": NO}
_NO_PERSON = {"person_unknown": UNKNOWN}

# A table reads better than the formatter's ladder.
# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("R1", _("Registered with DataCite"), about_work.agency,
         {"datacite": YES, "not_datacite": NO}),
    Rule("R2", _("Findable"), about_work.state,
         {"findable": YES, "not_findable": NO, "state_unknown": NO}),
    Rule("R3", _("Complete enough for ORCID"), about_work.completeness,
         {"complete": YES, "no_title": NO, "doi_unreadable": NO}),
    Rule("R4", _("Prefix not excluded"), about_work.prefix,
         {"prefix_allowed": YES, "prefix_excluded": NO}),
    Rule("R5", _("Not a registry of projects"), about_work.registry,
         {"repository_allowed": YES, "raid_registry": NO}),
    Rule("R6", _("iD can be read"), about_id.spelling,
         {"id_valid": YES, "id_malformed": NO, "id_other_host": NO, "id_absent": IGNORED}),
    Rule("R7", _("iD is among the creators"), about_id.creator,
         {"is_creator": YES, "not_named": NO, "not_creator": IGNORED}),
    Rule("R8", _("iD is only among the contributors"), about_id.contributor,
         {"no_contributor": IGNORED, "only_contributor": NO,
          "contributor_counts": YES, "contributor_asked": PROPOSE}),
    Rule("R9", _("Part of another DOI"), relations.part_of_doi,
         {"no_part_of_doi": IGNORED, "part_of_doi": NO, **_PART_WISHES}),
    Rule("R10", _("In a community"), relations.part_of_community,
         {"no_community": IGNORED, "community_ignored": IGNORED,
          "part_of_community_strict": NO}),
    Rule("R11", _("In a series or book"), relations.part_of_serial,
         {"no_part_of_serial": IGNORED, "part_of_serial": YES,
          "part_of_serial_strict": NO, **_PART_WISHES}),
    Rule("R11b", _("Part of something else"), relations.part_of_other,
         {"no_part_of_other": IGNORED, "part_of_other": NO, **_PART_WISHES}),
    Rule("R12", _("Version of itself"), relations.itself,
         {"no_self_version": IGNORED, "self_version_ignored": IGNORED}),
    Rule("R13", _("Version of another DOI"), relations.version,
         {"no_version": IGNORED, "version_grouped": YES}),
    Rule("R14", _("Identical to another DOI"), relations.identical,
         {"no_identical": IGNORED, "identical_grouped": YES}),
    Rule("R15a", _("Permission"), about_person.permission,
         {"permitted": YES, "no_permission": HOLD, "permission_ended": HOLD,
          "scope_missing": HOLD, **_NO_PERSON}),
    Rule("R15b", _("Auto-update"), about_person.auto_update,
         {"auto_update_on": YES, "auto_update_off": HOLD, **_NO_PERSON}),
    Rule("R15c", _("Not declined"), about_person.declined,
         {"not_declined": YES, "not_mine": NO, "never_add": NO, **_NO_PERSON}),
    Rule("R15d", _("Not taken off the record"), about_person.removed,
         {"not_removed": YES, "removed_by_person": NO, "removed_at_orcid": NO,
          "blocked_by_staff": NO, **_NO_PERSON}),
    Rule("R15e", _("Type is wanted"), about_person.type_limit,
         {"type_allowed": YES, "type_excluded": NO, **_NO_PERSON}),
    Rule("R15f", _("Repository is wanted"), about_person.repository_limit,
         {"repository_wanted": YES, "repository_unwanted": NO, **_NO_PERSON}),
    Rule("R15g", _("Prefix is wanted"), about_person.prefix_limit,
         {"prefix_wanted": YES, "prefix_unwanted": NO, **_NO_PERSON}),
    Rule("R15h", _("Ask me first"), about_person.ask_first,
         {"need_not_ask": YES, "ask_first": PROPOSE, **_NO_PERSON}),
    Rule("R15i", _("Version is wanted"), about_person.version_choice,
         {"all_versions": YES, "no_other_version": YES, "newest_version": YES,
          "concept_doi": YES, "newer_version": NO, "only_concept": NO, "newest_instead": NO,
          **_NO_PERSON}),
)
# fmt: on

DEFAULT_POLICY = Policy()


def evaluate(
    work: Work,
    orcid: OrcidId,
    *,
    policy: Policy = DEFAULT_POLICY,
    person: PersonFacts | None = None,
) -> Evaluation:
    """Every rule's answer for this work and iD; the pipeline and `explain` both read it.

    Without `person` the metadata alone are judged: "send" then means "would be sent".
    """
    case = Case(work, orcid, policy, person)
    outcomes = tuple(_outcome(rule, case) for rule in RULES)
    verdict, reason = judge(outcomes)
    return Evaluation(work.doi, orcid, outcomes, verdict, reason)


def _outcome(rule: Rule, case: Case) -> Outcome:
    code, looked_at = rule.check(case)
    return Outcome(rule.number, code, rule.codes[code], looked_at)
