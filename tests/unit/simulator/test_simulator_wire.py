"""Faults, the log, counters, the controls over HTTP, and starting and stopping."""

from __future__ import annotations

import socket
import time

import httpx2
import pytest

from profiles.errors import Misconfigured
from profiles.simulator import server
from profiles.simulator.journal import Bucket, safe_query
from profiles.simulator.server import Simulation

from .conftest import CARBERRY, OTHER, Api, a_work


def test_a_fault_with_a_code_looks_like_orcids_own_error(api: Api, sim: Simulation) -> None:
    sim.orcid.faults.add(method="POST", path_prefix="/v3.0", error_code=9008, status=500)
    answer = api.post(a_work())
    assert (answer.status_code, answer.json()["error-code"]) == (500, 9008)
    assert api.post(a_work()).status_code == 201


def test_a_fault_can_be_any_answer_any_number_of_times(api: Api, sim: Simulation) -> None:
    sim.orcid.faults.add(status=503, body="<h1>busy</h1>", content_type="text/html", times=2)
    answers = [api.post(a_work()) for _ in range(3)]
    assert [one.status_code for one in answers] == [503, 503, 201]
    assert answers[0].headers["content-type"] == "text/html"


def test_a_reset_before_leaves_nothing_behind(api: Api, sim: Simulation) -> None:
    sim.orcid.faults.add(method="POST", reset="before")
    with pytest.raises(httpx2.TransportError):
        api.post(a_work())
    assert api.works() == []


def test_a_reset_after_leaves_the_work_behind(api: Api, sim: Simulation) -> None:
    sim.orcid.faults.add(method="POST", reset="after")
    with pytest.raises(httpx2.TransportError):
        api.post(a_work())
    assert len(api.works()) == 1
    assert sim.orcid.log[-1].status == 0


def test_a_body_can_end_too_early(api: Api, sim: Simulation) -> None:
    sim.orcid.faults.add(regex=".*/works$", truncate=True)
    with pytest.raises(httpx2.TransportError):
        api.call("GET", "works")


def test_a_fault_can_be_slow_and_can_wait_for_its_turn(api: Api, sim: Simulation) -> None:
    sim.orcid.faults.add(method="GET", delay=0.2, skip=1)
    begun = time.perf_counter()
    api.call("GET", "works")
    assert time.perf_counter() - begun < 0.15
    api.call("GET", "works")
    assert time.perf_counter() - begun > 0.2


def test_the_log_holds_no_token(api: Api, sim: Simulation) -> None:
    api.post(a_work())
    api.call("GET", f"/v3.0/{CARBERRY}/works?access_token={api.token}&a=b", token="")
    last = sim.orcid.log[-1]
    assert (last.method, last.path, last.status) == ("GET", f"/v3.0/{CARBERRY}/works", 200)
    assert "a=b" in last.query
    assert all(api.token not in str(entry) for entry in sim.orcid.log)
    assert [entry.method for entry in sim.orcid.calls()] == ["POST"]
    assert [entry.method for entry in sim.orcid.calls("GET")] == ["GET"]


def test_queries_in_the_log_are_clean() -> None:
    assert safe_query("code=abc&x=1") == "code=%E2%80%A6&x=1"


def test_a_caller_may_burst_and_then_keeps_to_the_rate() -> None:
    bucket = Bucket(rate=24, burst=40, enforced=True)
    assert sum(bucket.allows("a", 0.0) for _ in range(100)) == 41
    assert bucket.violations == 59
    assert sum(bucket.allows("a", 1.0) for _ in range(100)) == 24
    assert bucket.allows("b", 1.0)


def test_too_fast_is_503_once_the_limiter_is_on(api: Api, sim: Simulation) -> None:
    sim.orcid.limiter.burst = 3
    sim.orcid.limiter.rate = 0.1
    for _ in range(6):
        assert api.call("GET", "works").status_code == 200
    sim.orcid.limiter.enforced = True
    assert api.call("GET", "works").status_code == 503
    assert sim.orcid.limiter.violations > 0


def test_the_controls_work_over_http(api: Api, sim: Simulation) -> None:
    def control(path: str, body: dict[str, object], url: str = sim.orcid.url) -> httpx2.Response:
        return api.http.post(f"{url}/_control/{path}", json=body)

    made = control("people", {"given_names": "Nova", "email": "nova@example.org"}).json()
    assert made["orcid"] in sim.orcid.registry.people
    control("state", {"orcid": OTHER, "state": "locked"})
    assert sim.orcid.registry.people[OTHER].state == "locked"
    api.post(a_work())
    assert len(api.http.get(f"/_control/works/{CARBERRY}").json()) == 1
    assert control("revoke", {"orcid": CARBERRY}).json() == {"revoked": 1}
    control("faults", {"status": 418, "path_prefix": "/v3.0"})
    assert api.call("GET", "works").status_code == 418
    assert any(entry["status"] == 418 for entry in api.http.get("/_control/log").json())
    assert control("people", {"nonsense": 1}).status_code == 400
    registered = control("register", {"titles": [{"title": "A"}]}, sim.datacite.url).json()
    assert registered["doi"] in sim.datacite.store.entries
    now = control("clock", {"advance": 3600}).json()["now"]
    assert now > time.time() + 3000


ORDERS = [
    # host, content type, body                                              # what the answer is
    ("localhost:8001", "application/json", "{}", 200),  # a program on this machine
    ("127.0.0.1", "Application/JSON; charset=utf-8", "{}", 200),
    ("localhost", "text/plain", "{}", 415),  # what any web page may send anywhere
    ("localhost", "application/x-www-form-urlencoded", "", 415),
    ("localhost", "", "", 415),
    ("rebound.example.org", "application/json", "{}", 403),  # a page whose name leads here
    ("[::1", "application/json", "{}", 403),
    ("localhost", "application/json", "[]", 400),
    ("localhost", "application/json", "nonsense", 400),
]


@pytest.mark.parametrize(("host", "kind", "body", "status"), ORDERS)
def test_only_programs_on_this_machine_give_orders(
    api: Api, sim: Simulation, *, host: str, kind: str, body: str, status: int
) -> None:
    headers = {"Host": host, "Content-Type": kind}
    answer = api.http.post(f"{sim.orcid.url}/_control/limiter", headers=headers, content=body)
    assert answer.status_code == status
    assert sim.orcid.limiter.enforced is (status == 200)


def test_nobody_else_reads_the_log(api: Api) -> None:
    read = api.http.get("/_control/log", headers={"Host": "rebound.example.org"})
    assert read.status_code == 403


def test_a_port_in_use_is_said_in_one_line_with_the_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Misconfigured) as refused:
            server.start(globus_port=port)
    line = str(refused.value)
    assert f"port {port}" in line
    assert "--globus-port" in line
    assert "\n" not in line


def test_the_environment_names_every_address_and_client(sim: Simulation) -> None:
    environment = sim.environment()
    assert set(environment) == {
        "ORCID_URL",
        "ORCID_API_URL",
        "ORCID_PUBLIC_API_URL",
        "ORCID_CLIENT_ID",
        "ORCID_CLIENT_SECRET",
        "GLOBUS_URL",
        "GLOBUS_CLIENT_ID",
        "GLOBUS_CLIENT_SECRET",
        "DATACITE_API_URL",
    }
    assert all(value for value in environment.values())


def test_after_stop_nothing_listens_and_the_same_port_can_be_used_again() -> None:
    first = server.start(seeded=False)
    port = int(first.orcid.url.rpartition(":")[2])
    first.stop()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    second = server.start(seeded=False, orcid_port=port)
    assert second.orcid.registry.people == {}
    second.stop()
