"""`profiles doctor` against the simulated services, and with each thing wrong once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from profiles.ops.doctor import clock
from profiles.simulator.server import Simulation, start

from .mail_server import listening


@pytest.fixture(scope="module")
def services() -> Iterator[Simulation]:
    simulation = start()
    yield simulation
    simulation.stop()


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="profiles-") as folder:
        yield Path(folder)


def run(
    home: Path, services: Simulation, *words: str, without: tuple[str, ...] = (), **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "profiles", *words],
        env={"PATH": os.environ["PATH"], "PROFILES_HOME": str(home)}
        | {k: v for k, v in services.environment().items() if k not in without}
        | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def failing(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {each["name"]: each["mend"] for each in json.loads(done.stdout) if not each["fine"]}


@pytest.fixture(scope="module")
def prepared(home: Path, services: Simulation) -> Path:
    before = run(home, services, "doctor", "--json")
    assert before.returncode == 1
    assert failing(before) == {"migrations": "Run `profiles migrate`"}
    assert run(home, services, "migrate").returncode == 0
    return home


def test_a_sound_installation_has_nothing_to_mend(prepared: Path, services: Simulation) -> None:
    done = run(prepared, services, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    for name in (
        "database: PostgreSQL 18",
        "migrations: complete",
        "✓ closing accounts: none",
        "✓ clock",
    ):
        assert name in done.stdout


def test_secrets_are_masked(prepared: Path, services: Simulation) -> None:
    said = run(prepared, services, "doctor").stdout
    assert services.environment()["ORCID_CLIENT_SECRET"] not in said
    assert services.environment()["GLOBUS_CLIENT_SECRET"] not in said


def test_a_key_that_others_may_read_is_named_with_the_cure(
    prepared: Path, services: Simulation
) -> None:
    key = prepared / "keys" / "secret-key"
    key.chmod(0o644)
    done = run(prepared, services, "doctor", "--json")
    key.chmod(0o600)
    assert done.returncode == 1
    assert failing(done) == {f"key {key}": f"chmod 600 {key}"}


def test_a_service_that_does_not_answer_is_named_with_its_setting(
    prepared: Path, services: Simulation
) -> None:
    done = run(prepared, services, "doctor", "--json", DATACITE_API_URL="http://localhost:9")
    assert done.returncode == 1
    assert "DATACITE_API_URL" in failing(done)["DataCite"]


def test_without_an_orcid_client_nobody_can_link_an_id(
    prepared: Path, services: Simulation
) -> None:
    done = run(
        prepared, services, "doctor", "--json", without=("ORCID_CLIENT_ID", "ORCID_CLIENT_SECRET")
    )
    assert done.returncode == 1
    assert "set ORCID_CLIENT_ID" in failing(done)["ORCID client"]


def test_without_a_globus_client_there_is_nothing_to_mend(
    prepared: Path, services: Simulation
) -> None:
    done = run(prepared, services, "doctor", without=("GLOBUS_CLIENT_ID", "GLOBUS_CLIENT_SECRET"))
    assert done.returncode == 0
    assert "sign-in with Globus: not offered" in done.stdout


SWITCHES = {"ORCID_NOTIFICATIONS": "on", "ORCID_WEBHOOKS": "on"}


def test_what_orcid_allows_to_the_client_is_tried_and_given_back(
    prepared: Path, services: Simulation
) -> None:
    done = run(prepared, services, "doctor", **SWITCHES)
    assert done.returncode == 0, done.stdout
    assert "✓ ORCID_NOTIFICATIONS: ORCID allows /premium-notification" in done.stdout
    assert "✓ ORCID_WEBHOOKS: ORCID allows /webhook" in done.stdout
    assert services.orcid.registry.live_tokens("") == []


def test_what_orcid_does_not_allow_is_named_with_the_cure(
    prepared: Path, services: Simulation
) -> None:
    services.orcid_client.kind = "member"
    done = run(prepared, services, "doctor", "--json", **SWITCHES)
    services.orcid_client.kind = "premium"
    assert done.returncode == 1
    assert {name for name in SWITCHES if "Ask ORCID to allow" in failing(done)[name]} == set(
        SWITCHES
    )


@pytest.mark.parametrize(
    ("date", "fine"),
    [
        ("Sun, 01 Mar 2026 12:00:00 GMT", True),  # exact
        ("Sun, 01 Mar 2026 12:00:29 GMT", True),  # within what tokens bear
        ("Sun, 01 Mar 2026 12:01:00 GMT", False),  # behind
        ("Sun, 01 Mar 2026 11:58:00 GMT", False),  # ahead
    ],
)
def test_the_clock_is_held_against_the_services(date: str, fine: bool) -> None:
    assert clock(date, now=lambda: datetime(2026, 3, 1, 12, tzinfo=UTC)).fine is fine


def test_a_mail_server_is_asked_to_let_us_in(prepared: Path, services: Simulation) -> None:
    with listening() as server:
        url = f"smtp://127.0.0.1:{server.port}"
        environ = {"EMAIL_URL": url, "EMAIL_FROM": "profiles@example.org"}
        assert failing(run(prepared, services, "doctor", "--json", **environ)) == {}
    assert "EMAIL_URL" in failing(run(prepared, services, "doctor", "--json", **environ))["e-mail"]
