"""Calls to ORCID that need no person's permission, only the token of our Auto-update client."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ..delivery import pace
from ..delivery.outcomes import Answer
from ..errors import Misconfigured, UnexpectedAnswer, Unreachable
from ..people import client_tokens, wiring
from ..people.permissions import Purpose
from .services import Services

# Of getting a token or a place: then nothing was asked.
TROUBLE = (Misconfigured, Unreachable, UnexpectedAnswer)
PATIENCE = 3.0  # seconds in the queue to ORCID, until the worker does something else


def enter(services: Services) -> None:
    """Wait for the place of one request. Raises Unreachable where that takes long."""
    wait = pace.enter(_client(), services.rate, background=True, patience=PATIENCE)
    if wait is not None:
        raise Unreachable("ORCID", retry_after=wait.seconds)


def make(call: Callable[[str], Answer], services: Services, *, scope: str, now: datetime) -> Answer:
    """The call with our token, and once more with a new one where ORCID no longer takes the old.

    Its place is `enter`ed before. Raises Misconfigured, Unreachable, UnexpectedAnswer where there
    is no token to be had, or no place for the repetition.
    """
    token = client_tokens.token(scope, now=now)
    answer = call(token.reveal())
    if answer.status == 401:
        client_tokens.drop(token)
        enter(services)
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
