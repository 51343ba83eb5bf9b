"""A round to ORCID for permission: what is asked, what is kept meanwhile, what the way back says.

Pure. State and nonce carry the protection, for ORCID has no PKCE.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

import msgspec

from ..values.orcid_id import OrcidId
from .permissions import Purpose, requested_scope

LIFETIME = timedelta(minutes=10)
AT_ONCE = 5  # rounds that one browser may have open; the oldest gives way


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """Kept in the browser's session on our side, never in the address."""

    state: str
    nonce: str
    purpose: Purpose
    person_sub: str
    orcid: OrcidId  # who must authorise
    return_to: str
    switches_on: bool = False  # auto-update, with the permission
    expires_at: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the callback's query says."""

    kind: Literal["code", "denied", "error", "uninvited", "empty"]
    code: str = ""
    state: str = ""


def authorize_url(asked: Round, *, endpoint: str, client_id: str, redirect_uri: str) -> str:
    """Scope and redirect address are ours alone: nothing of the request gets in."""
    query = {
        "client_id": client_id,
        "response_type": "code",
        "scope": requested_scope(asked.purpose),
        "redirect_uri": redirect_uri,
        "state": asked.state,
        "nonce": asked.nonce,
        # Opens ORCID's sign-in form with the iD filled in.
        "orcid": asked.orcid,
    }
    return f"{endpoint}?{urlencode(query)}"


def callback_path(purpose: Purpose) -> str:
    """Registered at ORCID: it does not change."""
    return f"/orcid/{purpose}/callback"


def read_answer(query: Mapping[str, str]) -> Answer:
    """ORCID's wizard sends a code without state; errors of its own kind come in the address's
    fragment, which no server sees."""
    code, state, error = (query.get(name, "") for name in ("code", "state", "error"))
    if error:
        return Answer(kind="denied" if error == "access_denied" else "error", state=state)
    if code and state:
        return Answer(kind="code", code=code, state=state)
    return Answer(kind="uninvited" if code else "empty", state=state)


def keep(rounds: Mapping[str, Round], new: Round, *, now: datetime) -> dict[str, Round]:
    """The open rounds with the new one; the expired and the oldest beyond AT_ONCE leave."""
    alive = sorted(
        (found for found in rounds.values() if found.expires_at > now),
        key=lambda found: found.expires_at,
    )
    return {found.state: found for found in (*alive[-(AT_ONCE - 1) :], new)}


def is_answered_by(asked: Round, *, purpose: Purpose, person_sub: str, now: datetime) -> bool:
    """Whether the one who came back is the one who left, in time and through the same door."""
    return asked.purpose == purpose and asked.person_sub == person_sub and asked.expires_at > now
