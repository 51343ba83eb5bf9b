"""Reading the ledger: for its owner's pages, for staff, for programs. Never writes."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta

import msgspec
from django.db.models import Count, Q, QuerySet

from ..errors import NotFound
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from .models import Attempt, Change, Claim, StoredWork
from .reasons import REASONS
from .states import Event, State, Wanted, allows

# A claim due for so long means that nobody delivers: works usually leave within a second.
LATE = timedelta(minutes=15)

# What people do on a page, and the event it means.
ACTIONS = {
    "retry": Event.RETRY,
    "remove": Event.UNWANT,
    "restore": Event.RESTORE,
    "decline": Event.DECLINE,
}


class ClaimSummary(msgspec.Struct, frozen=True):
    """Counts for one person."""

    created: int  # on the record
    removed: int
    queued: int
    held: int
    failed: int
    last_doi: str = ""
    last_at: datetime | None = None


class ClaimRow(msgspec.Struct, frozen=True, kw_only=True):
    uuid: uuid.UUID
    orcid: OrcidId
    doi: Doi
    title: str
    state: State
    wanted: Wanted
    reason: str  # code
    why: str  # the reason in words
    next_step: str
    message: str  # ORCID's or our own words
    origin: str
    put_code: int | None
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    updated: datetime
    actions: frozenset[str]  # of "retry", "remove", "restore", "decline"


class ClaimMark(msgspec.Struct, frozen=True):
    """How a claim stands, for a list of works."""

    uuid: uuid.UUID
    state: State
    wanted: Wanted
    reason: str  # code

    @property
    def is_off(self) -> bool:
        """The work is off the record, or on its way off."""
        return self.wanted == Wanted.ABSENT or self.state in (State.REMOVED, State.DECLINED)


class ClaimPage(msgspec.Struct, frozen=True):
    rows: tuple[ClaimRow, ...]
    total: int
    number: int
    pages: int


class HistoryLine(msgspec.Struct, frozen=True):
    at: datetime
    what: str  # an event of the claim, or the verb of a call to ORCID
    detail: str


class ClaimDetail(msgspec.Struct, frozen=True):
    row: ClaimRow
    history: tuple[HistoryLine, ...]  # newest first


def summary(orcid: OrcidId) -> ClaimSummary:
    mine = Claim.objects.filter(orcid=orcid)
    counts = mine.aggregate(
        created=Count("pk", filter=Q(state=State.DONE)),
        removed=Count("pk", filter=Q(state__in=[State.REMOVED, State.DECLINED])),
        queued=Count("pk", filter=Q(state__in=[State.WAITING, State.WORKING])),
        held=Count("pk", filter=Q(state__in=[State.HELD, State.PROPOSED])),
        failed=Count("pk", filter=Q(state=State.FAILED)),
    )
    last = mine.filter(sent_at__isnull=False).order_by("-sent_at").values("doi", "sent_at").first()
    return ClaimSummary(
        **counts,
        last_doi=last["doi"] if last else "",
        last_at=last["sent_at"] if last else None,
    )


def page(
    orcid: OrcidId,
    *,
    states: Collection[State] = (),
    number: int = 1,
    size: int = 25,
) -> ClaimPage:
    """One page of a person's claims, newest first. A number out of range gives the nearest page."""
    mine = Claim.objects.filter(orcid=orcid)
    if states:
        mine = mine.filter(state__in=states)
    total = mine.count()
    pages = max(1, -(-total // size))
    number = min(max(1, number), pages)
    start = (number - 1) * size
    return ClaimPage(
        _rows(mine.order_by("-updated", "-pk")[start : start + size]), total, number, pages
    )


def marks(orcid: OrcidId, dois: Collection[Doi]) -> dict[Doi, ClaimMark]:
    """How this person's claims on these DOIs stand; those without a claim are left out. One query."""
    found = Claim.objects.filter(orcid=orcid, doi__in=dois)
    rows = found.values_list("doi", "uuid", "state", "wanted", "reason")
    return {
        Doi(doi): ClaimMark(name, State(state), Wanted(wanted), reason)
        for doi, name, state, wanted, reason in rows
    }


def search(
    *, orcid: str = "", doi: str = "", state: str = "", limit: int | None = 1000
) -> tuple[ClaimRow, ...]:
    """For staff: claims by any of these, newest first."""
    wanted = {"orcid": orcid, "doi": doi, "state": state}
    claims = Claim.objects.filter(**{name: value for name, value in wanted.items() if value})
    return _rows(claims.order_by("-updated", "-pk")[:limit])


def show(orcid: OrcidId, claim_uuid: uuid.UUID) -> ClaimDetail:
    """A claim of this person with its whole history. Raises NotFound."""
    return _detail(Claim.objects.filter(orcid=orcid, uuid=claim_uuid), f"claim {claim_uuid}")


def find(*, orcid: OrcidId, doi: Doi) -> ClaimDetail:
    """The claim on this DOI with its whole history. Raises NotFound."""
    return _detail(Claim.objects.filter(orcid=orcid, doi=doi), f"claim of {orcid} on {doi}")


def by_uuid(claim_uuid: uuid.UUID) -> ClaimDetail:
    """For staff. Raises NotFound."""
    return _detail(Claim.objects.filter(uuid=claim_uuid), f"claim {claim_uuid}")


def backlog(now: datetime) -> tuple[int, float]:
    """How many claims are due, and for how many seconds the oldest has been."""
    due = Claim.objects.filter(state=State.WAITING, due_at__lte=now)
    oldest = due.order_by("due_at").values_list("due_at", flat=True).first()
    return due.count(), (now - oldest).total_seconds() if oldest else 0.0


def _detail(claims: QuerySet[Claim], what: str) -> ClaimDetail:
    rows = _rows(claims[:1])
    if not rows:
        raise NotFound(what)
    claim = claims.get()
    lines = [
        HistoryLine(change.at, change.event, _change_words(change))
        for change in Change.objects.filter(claim=claim).order_by("-at", "-pk")
    ]
    lines += [
        HistoryLine(attempt.at, attempt.verb, _attempt_words(attempt))
        for attempt in Attempt.objects.filter(claim=claim).order_by("-at", "-pk")
    ]
    return ClaimDetail(rows[0], tuple(sorted(lines, key=lambda line: line.at, reverse=True)))


def _change_words(change: Change) -> str:
    reason = REASONS[change.reason].words if change.reason in REASONS else change.reason
    return f"{change.state}, by {change.by}" + (f". {reason}" if reason else "")


def _attempt_words(attempt: Attempt) -> str:
    answer = "no answer" if attempt.status is None else str(attempt.status)
    code = f" ({attempt.error_code})" if attempt.error_code else ""
    return f"ORCID: {answer}{code}, {attempt.milliseconds} ms → {attempt.outcome}"


def _rows(claims: QuerySet[Claim]) -> tuple[ClaimRow, ...]:
    listed = list(claims)
    titles = dict(
        StoredWork.objects.filter(doi__in={claim.doi for claim in listed}).values_list(
            "doi", "title"
        )
    )
    return tuple(_row(claim, titles.get(claim.doi, "")) for claim in listed)


def _row(claim: Claim, title: str) -> ClaimRow:
    state = State(claim.state)
    reason = REASONS.get(claim.reason)
    return ClaimRow(
        uuid=claim.uuid,
        orcid=OrcidId(claim.orcid),
        doi=Doi(claim.doi),
        title=title,
        state=state,
        wanted=Wanted(claim.wanted),
        reason=claim.reason,
        why=reason.words if reason else "",
        next_step=reason.next_step if reason else "",
        message=claim.message,
        origin=claim.origin,
        put_code=claim.put_code,
        attempts=claim.attempts,
        due_at=claim.due_at,
        sent_at=claim.sent_at,
        updated=claim.updated,
        actions=frozenset(
            name
            for name, event in ACTIONS.items()
            if allows(state, event) and _makes_sense(name, claim)
        ),
    )


def _makes_sense(action: str, claim: Claim) -> bool:
    """What the state allows, but this claim gives no reason for."""
    match action:
        case "remove":
            return claim.wanted == Wanted.PRESENT
        case "retry":
            return claim.state != State.WAITING or claim.attempts > 0
        case "decline":
            return claim.put_code is None and not claim.unsure
    return True
