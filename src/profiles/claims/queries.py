"""Reading the ledger: for its owner's pages, for staff, for programs. Never writes."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext

from ..errors import NotFound
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import ledger
from .models import Attempt, Change, Claim, StoredWork
from .reasons import ACTORS, BLOCKED, REASONS, STATES
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
    blocked: bool  # by support staff, until they lift it
    put_code: int | None
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    updated: datetime
    hidden_since: datetime | None  # the DOI is no longer public, and the work stays
    unnamed_since: datetime | None  # the metadata no longer name the person, and the work stays
    actions: frozenset[str]  # of "retry", "remove", "restore", "decline"


class ClaimMark(msgspec.Struct, frozen=True):
    """How a claim stands, for a list of works."""

    uuid: uuid.UUID
    state: State
    wanted: Wanted
    reason: str  # code
    blocked: bool = False  # by support staff

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
    note: str = ""  # support staff's own words, for support staff


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
    rows = found.values_list("doi", "uuid", "state", "wanted", "reason", "before_block")
    return {
        Doi(doi): ClaimMark(name, State(state), Wanted(wanted), reason, before != "")
        for doi, name, state, wanted, reason, before in rows
    }


def search(
    *,
    orcid: str = "",
    doi: str = "",
    state: str = "",
    blocked: bool = False,
    limit: int | None = 1000,
) -> tuple[ClaimRow, ...]:
    """For staff: claims by any of these, newest first."""
    wanted = {"orcid": orcid, "doi": doi, "state": state}
    claims = Claim.objects.filter(**{name: value for name, value in wanted.items() if value})
    if blocked:
        claims = claims.exclude(before_block="")
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


def waiting_for_permission(orcid: OrcidId) -> int:
    """How many of the person's works go on as soon as permission is given."""
    held = Claim.objects.filter(orcid=orcid, state=State.HELD)
    return held.filter(reason__in=ledger.CURED_BY_A_GRANT).count()


def last_write(orcid: OrcidId) -> datetime | None:
    """When ORCID last took something for this record from us."""
    found: datetime | None = Claim.objects.filter(orcid=orcid).aggregate(at=Max("sent_at"))["at"]
    return found


def backlog(now: datetime) -> tuple[int, float]:
    """How many claims are due, and for how many seconds the oldest has been."""
    due = Claim.objects.filter(state=State.WAITING, due_at__lte=now)
    oldest = due.order_by("due_at").values_list("due_at", flat=True).first()
    return due.count(), (now - oldest).total_seconds() if oldest else 0.0


def _detail(claims: QuerySet[Claim], what: str) -> ClaimDetail:
    """The claim, its changes and the calls about it, in one query."""
    claim = claims.annotate(title=_TITLE, hidden=_HIDDEN, events=_CHANGES, calls=_CALLS).first()
    if claim is None:
        raise NotFound(what)
    row = _row(claim, claim.title, claim.hidden)
    lines = [_change_line(change) for change in claim.events]
    lines += [_call_line(call) for call in claim.calls]
    return ClaimDetail(row, tuple(sorted(lines, key=lambda line: line.at, reverse=True)))


def _newest_first(rows: QuerySet[Any], *names: str) -> ArraySubquery:
    fields = {name: name for name in names}
    mine = rows.filter(claim=OuterRef("pk")).order_by("-at", "-pk")
    return ArraySubquery(mine.values(line=JSONObject(**fields)))


_CHANGES = _newest_first(Change.objects.all(), "at", "event", "state", "reason", "by", "note")
_CALLS = _newest_first(
    Attempt.objects.all(), "at", "verb", "status", "error_code", "milliseconds", "outcome"
)


def _change_line(change: dict[str, Any]) -> HistoryLine:
    code = change["reason"]
    reason = REASONS[code].words if code in REASONS else code
    how = {"state": STATES[State(change["state"])], "who": ACTORS.get(change["by"], change["by"])}
    words = gettext("%(state)s, by %(who)s") % how + (f". {reason}" if reason else "")
    return HistoryLine(_moment(change), change["event"], words, change["note"])


def _call_line(call: dict[str, Any]) -> HistoryLine:
    answer = gettext("no answer") if call["status"] is None else str(call["status"])
    code = f" ({call['error_code']})" if call["error_code"] else ""
    words = f"ORCID: {answer}{code}, {call['milliseconds']} ms → {call['outcome']}"
    return HistoryLine(_moment(call), call["verb"], words)


def _moment(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["at"]).astimezone(UTC)


def _rows(claims: QuerySet[Claim]) -> tuple[ClaimRow, ...]:
    listed = claims.annotate(title=_TITLE, hidden=_HIDDEN)
    return tuple(_row(claim, claim.title, claim.hidden) for claim in listed)


_STORED = StoredWork.objects.filter(doi=OuterRef("doi"))
_TITLE = Coalesce(Subquery(_STORED.values("title")), Value(""), output_field=TextField())
_HIDDEN = Subquery(_STORED.values("hidden_since"))


def _row(claim: Claim, title: str, hidden_since: datetime | None) -> ClaimRow:
    state = State(claim.state)
    stays = claim.wanted == Wanted.PRESENT
    blocked = claim.before_block != ""
    reason = REASONS.get(claim.reason or (BLOCKED if blocked else ""))
    return ClaimRow(
        uuid=claim.uuid,
        orcid=OrcidId(claim.orcid),
        doi=Doi(claim.doi),
        title=title,
        state=state,
        wanted=Wanted(claim.wanted),
        reason=claim.reason,
        why=str(reason.words) if reason else "",
        next_step=str(reason.next_step) if reason else "",
        message=claim.message,
        origin=claim.origin,
        blocked=blocked,
        put_code=claim.put_code,
        attempts=claim.attempts,
        due_at=claim.due_at,
        sent_at=claim.sent_at,
        updated=claim.updated,
        hidden_since=hidden_since if stays else None,
        unnamed_since=claim.unnamed_since if stays and not claim.by_hand else None,
        actions=frozenset(
            name
            for name, event in ACTIONS.items()
            if allows(state, event) and _makes_sense(name, claim)
        ),
    )


def _makes_sense(action: str, claim: Claim) -> bool:
    """What the state allows, but this claim gives no reason for."""
    if claim.before_block:
        return action == "retry" and claim.state != State.WAITING
    match action:
        case "remove":
            return claim.wanted == Wanted.PRESENT
        case "retry":
            return claim.state != State.WAITING or claim.attempts > 0
        case "decline":
            return claim.put_code is None and not claim.unsure
    return True
