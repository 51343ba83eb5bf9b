"""Tokens of our ORCID client itself, for what needs no person's permission (RFC 6749, 4.4).

Kept in this process only: another is got as easily, and ORCID's live for 20 years.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from ..config import Client
from ..errors import Misconfigured
from . import wiring
from .openid_server import OpenIdServer, Tokens
from .permissions import Purpose
from .sealing import Secret

NOTIFY, LISTEN = "/premium-notification", "/webhook"
# A call that begins now may arrive this much later.
_MARGIN = timedelta(minutes=1)
_lock = threading.Lock()
_kept: dict[tuple[str, str], tuple[Secret, datetime | None]] = {}


def token(scope: str, *, now: datetime) -> Secret:
    """Of the client that serves auto-update. Raises Misconfigured, Unreachable, UnexpectedAnswer."""
    client = wiring.purpose_client(Purpose.AUTO_UPDATE)
    with _lock:
        kept = _kept.get((client.id, scope))
        if kept is not None and (kept[1] is None or now < kept[1] - _MARGIN):
            return kept[0]
        tokens = _new(scope, wiring.orcid_server(), client, now=now)
        _kept[client.id, scope] = tokens.access_token, tokens.expires_at
        return tokens.access_token


def try_out(scope: str, *, server: OpenIdServer, client: Client, now: datetime) -> None:
    """Whether ORCID gives such a token; it is given back. Raises as `token` does."""
    tokens = _new(scope, server, client, now=now)
    server.revoke(tokens.access_token, client=client)


def _new(scope: str, server: OpenIdServer, client: Client, *, now: datetime) -> Tokens:
    tokens = server.client_token(scope, client=client, now=now)
    if scope not in tokens.scope.split():
        raise Misconfigured(
            f"ORCID did not give {client.id} the scope {scope}",
            hint="Ask ORCID to allow it to this client, or switch the feature off.",
        )
    return tokens


def drop(unfit: Secret) -> None:
    """ORCID no longer takes it."""
    with _lock:
        for key in [key for key, (kept, _) in _kept.items() if kept == unfit]:
            del _kept[key]
