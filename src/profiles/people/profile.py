"""What pages and other parts see of a person: frozen values."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from ..values.orcid_id import OrcidId
from .permissions import PermissionView
from .preferences import Versions, Withdrawn


class Role(StrEnum):
    STAFF_ADMIN = "staff_admin"
    STAFF_USER = "staff_user"
    PROVIDER_ADMIN = "provider_admin"
    PROVIDER_USER = "provider_user"
    CLIENT_ADMIN = "client_admin"
    CLIENT_USER = "client_user"
    USER = "user"


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider tells of a person's name. At ORCID any of it may be private, hence empty."""

    name: str = ""
    given_name: str = ""
    family_name: str = ""
    organization: str = ""
    email: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    sub: UUID  # names an account that has no iD
    orcid: OrcidId | None
    name: str  # the iD where the name is private, never empty for a linked person
    given_name: str
    family_name: str
    other_names: tuple[str, ...]
    organization: str
    email: str
    github: str
    auto_update: bool
    versions: Versions
    withdrawn: Withdrawn
    role: Role
    provider_id: str
    client_id: str
    permissions: tuple[PermissionView, ...]  # one per purpose, in the order of Purpose
    closing_since: datetime | None = None  # the account is on its way out
    removes_works: bool = False  # and the works that we put on the record with it
