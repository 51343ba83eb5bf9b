"""Between the socket and a simulator's app: the log, the limiter, and faults."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final, cast

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .clock import Clock
from .faults import Fault, Faults
from .journal import Entry, Journal, safe_query

Answer = tuple[int, dict[str, str], bytes]  # status, headers, body
TRANSPORT: Final = "simulator.transport"


class Protocol(HttpToolsProtocol):
    """Uvicorn's protocol, which also lets the app break its connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast("dict[str, Any]", self.scope)[TRANSPORT] = self.transport


async def break_connection(scope: MutableMapping[str, Any]) -> None:
    """Close with RST, so that the caller sees a reset and no orderly end."""
    transport = scope[TRANSPORT]
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    transport.abort()
    await asyncio.sleep(0.01)  # connection_lost has to run before the app returns


class Wire:
    """The outermost layer of each simulator's app."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        clock: Clock,
        faults: Faults,
        journal: Journal,
        refuse: Callable[[Scope], Answer | None],
        render: Callable[[Fault, Scope], Answer],
    ) -> None:
        self.app = app
        self.clock = clock
        self.faults = faults
        self.journal = journal
        self.refuse = refuse
        self.render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/_control", "/static")):
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        begun = time.perf_counter()
        writing = self.journal.begin(method, path)
        status = 0
        logged = False

        def log() -> None:
            nonlocal logged
            if logged:
                return
            logged = True
            self.journal.end(
                writing,
                Entry(
                    at=self.clock.now(),
                    method=method,
                    path=path,
                    query=safe_query(scope["query_string"].decode("latin-1")),
                    status=status,
                    ms=(time.perf_counter() - begun) * 1000,
                ),
            )

        async def watch(message: Message) -> None:
            """A caller who has the answer (or sees the break) finds the request in the log."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body"):
                log()
            await send(message)

        to_break = False
        try:
            to_break = await self._answer(scope, receive, watch)
        except ClientDisconnect:
            return  # the caller is gone, and nobody is left to be told
        finally:
            log()
        if to_break:
            await break_connection(scope)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer; whether the connection has to be broken now."""
        refusal = self.refuse(scope)
        if refusal is not None:
            await reply(send, refusal)
            return False
        fault = self.faults.take(scope["method"], scope["path"]) if self.faults.rules else None
        if fault is None:
            await self.app(scope, receive, send)
            return False
        return await self._fail(fault, scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> bool:
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.reset == "before":
            return True
        if fault.status and not fault.reset:
            answer = self.render(fault, scope)
        elif fault.reset or fault.truncate:
            answer = await self._kept(scope, receive)
        else:
            await self.app(scope, receive, send)
            return False
        if fault.reset:
            return True
        await reply(send, answer, truncate=fault.truncate)
        return fault.truncate

    async def _kept(self, scope: Scope, receive: Receive) -> Answer:
        """The real answer, done but not sent."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.app(scope, receive, keep)
        start, *bodies = kept
        headers = {k.decode(): v.decode("latin-1") for k, v in start["headers"]}
        return start["status"], headers, b"".join(one.get("body", b"") for one in bodies)


async def reply(send: Send, answer: Answer, *, truncate: bool = False) -> None:
    """Send an answer, or only the first half of its body under the length of the whole."""
    status, headers, body = answer
    headers = {k.lower(): v for k, v in headers.items()} | {"content-length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
        }
    )
    shown = body[: len(body) // 2] if truncate else body
    await send({"type": "http.response.body", "body": shown, "more_body": truncate})
    if truncate:
        await asyncio.sleep(0.05)  # the half has to arrive before the break


def plain(fault: Fault, scope: Scope) -> Answer:
    """A fault's answer where the host has no error format of its own."""
    body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
    kind = fault.content_type or (
        "text/plain" if isinstance(fault.body, str) else "application/json"
    )
    return fault.status, {"content-type": kind, **fault.headers}, body.encode()
