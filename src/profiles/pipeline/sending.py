"""One claim on its way to ORCID: the calls it takes, and what the answers make of the claim."""

from __future__ import annotations

import random
import time
from datetime import datetime
from typing import NamedTuple

from django.utils import timezone

from .. import conversion
from ..claims import ledger
from ..claims.ledger import Settlement, Taken
from ..claims.states import Event
from ..delivery import adoption, retry
from ..delivery.client import OrcidApi
from ..delivery.outcomes import Answer, Kind, Outcome, judge
from ..errors import UnexpectedAnswer, Unreachable
from ..people import grants
from ..people.permissions import GrantState, UsableGrant


class Sending(NamedTuple):
    claim: Taken
    rendered: bytes | None  # the work as ORCID is sent it; None: it shall leave the record
    fingerprint: str  # of what shall be on the record
    grant: UsableGrant
    api: OrcidApi

    def settlement(self) -> Settlement:
        """Make the call that the plan asks for, and those that its answer asks for."""
        outcome = self._call(self.claim.put_code)
        if outcome.kind == Kind.ADOPT:
            outcome = self._adopt(outcome)
        elif outcome.kind == Kind.READ_BACK:
            outcome = self._read_back(outcome)
        return self._settled(outcome)

    def _call(self, put_code: int | None) -> Outcome:
        """One request; its answer judged, and the attempt written down."""
        started = time.monotonic()
        answer = self._request(put_code)
        outcome = judge(answer)
        ledger.record_attempt(
            self.claim,
            verb=answer.verb,
            fingerprint=self.fingerprint,
            status=answer.status,
            error_code=answer.error_code,
            outcome=outcome.kind,
            milliseconds=round((time.monotonic() - started) * 1000),
            now=timezone.now(),
        )
        if outcome.kind == Kind.DONE:
            grants.record_success(self.grant.grant_id, now=timezone.now())
        return outcome

    def _request(self, put_code: int | None) -> Answer:
        orcid, token = self.claim.orcid, self.grant.access_token.reveal()
        if self.rendered is not None:
            body = conversion.body(self.rendered, put_code)
            if put_code is None:
                return self.api.add(orcid, body, token=token)
            return self.api.update(orcid, put_code, body, token=token)
        if put_code is None:
            raise ValueError("a removal without a put-code needs no call")
        return self.api.remove(orcid, put_code, token=token)

    def _adopt(self, duplicate: Outcome) -> Outcome:
        """ORCID has the work from us already (9021): make it ours, with the present content."""
        put_code = duplicate.put_code or self._on_record()
        if put_code is None:
            return Outcome(kind=Kind.FAIL, reason="refused", message=duplicate.message)
        updated = self._call(put_code)
        if updated.kind == Kind.DONE:
            return Outcome(kind=Kind.DONE, put_code=put_code)
        return updated

    def _read_back(self, unknown: Outcome) -> Outcome:
        """No answer came, so it may have been done: look, and never add a second copy."""
        if self.claim.put_code is None and self.rendered is not None:
            put_code = self._on_record()
            if put_code is not None:
                return Outcome(kind=Kind.DONE, put_code=put_code)
        # Updating and deleting again does no harm.
        return Outcome(kind=Kind.LATER, message=unknown.message)

    def _on_record(self) -> int | None:
        """The put-code of our own work with this DOI; None where it is not there or cannot be read."""
        try:
            works = self.api.works(self.claim.orcid, token=self.grant.access_token.reveal())
        except (Unreachable, UnexpectedAnswer):
            return None
        return adoption.find_put_code(works, doi=self.claim.doi, api_client=self.grant.api_client)

    def _settled(self, outcome: Outcome) -> Settlement:
        match outcome.kind:
            case Kind.DONE:
                return Settlement(
                    event=Event.KEEP,
                    put_code=outcome.put_code or self.claim.put_code,
                    fingerprint=self.fingerprint,
                    api_client=self.grant.api_client,
                )
            case Kind.GONE:
                return Settlement(event=Event.CLEAR, reason=outcome.reason)
            case Kind.LATER:
                return self._later(outcome)
            case Kind.GRANT_ENDED:
                self._end_grant(outcome)
                event = Event.HOLD
            case Kind.HOLD:
                event = Event.HOLD
            case _:
                event = Event.FAIL
        return as_it_was(self.claim, event, reason=outcome.reason, message=outcome.message)

    def _later(self, outcome: Outcome) -> Settlement:
        wait = retry.delay(
            self.claim.attempts + 1,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
            retry_after=outcome.retry_after,
        )
        if wait is None:
            return as_it_was(
                self.claim, Event.FAIL, reason="retries_used_up", message=outcome.message
            )
        return as_it_was(
            self.claim,
            Event.POSTPONE,
            reason="try_again",
            message=outcome.message,
            due_at=timezone.now() + wait,
        )

    def _end_grant(self, outcome: Outcome) -> None:
        """One refusal is enough: none of the person's claims is sent in vain after it."""
        now = timezone.now()
        grants.end_grant(
            self.grant.grant_id, state=GrantState.REVOKED, reason=outcome.reason, now=now
        )
        ledger.hold_waiting(self.claim.orcid, reason=outcome.reason, by="worker", now=now)


def as_it_was(
    claim: Taken,
    event: Event,
    *,
    reason: str = "",
    message: str = "",
    due_at: datetime | None = None,
    tried: bool = True,
) -> Settlement:
    """Settled, and what ORCID has did not change."""
    return Settlement(
        event=event,
        reason=reason,
        message=message,
        due_at=due_at,
        tried=tried,
        put_code=claim.put_code,
        fingerprint=claim.fingerprint,
        api_client=claim.api_client,
    )
