"""The ledger compared with the ORCID record: when a permission arrives, and from time to time.

Works that our clients put there before are taken over, put-codes are mended, and what the person
took off at ORCID stays off.
"""

from __future__ import annotations

from django.utils import timezone

from ..claims import comparison, leases
from ..claims.comparison import Compared, OnRecord
from ..delivery import adoption, pace
from ..errors import Unreachable
from ..people import grants
from ..people.permissions import Purpose, UsableGrant
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from .services import Services

NOTHING = Compared(imported=0, repaired=0, gone=0)


def reconcile(orcid: OrcidId, services: Services) -> Compared | None:
    """None where somebody is writing to the record: then it is compared another time.

    Raises Unreachable, UnexpectedAnswer; then nothing has changed.
    """
    with leases.writing_to(orcid) as mine:
        if not mine:
            return None
        now = timezone.now()
        usable = {grants.usable_grant(orcid, purpose, now=now) for purpose in Purpose}
        by_client = {grant.api_client: grant for grant in usable if grant is not None}
        if not by_client:
            return NOTHING
        found: dict[Doi, OnRecord] = {}
        for grant in by_client.values():
            found |= _read(orcid, grant, services)
        compared = comparison.compare(orcid, found, api_clients=tuple(by_client), now=now)
        for grant in by_client.values():
            grants.record_comparison(grant.grant_id, now=now)
        return compared


def _read(orcid: OrcidId, grant: UsableGrant, services: Services) -> dict[Doi, OnRecord]:
    """A client always sees its own works, whatever their visibility; so each asks for its own."""
    while wait := pace.ask(grant.api_client, services.rate, background=True):
        raise Unreachable("ORCID", retry_after=wait.seconds)
    works = services.orcid.works(orcid, token=grant.access_token.reveal())
    return {
        own.doi: OnRecord(own.put_code, own.api_client)
        for own in adoption.own_works(works, api_clients=(grant.api_client,))
    }
