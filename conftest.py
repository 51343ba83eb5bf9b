"""What every test run stands on, however pytest was called: a known environment and a database of its own.

The private PostgreSQL starts with the first test that needs a database. With DATABASE_URL set, that
server is used instead, so that the tests can be held against every version we support.
"""

from __future__ import annotations

import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import hypothesis
import pytest
from django.conf import settings
from tests import simulated

from profiles.config import SETTINGS
from profiles.ops import keys, postgres

KEEP = "DATABASE_URL"
_home = Path(tempfile.mkdtemp(prefix="profiles-tests-"))


# Chance finds new cases at home; the build repeats known ones. No test is about time.
hypothesis.settings.register_profile("home", deadline=None)
hypothesis.settings.register_profile("build", deadline=None, derandomize=True)
hypothesis.settings.load_profile("build" if os.environ.get("CI") == "true" else "home")


def pytest_configure() -> None:
    """Before Django reads its settings. (pytest-django takes over what it finds set up.)"""
    ours = {setting.name for setting in SETTINGS} | {f"{setting.name}_FILE" for setting in SETTINGS}
    for name in os.environ.keys() & (ours - {KEEP}):
        del os.environ[name]
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]  # the simulators answer on this machine only
    os.environ.setdefault(KEEP, postgres.address(_home / "postgres"))
    os.environ.update(
        PROFILES_HOME=str(_home),
        DJANGO_SETTINGS_MODULE="profiles.project.settings",
        SECRET_KEY="for tests only " * 3,
        SEALING_KEYS=base64.urlsafe_b64encode(b"for tests only, 32 bytes, newest").decode(),
        SIGNING_KEYS_FILE=keys.ensure(_home)["SIGNING_KEYS_FILE"],
        NO_COLOR="1",
        COLUMNS="100",
        **simulated.environment(),
    )
    django.setup()
    assert settings.configured


def pytest_unconfigure() -> None:
    shutil.rmtree(_home, ignore_errors=True)


@pytest.fixture(scope="session")
def database_server() -> Iterator[str]:
    """The libpq address of a PostgreSQL that runs for this session."""
    if os.environ[KEEP] != postgres.address(_home / "postgres"):
        yield os.environ[KEEP]
        return
    with postgres.running(_home / "postgres") as url:
        yield url


@pytest.fixture(scope="session")
def django_db_modify_db_settings(database_server: str) -> None:
    """pytest-django asks for this before it makes the test database: the server must be up."""
