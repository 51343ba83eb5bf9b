"""The simulated DataCite: its state, its Python controls, and its ASGI app."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, TypedDict, Unpack

from starlette.applications import Starlette
from starlette.types import ASGIApp, Scope

from ..faults import Faults
from ..journal import Bucket, Journal
from ..journal import Entry as LogEntry
from ..rendering import Renderer
from ..wire import Answer, Wire, plain
from . import api, pages
from .store import Entry, Repository, State, Store

PREFIX = "10.5555"

# Requests in five minutes for one address (support.datacite.org, rate-limit).
IDENTIFIED, UNIDENTIFIED, WINDOW = 1000, 500, 300


class EntryFields(TypedDict, total=False):
    """Further fields of a DOI; see store.Entry."""

    repository: str
    state: State
    agency: str
    created: float


class DataCiteSimulator:
    def __init__(self, *, store: Store) -> None:
        self.url = ""
        self.store = store
        self.faults = Faults()
        self.journal = Journal()
        self.limiter = Bucket(rate=UNIDENTIFIED / WINDOW, burst=UNIDENTIFIED)
        self.identified_limiter = Bucket(rate=IDENTIFIED / WINDOW, burst=IDENTIFIED)
        self.renderer = Renderer("datacite")
        # Whom the registration form offers: (name, iD). Set by the seed.
        self.people: Callable[[], list[tuple[str, str]]] = list
        self.add_repository("simulate.example", "Example Repository")

    # --- controls ---

    def add_repository(
        self, repository_id: str, name: str, *, client_type: str = "repository"
    ) -> Repository:
        repository = Repository(repository_id, name, client_type)
        self.store.repositories[repository_id] = repository
        return repository

    def register(self, record: dict[str, Any], **more: Unpack[EntryFields]) -> Entry:
        """A new DOI from DataCite JSON; without `doi` one is made up."""
        given = record.get("data", record)
        given = given.get("attributes", given)
        if not given.get("doi"):
            record = {**given, "doi": self.new_doi()}
        return self.store.register(record, **more)

    def update(self, doi: str, changes: dict[str, Any]) -> Entry:
        return self.store.update(doi, changes)

    def hide(self, doi: str) -> Entry:
        """findable → registered: it resolves, but the metadata are no longer public."""
        return self.store.update(doi, {}, state="registered")

    def show(self, doi: str) -> Entry:
        return self.store.update(doi, {}, state="findable")

    def new_doi(self) -> str:
        letters = "0123456789abcdefghjkmnpqrstvwxyz"
        while True:
            parts = ["".join(secrets.choice(letters) for _ in range(4)) for _ in range(2)]
            doi = f"{PREFIX}/{'-'.join(parts)}"
            if doi not in self.store.entries:
                return doi

    @property
    def log(self) -> list[LogEntry]:
        return list(self.journal.entries)

    # --- the app ---

    def app(self, control: list[Any]) -> ASGIApp:
        inner = Starlette(
            routes=[*control, *self.renderer.routes(), *api.routes(), *pages.routes()]
        )
        inner.state.simulator = self
        return Wire(
            inner,
            clock=self.store.clock,
            faults=self.faults,
            journal=self.journal,
            refuse=self._too_many,
            render=plain,
        )

    def _too_many(self, scope: Scope) -> Answer | None:
        if not scope["path"].startswith("/dois"):
            return None
        agent = dict(scope["headers"]).get(b"user-agent", b"")
        named = b"@" in agent or b"mailto" in scope["query_string"]
        limiter = self.identified_limiter if named else self.limiter
        caller = (scope.get("client") or ("",))[0]
        if limiter.allows(caller, self.store.clock.now()):
            return None
        return 429, {"content-type": "text/plain"}, b"Too Many Requests"
