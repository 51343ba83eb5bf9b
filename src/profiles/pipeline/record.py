"""One person's ORCID record during one turn: read when somebody has to look, and once for all who do."""

from __future__ import annotations

from typing import Any

from ..delivery import adoption, pace
from ..delivery.client import OrcidApi
from ..errors import Unreachable
from ..people.permissions import UsableGrant
from ..values.doi import Doi
from ..values.orcid_id import OrcidId


class Record:
    """Whoever holds it is the only one who writes, so a reading stays true until a call is lost."""

    def __init__(self, orcid: OrcidId, api: OrcidApi) -> None:
        self._orcid = orcid
        self._api = api
        self._works: dict[str, Any] | None = None

    def forget(self) -> None:
        """Something may have changed there that we do not know of."""
        self._works = None

    def put_code(self, doi: Doi, grant: UsableGrant) -> int | None:
        """Of our own work with this DOI. Raises Unreachable, UnexpectedAnswer."""
        if self._works is None:
            try:
                self._works = self._api.works(self._orcid, token=grant.access_token.reveal())
            except Unreachable as error:
                pace.failing(grant.api_client, retry_after=error.retry_after)
                raise
            pace.well(grant.api_client)
        return adoption.find_put_code(self._works, doi=doi, api_client=grant.api_client)
