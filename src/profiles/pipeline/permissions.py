"""What a permission that arrives or ends means for the person's claims, and the auto-update switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from ..claims import ledger
from ..claims.states import Origin
from ..people import accounts, grants, orcid_permission, renewal
from ..people.permissions import GrantState, Purpose, UsableGrant
from ..people.refusals import StaleRound
from ..people.standing import standing
from ..values.orcid_id import OrcidId
from . import invitations, revising, webhooks
from .nudge import CLICK, RECONCILE, nudge
from .tell import TELL

if TYPE_CHECKING:
    from ..people.models import Person

# What a person added by hand goes through Search & Link's client; everything else is auto-update's.
ORIGINS: dict[Purpose, frozenset[Origin]] = {
    Purpose.SEARCH_AND_LINK: frozenset({Origin.SEARCH_AND_LINK}),
    Purpose.AUTO_UPDATE: frozenset(Origin) - {Origin.SEARCH_AND_LINK},
}


def purpose_of(origin: Origin) -> Purpose:
    return next(purpose for purpose, origins in ORIGINS.items() if origin in origins)


def granted(orcid: OrcidId) -> int:
    """Release the claims that waited for permission; see what is on the record. How many."""
    released = _release(orcid, reasons=ledger.CURED_BY_A_GRANT)
    nudge([orcid], job=RECONCILE, priority=CLICK)
    invitations.joined(orcid, now=timezone.now())
    webhooks.begin(orcid, now=timezone.now())
    return released


def grant_ended(
    grant_id: UUID,
    *,
    reason: str,
    state: GrantState = GrantState.REVOKED,
    fingerprint: str = "",
) -> bool:
    """ORCID refused the grant's token, or its time is over: it ends, and what hung on it is held.

    All in one transaction. `reason` is a code of claims.reasons. `fingerprint` names the token
    that was refused: False, and nothing has ended, where the grant has a newer one by now. Ending
    a grant again changes nothing.
    """
    with transaction.atomic():
        orcid = grants.end_grant(
            grant_id, state=state, reason=reason, now=timezone.now(), fingerprint=fingerprint
        )
        if orcid is None:
            return False
        ended(orcid, reason)
        nudge([orcid], job=TELL)
    return True


def usable(orcid: OrcidId, purpose: Purpose) -> UsableGrant | None:
    """The grant to write with now; its access token is renewed first where it has run out.

    Only for who is writing to the record. Raises Unreachable, UnexpectedAnswer, Misconfigured,
    where it has to be renewed and that cannot be done now.
    """
    return _renewed(lambda: grants.usable_grant(orcid, purpose, now=timezone.now(), or_lapsed=True))


def of_client(orcid: OrcidId, api_client: str, *, removing: bool) -> UsableGrant | None:
    """The grant to change a work with that this client put there; otherwise as `usable`."""
    return _renewed(lambda: grants.grant_of_client(orcid, api_client, removing=removing))


def _renewed(find: Callable[[], UsableGrant | None]) -> UsableGrant | None:
    found = find()
    if found is None or not found.lapsed:
        return found
    renew(found.grant_id)
    return find()


def renew(grant_id: UUID) -> None:
    """Only for who is writing to the record. Where the person has withdrawn it, it ends.

    Raises Unreachable, UnexpectedAnswer, Misconfigured; then nothing has changed.
    """
    old = renewal.renewable(grant_id)
    if old is None:
        return
    try:
        orcid_permission.renew(old, now=timezone.now())
    except StaleRound:
        grant_ended(grant_id, reason="permission_ended", fingerprint=old.fingerprint)


def ended(orcid: OrcidId, reason: str) -> int:
    """Hold what can no longer be sent. How many. `reason` is a code of claims.reasons.

    One ORCID client may serve both purposes, or each have its own: what another grant still
    serves is left alone.
    """
    now = timezone.now()
    without = [
        origin
        for purpose, origins in ORIGINS.items()
        if standing(orcid, purpose, now=now).permission != "usable"
        for origin in origins
    ]
    return ledger.hold_waiting(orcid, origins=without, reason=reason, by=orcid, now=now)


def switch_auto_update(person: Person, *, on: bool) -> int:
    """The person's own switch. How many claims go on that waited for it; all follow the choices."""
    with transaction.atomic():
        accounts.set_auto_update(person=person, on=on)
        if not on:
            return 0
        orcid = OrcidId(person.orcid or "")
        invitations.joined(orcid, now=timezone.now())
        released = _release(orcid, reasons=("auto_update_off",))
        revising.begin(orcid)
    return released


def _release(orcid: OrcidId, *, reasons: tuple[str, ...]) -> int:
    with transaction.atomic():
        released = ledger.release(orcid, reasons=reasons, by=orcid, now=timezone.now())
        nudge([orcid], priority=CLICK)
    return released
