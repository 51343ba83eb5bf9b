"""Keeps child processes running until told to stop: restarts what dies, leaves nothing behind."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

log = logging.getLogger(__name__)

STOP_SECONDS = 8  # then SIGKILL; what a worker had in hand is found again
HEALTHY_SECONDS = 5  # a child that lived so long had started well: its end is no failure to start
WRONG_USE = 2  # a child's exit code that no restart will mend
COMMAND = [sys.executable, "-P", "-m", "profiles"]
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def backoff(failures: int) -> float:
    """Seconds until the next start after so many early deaths in a row."""
    return float(min(2 ** (failures - 1), 30))


@dataclass
class Child:
    name: str
    arguments: Sequence[str]  # of the profiles command
    environ: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        command = [*COMMAND, *self.arguments, "--parent", str(os.getpid())]
        # A session of its own, so that Ctrl-C reaches us only and we end them in order.
        self.process = subprocess.Popen(  # noqa: S603 (our own arguments)
            command, env=dict(self.environ), stdin=subprocess.DEVNULL, start_new_session=True
        )
        self.started = time.monotonic()


class Supervisor:
    def __init__(self, children: Sequence[Child]) -> None:
        self._children = children
        self._stop = threading.Event()
        self._hurry = False

    def run(self, *, started: Callable[[], None] = lambda: None) -> int:
        """Until a stop signal (0) or a child that cannot start (its exit code).

        `started` is called beside the children, in a thread, when they have been started.
        """
        before = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        try:
            for child in self._children:
                child.start()
            threading.Thread(target=started, daemon=True).start()
            code = 0
            while not self._stop.wait(0.1) and not code:
                code = max(self._look_after(child) for child in self._children)
            return code
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._hurry = self._stop.is_set()  # asked twice
        self._stop.set()

    def _look_after(self, child: Child) -> int:
        """Start a dead child again, later each time. Its exit code if that would not help, else 0."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                child.start()
            return 0
        code = child.process.poll()
        if code is None or code == WRONG_USE:
            return code or 0
        child.process = None
        child.failures = 1 if now - child.started > HEALTHY_SECONDS else child.failures + 1
        child.start_at = now + backoff(child.failures)
        log.warning(
            "%s ended (%s); it starts again in %.0f s",
            child.name,
            _how(code),
            backoff(child.failures),
        )
        return 0

    def _stop_all(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            process.terminate()
        give_up = time.monotonic() + STOP_SECONDS
        while any(p.poll() is None for p in running) and time.monotonic() < give_up:
            if self._hurry:
                break
            time.sleep(0.05)
        for process in running:
            if process.poll() is None:
                process.kill()
            process.wait()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
