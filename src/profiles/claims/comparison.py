"""The ledger held against what a record really has: what we had not known, and what is gone.

Part of the ledger: only for who is `writing_to` the record, and for a reading that is complete.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec
from django.db import transaction

from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import presence
from .models import Claim
from .movement import move, note
from .states import Event, Origin, State, Wanted, allows


class OnRecord(msgspec.Struct, frozen=True):
    put_code: int
    api_client: str


class Compared(msgspec.Struct, frozen=True):
    """How many claims."""

    imported: int  # were on the record, and have a claim now
    repaired: int  # had another put-code, or none
    gone: int  # the person took off at ORCID


def compare(
    orcid: OrcidId,
    found: Mapping[Doi, OnRecord],
    *,
    api_clients: Collection[str],
    now: datetime,
) -> Compared:
    """Bring the ledger to what the record has of these clients' works. Wishes stay what they are."""
    with transaction.atomic():
        claims = Claim.objects.filter(orcid=orcid).exclude(state=State.WORKING)
        known = {claim.doi: claim for claim in claims.order_by("pk").select_for_update()}
        repaired = sum(
            _found(known[doi], there, now=now) for doi, there in found.items() if doi in known
        )
        gone = sum(
            _missed(claim, api_clients, now=now) for doi, claim in known.items() if doi not in found
        )
        new = [
            _imported(orcid, doi, there, now=now)
            for doi, there in found.items()
            if doi not in known
        ]
        presence.expect([doi for doi in found if doi not in known])
    return Compared(imported=sum(new), repaired=repaired, gone=gone)


def _imported(orcid: OrcidId, doi: Doi, there: OnRecord, *, now: datetime) -> bool:
    """False where a worker has the claim in hand at this moment."""
    claim, made = Claim.objects.get_or_create(
        orcid=orcid,
        doi=doi,
        defaults={
            "origin": Origin.IMPORT,
            "state": State.DONE,
            "put_code": there.put_code,
            "api_client": there.api_client,
        },
    )
    if made:
        note(claim, Event.FIND, by="reconcile", now=now)
    return made


def _found(claim: Claim, there: OnRecord, *, now: datetime) -> bool:
    """Whether the put-code had to be mended. What the work holds is not known then."""
    same = claim.put_code == there.put_code and claim.api_client == there.api_client
    if same or not allows(State(claim.state), Event.FIND):
        return False
    claim.put_code, claim.api_client = there.put_code, there.api_client
    claim.fingerprint, claim.unsure = "", False
    reason = claim.reason if claim.state == State.HELD else ""
    move(claim, Event.FIND, reason=reason, by="reconcile", now=now, due_at=claim.due_at or now)
    return True


def _missed(claim: Claim, api_clients: Collection[str], *, now: datetime) -> bool:
    """Whether the person took it off at ORCID. A work of a client that was not read is not missed."""
    if claim.put_code is None or claim.api_client not in api_clients:
        return False
    claim.put_code, claim.fingerprint, claim.api_client = None, "", ""
    reason = claim.unwanted_for or "removed_at_orcid"
    claim.wanted, claim.unwanted_for = Wanted.ABSENT, reason
    move(claim, Event.CLEAR, reason=reason, by="reconcile", now=now)
    return True
