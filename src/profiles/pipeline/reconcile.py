"""The ledger compared with the ORCID record: when a permission arrives, and from time to time.

Works that our clients put there before are taken over, put-codes are mended, what the person took
off at ORCID stays off, what is off here and there all the same is taken off again, and of two works
of ours for one DOI one goes.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from ..claims import attempts, comparison, leases, ledger
from ..claims.comparison import Compared, Spare
from ..claims.leases import Try
from ..delivery import adoption, pace
from ..delivery.adoption import OwnWork, Works
from ..delivery.outcomes import Answer, Kind, Outcome, judge
from ..delivery.refusals import RefusedReading
from ..errors import UnexpectedAnswer, Unreachable
from ..people import grants
from ..people.permissions import Purpose, UsableGrant
from ..values.orcid_id import OrcidId
from . import permissions
from .nudge import nudge
from .services import Services

NOTHING = Compared()
A_WEEK, A_DAY = timedelta(days=7), timedelta(days=1)
PATIENCE = 3.0  # seconds in the queue to ORCID, until the worker does something else


def reconcile(orcid: OrcidId, services: Services) -> Compared | None:
    """None where somebody is writing to the record: then it is compared another time.

    Broken off anywhere it is safe to repeat, and is repeated: the record counts as compared at the
    very end. Raises Unreachable, UnexpectedAnswer, Misconfigured.
    """
    with leases.writing_to(orcid) as mine:
        if not mine:
            return None
        return _Comparison(orcid, services).run()


class _Comparison:
    """One record, with nobody else writing to it."""

    def __init__(self, orcid: OrcidId, services: Services) -> None:
        self.orcid = orcid
        self.services = services
        self.now = timezone.now()
        self.usable: dict[str, UsableGrant] = {}  # by the client whose works it shows
        for purpose in Purpose:
            grant = permissions.usable(orcid, purpose)
            if grant is not None:
                self.usable[grant.api_client] = grant

    def run(self) -> Compared:
        compared = NOTHING
        try:
            asked = ((grant, self._read(grant)) for grant in tuple(self.usable.values()))
            read = {grant: works for grant, works in asked if works is not None}
            if read:
                compared = self._compare(read)
        except RefusedReading as refused:
            if refused.outcome.kind != Kind.HOLD:
                self._done()  # asking again soon would get the same answer
                raise
            self._hold(refused.outcome)
        except UnexpectedAnswer:
            self._done(back_in=A_DAY)  # so that no record keeps the others waiting
            raise
        self._done()
        return compared

    def _read(self, grant: UsableGrant) -> Works | None:
        """A client always sees its own works, whatever their visibility; so each asks for its own.

        None where the person has withdrawn that permission.
        """
        self._enter(grant)
        started = time.monotonic()
        try:
            works = self.services.orcid.works(self.orcid, token=grant.access_token.reveal())
        except Unreachable as error:
            pace.failing(grant.api_client, retry_after=error.retry_after)
            self._note("busy", grant, started)
            raise
        except RefusedReading as refused:
            pace.well(grant.api_client)
            self._note(refused.outcome.kind, grant, started, refused.status, refused.error_code)
            if refused.outcome.kind != Kind.GRANT_ENDED:
                raise
            self._ended(grant, refused.outcome)
            return None
        except UnexpectedAnswer:
            self._note("unexpected", grant, started)
            raise
        pace.well(grant.api_client)
        self._note(Kind.DONE, grant, started, 200)
        return works

    def _compare(self, read: Mapping[UsableGrant, Works]) -> Compared:
        found: list[OwnWork] = []
        for grant, works in read.items():
            found += adoption.own_works(works, api_clients=(grant.api_client,))
        read_for = tuple(grant.api_client for grant in read)
        compared = comparison.compare(self.orcid, found, api_clients=read_for, now=self.now)
        for spare in compared.spares:
            self._remove(spare)
        full = any(adoption.is_full(works) for works in read.values())
        cured = (*ledger.CURED_BY_A_READING, *(() if full else ("record_full",)))
        released = ledger.release(self.orcid, reasons=cured, by=comparison.BY, now=self.now)
        if compared.repaired or compared.spares or released:
            nudge([self.orcid])
        return compared

    def _remove(self, spare: Spare) -> None:
        """Removing again does no harm: where the answer is lost the next comparison sees to it."""
        grant = self.usable[spare.api_client]
        self._enter(grant)
        started = time.monotonic()
        answer = self.services.orcid.remove(
            self.orcid, spare.put_code, token=grant.access_token.reveal()
        )
        outcome = judge(answer)
        call = _try("DELETE", outcome.kind, grant, started, answer.status, answer.error_code)
        comparison.tidied(self.orcid, spare, call, gone=outcome.kind == Kind.GONE)
        if outcome.kind == Kind.BUSY:
            pace.failing(grant.api_client, retry_after=outcome.retry_after)
            raise Unreachable("ORCID, to removing a second copy", retry_after=outcome.retry_after)
        pace.well(grant.api_client)
        if outcome.kind == Kind.GRANT_ENDED:
            self._ended(grant, outcome)
        if outcome.kind not in (Kind.GONE, Kind.FAIL):
            raise UnexpectedAnswer(f"ORCID, {_told(answer)} to removing a second copy")

    def _ended(self, grant: UsableGrant, outcome: Outcome) -> None:
        token = grant.access_token.fingerprint
        permissions.grant_ended(grant.grant_id, reason=outcome.reason, fingerprint=token)

    def _hold(self, outcome: Outcome) -> None:
        """Locked, merged into another record and the like: that holds for all that waits, at once."""
        message = outcome.message
        if outcome.primary is not None:
            message = f"It was merged into {outcome.primary}. {message}".strip()
        ledger.hold_record(
            self.orcid, reason=outcome.reason, message=message, by=comparison.BY, now=self.now
        )

    def _enter(self, grant: UsableGrant) -> None:
        rate = self.services.rate
        wait = pace.enter(grant.api_client, rate, background=True, patience=PATIENCE)
        if wait is not None:
            raise Unreachable("ORCID", retry_after=wait.seconds)

    def _note(
        self,
        outcome: str,
        grant: UsableGrant,
        started: float,
        status: int | None = None,
        error_code: int | None = None,
    ) -> None:
        attempts.record(self.orcid, _try("GET", outcome, grant, started, status, error_code))

    def _done(self, *, back_in: timedelta = A_WEEK) -> None:
        """To be compared again after this time."""
        counts_as = self.now - A_WEEK + back_in
        grants.record_comparison(self.orcid, began=self.now, counts_as=counts_as)


def _try(
    verb: str,
    outcome: str,
    grant: UsableGrant,
    started: float,
    status: int | None,
    error_code: int | None,
) -> Try:
    at: datetime = timezone.now()
    return Try(
        at=at,
        verb=verb,
        api_client=grant.api_client,
        fingerprint="",
        status=status,
        error_code=error_code,
        outcome=outcome,
        milliseconds=round((time.monotonic() - started) * 1000),
    )


def _told(answer: Answer) -> str:
    return "no answer" if answer.status is None else str(answer.status)
