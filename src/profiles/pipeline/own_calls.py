"""Calls to ORCID that need no person's permission, only the token of our Auto-update client."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from ..claims import attempts
from ..claims.leases import Try
from ..delivery import pace
from ..delivery.outcomes import Answer
from ..errors import Misconfigured, UnexpectedAnswer, Unreachable
from ..people import client_tokens, wiring
from ..people.permissions import Purpose
from ..people.sealing import Secret
from ..values.orcid_id import OrcidId
from .services import Services

# Of getting a token or a place: then nothing was asked.
TROUBLE = (Misconfigured, Unreachable, UnexpectedAnswer)
PATIENCE = 3.0  # seconds in the queue to ORCID, until the worker does something else


def enter(services: Services) -> None:
    """Wait for the place of one request. Raises Unreachable where that takes long."""
    wait = pace.enter(_client(), services.rate, background=True, patience=PATIENCE)
    if wait is not None:
        raise Unreachable("ORCID", retry_after=wait.seconds)


def make(
    orcid: OrcidId,
    call: Callable[[str], Answer],
    services: Services,
    *,
    scope: str,
    now: datetime,
) -> Answer:
    """A call about this record, and once more with a new token where ORCID no longer takes the old.

    Its place is `enter`ed before. Raises Misconfigured, Unreachable, UnexpectedAnswer where there
    is no token to be had, or no place for the repetition.
    """
    token = client_tokens.token(scope, now=now)
    answer = _one(orcid, call, token)
    if answer.status == 401:
        client_tokens.drop(token)
        enter(services)
        answer = _one(orcid, call, client_tokens.token(scope, now=now))
    return answer


def _one(orcid: OrcidId, call: Callable[[str], Answer], token: Secret) -> Answer:
    at, started = timezone.now(), time.monotonic()
    answer = call(token.reveal())
    if is_failing(answer):
        outcome = "busy"
        pace.failing(_client(), retry_after=answer.retry_after)
    else:
        outcome = "done" if answer.status in range(200, 300) else "refused"
        pace.well(_client())
    tried = Try(
        at=at,
        verb=answer.verb,
        api_client=_client(),
        fingerprint="",
        status=answer.status,
        error_code=answer.error_code,
        outcome=outcome,
        milliseconds=round((time.monotonic() - started) * 1000),
    )
    attempts.record(orcid, tried)
    return answer


def is_failing(answer: Answer) -> bool:
    """ORCID is out of reach, broken or busy: whatever was asked."""
    return answer.status is None or answer.status >= 500 or answer.status == 429


def _client() -> str:
    return wiring.purpose_client(Purpose.AUTO_UPDATE).id
