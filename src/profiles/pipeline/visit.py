"""One person's turn: what is asked for each claim, looked up once for all of them.

Permissions and metadata may come and go, and are looked up anew for each batch. The record is read
when somebody has to look; whoever makes the visit is the only one who writes, so a reading stays
true until a call is lost.
"""

from __future__ import annotations

from collections.abc import Collection

from django.utils import timezone

from ..claims import leases, metadata
from ..claims.leases import Taken
from ..delivery import adoption, pace
from ..delivery.adoption import Works
from ..delivery.client import OrcidApi
from ..errors import UnexpectedAnswer, Unreachable
from ..people.permissions import Purpose, UsableGrant
from ..people.standing import Standing, standing
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.work import Work
from . import permissions

_Which = Purpose | tuple[str, bool]  # by purpose, or by API client and whether it is to remove


class Visit:
    def __init__(self, orcid: OrcidId, api: OrcidApi) -> None:
        self._orcid = orcid
        self._api = api
        self._works: Works | None = None
        self.pause = 0.0  # seconds for which ORCID is failing everybody
        self.lost = False  # a call may still be under way whose answer nobody waits for
        self._grants: dict[_Which, UsableGrant | None] = {}
        self._standings: dict[Purpose, Standing] = {}
        self._contents: dict[Doi, bytes] = {}

    def begin_batch(self, dois: Collection[Doi]) -> None:
        self._contents = metadata.contents(dois)
        self.look_again()

    def work(self, doi: Doi) -> Work | None:
        """The metadata of one of the batch, where we have them."""
        content = self._contents.get(doi)
        return None if content is None else metadata.read(content)

    # ---- permissions

    def look_again(self) -> None:
        """Permissions may have come or gone."""
        self._grants.clear()
        self._standings.clear()

    def grant(self, purpose: Purpose) -> UsableGrant | None:
        """Raises Unreachable, UnexpectedAnswer, where it must be renewed and cannot be now."""
        if purpose not in self._grants:
            self._grants[purpose] = permissions.usable(self._orcid, purpose)
        return self._grants[purpose]

    def grant_of_client(self, api_client: str, *, removing: bool) -> UsableGrant | None:
        """Of what this client put there. Raises as `grant`."""
        which = (api_client, removing)
        if which not in self._grants:
            found = permissions.of_client(self._orcid, api_client, removing=removing)
            self._grants[which] = found
        return self._grants[which]

    def standing(self, purpose: Purpose) -> Standing:
        if purpose not in self._standings:
            self._standings[purpose] = standing(self._orcid, purpose, now=timezone.now())
        return self._standings[purpose]

    # ---- the record

    def forget_record(self) -> None:
        """Something may have changed there that we do not know of."""
        self._works = None

    def put_code(self, claim: Taken, grant: UsableGrant) -> int | None:
        """Of our own work with this claim's DOI that is no other claim's.

        Raises Unreachable, UnexpectedAnswer.
        """
        if self._works is None:
            try:
                self._works = self._api.works(self._orcid, token=grant.access_token.reveal())
            except Unreachable as error:
                self.orcid_fails(grant, retry_after=error.retry_after)
                raise
            except UnexpectedAnswer:
                self.orcid_is_well(grant)
                raise
            self.orcid_is_well(grant)
        others = leases.put_codes_of_others(claim)
        found = adoption.put_codes(self._works, doi=claim.doi, api_client=grant.api_client)
        return min((each for each in found if each not in others), default=None)

    @property
    def has_read(self) -> bool:
        """Looking costs no call."""
        return self._works is not None

    # ---- how ORCID does, for everybody

    def orcid_fails(self, grant: UsableGrant, *, retry_after: float | None) -> None:
        self.pause = pace.failing(grant.api_client, retry_after=retry_after)

    def orcid_is_well(self, grant: UsableGrant) -> None:
        self.pause = 0.0
        pace.well(grant.api_client)
