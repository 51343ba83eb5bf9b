"""DataCite's REST API over HTTP: /dois, /dois/{doi}, /dois/{doi}/activities."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import paging, shapes
from .query import BadQuery, Query, parse, values
from .store import Entry

if TYPE_CHECKING:
    from .simulator import DataCiteSimulator

NOT_FOUND = {
    "errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]
}

# Plain filters: parameter → whether an entry passes, given the parameter's value.
FILTERS: Final[dict[str, Callable[[Entry, str], bool]]] = {
    "client-id": lambda entry, value: entry.repository in value.split(","),
    "prefix": lambda entry, value: entry.doi.split("/")[0] in value.split(","),
    "ids": lambda entry, value: entry.doi in value.lower().split(","),
    "resource-type-id": lambda entry, value: _dashed(entry) in value.split(","),
    "user-id": lambda entry, value: (
        f"https://orcid.org/{value.rsplit('/', 1)[-1]}"
        in values(entry, "creators.nameIdentifiers.nameIdentifier")
    ),
    "has-person": lambda entry, _value: (
        "ORCID" in values(entry, "creators.nameIdentifiers.nameIdentifierScheme")
    ),
}


def _dashed(entry: Entry) -> str:
    general = (entry.attributes["types"] or {}).get("resourceTypeGeneral") or ""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in general).lstrip("-")


def simulator_of(request: Request) -> DataCiteSimulator:
    simulator: DataCiteSimulator = request.app.state.simulator
    return simulator


def answer(body: dict[str, Any], status: int = 200) -> Response:
    content = orjson.dumps(body)
    etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return Response(
        content,
        status,
        media_type="application/json",
        headers={
            "x-request-id": str(uuid.uuid4()),
            "etag": f'W/"{etag}"',
            "x-anonymous-consumer": "true",
            "access-control-allow-origin": "*",
        },
    )


def said(request: Request, name: str) -> bool:
    return request.query_params.get(name) == "true"


def is_seen_by(entry: Entry, request: Request) -> bool:
    """Findable ones by everybody, hidden ones by the account that has them: here, by any account."""
    return entry.state == "findable" or "authorization" in request.headers


def shown_to(entry: Entry, request: Request) -> bool:
    """Other agencies only when asked for."""
    return is_seen_by(entry, request) and (
        entry.agency == "datacite" or said(request, "include_other_registration_agencies")
    )


def found(request: Request, query: Query, after: tuple[int, str]) -> Iterator[Entry]:
    """The matching DOIs behind a place, by (created, DOI)."""
    store = simulator_of(request).store
    filters = [
        (FILTERS[name], value) for name, value in request.query_params.items() if name in FILTERS
    ]
    if query.name_identifiers:
        dois = set().union(
            *(store.by_name_identifier.get(i, set()) for i in query.name_identifiers)
        )
        places = sorted(
            place for place in (store.entries[doi].place for doi in dois) if place > after
        )
    else:
        places = store.after(after)
    for _, doi in places:
        entry = store.entries[doi]
        if (
            shown_to(entry, request)
            and query.matches(entry)
            and all(passes(entry, value) for passes, value in filters)
        ):
            yield entry


async def dois(request: Request) -> Response:
    try:
        query = parse(request.query_params.get("query", ""))
    except BadQuery as error:
        return answer({"errors": {"title": str(error)}}, 400)
    size = paging.size_of(request.query_params.get("page[size]", ""))
    everything = list(found(request, query, (0, "")))
    cursor = request.query_params.get("page[cursor]")
    if cursor is None:
        return by_number(request, everything, size)
    place = paging.place_of(cursor)
    behind = [entry for entry in everything if entry.place > place]
    page = behind[:size]
    meta = {"total": len(everything), "totalPages": _pages(len(everything), size)}
    following = {}
    if page and len(page) == size:
        following = {"cursor": paging.cursor_of(page[-1].place), "size": str(size)}
    return listing(request, page, meta, following)


def by_number(request: Request, entries: list[Entry], size: int) -> Response:
    number = paging.number_of(request.query_params.get("page[number]", ""), size=size)
    entries = ordered(entries, request.query_params.get("sort", ""))
    page = entries[(number - 1) * size : number * size]
    total = len(entries)
    meta = {
        "total": total,
        "totalPages": _pages(min(total, paging.MOST_ROWS), size),
        "page": number,
    }
    following = {}
    if page and len(page) == size:
        following = {"number": str(number + 1), "size": str(size)}
    return listing(request, page, meta, following)


SORTS: Final[dict[str, Callable[[Entry], Any]]] = {
    "name": lambda entry: entry.doi,
    "created": lambda entry: entry.created,
    "updated": lambda entry: entry.updated,
    "published": lambda entry: entry.attributes["publicationYear"] or 0,
    "title": lambda entry: (values(entry, "titles.title") or [""])[0],
}


def ordered(entries: list[Entry], sort: str) -> list[Entry]:
    key = SORTS.get(sort.lstrip("-"))
    if key is None:  # relevance: the newest change first
        return sorted(entries, key=lambda entry: -entry.updated)
    return sorted(entries, key=key, reverse=sort.startswith("-"))


def _pages(total: int, size: int) -> int:
    return -(-total // size) if size else 0


def listing(
    request: Request, page: list[Entry], meta: dict[str, int], following: dict[str, str]
) -> Response:
    simulator = simulator_of(request)
    own = f"{simulator.url}/dois"
    query = dict(request.query_params)
    body: dict[str, Any] = {"data": [printed(request, one) for one in page], "meta": meta}
    if not said(request, "disable-facets"):
        body["meta"] = {**meta, "states": [], "resourceTypes": [], "created": []}
    body["links"] = {"self": f"{own}?{request.url.query}" if request.url.query else own}
    if following:
        body["links"]["next"] = paging.next_link(own, query, **following)
    if "client" in request.query_params.get("include", "").split(","):
        ids = dict.fromkeys(entry.repository for entry in page)
        body["included"] = [shapes.repository(simulator.store.repositories[i]) for i in ids]
    return answer(body)


def printed(request: Request, entry: Entry, *, detail: bool = False) -> dict[str, Any]:
    shown = shapes.document(
        entry,
        detail=detail or said(request, "detail"),
        affiliation=said(request, "affiliation"),
        publisher=said(request, "publisher"),
    )
    if said(request, "include_other_registration_agencies"):
        shown["attributes"]["agency"] = entry.agency
    wanted = request.query_params.get("fields[dois]")
    if wanted:
        names = set(wanted.split(","))
        shown["attributes"] = {k: v for k, v in shown["attributes"].items() if k in names}
    return shown


def entry_of(request: Request) -> Entry | None:
    entry = simulator_of(request).store.entries.get(request.path_params["doi"].lower())
    return entry if entry is not None and is_seen_by(entry, request) else None


async def doi(request: Request) -> Response:
    entry = entry_of(request)
    if entry is None or entry.agency != "datacite":
        return answer(NOT_FOUND, 404)
    body: dict[str, Any] = {"data": printed(request, entry, detail=True)}
    if "client" in request.query_params.get("include", "").split(","):
        repository = simulator_of(request).store.repositories[entry.repository]
        body["included"] = [shapes.repository(repository)]
    return answer(body)


async def activities(request: Request) -> Response:
    entry = entry_of(request)
    if entry is None:
        return answer(NOT_FOUND, 404)
    shown = [shapes.activity(entry, one) for one in reversed(entry.history)]
    return answer({"data": shown, "meta": {"total": len(shown), "totalPages": 1, "page": 1}})


async def heartbeat(_request: Request) -> Response:
    return Response("OK", media_type="text/plain")


def routes() -> list[Route]:
    return [
        Route("/dois", dois),
        Route("/dois/{doi:path}/activities", activities),
        Route("/dois/{doi:path}", doi),
        Route("/heartbeat", heartbeat),
    ]
