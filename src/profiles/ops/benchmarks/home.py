"""A home for one benchmark: a private PostgreSQL in a temporary folder, gone when the command ends."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import psutil

from ...config import SETTINGS
from ..closing import until_exit
from ..django import set_up
from ..serve import run_migrate

REMOVE_TRIES = 50


def open_home(given: Mapping[str, str]) -> Path:
    """Django and an empty, migrated database, with these settings and no others.

    Everything is closed by `until_exit`, last things first, however the command ends.
    """
    signal.signal(signal.SIGTERM, _end)
    folder = Path(tempfile.mkdtemp(prefix="profiles-benchmark-"))
    until_exit.callback(_remove, folder)
    for setting in SETTINGS:
        for name in (setting.name, f"{setting.name}_FILE"):
            os.environ.pop(name, None)
    os.environ.update(given, PROFILES_HOME=str(folder))
    set_up()
    run_migrate(os.environ)
    return folder


def _remove(folder: Path) -> None:
    """The database's keeper looks at the folder until it has seen that the database is gone."""
    for _ in range(REMOVE_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


def database_server(home: Path) -> psutil.Process:
    """PostgreSQL's first process; all others are its children."""
    return psutil.Process(int((home / "postgres/data/postmaster.pid").read_text().split()[0]))
