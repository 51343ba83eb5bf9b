"""Why a DOI is, or is not, on a record: the same evaluation that the pipeline acts on."""

from __future__ import annotations

import msgspec
from django.utils import timezone

from ..claims import ledger, metadata, presence
from ..claims.ledger import Holding
from ..claims.states import Origin
from ..errors import NotFound
from ..matching import Evaluation, ExplainLine, Verdict, evaluate, evaluation_lines
from ..people.permissions import Purpose
from ..people.standing import Standing, standing
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import versions
from .facts import may_move, person_facts
from .match import NOT_THEIRS, title_of
from .services import services
from .withdrawn import Kind, Outlook, outlook


class Explanation(msgspec.Struct, frozen=True):
    work: Work
    title: str
    evaluation: Evaluation
    lines: tuple[ExplainLine, ...]
    outlook: Outlook | None  # of a claim whose DOI is hidden, or no longer names the person


def explain(doi: Doi, orcid: OrcidId) -> Explanation:
    """For a person with an account. Raises NotFound, Unreachable, MalformedRecord."""
    held = ledger.holdings(doi).get(orcid)
    work = _work(doi, held)
    person = standing(orcid, Purpose.AUTO_UPDATE, now=timezone.now())
    evaluation = _evaluated(work, orcid, held, person)
    return Explanation(
        work,
        title_of(work),
        evaluation,
        evaluation_lines(evaluation),
        outlook_of(work, evaluation, held, person),
    )


def evaluation_of(work: Work, orcid: OrcidId) -> Evaluation:
    """Of any metadata, such as those in a file, with what we know of whoever has this iD."""
    held = ledger.holdings(work.doi).get(orcid)
    person = standing(orcid, Purpose.AUTO_UPDATE, now=timezone.now())
    return _evaluated(work, orcid, held, person)


def _evaluated(work: Work, orcid: OrcidId, held: Holding | None, person: Standing) -> Evaluation:
    policy = services().policy
    family = versions.family_of(work, orcid, person, policy=policy)
    facts = person_facts(person, held, family=family)
    return evaluate(work, orcid, policy=policy, person=facts)


def _work(doi: Doi, held: Holding | None) -> Work:
    """As DataCite has it now. What is hidden we know from before; only its owners are told."""
    try:
        return services().datacite_now.work(doi)
    except NotFound:
        known = metadata.work(doi) if held else None
        if known is None:
            raise
        presence.look_again(doi)  # so that it is marked, if it is not yet
        return msgspec.structs.replace(known, state="registered")


def outlook_of(
    work: Work, evaluation: Evaluation, held: Holding | None, person: Standing
) -> Outlook | None:
    """What happens to the person's claim, where the rules alone do not tell."""
    if held is None:
        return None
    if work.state not in ("", "findable"):
        return outlook(Kind.HIDDEN, person.withdrawn, held, auto_update=person.auto_update)
    if evaluation.reason in NOT_THEIRS:
        return outlook(Kind.UNNAMED, person.withdrawn, held, auto_update=person.auto_update)
    if evaluation.verdict != Verdict.NO or held.unwanted_for:
        return None
    if not may_move(held):
        return Outlook.STAYS_BY_HAND
    if evaluation.reason in versions.REASONS and held.there:
        return Outlook.STAYS_UNTIL_REPLACED
    return Outlook.STAYS_IMPORTED if held.origin == Origin.IMPORT else None
