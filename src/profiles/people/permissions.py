"""Permissions at ORCID as values: purposes, the scopes they need, grants as others see them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

import msgspec

from ..values.orcid_id import OrcidId
from .sealing import Secret


class Purpose(StrEnum):
    AUTO_UPDATE = "auto_update"
    SEARCH_AND_LINK = "search_and_link"


class GrantState(StrEnum):
    ACTIVE = "active"
    REVOKED = "revoked"  # by the person, there or here
    EXPIRED = "expired"
    REPLACED = "replaced"  # by a newer grant for the same purpose


WRITE_SCOPE = "/activities/update"
# `/activities/update` does not contain `/read-limited`: both are asked for.
NEEDED_SCOPES: dict[Purpose, tuple[str, ...]] = {
    Purpose.AUTO_UPDATE: ("/read-limited", WRITE_SCOPE),
    Purpose.SEARCH_AND_LINK: ("/read-limited", WRITE_SCOPE),
}


def requested_scope(purpose: Purpose) -> str:
    """`openid` comes along so that a signed answer says whose permission it is."""
    return " ".join(("openid", *NEEDED_SCOPES[purpose]))


def missing_scopes(purpose: Purpose, scope: str) -> tuple[str, ...]:
    granted = scope.split()
    return tuple(needed for needed in NEEDED_SCOPES[purpose] if needed not in granted)


class TokenReply(msgspec.Struct, frozen=True, kw_only=True):
    """What ORCID gave for a code or a refresh token."""

    access_token: Secret
    refresh_token: Secret | None
    scope: str
    expires_at: datetime | None
    orcid: OrcidId
    name: str
    api_client: str


class UsableGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A grant with its token opened, for one delivery."""

    grant_id: UUID
    orcid: OrcidId
    purpose: Purpose
    api_client: str
    access_token: Secret
    scope: str
    lapsed: bool = False  # its access token has run out (or nearly so), and wants to be renewed


class HeldToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token that can be given back to ORCID."""

    grant_id: UUID
    api_client: str
    token: Secret
    fingerprint: str


class PermissionView(msgspec.Struct, frozen=True, kw_only=True):
    """How a permission stands, in the words of the Settings page."""

    purpose: Purpose
    state: GrantState | Literal["none"]
    scope: str = ""
    missing_scopes: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    ended: datetime | None = None
    ended_reason: str = ""
    last_success: datetime | None = None
    orcid: OrcidId | None = None
    withdrawn_here: bool = False  # by the person's own doing on our pages: no news to them
    ends_soon: bool = False  # and cannot be renewed without the person

    @property
    def is_active(self) -> bool:
        return self.state == GrantState.ACTIVE

    @property
    def may_write(self) -> bool:
        """Without `/read-limited` works are sent all the same."""
        return self.is_active and WRITE_SCOPE not in self.missing_scopes
