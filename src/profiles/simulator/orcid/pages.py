"""ORCID's pages for people: sign-in, registration, record, trusted parties, inbox, account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from . import notifications
from .grouping import group_order, groups
from .oauth import SCOPE_WORDS
from .state import PermissionRequest, Person, Work

if TYPE_CHECKING:
    from .simulator import OrcidSimulator

COOKIE = "orcid_simulator_session"
VISIBILITIES = (
    ("public", "Everyone"),
    ("limited", "Trusted parties"),
    ("private", "Only me"),
)


def simulator_of(request: Request) -> OrcidSimulator:
    simulator: OrcidSimulator = request.app.state.simulator
    return simulator


def same_site(target: str) -> str:
    """A path of our own, whatever a form says."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


async def home(request: Request) -> Response:
    simulator = simulator_of(request)
    return simulator.page(request, "home.html", people=list(simulator.registry.people.values()))


async def sign_in_form(request: Request) -> Response:
    simulator = simulator_of(request)
    target = request.query_params.get("next", "/")
    return simulator.page(
        request, "sign-in.html", next=target, people=simulator.choosable(), known=None
    )


async def sign_in(request: Request) -> Response:
    """By the button of a person, or by iD or e-mail with any password."""
    simulator = simulator_of(request)
    form = await request.form()
    target = same_site(str(form.get("next", "/")))
    person = simulator.find(str(form.get("orcid") or form.get("username") or ""))
    if person is None:
        return simulator.page(
            request,
            "sign-in.html",
            400,
            next=target,
            people=simulator.choosable(),
            known=None,
            problem="There is no account with this iD or e-mail address.",
        )
    response = RedirectResponse(target, 302)
    simulator.start_session(response, person)
    return response


async def register_form(request: Request) -> Response:
    target = request.query_params.get("next", "/")
    return simulator_of(request).page(request, "register.html", next=target, wanted=None)


async def register(request: Request) -> Response:
    simulator = simulator_of(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    target = same_site(form.get("next", "/"))
    given = form.get("given_names", "").strip()
    if not given:
        return simulator.page(
            request, "register.html", 400, next=target, wanted=None, problem="Enter a first name."
        )
    person = simulator.add_person(
        given,
        form.get("family_name", "").strip(),
        email=form.get("email", "").strip(),
        default_visibility=form.get("visibility", "public"),
    )
    response = RedirectResponse(target, 302)
    simulator.start_session(response, person)
    return response


async def sign_out(request: Request) -> Response:
    response = RedirectResponse("/", 302)
    response.delete_cookie(COOKIE)
    return response


async def user_status(request: Request) -> Response:
    out = request.query_params.get("logUserOut") == "true"
    there = simulator_of(request).signed_in(request) is not None and not out
    response = JSONResponse({"loggedIn": there})
    response.headers["access-control-allow-origin"] = "*"
    if out:
        response.delete_cookie(COOKIE)
    return response


async def record(request: Request) -> Response:
    simulator = simulator_of(request)
    registry = simulator.registry
    person = registry.people.get(request.path_params["orcid"])
    if person is None:
        return simulator.page(request, "missing.html", 404)
    if person.state == "deprecated":
        return RedirectResponse(f"/{person.deprecated_to}", 301)
    viewer = simulator.signed_in(request)
    own = viewer is not None and viewer.orcid == person.orcid
    works = [
        work
        for work in registry.records[person.orcid].works.values()
        if own or work.visibility == "public"
    ]
    refresh = request.query_params.get("refresh", "")
    return simulator.page(
        request,
        "record.html",
        person=person,
        own=own,
        count=len(works),
        groups=_shown_groups(simulator, person, works),
        refresh=refresh if refresh.isdigit() and int(refresh) > 0 else "",
    )


def _shown_groups(
    simulator: OrcidSimulator, person: Person, works: list[Work]
) -> list[list[dict[str, Any]]]:
    found = groups(works)
    found.sort(key=lambda group: group_order(group[0].content))
    return [[_shown(simulator, person, work) for work in group] for group in found]


def _shown(simulator: OrcidSimulator, person: Person, work: Work) -> dict[str, Any]:
    shown = simulator.printer.work(person.orcid, work)
    date = shown["publication-date"] or {}
    parts = [date[name]["value"] for name in ("year", "month", "day") if date.get(name)]
    source = shown["source"]["source-name"]
    url = (shown["url"] or {}).get("value", "")
    return {
        "put_code": work.put_code,
        "title": shown["title"]["title"]["value"],
        "subtitle": (shown["title"]["subtitle"] or {}).get("value", ""),
        "journal": (shown["journal-title"] or {}).get("value", ""),
        "type": shown["type"].replace("-", " ").capitalize(),
        "date": "-".join(parts),
        "url": url if url.startswith(("http://", "https://")) else "",
        "ids": [_shown_id(one) for one in shown["external-ids"]["external-id"]],
        "contributors": [
            (one["credit-name"] or {}).get("value", "")
            or (one["contributor-orcid"] or {}).get("path", "")
            for one in shown["contributors"]["contributor"][:50]
        ],
        "description": shown["short-description"] or "",
        "source": source["value"] if source else "",
        "visibility": dict(VISIBILITIES).get(work.visibility, work.visibility),
        "created": simulator.day(work.created),
        "modified": simulator.day(work.modified),
    }


def _shown_id(one: dict[str, Any]) -> dict[str, str]:
    url = (one["external-id-url"] or {}).get("value", "")
    return {
        "type": one["external-id-type"].upper(),
        "value": one["external-id-value"],
        "url": url if url.startswith(("http://", "https://")) else "",
        "relationship": one["external-id-relationship"].replace("-", " "),
    }


async def trusted_parties(request: Request) -> Response:
    simulator = simulator_of(request)
    person = simulator.signed_in(request)
    if person is None:
        return RedirectResponse("/signin?next=/trusted-parties", 302)
    parties: dict[str, dict[str, Any]] = {}
    for token in simulator.registry.live_tokens(person.orcid):
        client = simulator.registry.clients[token.client_id]
        party = parties.setdefault(
            client.id,
            {"id": client.id, "name": client.name, "since": token.made, "words": {}},
        )
        party["words"] |= {SCOPE_WORDS.get(scope, scope): None for scope in token.scopes}
    for party in parties.values():
        party["since"] = simulator.day(int(party["since"] * 1000))
    return simulator.page(
        request, "trusted-parties.html", person=person, parties=list(parties.values())
    )


async def revoke(request: Request) -> Response:
    simulator = simulator_of(request)
    person = simulator.signed_in(request)
    if person is None:
        return RedirectResponse("/signin?next=/trusted-parties", 302)
    client_id = str((await request.form()).get("client_id", ""))
    simulator.revoke_tokens(person.orcid, client_id=client_id)
    return RedirectResponse("/trusted-parties", 302)


async def inbox(request: Request) -> Response:
    simulator = simulator_of(request)
    person = simulator.signed_in(request)
    if person is None:
        return RedirectResponse("/signin?next=/inbox", 302)
    registry = simulator.registry
    found = registry.inboxes.get(person.orcid, [])
    asking = notifications.shown_to(registry, person.orcid)
    return simulator.page(
        request,
        "inbox.html",
        person=person,
        messages=[
            {"subject": one.subject, "items": one.items, "day": simulator.day(one.at)}
            for one in reversed(found)
        ],
        requests=[
            {
                "client": registry.clients[one.client_id].name,
                "content": one.content,
                "number": one.put_code,
                "day": simulator.day(one.created),
            }
            for one in reversed(asking)
        ],
    )


def _own_request(request: Request, number: str) -> PermissionRequest | None:
    """The one of that number in the inbox of whoever is signed in."""
    simulator = simulator_of(request)
    person = simulator.signed_in(request)
    found = simulator.registry.permission_requests.get(person.orcid, ()) if person else ()
    return next((one for one in found if str(one.put_code) == number), None)


async def archive(request: Request) -> Response:
    """The person puts a message away."""
    found = _own_request(request, str((await request.form()).get("number", "")))
    if found is not None:
        found.archived = simulator_of(request).registry.clock.millis()
    return RedirectResponse("/inbox", 302)


async def follow(request: Request) -> Response:
    """The person goes where the message leads; ORCID remembers that."""
    found = _own_request(request, str(request.path_params["number"]))
    if found is None:
        return RedirectResponse("/inbox", 302)
    found.actioned = found.actioned or simulator_of(request).registry.clock.millis()
    return RedirectResponse(found.content["authorization-url"]["uri"], 302)


async def account(request: Request) -> Response:
    simulator = simulator_of(request)
    person = simulator.signed_in(request)
    if person is None:
        return RedirectResponse("/signin?next=/account", 302)
    saved = False
    if request.method == "POST":
        form = await request.form()
        wanted = str(form.get("visibility", ""))
        if wanted in dict(VISIBILITIES):
            person.default_visibility = wanted
            person.takes_notifications = "notifications" in form
            saved = True
    return simulator.page(request, "account.html", person=person, choices=VISIBILITIES, saved=saved)


async def take_off(request: Request) -> Response:
    """The person deletes a work of their own record."""
    simulator = simulator_of(request)
    person = simulator.signed_in(request)
    if person is None:
        return RedirectResponse("/signin", 302)
    text = str((await request.form()).get("put_code", ""))
    if text.isdigit():
        simulator.delete_work(person.orcid, int(text))
    return RedirectResponse(f"/{person.orcid}", 302)


def routes() -> list[Route]:
    return [
        Route("/", home),
        Route("/signin", sign_in_form, methods=["GET"]),
        Route("/signin", sign_in, methods=["POST"]),
        Route("/register", register_form, methods=["GET"]),
        Route("/register", register, methods=["POST"]),
        Route("/signout", sign_out, methods=["POST"]),
        Route("/userStatus.json", user_status),
        Route("/trusted-parties", trusted_parties, methods=["GET"]),
        Route("/trusted-parties", revoke, methods=["POST"]),
        Route("/inbox", inbox, methods=["GET"]),
        Route("/inbox", archive, methods=["POST"]),
        Route("/inbox/{number:int}/action", follow, methods=["GET"]),
        Route("/account", account, methods=["GET", "POST"]),
        Route("/works/delete", take_off, methods=["POST"]),
        Route("/{orcid:orcid}", record),
    ]
