"""What the simulated ORCID knows: people, clients, codes, tokens, works, notifications, webhooks."""

from __future__ import annotations

import itertools
import secrets
import string
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import orjson

from ..clock import Clock

RecordState = Literal["active", "locked", "deactivated", "deprecated", "unclaimed"]

# Token lifetimes in seconds (ORCID-Source, development.properties).
PERSISTENT = 631138519
SHORT = 3600  # to write with, through a client that ORCID has not enabled for persistent tokens
IMPLICIT = 600
CODE_LIFETIME = 600

FIRST_PUT_CODE = 1_000_001


@dataclass(slots=True)
class Person:
    orcid: str
    given_names: str
    family_name: str = ""
    credit_name: str = ""
    email: str = ""
    names_visibility: str = "public"
    default_visibility: str = "public"
    state: RecordState = "active"
    deprecated_to: str = ""
    created_by: str = ""  # the client that made an unclaimed record
    wait_period_over: bool = False
    takes_notifications: bool = True
    created: int = 0

    @property
    def full_name(self) -> str:
        return f"{self.given_names} {self.family_name}".strip()

    @property
    def public_name(self) -> str:
        if self.names_visibility != "public":
            return ""
        return self.credit_name or self.full_name


@dataclass(slots=True)
class Client:
    id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]
    description: str = ""
    kind: Literal["public", "member", "premium"] = "premium"
    on_behalf_of_user: bool = False  # "member, on behalf of the user": sets the assertion origin
    locked: bool = False
    persistent: bool = True  # whether tokens to write with last 20 years


@dataclass(slots=True)
class Code:
    text: str
    client_id: str
    orcid: str
    scopes: tuple[str, ...]
    redirect_uri: str
    nonce: str
    made: float
    used: bool = False
    access_token: str = ""


@dataclass(slots=True)
class Token:
    access: str
    refresh: str
    client_id: str
    orcid: str  # empty for client_credentials
    scopes: tuple[str, ...]
    made: float
    expires_in: int
    disabled: str = ""  # the reason: CLIENT_REVOKED, USER_REVOKED, AUTH_CODE_REUSED, REFRESHED
    signed_in_at: float = 0.0


def pack(content: dict[str, Any]) -> bytes:
    """JSON, copied because orjson's own answer keeps a buffer of several kilobytes."""
    return bytes(memoryview(orjson.dumps(content)))


@dataclass(slots=True)
class Work:
    put_code: int
    client_id: str  # empty: the person added it
    assertion_origin: str  # the iD, for a client that acts on behalf of the user
    created: int
    modified: int
    visibility: str
    display_index: str
    packed: bytes  # the content as JSON; parsed when read, so that 100,000 works fit
    ids: tuple[tuple[str, str, str], ...] = ()  # relationship, type, normalised value

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(self.packed)
        return content

    @property
    def source(self) -> tuple[str, str]:
        return self.client_id, self.assertion_origin


@dataclass(slots=True)
class Record:
    """A person's works, with an index from (type, normalised value) to put-codes."""

    works: dict[int, Work] = field(default_factory=dict)
    by_id: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    modified: int = 0
    version: int = 0  # goes up with every change

    def put(self, work: Work) -> None:
        self.take(work.put_code)
        self.works[work.put_code] = work
        self.version += 1
        for _, kind, value in work.ids:
            self.by_id[kind, value].append(work.put_code)
        self.modified = max(self.modified, work.modified)

    def take(self, put_code: int) -> Work | None:
        work = self.works.pop(put_code, None)
        self.version += 1 if work else 0
        for _, kind, value in work.ids if work else ():
            found = self.by_id[kind, value]
            found.remove(put_code)
            if not found:
                del self.by_id[kind, value]
        return work

    def sharing(self, kind: str, value: str) -> list[Work]:
        found = self.by_id.get((kind, value), ())
        return [self.works[put_code] for put_code in dict.fromkeys(found)]


@dataclass(slots=True)
class Notification:
    """An "amended" message: an API client has changed something on the record."""

    id: int
    client_name: str
    at: int
    subject: str
    items: tuple[str, ...]


@dataclass(slots=True)
class PermissionRequest:
    """A message by which a client asks for permission. Times are milliseconds; 0: not yet."""

    put_code: int
    client_id: str
    content: dict[str, Any]
    created: int
    read: int = 0
    actioned: int = 0
    archived: int = 0


@dataclass(slots=True)
class Webhook:
    """Where a client wants to hear of changes to a record."""

    orcid: str
    uri: str
    client_id: str
    told: int  # the record's version that was last told
    not_before: float = 0.0
    failures: int = 0


class Registry:
    """All state of the simulated ORCID, indexed by owner so that nothing is scanned."""

    most_works: int = 10_000  # on one record
    refused: Mapping[str, int] = MappingProxyType({})  # works by title, with ORCID's error code

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.clients: dict[str, Client] = {}
        self.codes: dict[str, Code] = {}
        self.tokens: dict[str, Token] = {}
        self.by_refresh: dict[str, Token] = {}
        self.tokens_of: dict[str, list[Token]] = defaultdict(list)
        self.records: dict[str, Record] = defaultdict(Record)
        self.inboxes: dict[str, list[Notification]] = defaultdict(list)
        self.permission_requests: dict[str, list[PermissionRequest]] = defaultdict(list)
        # record → address → registration
        self.webhooks: dict[str, dict[str, Webhook]] = defaultdict(dict)
        self.put_codes = itertools.count(FIRST_PUT_CODE)
        self.numbers = itertools.count(1)

    def issue_code(
        self,
        *,
        client: Client,
        person: Person,
        scopes: tuple[str, ...],
        redirect_uri: str,
        nonce: str,
    ) -> Code:
        letters = string.ascii_letters + string.digits
        text = "".join(secrets.choice(letters) for _ in range(6))
        code = Code(
            text=text,
            client_id=client.id,
            orcid=person.orcid,
            scopes=scopes,
            redirect_uri=redirect_uri,
            nonce=nonce,
            made=self.clock.now(),
        )
        self.codes[text] = code
        return code

    def issue_token(
        self,
        *,
        client_id: str,
        orcid: str,
        scopes: tuple[str, ...],
        expires_in: int | None = None,
    ) -> Token:
        if expires_in is None:
            expires_in = self._lifetime(client_id, scopes if orcid else ())
        token = Token(
            access=str(uuid.uuid4()),
            refresh=str(uuid.uuid4()),
            client_id=client_id,
            orcid=orcid,
            scopes=scopes,
            made=self.clock.now(),
            expires_in=expires_in,
        )
        self.tokens[token.access] = token
        self.by_refresh[token.refresh] = token
        self.tokens_of[orcid].append(token)
        return token

    def _lifetime(self, client_id: str, scopes: tuple[str, ...]) -> int:
        client = self.clients.get(client_id)
        writes = any(scope.endswith("/update") for scope in scopes)
        return SHORT if client and writes and not client.persistent else PERSISTENT

    def alive(self, token: Token) -> bool:
        return not token.disabled and self.clock.now() < token.made + token.expires_in

    def live_tokens(self, orcid: str) -> list[Token]:
        return [token for token in self.tokens_of.get(orcid, ()) if self.alive(token)]

    def notify(self, orcid: str, *, client: Client, subject: str, items: tuple[str, ...]) -> None:
        self.inboxes[orcid].append(
            Notification(
                id=next(self.numbers),
                client_name=client.name,
                at=self.clock.millis(),
                subject=subject,
                items=items,
            )
        )
