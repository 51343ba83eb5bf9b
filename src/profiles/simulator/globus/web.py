"""Globus Auth over HTTP: choice page, consent, and the endpoints for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .. import client_forms
from ..keys import at_hash
from . import oidc
from .oidc import OAuthError
from .state import LIFETIME, Client, Grant, Identity, Provider

if TYPE_CHECKING:
    from .simulator import GlobusSimulator


def simulator_of(request: Request) -> GlobusSimulator:
    simulator: GlobusSimulator = request.app.state.simulator
    return simulator


def back(query: dict[str, str], **answer: str) -> Response:
    uri = query["redirect_uri"]
    parts = {**answer, "state": query.get("state", "")}
    joint = "&" if "?" in uri else "?"
    text = urlencode({k: v for k, v in parts.items() if v})
    return RedirectResponse(f"{uri}{joint}{text}", 302)


def begin(request: Request, text: str) -> tuple[dict[str, str], Client] | Response:
    """The request and its client; else the page or redirect that refuses it."""
    simulator = simulator_of(request)
    query = dict(parse_qsl(text))
    known = simulator.accounts.clients.get(query.get("client_id", ""))
    try:
        client = oidc.check_authorize(query, known)
    except OAuthError as error:
        return simulator.renderer.page("error.html", 400, error=error)
    wrong = oidc.authorize_error(query)
    return back(query, error=wrong) if wrong else (query, client)


async def authorize(request: Request) -> Response:
    """First the choice of a provider, then of an identity there."""
    begun = begin(request, request.url.query)
    if isinstance(begun, Response):
        return begun
    query, client = begun
    simulator = simulator_of(request)
    provider = simulator.accounts.providers.get(query.pop("provider", ""))
    if provider is None:
        return simulator.renderer.page(
            "choose.html",
            client=client,
            query=query,
            message=query.get("session_message", ""),
            providers=offered(simulator, query),
        )
    identities = [one for one in simulator.accounts.identities.values() if one.provider == provider]
    return simulator.renderer.page(
        "sign-in.html",
        client=client,
        query=urlencode(query),
        again="/v2/oauth2/authorize?" + urlencode(query),
        provider=provider,
        identities=identities[:12],
        words=[oidc.SCOPE_WORDS[scope] for scope in query["scope"].split()],
        problem="",
    )


def offered(simulator: GlobusSimulator, query: dict[str, str]) -> list[Provider]:
    """All providers, or those of the domains that the application insists on."""
    domains = query.get("session_required_single_domain", "")
    return [
        one
        for one in simulator.accounts.providers.values()
        if not domains or one.domain in domains.split(",")
    ]


async def decide(request: Request) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    begun = begin(request, form.get("query", ""))
    if isinstance(begun, Response):
        return begun
    query, client = begun
    if form.get("decision") == "deny":
        return back(query, error="access_denied")
    identity = chosen(simulator_of(request), form)
    if identity is None:
        return RedirectResponse(f"/v2/oauth2/authorize?{urlencode(query)}", 302)
    accounts = simulator_of(request).accounts
    grant = Grant(
        client_id=client.id,
        identity=identity,
        scopes=tuple(query["scope"].split()),
        redirect_uri=query["redirect_uri"],
        nonce=query.get("nonce", ""),
        challenge=query.get("code_challenge", ""),
        made=accounts.clock.now(),
    )
    accounts.keep(grant)
    return back(query, code=grant.code)


def chosen(simulator: GlobusSimulator, form: dict[str, str]) -> Identity | None:
    """A seeded identity by button, or any user name: a new one is made for it."""
    accounts = simulator.accounts
    found = accounts.identities.get(form.get("identity", ""))
    if found is not None:
        return found
    provider = accounts.providers.get(form.get("provider", ""))
    name = form.get("username", "").strip()
    if provider is None or not name:
        return None
    username = name if "@" in name else f"{name}@{provider.domain}"
    for one in accounts.identities.values():
        if one.username == username:
            return one
    display = username.partition("@")[0].replace(".", " ").title()
    return accounts.add_identity(provider, username, name=display, email=username)


def client_of(simulator: GlobusSimulator, form: dict[str, str]) -> Client:
    client = simulator.accounts.clients.get(form.get("client_id", ""))
    if client is None or client.secret != form.get("client_secret", ""):
        raise OAuthError(401, "invalid_client")
    return client


def refusal(error: OAuthError) -> Response:
    body = {"error": error.error, "error_description": error.description}
    return JSONResponse(
        {name: value for name, value in body.items() if value},
        error.status,
        headers={"cache-control": "no-store"},
    )


async def token(request: Request) -> Response:
    simulator = simulator_of(request)
    form = await client_forms.read(request)
    try:
        client = client_of(simulator, form)
        grant = granted(simulator, client, form)
    except OAuthError as error:
        return refusal(error)
    answer = oidc.token_answer(grant)
    if "openid" in grant.scopes:
        answer["id_token"] = id_token(simulator, grant)
    return JSONResponse(answer, headers={"cache-control": "no-store"})


def granted(simulator: GlobusSimulator, client: Client, form: dict[str, str]) -> Grant:
    match form.get("grant_type"):
        case "authorization_code":
            return oidc.exchange(simulator.accounts, client, form)
        case "refresh_token":
            grant = simulator.accounts.by_refresh.get(form.get("refresh_token", ""))
            if grant is None or grant.revoked or grant.client_id != client.id:
                raise OAuthError(400, "invalid_grant")
            return grant
    raise OAuthError(400, "unsupported_grant_type")


def id_token(simulator: GlobusSimulator, grant: Grant) -> str:
    now = int(simulator.accounts.clock.now())
    said: dict[str, Any] = {
        **oidc.assertions(simulator.accounts, grant),
        "iss": simulator.url,
        "aud": grant.client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "at_hash": at_hash(grant.access),
    }
    said.pop("identity_set", None)  # only userinfo and introspection tell the set
    if grant.nonce:
        said["nonce"] = grant.nonce
    return simulator.key.sign(said)


async def userinfo(request: Request) -> Response:
    simulator = simulator_of(request)
    text = request.headers.get("authorization", "").partition(" ")[2]
    grant = simulator.accounts.by_access.get(text)
    if grant is None or not simulator.accounts.alive(grant):
        return JSONResponse({"errors": [{"status": "401", "code": "UNAUTHORIZED"}]}, 401)
    return JSONResponse(oidc.assertions(simulator.accounts, grant))


async def introspect(request: Request) -> Response:
    simulator = simulator_of(request)
    form = await client_forms.read(request)
    try:
        client_of(simulator, form)
    except OAuthError as error:
        return refusal(error)
    grant = simulator.accounts.by_access.get(form.get("token", ""))
    if grant is None or not simulator.accounts.alive(grant):
        return JSONResponse({"active": False})
    said = oidc.introspection(simulator.accounts, grant, issuer=simulator.url)
    include = form.get("include", "")
    for name in ("identity_set", "session_info"):
        if name not in include:
            del said[name]
    return JSONResponse(said)


async def revoke(request: Request) -> Response:
    simulator = simulator_of(request)
    form = await client_forms.read(request)
    try:
        client = client_of(simulator, form)
    except OAuthError as error:
        return refusal(error)
    text = form.get("token", "")
    grant = simulator.accounts.by_access.get(text) or simulator.accounts.by_refresh.get(text)
    if grant is not None and grant.client_id == client.id:
        grant.revoked = True
    return JSONResponse({"active": False})


async def logout(request: Request) -> Response:
    query = request.query_params
    client = simulator_of(request).accounts.clients.get(query.get("client_id", ""))
    target = query.get("redirect_uri", "") if client else ""
    return simulator_of(request).renderer.page(
        "logout.html",
        target=target if target.startswith(("http://", "https://")) else "",
        name=query.get("redirect_name", "") or "the application",
    )


async def home(request: Request) -> Response:
    accounts = simulator_of(request).accounts
    return simulator_of(request).renderer.page("home.html", accounts=accounts.accounts)


async def discovery(request: Request) -> Response:
    return JSONResponse(oidc.discovery(simulator_of(request).url))


async def jwks(request: Request) -> Response:
    return JSONResponse(simulator_of(request).key.jwks())


def routes() -> list[Route]:
    return [
        Route("/", home),
        Route("/.well-known/openid-configuration", discovery),
        Route("/jwk.json", jwks),
        Route("/v2/oauth2/authorize", authorize, methods=["GET"]),
        Route("/v2/oauth2/authorize", decide, methods=["POST"]),
        Route("/v2/oauth2/token", token, methods=["POST"]),
        Route("/v2/oauth2/userinfo", userinfo, methods=["GET", "POST"]),
        Route("/v2/oauth2/token/introspect", introspect, methods=["POST"]),
        Route("/v2/oauth2/token/revoke", revoke, methods=["POST"]),
        Route("/v2/web/logout", logout),
    ]
