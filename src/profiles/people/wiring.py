"""The one place where people's parts are made from the configuration. Kept per process."""

from __future__ import annotations

from functools import lru_cache

import httpx2
from django.conf import settings

from ..config import Client, Config
from ..errors import Misconfigured
from .openid_server import OpenIdServer
from .permissions import Purpose
from .sealing import Sealer

USER_AGENT = "DataCite-Profiles"
TIMEOUT_SECONDS = 10.0


def config() -> Config:
    found: Config = settings.PROFILES
    return found


def sealer() -> Sealer:
    return _sealer(config().sealing_keys)


def openid_server(issuer: str) -> OpenIdServer:
    """The same one each time, so that discovery documents and keys are kept."""
    return _openid_server(issuer)


def orcid_server() -> OpenIdServer:
    return openid_server(config().orcid_url)


def purpose_client(purpose: Purpose) -> Client:
    """Raises Misconfigured."""
    client = config().orcid_clients.get(purpose)
    if client is None:
        raise Misconfigured(
            "there is no ORCID client", hint="Set ORCID_CLIENT_ID and ORCID_CLIENT_SECRET."
        )
    return client


def client_id(purpose: Purpose) -> str | None:
    client = config().orcid_clients.get(purpose)
    return client.id if client else None


def client_of(api_client: str) -> Client:
    """The client that a stored grant came through. Raises Misconfigured."""
    known = (config().orcid_client, *config().orcid_clients.values())
    for client in known:
        if client is not None and client.id == api_client:
            return client
    raise Misconfigured(
        f"the ORCID client {api_client} holds tokens but has no secret here",
        hint="Set its id and secret again.",
    )


@lru_cache(maxsize=4)
def _sealer(keys: tuple[str, ...]) -> Sealer:
    return Sealer(keys)


@lru_cache(maxsize=64)
def _openid_server(issuer: str) -> OpenIdServer:
    return OpenIdServer(issuer, http=_http)


def _http() -> httpx2.Client:
    return httpx2.Client(
        timeout=TIMEOUT_SECONDS, follow_redirects=False, headers={"User-Agent": USER_AGENT}
    )


def forget() -> None:
    """As if the process had just started."""
    _sealer.cache_clear()
    _openid_server.cache_clear()
