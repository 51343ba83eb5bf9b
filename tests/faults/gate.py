"""A gate on the way to a server: open, shut (nobody listens), or dead (it takes calls and says nothing)."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Gate:
    """Passes bytes between whoever calls at `port` and the server behind."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._ear = _listen(0)
        self.port: int = self._ear.getsockname()[1]
        self._passing: set[socket.socket] = set()
        self._dead = False
        self._serve()

    def shut(self) -> None:
        """Connections are refused, and those there are break off."""
        with suppress(OSError):
            self._ear.shutdown(socket.SHUT_RDWR)
        self._ear.close()
        self._cut()

    def die(self) -> None:
        """Whoever calls waits for ever."""
        self.open()
        self._dead = True

    def open(self) -> None:
        self.shut()
        self._dead = False
        self._ear = _listen(self.port)
        self._serve()

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._ear,), daemon=True).start()

    def _accept(self, ear: socket.socket) -> None:
        with suppress(OSError):  # the end of listening
            while True:
                caller, _ = ear.accept()
                self._passing.add(caller)
                if self._dead:
                    continue
                server = socket.create_connection(("127.0.0.1", self._behind))
                self._passing.add(server)
                for a, b in ((caller, server), (server, caller)):
                    threading.Thread(target=self._pump, args=(a, b), daemon=True).start()

    def _pump(self, a: socket.socket, b: socket.socket) -> None:
        with suppress(OSError):  # either side has broken off
            while data := a.recv(65536):
                b.sendall(data)
        for each in (a, b):
            self._passing.discard(each)
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _cut(self) -> None:
        for each in tuple(self._passing):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
            self._passing.discard(each)


def _listen(port: int) -> socket.socket:
    ear = socket.socket()
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.bind(("127.0.0.1", port))
    ear.listen(64)
    return ear
