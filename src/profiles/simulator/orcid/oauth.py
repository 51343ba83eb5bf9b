"""ORCID's OAuth 2.0 and OpenID Connect, decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlencode, urlsplit

from .state import CODE_LIFETIME, Client, Code, Person, Registry, Token

# What the consent page says, one line a scope.
SCOPE_WORDS: Final = {
    "/authenticate": "Get your ORCID iD",
    "openid": "Get your ORCID iD",
    "/read-limited": "Read your information with visibility set to Trusted parties",
    "/activities/update": "Add/update your research activities (works, affiliations, etc)",
    "/person/update": "Add/update other information about you (country, keywords, etc)",
}
DROPPED_SCOPES: Final = frozenset({"profile", "email", "address", "phone", "offline_access"})
CLIENT_SCOPES: Final = {
    "/read-public": ("public", "member", "premium"),
    "/webhook": ("premium",),
    "/premium-notification": ("premium",),
    "/group-id-record/read": ("member", "premium"),
    "/group-id-record/update": ("member", "premium"),
}
RESPONSE_TYPES: Final = frozenset({"code", "id_token", "id_token token"})
UNUSABLE: Final = frozenset({"locked", "deactivated", "deprecated"})


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    client_id: str = ""
    response_type: str = ""
    scope: str = ""
    redirect_uri: str = ""
    state: str = ""
    nonce: str = ""
    prompt: str = ""
    orcid: str = ""
    email: str = ""
    given_names: str = ""
    family_names: str = ""
    show_login: str = ""

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(s for s in dict.fromkeys(self.scope.split()) if s not in DROPPED_SCOPES)

    @property
    def implicit(self) -> bool:
        return "token" in self.response_type


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """Shown to the person; nothing is redirected, because the address cannot be trusted."""

    error: str
    description: str


@dataclass(frozen=True, slots=True)
class FragmentError:
    """302 to redirect_uri#error=…, without state."""

    error: str


@dataclass(frozen=True, slots=True)
class Ask:
    page: Literal["sign-in", "registration", "consent", "locked"]


@dataclass(frozen=True, slots=True)
class Grant:
    """No page: go back at once with a code."""


Outcome = ErrorPage | FragmentError | Ask | Grant


def redirect_allowed(wanted: str, registered: Iterable[str]) -> bool:
    """Scheme, user info, host and port equal; the path starts with the registered one."""
    new = urlsplit(wanted)
    return any(
        (new.scheme, new.netloc) == (old.scheme, old.netloc) and new.path.startswith(old.path)
        for old in map(urlsplit, registered)
    )


def authorize(
    request: AuthorizeRequest,
    *,
    client: Client | None,
    person: Person | None,
    live_scopes: Iterable[frozenset[str]],
) -> Outcome:
    """What the authorize page does. `live_scopes`: one set for each live token of this client."""
    refusal = _untrusted(request, client) or _unfit(request)
    if refusal is not None:
        return refusal
    prompts = request.prompt.split()
    if person is None or ("login" in prompts and "openid" in request.scopes):
        if "none" in prompts:
            return FragmentError("login_required")
        return Ask("registration" if request.show_login == "false" else "sign-in")
    if person.state in UNUSABLE:
        return Ask("locked")
    known = frozenset(request.scopes) in set(live_scopes)
    if known and "confirm" not in prompts:
        return Grant()
    if "none" in prompts:
        return FragmentError("interaction_required")
    return Ask("consent")


def _untrusted(request: AuthorizeRequest, client: Client | None) -> ErrorPage | None:
    if client is None:
        return ErrorPage("invalid_request", "Invalid parameter: client_id")
    if not request.redirect_uri:
        return ErrorPage("invalid_request", "Please specify a redirect URI")
    if not redirect_allowed(request.redirect_uri, client.redirect_uris):
        return ErrorPage("invalid_request", "Redirect URI doesn't match your registered URIs")
    if not request.response_type or not request.scope:
        return ErrorPage("invalid_request", "Please specify a response type and a scope")
    if client.locked:
        return ErrorPage("unauthorized_client", "The client is locked")
    return None


def _unfit(request: AuthorizeRequest) -> FragmentError | None:
    if request.response_type not in RESPONSE_TYPES:
        return FragmentError("unsupported_response_type")
    if not request.scopes or any(scope not in SCOPE_WORDS for scope in request.scopes):
        return FragmentError("invalid_scope")
    if request.implicit and not set(request.scopes) <= {"openid", "/authenticate"}:
        return FragmentError("invalid_scope")
    if request.implicit and not request.nonce:
        return FragmentError("invalid_request")
    return None


def with_query(uri: str, **parameters: str) -> str:
    """`&` when the URI already has a query."""
    joint = "&" if "?" in uri else "?"
    query = urlencode({k: v for k, v in parameters.items() if v}).replace("+", "%20")
    return f"{uri}{joint}{query}"


# --- the token endpoint ---


class TokenRefused(Exception):
    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(status, error)
        self.status = status
        self.body = {"error": error, "error_description": description}


def token(registry: Registry, form: dict[str, str]) -> Token:
    """The token for a request, in the order of ORCID's checks."""
    grant = form.get("grant_type", "").strip()
    if not grant:
        raise TokenRefused(400, "unsupported_grant_type", "grant_type is missing")
    for name in ("client_id", "client_secret"):
        if not form.get(name, "").strip():
            raise TokenRefused(401, "invalid_request", f"{name} is required")
    if grant == "refresh_token" and not form.get("refresh_token", "").strip():
        raise TokenRefused(401, "invalid_request", "refresh_token is required")
    client = authenticate(registry, form)
    if client.locked:
        raise TokenRefused(400, "unauthorized_client", "The client is locked")
    match grant:
        case "authorization_code":
            return _from_code(registry, client, form)
        case "refresh_token":
            return _refreshed(registry, client, form)
        case "client_credentials":
            return _for_client(registry, client, form)
    raise TokenRefused(400, "unsupported_grant_type", f"Unsupported grant type: {grant}")


def authenticate(registry: Registry, form: dict[str, str]) -> Client:
    client = registry.clients.get(form.get("client_id", ""))
    if client is None or client.secret != form.get("client_secret", ""):
        raise TokenRefused(401, "invalid_client", "Client authentication failed")
    return client


def _from_code(registry: Registry, client: Client, form: dict[str, str]) -> Token:
    text = form.get("code", "")
    code = registry.codes.get(text)
    if code is None or code.client_id != client.id:
        raise TokenRefused(400, "invalid_grant", f"Invalid authorization code: {text}")
    if code.used:
        _disable(registry, code)
        raise TokenRefused(400, "invalid_grant", f"Reused authorization code: {text}")
    if (
        registry.clock.now() > code.made + CODE_LIFETIME
        or form.get("redirect_uri", "") != code.redirect_uri
    ):
        raise TokenRefused(
            400,
            "invalid_grant",
            "One of the provided parameters is invalid, or, the provided token/code is invalid "
            "or expired",
        )
    _refuse_unusable(registry, code.orcid)
    code.used = True
    issued = registry.issue_token(client_id=client.id, orcid=code.orcid, scopes=code.scopes)
    issued.signed_in_at = code.made
    code.access_token = issued.access
    return issued


def _disable(registry: Registry, code: Code) -> None:
    first = registry.tokens.get(code.access_token)
    if first is not None:
        first.disabled = first.disabled or "AUTH_CODE_REUSED"


def _refuse_unusable(registry: Registry, orcid: str) -> None:
    person = registry.people.get(orcid)
    if person is None or person.state in UNUSABLE:
        raise TokenRefused(400, "unauthorized_client", "The record is locked or deactivated")


def _refreshed(registry: Registry, client: Client, form: dict[str, str]) -> Token:
    parent = registry.by_refresh.get(form["refresh_token"])
    if parent is None or parent.client_id != client.id:
        raise TokenRefused(400, "invalid_grant", "Invalid refresh token")
    if parent.disabled:
        raise TokenRefused(400, "invalid_grant", "Parent token is disabled")
    wanted = tuple(form.get("scope", "").split()) or parent.scopes
    for scope in wanted:
        if scope not in parent.scopes:
            raise TokenRefused(
                400,
                "invalid_scope",
                f"The given scope '{scope}' is not allowed for the parent token",
            )
    _refuse_unusable(registry, parent.orcid)
    parent.disabled = "REFRESHED"
    return registry.issue_token(client_id=client.id, orcid=parent.orcid, scopes=wanted)


def _for_client(registry: Registry, client: Client, form: dict[str, str]) -> Token:
    scopes = tuple(form.get("scope", "").split())
    for scope in scopes:
        if client.kind not in CLIENT_SCOPES.get(scope, ()):
            raise TokenRefused(400, "invalid_scope", f"Invalid scope: {scope}")
    if not scopes:
        raise TokenRefused(400, "invalid_scope", "Invalid scope: ")
    return registry.issue_token(client_id=client.id, orcid="", scopes=scopes)


def revoke(registry: Registry, form: dict[str, str]) -> None:
    """Disable the named token and its refresh token; an unknown one is fine."""
    client = authenticate(registry, form)
    text = form.get("token", "")
    if not text:
        raise TokenRefused(400, "invalid_request", "token is missing")
    found = registry.tokens.get(text) or registry.by_refresh.get(text)
    if found is not None and found.client_id == client.id:
        found.disabled = found.disabled or "CLIENT_REVOKED"


def token_answer(issued: Token, person: Person | None) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "access_token": issued.access,
        "token_type": "bearer",
        "refresh_token": issued.refresh,
        "expires_in": issued.expires_in - 1,
        "scope": " ".join(issued.scopes),
    }
    if person is None:
        return {**answer, "orcid": None}
    return {**answer, "name": person.public_name or None, "orcid": person.orcid}


def id_assertions(
    person: Person, *, issuer: str, client_id: str, nonce: str, now: float, signed_in_at: float
) -> dict[str, Any]:
    """What an id_token says, before at_hash: names only if they are public."""
    said: dict[str, Any] = {
        "iss": issuer,
        "aud": client_id,
        "sub": person.orcid,
        "iat": int(now),
        "exp": int(now) + 24 * 3600,
        "auth_time": int(signed_in_at),
        "amr": "pwd",
    }
    if nonce:
        said["nonce"] = nonce
    if person.names_visibility == "public":
        said["name"] = person.credit_name or person.full_name
        said["given_name"] = person.given_names
        if person.family_name:
            said["family_name"] = person.family_name
    return said


def userinfo(person: Person) -> dict[str, Any]:
    public = person.names_visibility == "public"
    return {
        "id": f"https://orcid.org/{person.orcid}",
        "sub": person.orcid,
        "name": (person.credit_name or None) if public else None,
        "family_name": (person.family_name or None) if public else None,
        "given_name": person.given_names if public else None,
    }


def discovery(issuer: str) -> dict[str, Any]:
    return {
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "userinfo_endpoint": f"{issuer}/oauth/userinfo",
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "claims_supported": ["family_name", "given_name", "name", "auth_time", "iss", "sub"],
        "scopes_supported": ["openid"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code", "id_token", "id_token token"],
        "claims_parameter_supported": False,
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "grant_types_supported": ["authorization_code", "implicit", "refresh_token"],
        "issuer": issuer,
    }
