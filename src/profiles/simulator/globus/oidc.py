"""Globus Auth's OpenID Connect, decided."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from .state import CODE_LIFETIME, LIFETIME, Accounts, Client, Grant, Identity

VIEW_SET = "urn:globus:auth:scope:auth.globus.org:view_identity_set"
VIEW_IDENTITIES = "urn:globus:auth:scope:auth.globus.org:view_identities"
SCOPE_WORDS = {
    "openid": "Know who you are in Globus",
    "profile": "Know some details about you (name, organization)",
    "email": "Know your email address",
    "offline_access": "Have access while you are away",
    VIEW_SET: "View your identity set",
    VIEW_IDENTITIES: "View identities",
}


class OAuthError(Exception):
    def __init__(self, status: int, error: str, description: str = "") -> None:
        super().__init__(status, error)
        self.status = status
        self.error = error
        self.description = description


def check_authorize(query: dict[str, str], client: Client | None) -> Client:
    """The client of a request that may be answered by a redirect; raises for a page."""
    if client is None:
        raise OAuthError(400, "invalid_client", "Unknown client_id")
    if query.get("redirect_uri") not in client.redirect_uris:
        raise OAuthError(400, "mismatching_redirect_uri", "The redirect URI is not registered")
    return client


def authorize_error(query: dict[str, str]) -> str:
    """An error to send back by redirect, or nothing."""
    if query.get("response_type") != "code":
        return "unsupported_response_type"
    scopes = query.get("scope", "").split()
    if not scopes or any(scope not in SCOPE_WORDS for scope in scopes):
        return "invalid_scope"
    if query.get("code_challenge") and query.get("code_challenge_method", "plain") != "S256":
        return "invalid_request"
    return ""


def exchange(accounts: Accounts, client: Client, form: dict[str, str]) -> Grant:
    grant = accounts.by_code.get(form.get("code", ""))
    if (
        grant is None
        or grant.used
        or grant.client_id != client.id
        or grant.redirect_uri != form.get("redirect_uri")
        or accounts.clock.now() > grant.made + CODE_LIFETIME
    ):
        if grant is not None and grant.used:
            grant.revoked = True  # RFC 6749 4.1.2: a repeated code spoils its tokens
        raise OAuthError(400, "invalid_grant")
    verifier = form.get("code_verifier", "")
    if grant.challenge and challenge_of(verifier) != grant.challenge:
        raise OAuthError(400, "invalid_grant", "code_verifier does not fit code_challenge")
    grant.used = True
    return grant


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def token_answer(grant: Grant) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "access_token": grant.access,
        "scope": " ".join(grant.scopes),
        "expires_in": LIFETIME,
        "token_type": "Bearer",
        "resource_server": "auth.globus.org",
        "state": "",
        "other_tokens": [],
    }
    if "offline_access" in grant.scopes:
        answer["refresh_token"] = grant.refresh
    return answer


def assertions(accounts: Accounts, grant: Grant) -> dict[str, Any]:
    """What userinfo says, and the id_token too."""
    account = accounts.account_of(grant.identity)
    primary = account.primary
    said: dict[str, Any] = {"sub": primary.id, "last_authentication": int(grant.made)}
    if "profile" in grant.scopes:
        said |= {
            "name": primary.name,
            "preferred_username": primary.username,
            "organization": primary.organization or None,
            "identity_provider": primary.provider.id,
            "identity_provider_display_name": primary.provider.name,
        }
    if "email" in grant.scopes:
        said["email"] = primary.email
    if VIEW_SET in grant.scopes or "profile" in grant.scopes:
        said["identity_set"] = [
            _member(one, at=int(grant.made) if one == grant.identity else None)
            for one in account.identities
        ]
    return said


def _member(identity: Identity, *, at: int | None) -> dict[str, Any]:
    return {
        "sub": identity.id,
        "username": identity.username,
        "name": identity.name,
        "email": identity.email,
        "organization": identity.organization or None,
        "identity_provider": identity.provider.id,
        "identity_provider_display_name": identity.provider.name,
        "last_authentication": at,
    }


def introspection(accounts: Accounts, grant: Grant, *, issuer: str) -> dict[str, Any]:
    account = accounts.account_of(grant.identity)
    return {
        "active": accounts.alive(grant),
        "scope": " ".join(grant.scopes),
        "sub": account.primary.id,
        "username": account.primary.username,
        "name": account.primary.name,
        "email": account.primary.email,
        "client_id": grant.client_id,
        "aud": ["auth.globus.org", grant.client_id],
        "iss": issuer,
        "exp": int(grant.made + LIFETIME),
        "iat": int(grant.made),
        "nbf": int(grant.made),
        "token_type": "Bearer",
        "identity_set": [one.id for one in account.identities],
        "session_info": {
            "session_id": grant.code[:36],
            "authentications": {
                grant.identity.id: {
                    "idp": grant.identity.provider.id,
                    "auth_time": int(grant.made),
                    "acr": None,
                    "amr": None,
                }
            },
        },
    }


def discovery(issuer: str) -> dict[str, Any]:
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/v2/oauth2/authorize",
        "userinfo_endpoint": f"{issuer}/v2/oauth2/userinfo",
        "token_endpoint": f"{issuer}/v2/oauth2/token",
        "revocation_endpoint": f"{issuer}/v2/oauth2/token/revoke",
        "jwks_uri": f"{issuer}/jwk.json",
        "response_types_supported": ["code", "token", "token id_token", "id_token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "claims_supported": [
            "at_hash",
            "aud",
            "email",
            "exp",
            "name",
            "nonce",
            "preferred_username",
            "iat",
            "iss",
            "sub",
        ],
        "subject_types_supported": ["public"],
        "code_challenge_methods_supported": ["S256"],
    }
