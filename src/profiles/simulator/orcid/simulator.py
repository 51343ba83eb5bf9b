"""The simulated ORCID: its state, its Python controls, and its ASGI app."""

from __future__ import annotations

import secrets
import string
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict, Unpack

import orjson
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from ..faults import Fault, Faults
from ..journal import Bucket, Entry, Journal
from ..keys import signing_key
from ..rendering import Renderer
from ..wire import Answer, Wire, plain
from . import member_api, notifications, oauth_web, pages, webhooks
from .duplicates import identifiers, kept
from .negotiation import DEFAULT, answer_as
from .refusal import unmapped, xml
from .shapes import Printer
from .state import Client, Person, RecordState, Registry, Token, Work, pack

# Made-up iDs: right check digit, below the first issued block, so nobody's.
MADE_UP_FROM = 1_000_000

MEMBER_RATE, MEMBER_BURST = 24.0, 40
WRITES = frozenset({"POST", "PUT", "DELETE"})


class OrcidConvertor(Convertor[str]):
    regex = r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("orcid", OrcidConvertor())


class ClientFields(TypedDict, total=False):
    """Further fields of a client; see state.Client."""

    description: str
    kind: Literal["public", "member", "premium"]
    on_behalf_of_user: bool
    locked: bool
    persistent: bool


class PersonFields(TypedDict, total=False):
    """Further fields of a person; see state.Person."""

    credit_name: str
    email: str
    names_visibility: str
    default_visibility: str
    state: RecordState
    deprecated_to: str
    created_by: str
    wait_period_over: bool
    takes_notifications: bool


class WorkFields(TypedDict, total=False):
    """Further fields of a work; see state.Work."""

    put_code: int
    assertion_origin: str
    created: int
    modified: int
    visibility: str
    display_index: str


def with_check_digit(fifteen: int) -> str:
    """The iD of a 15-digit number (ISO 7064 MOD 11-2)."""
    digits = f"{fifteen:015d}"
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    text = digits + ("X" if check == 10 else str(check))
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


class OrcidSimulator:
    def __init__(self, *, registry: Registry) -> None:
        self.url = ""
        self.registry = registry
        self.faults = Faults()
        self.journal = Journal()
        self.limiter = Bucket(rate=MEMBER_RATE, burst=MEMBER_BURST)
        self.printer = Printer(people=self.registry.people, clients=self.registry.clients)
        self.key = signing_key("orcid")
        self.write_latency = 0.0  # seconds between the duplicates check and the insert
        self.renderer = Renderer("orcid")
        self._sessions: dict[str, str] = {}
        self._made_up = MADE_UP_FROM

    # --- controls ---

    def add_client(
        self,
        name: str,
        *,
        redirect_uris: tuple[str, ...],
        client_id: str = "",
        secret: str = "",
        **more: Unpack[ClientFields],
    ) -> Client:
        letters = string.ascii_uppercase + string.digits
        client = Client(
            id=client_id or "APP-" + "".join(secrets.choice(letters) for _ in range(16)),
            secret=secret or secrets.token_hex(16),
            name=name,
            redirect_uris=redirect_uris,
            **more,
        )
        self.registry.clients[client.id] = client
        return client

    def add_person(
        self,
        given_names: str,
        family_name: str = "",
        *,
        orcid: str = "",
        **more: Unpack[PersonFields],
    ) -> Person:
        while not orcid or (orcid in self.registry.people):
            self._made_up += 1
            orcid = with_check_digit(self._made_up)
        person = Person(
            orcid=orcid,
            given_names=given_names,
            family_name=family_name,
            created=self.registry.clock.millis(),
            **more,
        )
        self.registry.people[orcid] = person
        return person

    def set_state(self, orcid: str, state: RecordState, *, deprecated_to: str = "") -> None:
        person = self.registry.people[orcid]
        person.state = state
        person.deprecated_to = deprecated_to

    def revoke_tokens(self, orcid: str, *, client_id: str = "") -> int:
        """As the person does on the trusted-parties page; how many were live."""
        live = self.registry.live_tokens(orcid)
        named = [
            token
            for token in self.registry.tokens_of.get(orcid, ())
            if not token.disabled and client_id in ("", token.client_id)
        ]
        for token in named:  # also those that ran out: a refresh token outlives them
            token.disabled = "USER_REVOKED"
        return sum(token in live for token in named)

    def grant(self, orcid: str, *, client_id: str, scope: str) -> Token:
        """A token without the round through the browser."""
        return self.registry.issue_token(
            client_id=client_id, orcid=orcid, scopes=tuple(scope.split())
        )

    def add_work(
        self,
        orcid: str,
        content: dict[str, Any],
        *,
        client_id: str = "",
        **more: Unpack[WorkFields],
    ) -> Work:
        """Put a work on a record without the API; `client_id=""`: by the person."""
        now = self.registry.clock.millis()
        work = Work(
            put_code=more.get("put_code") or next(self.registry.put_codes),
            client_id=client_id,
            assertion_origin=more.get("assertion_origin", ""),
            created=more.get("created", now),
            modified=more.get("modified", now),
            visibility=more.get("visibility", self.registry.people[orcid].default_visibility),
            display_index=more.get("display_index", "0" if client_id else "1"),
            packed=pack(kept(content)),
            ids=identifiers(content),
        )
        self.registry.records[orcid].put(work)
        return work

    def delete_work(self, orcid: str, put_code: int) -> None:
        """As the person does at ORCID."""
        self.registry.records[orcid].take(put_code)

    def works_of(self, orcid: str) -> list[dict[str, Any]]:
        """The works on a record as the API would print them, oldest first."""
        record = self.registry.records[orcid]
        return [self.printer.work(orcid, record.works[code]) for code in sorted(record.works)]

    def inbox(self, orcid: str) -> list[dict[str, Any]]:
        """The permission notifications that the person has not put away, oldest first, unread."""
        return [
            notifications.printed(one, self.registry.clients[one.client_id])
            for one in self.registry.permission_requests.get(orcid, ())
            if not one.archived
        ]

    def deliver_webhooks(self, post: webhooks.Post = webhooks.post) -> int:
        """The next batch now, not in five minutes. How many were told."""
        return webhooks.deliver(self.registry, post)

    @property
    def log(self) -> list[Entry]:
        return list(self.journal.entries)

    def calls(self, *methods: str) -> list[Entry]:
        """API calls; without names: all writes."""
        wanted = frozenset(methods) or WRITES
        return [
            entry
            for entry in self.journal.entries
            if entry.method in wanted and entry.path.startswith("/v3.0")
        ]

    @property
    def concurrent_writes(self) -> dict[str, int]:
        """For each record, the most writes that were under way at once."""
        return dict(self.journal.most_concurrent_writes)

    # --- sessions and pages ---

    def find(self, name: str) -> Person | None:
        """By iD (bare or as address) or e-mail address."""
        name = name.strip()
        found = self.registry.people.get(name.rstrip("/").rsplit("/", 1)[-1].upper())
        if found or "@" not in name:
            return found
        return next(
            (one for one in self.registry.people.values() if one.email.lower() == name.lower()),
            None,
        )

    def choosable(self) -> list[Person]:
        return list(self.registry.people.values())[:12]

    def start_session(self, response: Response, person: Person) -> None:
        name = secrets.token_urlsafe(24)
        self._sessions[name] = person.orcid
        response.set_cookie(pages.COOKIE, name, httponly=True, samesite="lax")

    def signed_in(self, request: Request) -> Person | None:
        orcid = self._sessions.get(request.cookies.get(pages.COOKIE, ""), "")
        return self.registry.people.get(orcid)

    def page(
        self, request: Request, template: str, status: int = 200, **context: object
    ) -> Response:
        viewer = self.signed_in(request)
        return self.renderer.page(template, status, viewer=viewer, **context)

    def day(self, millis: int) -> str:
        return datetime.fromtimestamp(millis / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")

    # --- the app ---

    def app(self, control: list[Any]) -> ASGIApp:
        inner = Starlette(
            routes=[
                *control,
                *self.renderer.routes(),
                *member_api.routes(),
                *oauth_web.routes(),
                *pages.routes(),
            ]
        )
        inner.state.simulator = self
        return Wire(
            inner,
            clock=self.registry.clock,
            faults=self.faults,
            journal=self.journal,
            refuse=self._too_fast,
            render=render_fault,
        )

    def _too_fast(self, scope: Scope) -> Answer | None:
        """503 beyond the burst. ORCID sends no Retry-After."""
        if not scope["path"].startswith("/v3.0"):
            return None
        header = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        token = self.registry.tokens.get(header.partition(" ")[2])
        caller = token.client_id if token else "anonymous"
        if self.limiter.allows(caller, self.registry.clock.now()):
            return None
        return 503, {"content-type": "text/html"}, b"<h1>503 Service Temporarily Unavailable</h1>"


def render_fault(fault: Fault, scope: Scope) -> Answer:
    """A fault with an error code is printed as ORCID prints errors."""
    if not fault.error_code:
        return plain(fault, scope)
    accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
    media = answer_as(accept) or DEFAULT
    error = unmapped(fault.error_code, fault.status)
    body = orjson.dumps(error) if media.format == "json" else xml(error).encode()
    kind = fault.content_type or media.header
    return error["response-code"], {"content-type": kind, **fault.headers}, body
