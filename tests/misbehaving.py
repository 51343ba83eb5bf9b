"""A server on this machine that does what no server should: one behaviour per connection."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket], None]


@dataclass
class Server:
    url: str
    requests: list[bytes] = field(default_factory=list)  # as far as they were read


@contextmanager
def serving(behave: Behaviour, *, read: bool = True) -> Iterator[Server]:
    """Every connection is read to the end of its request (if `read`) and then left to `behave`."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            with connection:
                connection.settimeout(5)
                if read:
                    server.requests.append(_request(connection))
                try:
                    behave(connection)
                except OSError:
                    continue  # the client has gone

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        assert not thread.is_alive()


def _request(connection: socket.socket) -> bytes:
    """The head and as much of the body as its Content-Length says."""
    request = bytearray()
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65_536)
        if not piece:
            return bytes(request)
        request += piece
    head, _, body = bytes(request).partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def says(raw: bytes) -> Behaviour:
    """Exactly these bytes, and then the end."""
    return lambda connection: connection.sendall(raw)


def resets(connection: socket.socket) -> None:
    """RST instead of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def resets_after(raw: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(raw)
        # What was sent would be lost with the reset, were it not taken first.
        threading.Event().wait(0.1)
        resets(connection)

    return behave


def falls_silent(raw: bytes = b"") -> Behaviour:
    """Keeps the connection open until the client goes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(raw)
        connection.recv(1)

    return behave


def never_ends(head: bytes, piece: bytes, *, pause: float = 0.0) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        stop = threading.Event()
        for _ in range(100_000):
            connection.sendall(piece)
            if pause:
                stop.wait(pause)

    return behave
