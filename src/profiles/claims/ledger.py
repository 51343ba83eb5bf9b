"""The only writer of claims. Every change goes through the table of states and leaves a line of history.

A wish never waits for a worker and a worker never overrides a wish: a wish raises the claim's
serial, and what a worker brings back for an older serial only says what ORCID has now.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from ..errors import ImpossibleTransition, NotFound
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import reasons
from .models import Claim
from .movement import move, note
from .states import Event, Origin, State, Wanted, after, allows


class Holding(msgspec.Struct, frozen=True):
    """How a claim stands, as far as matching asks."""

    origin: Origin
    by_hand: bool  # whatever its origin: the person asked for it
    state: State
    reason: str


def holdings(doi: Doi) -> dict[OrcidId, Holding]:
    """Who has a claim on this DOI, and how it stands."""
    return {
        OrcidId(claim.orcid): Holding(
            origin=Origin(claim.origin),
            by_hand=claim.by_hand,
            state=State(claim.state),
            reason=claim.reason,
        )
        for claim in Claim.objects.filter(doi=doi)
    }


# ---- wishes


def want(
    orcid: OrcidId,
    doi: Doi,
    *,
    origin: Origin,
    by: str,
    now: datetime,
    version: str = "",
    insist: bool = False,
) -> bool:
    """The work shall be on the record, with its present metadata. True when there is work to do.

    Nothing automatic overrides what a person decided (a sticky reason); only a person's own wish
    does (`insist`). `version` names the metadata; the same version twice is no new wish.
    """
    with transaction.atomic():
        claim = _claim(orcid, doi, origin=origin, by=by, now=now, version=version)
        if claim is None:  # it was made just now
            return True
        left = claim.state in (State.DECLINED, State.REMOVED)
        leaving = claim.wanted == Wanted.ABSENT
        if not insist and (reasons.sticky(claim.reason) or reasons.sticky(claim.unwanted_for)):
            return False
        seen = bool(version) and claim.work_version == version
        if seen and not left and not leaving and not insist:
            return False
        claim.work_version = version
        claim.by_hand = claim.by_hand or insist
        event = _INSISTING.get(State(claim.state), Event.WANT) if insist else Event.WANT
        _wish(claim, event, wanted=Wanted.PRESENT, by=by, now=now, insisted=insist)
        return claim.state == State.WAITING


# What a person's own wish to have it means, beyond what an automatic one does.
_INSISTING = {
    State.REMOVED: Event.RESTORE,
    State.DECLINED: Event.RESTORE,
    State.HELD: Event.RETRY,
    State.FAILED: Event.RETRY,
}


def _claim(
    orcid: OrcidId, doi: Doi, *, origin: Origin, by: str, now: datetime, version: str
) -> Claim | None:
    """The claim, locked; None when there was none and it has been made, waiting."""
    _, made = Claim.objects.get_or_create(
        orcid=orcid,
        doi=doi,
        defaults={
            "origin": origin,
            "state": State.WAITING,
            "due_at": now,
            "work_version": version,
        },
    )
    claim = Claim.objects.select_for_update().get(orcid=orcid, doi=doi)
    if made:
        note(claim, Event.WANT, by=by, now=now)
        return None
    return claim


def unwant(orcid: OrcidId, doi: Doi, *, reason: str, by: str, now: datetime) -> bool:
    """The work shall leave the record, or never go there. True when there is work to do."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        if claim.state in (State.REMOVED, State.DECLINED):
            return False
        if claim.wanted == Wanted.ABSENT and not reasons.sticky(reason):
            return False  # already leaving; the first reason stands
        claim.by_hand = claim.by_hand and not reasons.sticky(reason)
        if not _may_be_there(claim) and allows(State(claim.state), Event.DROP):
            claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
            move(claim, Event.DROP, reason=reason, by=by, now=now)
            return False
        _wish(claim, Event.UNWANT, wanted=Wanted.ABSENT, reason=reason, by=by, now=now)
        return claim.state == State.WAITING


def decline(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """The person: never add this. Raises ImpossibleTransition while ORCID may have it: remove first."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        if _may_be_there(claim):
            raise ImpossibleTransition(
                f"decline {doi}: it is on the record, or on its way", hint="Remove it first"
            )
        claim.wanted, claim.unwanted_for = Wanted.ABSENT, "never_add"
        move(claim, Event.DECLINE, reason="never_add", by=by, now=now)


def restore(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """The person takes a removal or a refusal back. Raises ImpossibleTransition."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        _wish(claim, Event.RESTORE, wanted=Wanted.PRESENT, by=by, now=now, insisted=True)


def retry(orcid: OrcidId, doi: Doi, *, by: str, now: datetime) -> None:
    """Try a held or failed claim again now. Raises ImpossibleTransition."""
    with transaction.atomic():
        claim = _locked(orcid, doi)
        _wish(claim, Event.RETRY, wanted=Wanted(claim.wanted), by=by, now=now, insisted=True)


def _may_be_there(claim: Claim) -> bool:
    """Whether ORCID has the work, or could have it."""
    return claim.put_code is not None or claim.unsure or claim.state == State.WORKING


def _wish(
    claim: Claim,
    event: Event,
    *,
    wanted: Wanted,
    by: str,
    now: datetime,
    reason: str = "",
    insisted: bool = False,
) -> None:
    claim.serial += 1
    claim.attempts = 0
    claim.insisted = insisted
    if wanted == Wanted.PRESENT:
        claim.unwanted_for = ""
    elif reason:
        claim.unwanted_for = reason
    claim.wanted = wanted
    stays_held = after(State(claim.state), event) == State.HELD
    move(
        claim,
        event,
        reason=claim.reason if stays_held else "",
        message=claim.message if stays_held else "",
        by=by,
        now=now,
        due_at=now,
    )


# ---- holding


CURED_BY_A_GRANT = ("no_permission", "permission_ended", "scope_missing", "record_deprecated")


def release(orcid: OrcidId, *, reasons: Collection[str], by: str, now: datetime) -> int:
    """Let a person's claims go on that were held for one of these reasons. How many."""
    with transaction.atomic():
        held = _lock(Claim.objects.filter(orcid=orcid, state=State.HELD, reason__in=reasons))
        for claim in held:
            move(claim, Event.RELEASE, by=by, now=now, due_at=now)
    return len(held)


def hold_waiting(
    orcid: OrcidId, *, origins: Collection[Origin], reason: str, by: str, now: datetime
) -> int:
    """Hold what waits to be added or updated. Removals go on: ORCID lets us delete our own works."""
    with transaction.atomic():
        waiting = Claim.objects.filter(orcid=orcid, state=State.WAITING, wanted=Wanted.PRESENT)
        held = _lock(waiting.filter(origin__in=origins))
        for claim in held:
            move(claim, Event.HOLD, reason=reason, by=by, now=now)
    return len(held)


def _locked(orcid: OrcidId, doi: Doi) -> Claim:
    claim = Claim.objects.select_for_update().filter(orcid=orcid, doi=doi).first()
    if claim is None:
        raise NotFound(f"a claim of {orcid} on {doi}")
    return claim


def _lock(claims: QuerySet[Claim]) -> list[Claim]:
    return list(claims.select_for_update().order_by("pk"))


def forget(orcid: OrcidId) -> int:
    """Erase a person's claims and their history. How many."""
    return Claim.objects.filter(orcid=orcid).delete()[1].get("claims.Claim", 0)
