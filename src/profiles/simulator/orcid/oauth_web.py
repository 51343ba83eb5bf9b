"""ORCID's OAuth over HTTP: the authorize pages and the endpoints for programs."""

from __future__ import annotations

import dataclasses
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .. import client_forms
from ..keys import at_hash
from . import oauth
from .oauth import Ask, AuthorizeRequest, ErrorPage, FragmentError, TokenRefused
from .state import IMPLICIT, Client, Person, Token

if TYPE_CHECKING:
    from .simulator import OrcidSimulator

NO_STORE = {
    "cache-control": "no-store",
    "pragma": "no-cache",
    "OAUTH_AUTHORIZATION_CODE_EXCHANGE": "ON",
}
FIELDS = tuple(field.name for field in dataclasses.fields(AuthorizeRequest))


def simulator_of(request: Request) -> OrcidSimulator:
    simulator: OrcidSimulator = request.app.state.simulator
    return simulator


def parse(query: str) -> AuthorizeRequest:
    given = dict(parse_qsl(query))
    return AuthorizeRequest(**{name: given[name] for name in FIELDS if name in given})


def requery(wanted: AuthorizeRequest, **changed: str) -> str:
    values = {**dataclasses.asdict(wanted), **changed}
    return urlencode({name: value for name, value in values.items() if value})


def decide(request: Request, wanted: AuthorizeRequest) -> tuple[oauth.Outcome, Client | None]:
    simulator = simulator_of(request)
    registry = simulator.registry
    client = registry.clients.get(wanted.client_id)
    person = simulator.signed_in(request)
    live = [
        frozenset(token.scopes)
        for token in registry.live_tokens(person.orcid if person else "")
        if token.client_id == wanted.client_id
    ]
    return oauth.authorize(wanted, client=client, person=person, live_scopes=live), client


async def authorize(request: Request) -> Response:
    wanted = parse(request.url.query)
    outcome, client = decide(request, wanted)
    match outcome:
        case ErrorPage():
            return simulator_of(request).page(request, "error.html", 400, outcome=outcome)
        case FragmentError(error):
            return RedirectResponse(f"{wanted.redirect_uri}#error={error}", 302)
        case Ask(page):
            return ask(request, page, wanted, client)
    return grant(request, wanted)


def ask(request: Request, page: str, wanted: AuthorizeRequest, client: Client | None) -> Response:
    simulator = simulator_of(request)
    if page in ("sign-in", "registration"):
        # A second round must not ask for the sign-in that has just happened.
        prompt = " ".join(part for part in wanted.prompt.split() if part != "login")
        target = f"/oauth/authorize?{requery(wanted, prompt=prompt, show_login='')}"
        known = simulator.find(wanted.orcid or wanted.email)
        to_register = page == "registration" or (
            bool(wanted.email or wanted.orcid) and known is None
        )
        return simulator.page(
            request,
            "register.html" if to_register else "sign-in.html",
            next=target,
            client=client,
            wanted=wanted,
            known=known,
            people=simulator.choosable(),
        )
    words = list(dict.fromkeys(oauth.SCOPE_WORDS[scope] for scope in wanted.scopes))
    return simulator.page(
        request,
        f"{page}.html",
        client=client,
        words=words,
        query=requery(wanted),
        person=simulator.signed_in(request),
    )


def grant(request: Request, wanted: AuthorizeRequest) -> Response:
    simulator = simulator_of(request)
    registry = simulator.registry
    client = registry.clients[wanted.client_id]
    person = simulator.signed_in(request)
    if person is None:
        return RedirectResponse(f"/oauth/authorize?{requery(wanted)}", 302)
    if wanted.implicit:
        return RedirectResponse(implicit(simulator, wanted, client, person), 302)
    code = registry.issue_code(
        client=client,
        person=person,
        scopes=wanted.scopes,
        redirect_uri=wanted.redirect_uri,
        nonce=wanted.nonce,
    )
    return RedirectResponse(
        oauth.with_query(wanted.redirect_uri, code=code.text, state=wanted.state), 302
    )


def implicit(
    simulator: OrcidSimulator, wanted: AuthorizeRequest, client: Client, person: Person
) -> str:
    issued = simulator.registry.issue_token(
        client_id=client.id, orcid=person.orcid, scopes=wanted.scopes, expires_in=IMPLICIT
    )
    issued.signed_in_at = issued.made
    answer = {"id_token": id_token(simulator, issued, person, wanted.nonce)}
    if wanted.response_type == "id_token token":
        answer |= {"access_token": issued.access, "token_type": "bearer"}
        answer |= {"expires_in": str(IMPLICIT), "orcid": person.orcid}
    return f"{wanted.redirect_uri}#{urlencode(answer)}"


async def consent(request: Request) -> Response:
    """The person has clicked Authorize or Deny."""
    form = await request.form()
    wanted = parse(str(form.get("query", "")))
    outcome, _ = decide(request, dataclasses.replace(wanted, prompt="confirm"))
    if not (isinstance(outcome, Ask) and outcome.page == "consent"):
        return RedirectResponse(f"/oauth/authorize?{requery(wanted)}", 302)
    if form.get("decision") == "allow":
        return grant(request, wanted)
    return RedirectResponse(
        oauth.with_query(
            wanted.redirect_uri,
            error="access_denied",
            error_description="User denied access",
            state=wanted.state,
        ),
        302,
    )


def id_token(simulator: OrcidSimulator, issued: Token, person: Person, nonce: str) -> str:
    said = oauth.id_assertions(
        person,
        issuer=simulator.url,
        client_id=issued.client_id,
        nonce=nonce,
        now=simulator.registry.clock.now(),
        signed_in_at=issued.signed_in_at,
    )
    said |= {"at_hash": at_hash(issued.access), "jti": str(uuid.uuid4())}
    return simulator.key.sign(said)


async def token(request: Request) -> Response:
    kind = request.headers.get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        return JSONResponse({"error": "Unsupported Media Type", "status": 415}, 415)
    simulator = simulator_of(request)
    form = await client_forms.read(request)
    try:
        issued = oauth.token(simulator.registry, form)
    except TokenRefused as refused:
        return JSONResponse(refused.body, refused.status, headers=NO_STORE)
    person = simulator.registry.people.get(issued.orcid)
    answer: dict[str, Any] = oauth.token_answer(issued, person)
    if person is not None and "openid" in issued.scopes:
        code = simulator.registry.codes.get(form.get("code", ""))
        answer["id_token"] = id_token(simulator, issued, person, code.nonce if code else "")
    return JSONResponse(answer, headers=NO_STORE)


async def revoke(request: Request) -> Response:
    try:
        oauth.revoke(simulator_of(request).registry, await client_forms.read(request))
    except TokenRefused as refused:
        return JSONResponse(refused.body, refused.status, headers=NO_STORE)
    return Response(None, 200, headers=NO_STORE)


async def userinfo(request: Request) -> Response:
    registry = simulator_of(request).registry
    _, _, text = request.headers.get("authorization", "").partition(" ")
    if request.method == "POST" and not text:
        text = str((await request.form()).get("access_token", ""))
    found = registry.tokens.get(text.strip())
    person = registry.people.get(found.orcid) if found and registry.alive(found) else None
    if person is None or found is None or "openid" not in found.scopes:
        return JSONResponse(
            {"error": "access_denied", "error-description": "access_token is invalid"}, 403
        )
    return JSONResponse(oauth.userinfo(person))


async def discovery(request: Request) -> Response:
    return JSONResponse(oauth.discovery(simulator_of(request).url))


async def jwks(request: Request) -> Response:
    return JSONResponse(simulator_of(request).key.jwks())


def routes() -> list[Route]:
    return [
        Route("/oauth/authorize", authorize, methods=["GET"]),
        Route("/oauth/authorize", consent, methods=["POST"]),
        Route("/oauth/token", token, methods=["POST"]),
        Route("/pub/oauth/token", token, methods=["POST"]),
        Route("/oauth/revoke", revoke, methods=["POST"]),
        Route("/oauth/userinfo", userinfo, methods=["GET", "POST"]),
        Route("/oauth/jwks", jwks, methods=["GET"]),
        Route("/.well-known/openid-configuration", discovery, methods=["GET"]),
    ]
