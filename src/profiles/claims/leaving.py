"""Part of the ledger: a person leaves, and the works that we put on the record leave with them."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import ledger
from .models import Claim
from .states import State, Wanted

CLOSED = "account_closed"
# What failed for these reasons may go well another day.
_PASSING = ("retries_used_up",)


def leave_all(orcid: OrcidId, *, by: str, now: datetime) -> int:
    """All that ORCID has or may have shall leave the record. How many works this is news for.

    One after the other, so that an interruption loses nothing; a second time finds the rest.
    """
    staying = Q(wanted=Wanted.PRESENT) | Q(state=State.FAILED, reason__in=_PASSING)
    dois = list(_mine(orcid).filter(staying).order_by("pk").values_list("doi", flat=True))
    for doi in dois:
        ledger.unwant(orcid, Doi(doi), reason=CLOSED, by=by, now=now)
    return len(dois)


def still_leaving(orcid: OrcidId) -> int:
    """How many works are on their way off."""
    return _mine(orcid).filter(state__in=[State.WAITING, State.WORKING]).count()


def cannot_leave(orcid: OrcidId) -> int:
    """How many works ORCID would not let us remove."""
    given_up = _mine(orcid).filter(state__in=[State.FAILED, State.HELD])
    return given_up.filter(Q(put_code__isnull=False) | Q(unsure=True)).count()


def _mine(orcid: OrcidId) -> QuerySet[Claim]:
    return Claim.objects.filter(orcid=orcid).exclude(state__in=[State.REMOVED, State.DECLINED])
