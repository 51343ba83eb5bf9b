"""Pages to look at, register, change and hide DOIs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ..clock import iso_seconds
from . import forms, vocabulary
from .query import BadQuery, parse, values
from .store import Entry

if TYPE_CHECKING:
    from .simulator import DataCiteSimulator

SHOWN = 50


def simulator_of(request: Request) -> DataCiteSimulator:
    simulator: DataCiteSimulator = request.app.state.simulator
    return simulator


async def home(request: Request) -> Response:
    simulator = simulator_of(request)
    text = request.query_params.get("q", "")
    problem = ""
    found: list[Entry] = []
    try:
        query = parse(text)
        entries = simulator.store.entries.values()
        found = [entry for entry in entries if query.matches(entry)]
    except BadQuery as error:
        problem = str(error)
    found.sort(key=lambda entry: (-entry.updated, entry.doi))
    return simulator.renderer.page(
        "home.html",
        text=text,
        problem=problem,
        total=len(found),
        entries=[_row(entry) for entry in found[:SHOWN]],
        done=request.query_params.get("done", ""),
    )


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "doi": entry.doi,
        "title": (values(entry, "titles.title") or ["(no title)"])[0],
        "creators": "; ".join(values(entry, "creators.name")[:4]),
        "type": (entry.attributes["types"] or {}).get("resourceTypeGeneral") or "no type",
        "year": entry.attributes["publicationYear"] or "",
        "state": entry.state,
        "version": entry.version,
        "updated": iso_seconds(entry.updated).replace("T", " ").replace("Z", " UTC"),
    }


def form_page(
    request: Request,
    template: str,
    fields: dict[str, str],
    status: int = 200,
    **context: object,
) -> Response:
    simulator = simulator_of(request)
    return simulator.renderer.page(
        template,
        status,
        fields=fields,
        people=simulator.people(),
        types=vocabulary.RESOURCE_TYPES,
        relations=vocabulary.RELATION_TYPES,
        kinds=vocabulary.IDENTIFIER_TYPES,
        contributor_types=vocabulary.CONTRIBUTOR_TYPES,
        most_people=forms.MOST_PEOPLE,
        most_related=forms.MOST_RELATED,
        **{"problem": "", "row": None, **context},
    )


async def new(request: Request) -> Response:
    simulator = simulator_of(request)
    people = simulator.people()
    wanted = request.query_params.get("person", "")
    person = next((one for one in people if one[1] == wanted), people[0] if people else ("", ""))
    fields = forms.defaults(
        number=len(simulator.store.entries) + 1,
        person=person,
        today=datetime.now(UTC).date(),
    )
    return form_page(request, "new.html", fields, person=person[1])


async def create(request: Request) -> Response:
    simulator = simulator_of(request)
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        record = forms.metadata(form)
    except forms.BadForm as error:
        return form_page(request, "new.html", form, 400, problem=str(error), person="")
    doi = form.get("doi", "").strip().lower() or simulator.new_doi()
    if doi in simulator.store.entries or not doi.startswith("10.") or "/" not in doi:
        problem = "This DOI is taken, or it is not a DOI. Leave the field empty for a new one."
        return form_page(request, "new.html", form, 400, problem=problem, person="")
    simulator.register({**record, "doi": doi, "url": f"https://example.org/{doi}"})
    return RedirectResponse(f"/?done={doi}", 303)


async def edit(request: Request) -> Response:
    entry = simulator_of(request).store.entries.get(request.path_params["doi"])
    if entry is None:
        return simulator_of(request).renderer.page("missing.html", 404)
    return form_page(request, "edit.html", forms.filled(entry.attributes), row=_row(entry))


async def save(request: Request) -> Response:
    simulator = simulator_of(request)
    entry = simulator.store.entries.get(request.path_params["doi"])
    if entry is None:
        return simulator.renderer.page("missing.html", 404)
    form = {name: str(value) for name, value in (await request.form()).items()}
    action = form.get("action", "save")
    if action in ("hide", "show"):
        (simulator.hide if action == "hide" else simulator.show)(entry.doi)
        return RedirectResponse(f"/?done={entry.doi}", 303)
    try:
        changes = forms.changes(entry.attributes, form)
    except forms.BadForm as error:
        return form_page(request, "edit.html", form, 400, problem=str(error), row=_row(entry))
    simulator.update(entry.doi, changes)
    return RedirectResponse(f"/?done={entry.doi}", 303)


def routes() -> list[Route]:
    return [
        Route("/", home),
        Route("/new", new, methods=["GET"]),
        Route("/new", create, methods=["POST"]),
        Route("/edit/{doi:path}", edit, methods=["GET"]),
        Route("/edit/{doi:path}", save, methods=["POST"]),
    ]
