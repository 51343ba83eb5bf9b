"""Search & Link: what DataCite has, how it stands with the person, and adding what they chose."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec
from django.utils import timezone

from .. import conversion
from ..claims import queries
from ..claims.queries import ClaimMark
from ..conversion import RefusedWork
from ..matching import Policy, Verdict, evaluate
from ..people.permissions import Purpose
from ..people.standing import HOLD_REASONS, standing
from ..sources.datacite import query
from ..values import texts
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Place, Work
from . import wishes
from .match import title_of
from .services import services

PAGE = 20
PAGES = 10_000 // PAGE  # DataCite numbers no more
MOST = 100  # works added at once
CREATORS = 3  # shown by name
_TEXT_LIMIT = 200
_WORD_BEGINS = re.compile(r"(?<=[a-z])(?=[A-Z])")

# Why a chosen work cannot be added: beside what conversion refuses.
REFUSALS = ("blocked", "unknown", "unreadable", "not_datacite", "not_findable", *conversion.REASONS)


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A work for the list."""

    doi: Doi
    title: str
    creators: tuple[str, ...]  # the first few
    more_creators: int
    publisher: str
    year: int | None
    kind: str
    named: Place | None  # where the metadata name the person's iD
    against: str  # the code of the rule that keeps it from being added by itself
    claim: ClaimMark | None

    @property
    def addable(self) -> bool:
        return self.claim is None or (self.claim.is_off and not self.claim.blocked)

    @property
    def suggested(self) -> bool:
        """Surely theirs, not there yet, and nobody decided against it."""
        return self.named is not None and self.claim is None and not self.against


class Results(msgspec.Struct, frozen=True, kw_only=True):
    found: tuple[Found, ...]
    total: int
    number: int  # of this page
    pages: int
    left_out: int  # records of this page that cannot be read


class Added(msgspec.Struct, frozen=True):
    added: tuple[Doi, ...]
    already: tuple[Doi, ...]  # on the record, or with a claim on the way there
    refused: tuple[tuple[str, tuple[Doi, ...]], ...]  # by code of REFUSALS


def find(orcid: OrcidId, text: str = "", *, number: int = 1) -> Results | None:
    """The works that match; without a text, those that name the person's iD, newest first.

    None where the text holds nothing to search for. Raises Unreachable, UnexpectedAnswer.
    """
    ours = services()
    number = max(1, min(number, PAGES))
    asked = query.for_words(text) if text else query.for_person(orcid, ours.config.orcid_host)
    if not asked:
        return None
    sort = "" if text else "-created"
    page = ours.datacite_now.search(asked, number=number, size=PAGE, sort=sort)
    marks = queries.marks(orcid, [work.doi for work in page.works])
    total = page.total or 0
    return Results(
        found=tuple(
            _found(work, orcid, policy=ours.policy, claim=marks.get(work.doi))
            for work in page.works
        ),
        total=total,
        number=number,
        pages=min(-(-total // PAGE), PAGES),
        left_out=len(page.failures),
    )


def add(orcid: OrcidId, dois: Sequence[Doi]) -> Added:
    """Wish these works onto the record, with their metadata as DataCite has them now.

    All that can be added is, or nothing where DataCite does not answer: raises Unreachable,
    UnexpectedAnswer.
    """
    marks = queries.marks(orcid, dois)
    already = tuple(doi for doi in dois if doi in marks and not marks[doi].is_off)
    wanted = [doi for doi in dois if doi not in already]
    works, unreadable = _fetched(wanted)
    refused: dict[str, list[Doi]] = {}
    for doi in wanted:
        reason = "unreadable" if doi in unreadable else _refusal(works.get(doi))
        refused.setdefault(reason, []).append(doi)
    chosen = refused.pop("", [])
    blocked = wishes.add_all(orcid, [works[doi] for doi in sorted(chosen)])
    refused.setdefault("blocked", []).extend(blocked)
    added = [doi for doi in chosen if doi not in blocked]
    return Added(
        tuple(added),
        already,
        tuple((reason, tuple(refused[reason])) for reason in REFUSALS if refused.get(reason)),
    )


def held_for(orcid: OrcidId) -> str:
    """Why what the person adds would be held: a code of claims.reasons; empty where it is sent."""
    permission = standing(orcid, Purpose.SEARCH_AND_LINK, now=timezone.now()).permission
    return HOLD_REASONS.get(permission, "")


def _found(work: Work, orcid: OrcidId, *, policy: Policy, claim: ClaimMark | None) -> Found:
    evaluation = evaluate(work, orcid, policy=policy)
    creators = [name for one in work.creators if (name := texts.line(one.name, _TEXT_LIMIT))]
    return Found(
        doi=work.doi,
        title=title_of(work),
        creators=tuple(creators[:CREATORS]),
        more_creators=len(creators[CREATORS:]),
        publisher=texts.line(work.publisher, _TEXT_LIMIT),
        year=work.publication_year,
        kind=_WORD_BEGINS.sub(" ", work.types.general),
        named=_place(work, orcid),
        against=evaluation.reason if evaluation.verdict == Verdict.NO else "",
        claim=claim,
    )


def _place(work: Work, orcid: OrcidId) -> Place | None:
    if any(orcid in one.orcids for one in work.creators):
        return "creators"
    return "contributors" if any(orcid in one.orcids for one in work.contributors) else None


def _fetched(dois: Sequence[Doi]) -> tuple[dict[Doi, Work], set[str]]:
    """The works that DataCite has of these, and the DOIs of records that cannot be read."""
    works: dict[Doi, Work] = {}
    unreadable: set[str] = set()
    for start in range(0, len(dois), PAGE):
        some = dois[start : start + PAGE]
        page = services().datacite_now.search(query.for_dois(some), size=len(some))
        works |= {work.doi: work for work in page.works}
        unreadable |= {failure.doi.lower() for failure in page.failures}
    return works, unreadable


def _refusal(work: Work | None) -> str:
    """Why it cannot be added: a code of REFUSALS; empty where it can."""
    if work is None:
        return "unknown"
    if work.agency != "datacite":
        return "not_datacite"
    if work.state != "findable":
        return "not_findable"
    try:
        conversion.convert(work, orcid_host=services().config.orcid_host)
    except RefusedWork as error:
        return error.reason
    return ""
