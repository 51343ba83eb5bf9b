"""Why a DOI is, or is not, on a record: the same evaluation that the pipeline acts on."""

from __future__ import annotations

import msgspec
from django.utils import timezone

from ..claims import ledger
from ..matching import Evaluation, ExplainLine, evaluate, evaluation_lines
from ..people.permissions import Purpose
from ..people.standing import standing
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import versions
from .facts import person_facts
from .match import title_of
from .services import services


class Explanation(msgspec.Struct, frozen=True):
    work: Work
    title: str
    evaluation: Evaluation
    lines: tuple[ExplainLine, ...]


def explain(doi: Doi, orcid: OrcidId) -> Explanation:
    """For a person with an account. Raises NotFound, Unreachable, MalformedRecord."""
    work = services().datacite_now.work(doi)
    held = ledger.holdings(work.doi).get(orcid)
    person = standing(orcid, Purpose.AUTO_UPDATE, now=timezone.now())
    policy = services().policy
    family = versions.family_of(work, orcid, person, policy=policy)
    facts = person_facts(person, held, family=family)
    evaluation = evaluate(work, orcid, policy=policy, person=facts)
    return Explanation(work, title_of(work), evaluation, evaluation_lines(evaluation))
