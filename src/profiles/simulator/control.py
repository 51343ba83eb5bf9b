"""`/_control/…` on each simulator: the same controls as in Python, as JSON over HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .clock import Clock
from .datacite.simulator import DataCiteSimulator
from .globus.simulator import GlobusSimulator
from .orcid.simulator import OrcidSimulator

Simulator = OrcidSimulator | GlobusSimulator | DataCiteSimulator
Action = Callable[[dict[str, Any]], object]


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
    found = [
        Route(f"/_control/{name}", _act(action), methods=["POST"])
        for name, action in actions.items()
    ]
    return [
        Route("/_control/log", _log(simulator), methods=["GET"]),
        Route("/_control/faults", _clear(simulator), methods=["DELETE"]),
        *_reads(simulator),
        *found,
    ]


def _act(action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            given = await request.json() if await request.body() else {}
            return JSONResponse(action(given))
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

    return {"people": person, "state": state, "revoke": revoke, "limiter": limiter}


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


def _clear(simulator: Simulator) -> Callable[[Request], Awaitable[Response]]:
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


def _log(simulator: Simulator) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        return JSONResponse([dataclasses.asdict(entry) for entry in simulator.log])

    return answer


def _reads(simulator: Simulator) -> list[Route]:
    if not isinstance(simulator, OrcidSimulator):
        return []

    async def works(request: Request) -> Response:
        return JSONResponse(simulator.works_of(request.path_params["orcid"]))

    async def counters(_request: Request) -> Response:
        return JSONResponse(
            {
                "pace_violations": simulator.limiter.violations,
                "concurrent_writes": simulator.concurrent_writes,
            }
        )

    return [
        Route("/_control/works/{orcid}", works),
        Route("/_control/counters", counters),
    ]
