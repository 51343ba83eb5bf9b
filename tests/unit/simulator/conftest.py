"""A simulation of its own for each test, and a client that talks to it over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from profiles.simulator import server
from profiles.simulator.server import Simulation

CARBERRY = "0000-0002-1825-0097"
OTHER = "0000-0001-5109-3700"
SCOPE = "/read-limited /activities/update"


class Api:
    """The Member API as a client with one token sees it."""

    def __init__(self, simulation: Simulation, *, orcid: str = CARBERRY) -> None:
        self.simulation = simulation
        self.orcid = orcid
        self.http = httpx2.Client(base_url=simulation.orcid.url, timeout=10)
        self.token = self.granted()

    def granted(self, scope: str = SCOPE, *, client_id: str = "", orcid: str = "") -> str:
        client_id = client_id or self.simulation.orcid_client.id
        return self.simulation.orcid.grant(
            orcid or self.orcid, client_id=client_id, scope=scope
        ).access

    def call(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
    ) -> httpx2.Response:
        given = self.token if token is None else token
        said = {"Accept": "application/json", "Content-Type": "application/json"}
        if given:
            said["Authorization"] = f"Bearer {given}"
        said |= {name.replace("_", "-").title(): value for name, value in headers.items()}
        content = body if isinstance(body, str | bytes) or body is None else json.dumps(body)
        return self.http.request(method, self.path(path), content=content, headers=said)

    def path(self, path: str) -> str:
        return path if path.startswith("/") else f"/v3.0/{self.orcid}/{path}"

    def post(self, body: Any, **more: Any) -> httpx2.Response:
        return self.call("POST", "work", body, **more)

    def added(self, body: Any, **more: Any) -> int:
        """Post a work; its put-code."""
        answer = self.post(body, **more)
        assert answer.status_code == 201, answer.text
        return int(answer.headers["location"].rsplit("/", 1)[-1])

    def works(self) -> list[dict[str, Any]]:
        return self.simulation.orcid.works_of(self.orcid)


def external_id(value: str, *, kind: str = "doi", relation: str = "self") -> dict[str, Any]:
    return {
        "external-id-type": kind,
        "external-id-value": value,
        "external-id-url": {"value": f"https://doi.org/{value}"},
        "external-id-relationship": relation,
    }


def a_work(doi: str = "10.5555/one", title: Any = "One", **more: Any) -> dict[str, Any]:
    """The smallest work that ORCID takes, and what is added to it; None takes a part away."""
    work: dict[str, Any] = {
        "title": {"title": {"value": title}} if isinstance(title, str) else title,
        "type": "data-set",
        "external-ids": {"external-id": [external_id(doi)]},
    }
    work |= {name.replace("_", "-"): value for name, value in more.items()}
    return {name: value for name, value in work.items() if value is not None}


@pytest.fixture
def sim() -> Iterator[Simulation]:
    running = server.start()
    yield running
    running.stop()


@pytest.fixture
def api(sim: Simulation) -> Iterator[Api]:
    client = Api(sim)
    yield client
    client.http.close()


@pytest.fixture
def orcid_data(shared: Path) -> Path:
    return shared / "data/orcid"
