"""One claim on its way to ORCID: plan, call, learn from the answer, plan again, until it is settled."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

import httpx2
from django.utils import timezone

from .. import conversion
from ..claims import leases
from ..claims.leases import Settlement, Taken, Try
from ..claims.movement import PASSES_WITHIN
from ..claims.states import Event
from ..conversion import GroupingIds, OrcidWork
from ..delivery import pace, retry
from ..delivery.client import OrcidApi
from ..delivery.outcomes import Answer, Kind, Outcome, judge
from ..delivery.pace import Rate
from ..delivery.plan import Step, plan
from ..delivery.refusals import RefusedReading
from ..errors import ProfilesError, UnexpectedAnswer, Unreachable
from ..people.permissions import Purpose, UsableGrant
from ..people.standing import HOLD_REASONS
from . import permissions
from .visit import Visit

NO_IDS = GroupingIds(frozenset(), frozenset())
PATIENCE = 3.0  # seconds in the queue to ORCID, until the worker does something else
# No answer, or a gateway's that did not wait for ORCID's.
_UNDER_WAY = frozenset({None, 502, 504, 520, 522, 524})
MOST_STEPS = 7  # look, add, look, give way, add: more would be going round in circles
# A lease is renewed before each call, and outlives the call (connecting, sending, 30 s of silence and
# 60 s of an answer at most) and what comes after it. The lock on the record tells sooner when a worker
# has died.
LEASE = timedelta(minutes=4)


class LeaseLost(ProfilesError):
    """The claim is somebody else's by now"""


class Sending:
    """What we know of ORCID's side changes with every answer; what is wanted does not."""

    def __init__(self, claim: Taken, *, api: OrcidApi, visit: Visit, rate: Rate) -> None:
        self.claim = claim
        self.api = api
        self.visit = visit
        self.rate = rate
        self.work: OrcidWork | None = None  # None: it shall leave the record
        self.rendered: bytes | None = None
        self.wanted = ""  # the fingerprint of what shall be there
        self.ids = NO_IDS  # what ORCID knows it by
        # What ORCID has, as far as we know.
        self.put_code = claim.put_code
        self.sent = claim.fingerprint
        self.api_client = claim.api_client
        self.unsure = claim.unsure
        self.accepted = False
        self.duplicate = ""  # ORCID's words, when it has a work of ours with one of these ids
        self.gives_way = False  # to another work of ours with the same alternate id
        self.looked_in_vain = False  # for an addition whose answer was lost
        self.served: UUID | None = None  # the grant with which ORCID took something
        self.lacks: Purpose | None = None  # what it is held for want of
        self.tries: list[Try] = []

    def shall_be(self, work: OrcidWork) -> None:
        """On the record."""
        self.work = work
        self.rendered = conversion.render(work)
        self.wanted = conversion.fingerprint(self.rendered)
        self.ids = conversion.grouping_ids(work)

    def settlement(self) -> Settlement:
        """Bring ORCID to what is wanted, with as few calls as that takes (often none).

        Raises LeaseLost before anything is sent that should not be.
        """
        for _ in range(MOST_STEPS):
            step = self._step()
            if step == Step.LEAVE:
                return self.left()
            grant = self.permitted(step)
            if isinstance(grant, Settlement):
                return grant
            known = step == Step.LOOK and self.visit.has_read
            settled = None if known else self.keep_pace(grant)
            if settled is None:
                renew([self.claim])
                settled = self._look(grant) if step == Step.LOOK else self.send(step, grant)
            if settled is not None:
                return settled
        return self._later(
            Outcome(kind=Kind.LATER, message="ORCID's answers contradict each other")
        )

    def left(self) -> Settlement:
        """ORCID has what is wanted."""
        return self.known(Event.KEEP if self.put_code else Event.CLEAR)

    def left_or_again(self) -> Settlement:
        """What is known now, without a further call."""
        return self.left() if self._step() == Step.LEAVE else self.again()

    def again(self, *, alone: bool = False) -> Settlement:
        """From the beginning, and at once; `alone`: not together with others."""
        return self.known(Event.POSTPONE, due_at=timezone.now(), alone=alone, tried=False)

    def known(
        self,
        event: Event,
        *,
        reason: str = "",
        message: str = "",
        due_at: datetime | None = None,
        everybody_waits: bool = False,
        alone: bool = False,
        tried: bool = True,
    ) -> Settlement:
        """Settled like this, with what is known of ORCID's side."""
        return Settlement(
            event=event,
            reason=reason,
            message=message,
            due_at=due_at,
            everybody_waits=everybody_waits,
            alone=alone,
            tried=tried,
            accepted=self.accepted,
            put_code=self.put_code,
            fingerprint=self.sent if self.put_code else "",
            api_client=self.api_client if self.put_code or self.unsure else "",
            unsure=self.unsure,
            tries=tuple(self.tries),
        )

    def postponed(self, outcome: Outcome, *, otherwise: str) -> Settlement:
        """Try again later; once that was often enough it has failed for the reason `otherwise`."""
        wait = retry.delay(
            self.claim.attempts + 1,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
            retry_after=outcome.retry_after,
        )
        if wait is None:
            return self.known(Event.FAIL, reason=otherwise, message=outcome.message)
        if self.unsure:
            wait = max(wait, PASSES_WITHIN)
        return self.known(
            Event.POSTPONE,
            reason="try_again",
            message=outcome.message,
            due_at=timezone.now() + wait,
        )

    def _step(self) -> Step:
        return plan(
            present=self.rendered is not None,
            put_code=self.put_code,
            unsure=self.unsure,
            sent=self.sent,
            rendered=self.wanted,
        )

    def grant_for(self, step: Step) -> UsableGrant | None:
        """Only the client that put a work there may change it; a new work goes by its purpose."""
        if self.api_client and step != Step.ADD:
            return self.visit.grant_of_client(self.api_client, removing=self.rendered is None)
        return self.visit.grant(permissions.purpose_of(self.claim.origin))

    def permitted(self, step: Step) -> UsableGrant | Settlement:
        """The grant to do it with; what becomes of the claim where there is none."""
        try:
            return self.grant_for(step) or self._without_grant()
        except (Unreachable, UnexpectedAnswer) as error:
            return self._later(_unread(error))

    def _without_grant(self) -> Settlement:
        purpose = permissions.purpose_of(self.claim.origin)
        if self.visit.grant(purpose) is None:
            self.lacks = purpose
        permission = self.visit.standing(purpose).permission
        reason = HOLD_REASONS.get(permission, "no_permission")
        return self.known(Event.HOLD, reason=reason)

    def keep_pace(self, grant: UsableGrant) -> Settlement | None:
        """Wait for a place in the queue to ORCID; while ORCID is failing, let go of the claim."""
        background = not self.claim.insisted
        wait = pace.enter(grant.api_client, self.rate, background=background, patience=PATIENCE)
        return None if wait is None else self._wait(wait.seconds, everybody=wait.broken)

    def _wait(self, seconds: float, *, everybody: bool, message: str = "") -> Settlement:
        """ORCID is busy or failing: that is no fault of this claim, and costs it no try."""
        wait = timedelta(seconds=seconds)
        return self.known(
            Event.POSTPONE,
            reason="try_again",
            message=message,
            due_at=timezone.now() + (max(wait, PASSES_WITHIN) if self.unsure else wait),
            everybody_waits=everybody,
            tried=False,
        )

    def _look(self, grant: UsableGrant) -> Settlement | None:
        """Find out what became of an addition whose answer was lost, or said "duplicate" only."""
        read_before, started = self.visit.has_read, time.monotonic()
        try:
            self.put_code = self.visit.put_code(self.claim, grant)
        except RefusedReading as refused:
            self._note("GET", refused.outcome.kind, grant, started, refused.status)
            return self._unreadable(refused.outcome, grant)
        except (Unreachable, UnexpectedAnswer) as error:
            outcome = _unread(error)
            self._note("GET", outcome.kind, grant, started)
            return self._later(outcome)
        if not read_before:
            self._note("GET", Kind.DONE, grant, started, httpx2.codes.OK)
        self.unsure = False
        self.sent = ""  # it may be an older one: what it holds is not known
        if self.put_code is None and self.duplicate:
            return self._give_way()
        self.looked_in_vain = self.put_code is None
        return None

    def _give_way(self) -> Settlement | None:
        """Another work of ours has one of these ids as its own, too: never take it for this one."""
        if self.gives_way or self.work is None:
            return self.known(Event.FAIL, reason="refused", message=self.duplicate)
        self.gives_way = True
        self.shall_be(conversion.giving_way(self.work))
        return None

    def _unreadable(self, outcome: Outcome, grant: UsableGrant) -> Settlement:
        """What ORCID has stays unknown until it lets us look."""
        match outcome.kind:
            case Kind.GRANT_ENDED:
                return self._grant_ended(Step.LOOK, outcome, grant)
            case Kind.HOLD:
                return self._held(outcome)
        return self._later(Outcome(kind=Kind.LATER, message=outcome.message))

    def send(self, step: Step, grant: UsableGrant) -> Settlement | None:
        """One call, and what was learnt from it. None: plan again what is to be done now."""
        if step in (Step.ADD, Step.REMOVE):
            expect_answers([self], grant)
        started = time.monotonic()
        answer = self._request(step, grant.access_token.reveal())
        self.heard(answer, grant)
        return self.learn(step, answer, grant, started=started)

    def heard(self, answer: Answer, grant: UsableGrant) -> None:
        """Once per call, however many works were in it: how ORCID does, and what we still know."""
        outcome = judge(answer)
        if outcome.kind == Kind.BUSY:
            self.visit.orcid_fails(grant, retry_after=outcome.retry_after)
        else:
            self.visit.orcid_is_well(grant)
        if outcome.kind in (Kind.DONE, Kind.GONE):
            self.served = grant.grant_id
        if outcome.unsure:
            self.visit.forget_record()
        self.visit.lost |= answer.sent and answer.status in _UNDER_WAY

    def learn(
        self, step: Step, answer: Answer, grant: UsableGrant, *, started: float
    ) -> Settlement | None:
        """What the answer makes of the claim. None: plan again what is to be done now."""
        outcome = judge(answer)
        self._note(answer.verb, outcome.kind, grant, started, answer.status, answer.error_code)
        match outcome.kind:
            case Kind.DONE:
                self._done(step, outcome, grant)
                return None
            case Kind.GONE:
                return self._gone(step, outcome)
            case Kind.ADOPT if step == Step.ADD:
                self._find(outcome, grant)
                return None
            case Kind.ADOPT:
                self.duplicate = outcome.message
                return self._give_way()
            case Kind.LATER | Kind.BUSY:
                return self._unknown_or_later(step, outcome, grant)
            case Kind.GRANT_ENDED:
                return self._grant_ended(step, outcome, grant)
            case Kind.HOLD:
                self.unsure = False
                return self._held(outcome)
            case Kind.FAIL:
                self.unsure = False
                return self._failed(step, outcome)
        assert_never(outcome.kind)

    def _note(
        self,
        verb: str,
        outcome: Kind,
        grant: UsableGrant,
        started: float,
        status: int | None = None,
        error_code: int | None = None,
    ) -> None:
        """A call that was made, to be written down with what becomes of the claim."""
        self.tries.append(
            Try(
                at=timezone.now(),
                verb=verb,
                api_client=grant.api_client,
                fingerprint=self.wanted,
                status=status,
                error_code=error_code,
                outcome=str(outcome),
                milliseconds=round((time.monotonic() - started) * 1000),
            )
        )

    def _request(self, step: Step, token: str) -> Answer:
        orcid, put_code = self.claim.orcid, self.put_code
        match step, put_code, self.rendered:
            case Step.ADD, None, bytes(rendered):
                return self.api.add(orcid, conversion.body(rendered), token=token)
            case Step.UPDATE, int(code), bytes(rendered):
                return self.api.update(orcid, code, conversion.body(rendered, code), token=token)
            case Step.REMOVE, int(code), _:
                return self.api.remove(orcid, code, token=token)
        raise ValueError(f"{step} with put-code {put_code}")

    def _done(self, step: Step, outcome: Outcome, grant: UsableGrant) -> None:
        self.accepted = True
        if step == Step.ADD:
            self.put_code = outcome.put_code
        self.unsure = self.put_code is None
        if self.unsure:  # the answer did not name it: look it up, in a new reading
            self.visit.forget_record()
        self.sent, self.api_client = self.wanted, grant.api_client

    def _gone(self, step: Step, outcome: Outcome) -> Settlement | None:
        self.put_code, self.sent, self.unsure = None, "", False
        if step == Step.REMOVE:
            self.accepted = True
            return None
        if self.claim.insisted:  # they took it off there, and want it back
            return None
        return self.known(Event.CLEAR, reason=outcome.reason)

    def _find(self, duplicate: Outcome, grant: UsableGrant) -> None:
        """ORCID has a work from us with one of these ids (9021). Which one, only a reading tells: the
        put-code that it names may be that of another DOI with the same alternate id."""
        self.unsure, self.sent, self.api_client = True, "", grant.api_client
        self.duplicate = duplicate.message
        self.visit.forget_record()

    def _unknown_or_later(self, step: Step, outcome: Outcome, grant: UsableGrant) -> Settlement:
        """Updating again does no harm. Adding again could; and if a removal whose answer was lost
        turns out done, it must not look like the person's own. So look first, the next time."""
        if step != Step.UPDATE:
            self.unsure = outcome.unsure
            self.api_client = grant.api_client
        return self._later(outcome)

    def _later(self, outcome: Outcome) -> Settlement:
        if outcome.kind == Kind.BUSY and self.visit.pause:
            return self._wait(self.visit.pause, everybody=True, message=outcome.message)
        refused = outcome.kind == Kind.LATER
        reason = (outcome.reason or "refused") if refused else "retries_used_up"
        return self.postponed(outcome, otherwise=reason)

    def _grant_ended(self, step: Step, outcome: Outcome, grant: UsableGrant) -> Settlement:
        """One refusal is enough: none of the person's claims is sent in vain after it."""
        if step != Step.LOOK:
            self.unsure = False
        refused = grant.access_token.fingerprint
        permissions.grant_ended(grant.grant_id, reason=outcome.reason, fingerprint=refused)
        self.visit.look_again()
        other = self.grant_for(step)
        if other is not None and other.access_token != grant.access_token:
            # A new permission came while the old one was in use.
            return self._later(Outcome(kind=Kind.LATER, message=outcome.message))
        purpose = permissions.purpose_of(self.claim.origin)
        if self.visit.grant(purpose) is not None:
            # The person's permission is for another of our clients, and this work out of its reach.
            return self.known(Event.FAIL, reason="not_ours", message=outcome.message)
        self.lacks = purpose
        return self._held(outcome)

    def _held(self, outcome: Outcome) -> Settlement:
        return self.known(Event.HOLD, reason=outcome.reason, message=outcome.message)

    def _failed(self, step: Step, outcome: Outcome) -> Settlement | None:
        if outcome.reason == "not_ours":
            self.put_code, self.sent = None, ""  # it was never ours, or is no longer
            if step == Step.REMOVE:
                return None
        return self.known(Event.FAIL, reason=outcome.reason, message=outcome.message)


def expect_answers(sendings: Sequence[Sending], grant: UsableGrant) -> None:
    """Before additions or removals are sent: from here on they may be done, whatever happens to us.

    Raises LeaseLost; then nothing may be sent.
    """
    claims = [sending.claim for sending in sendings]
    until = timezone.now() + LEASE
    if not leases.expect_answer(claims, api_client=grant.api_client, until=until):
        raise LeaseLost
    for sending in sendings:
        sending.unsure, sending.api_client = True, grant.api_client


def renew(claims: Collection[Taken]) -> None:
    """Before each call. Raises LeaseLost; then nothing may be sent."""
    if not leases.renew(claims, until=timezone.now() + LEASE):
        raise LeaseLost


def _unread(error: Unreachable | UnexpectedAnswer) -> Outcome:
    """ORCID could not be asked."""
    kind = Kind.BUSY if isinstance(error, Unreachable) else Kind.LATER
    return Outcome(kind=kind, message=error.message)
