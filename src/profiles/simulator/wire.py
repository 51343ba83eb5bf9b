"""Between the socket and a simulator's app: the log, the limiter, and faults."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, MutableMapping
from typing import Any, Final, cast

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

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._answer(scope, receive, watch)
        finally:
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

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self.refuse(scope)
        if refusal is not None:
            await reply(send, refusal)
            return
        fault = self.faults.take(scope["method"], scope["path"]) if self.faults.rules else None
        if fault is None:
            await self.app(scope, receive, send)
            return
        await self._fail(fault, scope, receive, send)

    async def _fail(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.reset == "before":
            await break_connection(scope)
            return
        if fault.status and not fault.reset:
            await reply(send, self.render(fault, scope), truncate=fault.truncate, scope=scope)
            return
        if not (fault.reset or fault.truncate):
            await self.app(scope, receive, send)
            return
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self.app(scope, receive, keep)
        if fault.reset:
            await break_connection(scope)
            return
        start = kept[0]
        await reply(
            send,
            (
                start["status"],
                {k.decode(): v.decode("latin-1") for k, v in start["headers"]},
                b"".join(message.get("body", b"") for message in kept[1:]),
            ),
            truncate=True,
            scope=scope,
        )


async def reply(
    send: Send, answer: Answer, *, truncate: bool = False, scope: Scope | None = None
) -> None:
    status, headers, body = answer
    headers = {k.lower(): v for k, v in headers.items()} | {"content-length": str(len(body))}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in headers.items()],
        }
    )
    if truncate and scope is not None:
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        await asyncio.sleep(0.05)
        await break_connection(scope)
        return
    await send({"type": "http.response.body", "body": body})


def plain(fault: Fault, scope: Scope) -> Answer:
    """A fault's answer where the host has no error format of its own."""
    body = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
    kind = fault.content_type or (
        "text/plain" if isinstance(fault.body, str) else "application/json"
    )
    return fault.status, {"content-type": kind, **fault.headers}, body.encode()


def same_site(target: str) -> str:
    """A path of our own, whatever a form says."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"
