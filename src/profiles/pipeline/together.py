"""Several additions in one call (ORCID takes up to 100): each is settled by its own part of the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import httpx2

from ..claims.leases import Settlement
from ..delivery.client import OrcidApi
from ..delivery.outcomes import Answer, Kind, judge
from ..delivery.plan import Step
from ..people.permissions import UsableGrant
from .sending import Sending, expect_answers

# One item can spoil the whole; the limit of works (9048) holds for the whole too.
_SPOILT = (Kind.FAIL, Kind.ADOPT, Kind.LATER)
MOST = 100  # works in one call: ORCID's limit

Settled = Iterator[tuple[Sending, Settlement]]


def add_together(sendings: Sequence[Sending], grant: UsableGrant, api: OrcidApi) -> Settled:
    """Settle these additions of one person, which go by one grant. Raises LeaseLost."""
    chosen, clashing = _apart(sendings)
    for sending in clashing:
        yield sending, sending.again(alone=True)
    if len(chosen) == 1:
        yield chosen[0], chosen[0].settlement()
        return
    wait = chosen[0].keep_pace(grant)
    if wait is not None:
        for sending in chosen:
            yield sending, wait
        return
    expect_answers(chosen, grant)
    started = time.monotonic()
    whole, answers = api.add_many(
        chosen[0].claim.orcid,
        [each.rendered or b"" for each in chosen],
        token=grant.access_token.reveal(),
    )
    chosen[0].heard(whole, grant)
    if answers:
        for sending, answer in zip(chosen, answers, strict=True):
            yield sending, _one(sending, answer, grant, started=started)
    else:
        yield from _all(chosen, whole, grant, started=started)


def _apart(sendings: Sequence[Sending]) -> tuple[list[Sending], list[Sending]]:
    """Those that go together, and those that clash with an earlier one."""
    chosen: list[Sending] = []
    clashing: list[Sending] = []
    linked: frozenset[tuple[str, str]] = frozenset()
    for sending in sendings:
        if sending.ids.clashes_with(linked):
            clashing.append(sending)
        else:
            chosen.append(sending)
            linked |= sending.ids.linked
    return chosen, clashing


def _one(sending: Sending, answer: Answer, grant: UsableGrant, *, started: float) -> Settlement:
    if judge(answer).kind == Kind.ADOPT:
        # In a bulk ORCID also calls it a duplicate when another work of ours only names it as a
        # version; the put-code it tells may be that one's. By itself the answer is exact.
        return sending.again(alone=True)
    return sending.learn(Step.ADD, answer, grant, started=started) or sending.left_or_again()


def _all(
    chosen: Sequence[Sending], whole: Answer, grant: UsableGrant, *, started: float
) -> Settled:
    """One answer for all: ORCID did not go through them, or nobody knows whether it did."""
    if whole.status == httpx2.codes.OK:
        whole = Answer(verb="POST", status=None, text="ORCID's answer does not speak of each work")
    outcome = judge(whole)
    for sending in chosen:
        if outcome.kind in _SPOILT or outcome.reason == "record_full":
            sending.unsure = outcome.unsure
            yield sending, sending.again(alone=True)
        else:
            yield (
                sending,
                sending.learn(Step.ADD, whole, grant, started=started) or sending.left_or_again(),
            )
