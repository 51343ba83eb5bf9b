"""A mail server on loopback that takes messages, or refuses them in a chosen way."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.messages: list[str] = []
        self.refuse_recipients = ""  # a whole answer, such as "550 no such person"
        self.break_off = False  # once the message is taken, before saying so

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            match line.split()[0].upper() if line.split() else b"":
                case b"QUIT":
                    self._say("221 bye")
                    return
                case b"RCPT" if self.server.refuse_recipients:
                    self._say(self.server.refuse_recipients)
                case b"DATA":
                    self._say("354 go on")
                    self.server.messages.append(self._message())
                    if self.server.break_off:
                        return
                    self._say("250 taken")
                case _:
                    self._say("250 fine")

    def _message(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.decode())
        return "".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def listening() -> Iterator[MailServer]:
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
