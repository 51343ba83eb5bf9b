"""Calls to ORCID that need no person's permission, only the token of our Auto-update client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from ..delivery import pace
from ..delivery.outcomes import Answer
from ..people import client_tokens, wiring
from ..people.permissions import Purpose
from .services import Services


def wait(services: Services, *, calls: int) -> timedelta | None:
    """None: so many requests may go now, and are counted."""
    for _ in range(calls):
        if found := pace.ask(_client(), services.rate, background=True):
            return timedelta(seconds=found.seconds)
    return None


def make(call: Callable[[str], Answer], *, scope: str, now: datetime) -> Answer:
    """The call with our token, and once more with a new one where ORCID no longer takes the old.

    Raises Misconfigured, Unreachable, UnexpectedAnswer where there is no token to be had.
    """
    token = client_tokens.token(scope, now=now)
    answer = call(token.reveal())
    if answer.status == 401:
        client_tokens.drop(token)
        answer = call(client_tokens.token(scope, now=now).reveal())
    if is_failing(answer):
        pace.failing(_client(), retry_after=answer.retry_after)
    else:
        pace.well(_client())
    return answer


def is_failing(answer: Answer) -> bool:
    """ORCID is out of reach, broken or busy: whatever was asked."""
    return answer.status is None or answer.status >= 500 or answer.status == 429


def _client() -> str:
    return wiring.purpose_client(Purpose.AUTO_UPDATE).id
