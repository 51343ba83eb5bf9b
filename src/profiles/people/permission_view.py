"""How a person's permission for a purpose stands, as Settings shows it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from ..values.orcid_id import OrcidId
from . import lifetimes, wiring
from .models import Grant
from .permissions import (
    WRITE_SCOPE,
    GrantState,
    PermissionView,
    Purpose,
    missing_scopes,
)


def view(held: Collection[Grant], *, purpose: Purpose, now: datetime) -> PermissionView:
    """How the purpose stands: by its active grant, else by the last one that ended."""
    grant = _telling(held, purpose)
    if grant is None:
        return PermissionView(purpose=purpose, state="none")
    return PermissionView(
        purpose=purpose,
        state=_state(grant, now),
        scope=grant.scope,
        missing_scopes=missing_scopes(purpose, grant.scope),
        since=grant.granted_at,
        until=grant.expires_at,
        ended=grant.ended_at or (grant.expires_at if _state(grant, now) == "expired" else None),
        ended_reason=grant.ended_reason,
        last_success=grant.last_success_at,
        orcid=OrcidId(grant.orcid),
        withdrawn_here=not grant.sealed_access_token,
        ends_soon=grant.state == GrantState.ACTIVE
        and not grant.sealed_refresh_token
        and lifetimes.ends_soon(grant.granted_at, grant.expires_at, now=now),
    )


def _telling(held: Collection[Grant], purpose: Purpose) -> Grant | None:
    """Of the grants that serve the purpose, the one that says how it stands."""
    shared = wiring.client_id(purpose)
    serving = [
        grant
        for grant in held
        if (grant.purpose == purpose or grant.api_client == shared)
        and grant.state != GrantState.REPLACED
    ]
    return max(
        serving,
        key=lambda grant: (
            grant.state == GrantState.ACTIVE,
            WRITE_SCOPE in grant.scope.split(),
            grant.granted_at,
        ),
        default=None,
    )


def _state(grant: Grant, now: datetime) -> GrantState:
    renewable = bool(grant.sealed_refresh_token)
    over = lifetimes.is_over(grant.expires_at, renewable=renewable, now=now)
    if grant.state == GrantState.ACTIVE and over:
        return GrantState.EXPIRED
    return GrantState(grant.state)
