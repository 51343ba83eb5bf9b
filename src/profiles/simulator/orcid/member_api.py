"""The Member API and the public API over HTTP: thin; the decisions are in the other modules."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from . import access, body, notifications, people, reading, webhooks, works, xml_shapes
from .negotiation import DEFAULT, Media, answer_as, sent_as
from .refusal import OAuthRefused, Refused, shape, xml
from .state import Client, Person, Token, Work

if TYPE_CHECKING:
    from .simulator import OrcidSimulator

Handler = Callable[["Call"], Awaitable[Response]]

HEADERS = {
    "access-control-allow-origin": "*",
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
    "pragma": "no-cache",
    "expires": "0",
    "x-xss-protection": "1; mode=block",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
}


class Call:
    """One request, with what the checks have found out about it."""

    def __init__(self, request: Request, *, public: bool) -> None:
        self.request = request
        self.simulator: OrcidSimulator = request.app.state.simulator
        self.registry = self.simulator.registry
        self.public = public
        self.media: Media = DEFAULT
        self.token: Token | None = None

    @property
    def orcid(self) -> str:
        orcid: str = self.request.path_params["orcid"]
        return orcid

    @property
    def client(self) -> Client:
        return self.registry.clients[self.token.client_id] if self.token else NOBODY

    def negotiate(self) -> None:
        media = answer_as(self.request.headers.get("accept", ""))
        if media is None:
            raise Refused(9001, "HTTP 406 Not Acceptable", status=406)
        self.media = media

    def authenticate(self) -> None:
        """Steps 1 and 2. The public API also answers without a token."""
        header = self.request.headers.get("authorization", "")
        parameter = self.request.query_params.get("access_token", "")
        if self.public and not (header or parameter):
            return
        self.token = access.bearer(self.registry, header, parameter, method=self.request.method)
        if not self.public:
            access.own_record(self.token, self.orcid)

    def person(self) -> Person:
        return access.record_of(
            self.registry, self.orcid, client=self.client, method=self.request.method
        )

    def writer(self, scope: str = access.WRITE) -> Person:
        """Steps 4 and 5."""
        person = self.person()
        if self.token is None:
            raise Refused(9038)
        access.may_write(self.token, self.client, scope)
        return person

    def reader(self) -> Person:
        person = self.person()
        if self.token is not None:
            access.may_read(self.token)
        return person

    def answer(self, shown: dict[str, Any], as_xml: Callable[[dict[str, Any]], str]) -> Response:
        is_json = self.media.format == "json"
        content = orjson.dumps(shown) if is_json else as_xml(shown).encode()
        return Response(content, headers={**HEADERS, "content-type": self.media.header})

    def empty(self, status: int, **headers: str) -> Response:
        kind = {"content-type": self.media.header}
        return Response(None, status, headers={**HEADERS, **kind, **headers})

    def refusal(self, refused: Refused) -> Response:
        error = shape(refused, client=self.client.name)
        is_json = self.media.format == "json"
        headers = {**HEADERS, "content-type": self.media.header, **refused.headers}
        if "location" in headers:  # the primary record of a deprecated one
            path = self.request.url.path.replace(self.orcid, headers["location"])
            headers["location"] = f"{self.simulator.url}{path}"
        content = orjson.dumps(error) if is_json else xml(error).encode()
        return Response(content, refused.status, headers=headers)


NOBODY = Client(id="", secret="", name="ORCID", redirect_uris=(), kind="public")


def oauth_refusal(refused: OAuthRefused) -> Response:
    headers = {
        **HEADERS,
        "content-type": "application/json;charset=UTF-8",
        "cache-control": "no-store",
    }
    return Response(orjson.dumps(refused.body), refused.status, headers=headers)


def endpoint(handler: Handler, *, public: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Steps 1 and 2 of every call, and refusals printed in the right format."""

    async def answer(request: Request) -> Response:
        call = Call(request, public=public)
        try:
            call.negotiate()
            call.authenticate()
            return await handler(call)
        except OAuthRefused as refused:
            return oauth_refusal(refused)
        except Refused as refused:
            return call.refusal(refused)

    return answer


def format_of(call: Call) -> str:
    sent = sent_as(call.request.headers.get("content-type", ""))
    if sent is None:
        raise Refused(9001, "HTTP 415 Unsupported Media Type", status=415)
    return sent


def put_code_of(call: Call) -> int:
    text = call.request.path_params["put_code"]
    if not text.isdigit():
        raise Refused(9034, f"'{text}' is not a valid put code")
    return int(text)


async def one_work_of(call: Call) -> dict[str, Any]:
    sent = await call.request.body()
    read = body.work_from_json if format_of(call) == "json" else body.work_from_xml
    return read(sent)


async def post_work(call: Call) -> Response:
    content = await one_work_of(call)
    person = call.writer()
    works.check_new(call.registry, person, call.client, content)
    if call.simulator.write_latency:  # the gap between check and insert, which nothing locks
        await asyncio.sleep(call.simulator.write_latency)
    work = works.store_new(call.registry, person, call.client, content)
    place = f"{call.simulator.url}/v3.0/{person.orcid}/work/{work.put_code}"
    return call.empty(201, location=place.replace("https://", "http://"))


async def post_works(call: Call) -> Response:
    sent = await call.request.body()
    read = body.works_from_json if format_of(call) == "json" else body.works_from_xml
    contents = read(sent)
    person = call.writer()
    printer = call.simulator.printer
    items = [
        {"work": printer.work(person.orcid, one)} if isinstance(one, Work) else {"error": one}
        for one in works.add_all(call.registry, person, call.client, contents)
    ]
    return call.answer({"bulk": items}, xml_shapes.bulk)


async def put_work(call: Call) -> Response:
    content = await one_work_of(call)
    person = call.writer()
    work = works.change(call.registry, person, call.client, content, put_code=put_code_of(call))
    return call.answer(call.simulator.printer.work(person.orcid, work), xml_shapes.work)


async def delete_work(call: Call) -> Response:
    person = call.writer()
    works.remove(call.registry, person, call.client, put_code=put_code_of(call))
    return call.empty(204)


async def get_works(call: Call) -> Response:
    person = call.reader()
    shown = reading.summaries(
        call.registry.records[person.orcid],
        orcid=person.orcid,
        token=call.token,
        printer=call.simulator.printer,
    )
    return call.answer(shown, xml_shapes.works)


async def get_some_works(call: Call) -> Response:
    person = call.reader()
    shown = reading.several(
        call.registry.records[person.orcid],
        [text.strip() for text in call.request.path_params["put_codes"].split(",")],
        orcid=person.orcid,
        token=call.token,
        printer=call.simulator.printer,
    )
    return call.answer(shown, xml_shapes.bulk)


async def get_work(call: Call) -> Response:
    person = call.reader()
    record = call.registry.records[person.orcid]
    work = reading.one(record, put_code_of(call), call.token)
    return call.answer(call.simulator.printer.work(person.orcid, work), xml_shapes.work)


async def get_summary(call: Call) -> Response:
    person = call.reader()
    record = call.registry.records[person.orcid]
    work = reading.one(record, put_code_of(call), call.token)
    return call.answer(call.simulator.printer.summary(person.orcid, work), xml_shapes.summary)


async def get_person(call: Call) -> Response:
    return call.answer(people.person(call.reader()), people.person_xml)


async def get_record(call: Call) -> Response:
    person = call.reader()
    shown = reading.summaries(
        call.registry.records[person.orcid],
        orcid=person.orcid,
        token=call.token,
        printer=call.simulator.printer,
    )
    return call.answer(people.record(person, shown), people.record_xml)


async def get_activities(call: Call) -> Response:
    person = call.reader()
    shown = reading.summaries(
        call.registry.records[person.orcid],
        orcid=person.orcid,
        token=call.token,
        printer=call.simulator.printer,
    )
    return call.answer(people.activities(person, shown), people.activities_xml)


def notifier(call: Call) -> Person:
    """No person's token, but one of the client's own."""
    person = call.person()
    notifications.may_notify(call.token, call.client)
    return person


async def post_notification(call: Call) -> Response:
    if format_of(call) != "json":
        raise Refused(9001, "XML is not read here", status=415)
    site = call.simulator.url
    content = notifications.read(await call.request.body(), site=site)
    person = notifier(call)
    request = notifications.add(call.registry, person, call.client, content)
    place = f"{site}/v3.0/{person.orcid}/notification-permission/{request.put_code}"
    return call.empty(201, location=place.replace("https://", "http://"))


async def get_notifications(call: Call) -> Response:
    person = notifier(call)
    found = notifications.own(call.registry, person.orcid, call.client)
    shown = {"notifications": [notifications.printed(each, call.client) for each in found]}
    return call.answer(shown, notifications.list_xml)


async def get_notification(call: Call) -> Response:
    person = notifier(call)
    number = put_code_of(call)
    request = notifications.one(call.registry, person.orcid, call.client, number)
    return call.answer(notifications.printed(request, call.client), notifications.xml)


async def archive_notification(call: Call) -> Response:
    person = notifier(call)
    number = put_code_of(call)
    request = notifications.archive(call.registry, person.orcid, call.client, number)
    return call.answer(notifications.printed(request, call.client), notifications.xml)


async def put_webhook(call: Call) -> Response:
    person = call.person()
    webhooks.may_register(call.token, call.client)
    uri = call.request.path_params["uri"]
    is_new = webhooks.register(call.registry, person.orcid, call.client, uri)
    return call.empty(201 if is_new else 204)


async def delete_webhook(call: Call) -> Response:
    """Whatever has become of the record."""
    webhooks.may_register(call.token, call.client)
    uri = call.request.path_params["uri"]
    webhooks.unregister(call.registry, call.orcid, call.client, uri)
    return call.empty(204)


async def other_section(call: Call) -> Response:
    """Sections that hold nothing here: the checks of access, then nothing is found."""
    section = call.request.path_params["section"]
    if section in SERVED:
        raise Refused(9001, "HTTP 405 Method Not Allowed", status=405)
    scope = access.SECTION_SCOPES.get(section)
    if scope is None:
        raise Refused(
            9008, "javax.ws.rs.NotFoundException Full validation error: HTTP 404 Not Found"
        )
    if call.request.method == "GET":
        call.reader()
    else:
        call.writer(scope)
    raise Refused(9016, "No entity found for query")


SERVED = frozenset({"work", "works", "person", "record", "activities"})


async def unversioned(request: Request) -> Response:
    """A path without a version: GET goes to v3.0, the rest is refused."""
    if request.method == "GET":
        return RedirectResponse(f"/v3.0{request.url.path}", 302)
    call = Call(request, public=False)
    call.media = answer_as(request.headers.get("accept", "")) or DEFAULT
    return call.refusal(Refused(9012, "An API version is needed"))


async def release_candidate(request: Request) -> Response:
    call = Call(request, public=False)
    call.media = answer_as(request.headers.get("accept", "")) or DEFAULT
    response = call.refusal(Refused(9056, version="3.0"))
    rest = request.path_params["rest"]
    response.headers["location"] = f"{call.simulator.url}/v3.0/{rest}"
    return response


READS: tuple[tuple[str, Handler], ...] = (
    ("/{orcid}/works", get_works),
    ("/{orcid}/works/{put_codes}", get_some_works),
    ("/{orcid}/work/summary/{put_code}", get_summary),
    ("/{orcid}/work/{put_code}", get_work),
    ("/{orcid}/person", get_person),
    ("/{orcid}/record", get_record),
    ("/{orcid}", get_record),
    ("/{orcid}/activities", get_activities),
)
NOTIFICATIONS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/{orcid}/notification-permission", post_notification),
    ("GET", "/{orcid}/notification-permission", get_notifications),
    ("GET", "/{orcid}/notification-permission/{put_code}", get_notification),
    ("DELETE", "/{orcid}/notification-permission/{put_code}", archive_notification),
)
# No version in the path; the address arrives decoded.
WEBHOOK = "/{orcid:orcid}/webhook/{uri:path}"
WRITES: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/{orcid}/work", post_work),
    ("POST", "/{orcid}/works", post_works),
    ("PUT", "/{orcid}/work/{put_code}", put_work),
    ("DELETE", "/{orcid}/work/{put_code}", delete_work),
)
PUBLIC = "/pub"


def routes() -> list[Route]:
    member = [
        Route(f"/v3.0{path}", endpoint(do), methods=[method])
        for method, path, do in (*WRITES, *NOTIFICATIONS)
    ]
    member += [Route(f"/v3.0{path}", endpoint(do), methods=["GET"]) for path, do in READS]
    public = [
        Route(f"{PUBLIC}/v3.0{path}", endpoint(do, public=True), methods=["GET"])
        for path, do in READS
    ]
    every = ["GET", "POST", "PUT", "DELETE"]
    rest = [
        Route("/v3.0/{orcid}/{section}", endpoint(other_section), methods=every),
        Route("/v3.0/{orcid}/{section}/{put_code}", endpoint(other_section), methods=every),
        Route(WEBHOOK, endpoint(put_webhook), methods=["PUT"]),
        Route(WEBHOOK, endpoint(delete_webhook), methods=["DELETE"]),
        Route("/v3.0_rc{n:int}/{rest:path}", release_candidate, methods=every),
        Route("/{orcid:orcid}/{rest:path}", unversioned, methods=every),
    ]
    return member + public + rest
