"""The simulated Globus Auth: its state, its Python controls, and its ASGI app."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Scope

from ..faults import Faults
from ..journal import Entry, Journal
from ..keys import signing_key
from ..rendering import Renderer
from ..wire import Answer, Wire, plain
from . import web
from .state import Accounts, Client


class GlobusSimulator:
    def __init__(self, *, accounts: Accounts) -> None:
        self.url = ""
        self.accounts = accounts
        self.faults = Faults()
        self.journal = Journal()
        self.key = signing_key("globus")
        self.renderer = Renderer("globus")

    def add_client(
        self, name: str, *, redirect_uris: tuple[str, ...], client_id: str = "", secret: str = ""
    ) -> Client:
        client = Client(
            id=client_id or str(uuid.uuid4()),
            secret=secret or secrets.token_urlsafe(32),
            name=name,
            redirect_uris=redirect_uris,
        )
        self.accounts.clients[client.id] = client
        return client

    @property
    def log(self) -> list[Entry]:
        return list(self.journal.entries)

    def app(self, control: list[Any]) -> ASGIApp:
        inner = Starlette(routes=[*control, *self.renderer.routes(), *web.routes()])
        inner.state.simulator = self
        return Wire(
            inner,
            clock=self.accounts.clock,
            faults=self.faults,
            journal=self.journal,
            refuse=_never,
            render=plain,
        )


def _never(_scope: Scope) -> Answer | None:
    return None
