"""The ways to sign in that this installation offers. One without a client is left out."""

from __future__ import annotations

import msgspec

from ..config import Client, Config

GLOBUS = "globus"
ORCID = "orcid"
_PROFILE_SCOPE = ("openid", "profile", "email")
_GLOBUS_SCOPE = (*_PROFILE_SCOPE, "urn:globus:auth:scope:auth.globus.org:view_identity_set")


class SignInProvider(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    issuer: str
    client: Client
    scope: tuple[str, ...] = _PROFILE_SCOPE
    pkce: bool = True
    userinfo: bool = True

    @property
    def label(self) -> str:
        return f"Sign in with {self.name}"


def providers(config: Config) -> tuple[SignInProvider, ...]:
    """In the order of their buttons."""
    return (*_globus(config), *_orcid(config), *_others(config))


def _globus(config: Config) -> tuple[SignInProvider, ...]:
    if config.globus_client is None:
        return ()
    globus = SignInProvider(
        id=GLOBUS,
        name="Globus",
        issuer=config.globus_url,
        client=config.globus_client,
        scope=_GLOBUS_SCOPE,
    )
    return (globus,)


def _orcid(config: Config) -> tuple[SignInProvider, ...]:
    if config.orcid_client is None:
        return ()
    # ORCID's token proxy does not pass a verifier on, and its userinfo adds nothing to the
    # id_token.
    orcid = SignInProvider(
        id=ORCID,
        name="ORCID",
        issuer=config.orcid_url,
        client=config.orcid_client,
        scope=("openid",),
        pkce=False,
        userinfo=False,
    )
    return (orcid,)


def _others(config: Config) -> tuple[SignInProvider, ...]:
    return tuple(
        SignInProvider(
            id=provider.id,
            name=provider.name,
            issuer=provider.issuer,
            client=Client(id=provider.client_id, secret=provider.client_secret),
        )
        for provider in config.oidc_providers
    )
