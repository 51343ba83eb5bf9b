"""The private PostgreSQL, with real processes: sharing, killing, and somebody else's folder."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from profiles.errors import Misconfigured
from profiles.ops import postgres

# A user of the server: says what it found, keeps it until its standard input ends.
USER = """
import sys, pathlib, psycopg
from profiles.ops import postgres
with postgres.running(pathlib.Path(sys.argv[1])) as url:
    with psycopg.connect(url) as connection:
        print(connection.execute("SELECT pg_postmaster_start_time()").fetchone()[0], flush=True)
    sys.stdin.read()
"""


class User:
    def __init__(self, folder: Path, *, cwd: Path | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", USER, str(folder)],
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def started(self) -> str:
        """When the server that it found was started."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        _, errors = self.process.communicate(timeout=30)
        assert self.process.returncode == 0, errors

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(
        prefix="profiles-"
    ) as short:  # pytest's is too deep for sockets
        folder = Path(short) / "with a space" / "postgres"
        yield folder
        for process in processes(folder):
            process.kill()


def processes(folder: Path) -> list[psutil.Process]:
    """Servers and keepers of this folder that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if str(folder) in words and process.pid != os.getpid():
            found.append(process)
    return found


def nothing_left(folder: Path) -> bool:
    give_up = time.monotonic() + 15
    while time.monotonic() < give_up:
        if not processes(folder):
            return True
        time.sleep(0.05)
    return False


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def test_it_is_made_at_the_first_use_and_ends_with_the_last(folder: Path) -> None:
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT current_setting('fsync'), current_setting('listen_addresses')"
        ).fetchone()
        assert row == ("on", "")
    assert not postgres.is_up(folder)
    assert nothing_left(folder)


def test_what_was_written_is_there_the_next_time(folder: Path) -> None:
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_two_commands_at_once_share_one_server_and_the_last_one_stops_it(folder: Path) -> None:
    first, second = User(folder), User(folder)
    assert first.started() == second.started()
    first.leave()
    assert postgres.is_up(folder)
    second.leave()
    assert not postgres.is_up(folder)
    assert nothing_left(folder)


def test_a_killed_user_leaves_no_server(folder: Path) -> None:
    user = User(folder)
    user.started()
    user.kill()
    assert nothing_left(folder)


def test_a_killed_user_does_not_take_the_server_from_another(folder: Path) -> None:
    first, second = User(folder), User(folder)
    first.started()
    second.started()
    first.kill()
    time.sleep(1.5)  # longer than the keeper needs to look
    assert postgres.is_up(folder)
    second.leave()
    assert nothing_left(folder)


def test_after_everything_was_killed_the_next_command_finds_the_data(folder: Path) -> None:
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    user = User(folder)
    user.started()
    for process in [*processes(folder), user.process]:
        process.send_signal(signal.SIGKILL)
    user.kill()
    assert (folder / "data" / "postmaster.pid").exists()  # stale
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_a_process_id_that_is_somebody_elses_by_now_is_no_obstacle(folder: Path) -> None:
    with postgres.running(folder):
        lines = (folder / "data" / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())  # alive, ours, and no PostgreSQL
    (folder / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_setting_up_that_was_interrupted_is_done_again(folder: Path) -> None:
    (folder / "data.new" / "base").mkdir(parents=True)
    (folder / "data.new" / "PG_VERSION").write_text("18\n")
    with postgres.running(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_folder_too_deep_for_a_socket_has_one_elsewhere(folder: Path) -> None:
    deep = folder / ("x" * 60) / ("y" * 60)
    with postgres.running(deep) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not postgres.is_up(deep)


def test_another_versions_folder_is_refused_with_the_way_out(folder: Path) -> None:
    with postgres.running(folder):
        pass
    (folder / "data" / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(Misconfigured, match=r"made by PostgreSQL 16.*brings 18.*Dump it"),
        postgres.running(folder),
    ):
        pass


def test_nobody_else_may_look_into_it_and_no_other_folder_is_opened(folder: Path) -> None:
    folder.parent.mkdir(mode=0o700)
    with postgres.running(folder):
        modes = {
            stat.S_IMODE(path.stat().st_mode)
            for path in (folder, folder / "data", folder / "socket", folder.parent)
        }
    assert modes == {0o700}


def test_it_works_from_any_folder_even_one_with_names_like_ours(
    folder: Path, tmp_path: Path
) -> None:
    for name in ("psutil", "profiles", "fcntl", "shutil"):
        (tmp_path / f"{name}.py").write_text("open('taken for ours', 'w')")
    user = User(folder, cwd=tmp_path)
    assert user.started()
    user.kill()
    assert nothing_left(folder)
    assert not (tmp_path / "taken for ours").exists()
