"""What the simulated Globus knows: providers, accounts with linked identities, tokens."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field

from ..clock import Clock

LIFETIME = 172_800  # 48 hours, as Globus
CODE_LIFETIME = 600


@dataclass(frozen=True, slots=True)
class Provider:
    id: str
    name: str
    domain: str
    kind: str  # institution, google, orcid


@dataclass(frozen=True, slots=True)
class Identity:
    id: str
    provider: Provider
    username: str
    name: str
    email: str
    organization: str = ""


@dataclass(slots=True)
class Account:
    """A set of linked identities; the first is the primary one."""

    identities: list[Identity] = field(default_factory=list)

    @property
    def primary(self) -> Identity:
        return self.identities[0]


@dataclass(frozen=True, slots=True)
class Client:
    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]


@dataclass(slots=True)
class Grant:
    """A code and, after its exchange, the tokens for it."""

    client_id: str
    identity: Identity
    scopes: tuple[str, ...]
    redirect_uri: str
    nonce: str
    challenge: str
    made: float
    code: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    access: str = field(default_factory=lambda: "Ag" + secrets.token_urlsafe(48))
    refresh: str = field(default_factory=lambda: "Ag" + secrets.token_urlsafe(48))
    used: bool = False
    revoked: bool = False


class Accounts:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.providers: dict[str, Provider] = {}
        self.accounts: list[Account] = []
        self.identities: dict[str, Identity] = {}
        self.clients: dict[str, Client] = {}
        self.by_code: dict[str, Grant] = {}
        self.by_access: dict[str, Grant] = {}
        self.by_refresh: dict[str, Grant] = {}

    def add_provider(self, name: str, *, domain: str, kind: str = "institution") -> Provider:
        provider = Provider(_stable_id(f"provider:{domain}"), name, domain, kind)
        self.providers[provider.id] = provider
        return provider

    def add_identity(
        self,
        provider: Provider,
        username: str,
        *,
        name: str,
        email: str,
        linked_to: Identity | None = None,
    ) -> Identity:
        """A new identity, alone or linked to the account of another one."""
        identity = Identity(
            id=_stable_id(f"identity:{username}"),
            provider=provider,
            username=username,
            name=name,
            email=email,
            organization=provider.name if provider.kind == "institution" else "",
        )
        self.identities[identity.id] = identity
        if linked_to is None:
            self.accounts.append(Account([identity]))
        else:
            self.account_of(linked_to).identities.append(identity)
        return identity

    def account_of(self, identity: Identity) -> Account:
        return next(one for one in self.accounts if identity in one.identities)

    def link(self, kept: Identity, merged: Identity) -> None:
        """Two accounts become one; from now on the primary of the kept one is `sub`."""
        target, source = self.account_of(kept), self.account_of(merged)
        if target is not source:
            target.identities.extend(source.identities)
            self.accounts.remove(source)

    def keep(self, grant: Grant) -> None:
        self.by_code[grant.code] = grant
        self.by_access[grant.access] = grant
        self.by_refresh[grant.refresh] = grant

    def alive(self, grant: Grant) -> bool:
        return grant.used and not grant.revoked and self.clock.now() < grant.made + LIFETIME


def _stable_id(name: str) -> str:
    """The same identity has the same id in every run, so that databases can be kept."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://auth.globus.org/{name}"))
