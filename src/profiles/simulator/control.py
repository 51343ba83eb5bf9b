"""`/_control/…` on each simulator: the same controls as in Python, as JSON over HTTP.

Only for programs on this machine. A web page in somebody's browser cannot give orders: it can send
JSON to us only after asking, which we do not answer, and under a name of its own is not heard.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .clock import Clock
from .datacite.simulator import DataCiteSimulator
from .globus.simulator import GlobusSimulator
from .orcid.simulator import OrcidSimulator

Simulator = OrcidSimulator | GlobusSimulator | DataCiteSimulator
Action = Callable[[dict[str, Any]], object]
Answer = Callable[[Request], Awaitable[Response]]
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def routes(simulator: Simulator) -> list[Route]:
    actions: dict[str, Action] = {
        "faults": lambda given: _fault(simulator, given),
        "clock": lambda given: _clock(simulator, given),
    }
    match simulator:
        case OrcidSimulator():
            actions |= _orcid(simulator)
        case DataCiteSimulator():
            actions |= _datacite(simulator)
    return [
        _route("log", _log(simulator)),
        _route("faults", _clear(simulator), method="DELETE"),
        *(_route(path, answer) for path, answer in _reads(simulator).items()),
        *(_route(path, _act(action), method="POST") for path, action in actions.items()),
    ]


def _route(path: str, answer: Answer, *, method: str = "GET") -> Route:
    async def answer_programs(request: Request) -> Response:
        refused = _refusal(request)
        return await answer(request) if refused is None else refused

    return Route(f"/_control/{path}", answer_programs, methods=[method])


def _refusal(request: Request) -> Response | None:
    try:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
    except ValueError:
        host = None
    if host not in LOOPBACK:
        return JSONResponse({"error": "the controls are at localhost only"}, 403)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and kind != "application/json":
        return JSONResponse({"error": "the content type must be application/json"}, 415)
    return None


async def _object(request: Request) -> dict[str, Any]:
    given = await request.json() if await request.body() else {}
    if not isinstance(given, dict):
        raise TypeError("the body must be an object")
    return given


def _act(action: Action) -> Answer:
    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(action(await _object(request)))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return answer


def _orcid(simulator: OrcidSimulator) -> dict[str, Action]:
    def person(given: dict[str, Any]) -> object:
        return dataclasses.asdict(simulator.add_person(**given))

    def state(given: dict[str, Any]) -> object:
        simulator.set_state(**given)
        return {"ok": True}

    def revoke(given: dict[str, Any]) -> object:
        return {"revoked": simulator.revoke_tokens(**given)}

    def limiter(given: dict[str, Any]) -> object:
        simulator.limiter.rate = float(given.get("rate", simulator.limiter.rate))
        simulator.limiter.burst = int(given.get("burst", simulator.limiter.burst))
        simulator.limiter.enforced = bool(given.get("enforced", True))
        return {"ok": True}

    def works(given: dict[str, Any]) -> object:
        simulator.registry.most_works = int(given.get("most", simulator.registry.most_works))
        refused = given.get("refused", simulator.registry.refused)
        simulator.registry.refused = {str(title): int(code) for title, code in refused.items()}
        return {"ok": True}

    def webhooks(_given: dict[str, Any]) -> object:
        """The next batch now. While it is under way nothing else is answered here."""
        return {"told": simulator.deliver_webhooks()}

    return {
        "webhooks": webhooks,
        "works": works,
        "people": person,
        "state": state,
        "revoke": revoke,
        "limiter": limiter,
    }


def _datacite(simulator: DataCiteSimulator) -> dict[str, Action]:
    def register(given: dict[str, Any]) -> object:
        return {"doi": simulator.register(given).doi}

    def update(given: dict[str, Any]) -> object:
        return {"metadataVersion": simulator.update(given.pop("doi"), given).version - 1}

    def hide(given: dict[str, Any]) -> object:
        return {"doi": simulator.hide(given["doi"]).doi}

    def show(given: dict[str, Any]) -> object:
        return {"doi": simulator.show(given["doi"]).doi}

    return {"register": register, "update": update, "hide": hide, "show": show}


def _fault(simulator: Simulator, given: dict[str, Any]) -> object:
    simulator.faults.add(**given)
    return {"faults": len(simulator.faults.rules)}


def _clear(simulator: Simulator) -> Answer:
    async def answer(_request: Request) -> Response:
        simulator.faults.clear()
        return JSONResponse({"faults": 0})

    return answer


def _clock_of(simulator: Simulator) -> Clock:
    match simulator:
        case OrcidSimulator():
            return simulator.registry.clock
        case GlobusSimulator():
            return simulator.accounts.clock
    return simulator.store.clock


def _clock(simulator: Simulator, given: dict[str, Any]) -> object:
    clock = _clock_of(simulator)
    if "set" in given:
        clock.set(float(given["set"]))
    clock.advance(float(given.get("advance", 0)))
    return {"now": clock.now()}


def _log(simulator: Simulator) -> Answer:
    async def answer(_request: Request) -> Response:
        return JSONResponse([dataclasses.asdict(entry) for entry in simulator.log])

    return answer


def _reads(simulator: Simulator) -> dict[str, Answer]:
    if not isinstance(simulator, OrcidSimulator):
        return {}

    async def works(request: Request) -> Response:
        return JSONResponse(simulator.works_of(request.path_params["orcid"]))

    async def counters(_request: Request) -> Response:
        return JSONResponse(
            {
                "pace_violations": simulator.limiter.violations,
                "concurrent_writes": simulator.concurrent_writes,
            }
        )

    return {"works/{orcid}": works, "counters": counters}
