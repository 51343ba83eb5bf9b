"""Who may do what: the checks of bearer, record and scope, in ORCID's order."""

from __future__ import annotations

import re
from typing import Final

from .refusal import OAuthRefused, Refused
from .state import Client, Person, Registry, Token

ORCID_PATH = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")

WRITE = "/activities/update"
READ = "/read-limited"

# Which scopes let a token read what is public.
READS_PUBLIC: Final = frozenset(
    {READ, WRITE, "/read-public", "/authenticate", "openid", "/person/update"}
)

# Writing to a section of the record needs this scope.
SECTION_SCOPES: Final = {
    **dict.fromkeys(
        [
            "distinction",
            "education",
            "employment",
            "funding",
            "invited-position",
            "membership",
            "peer-review",
            "qualification",
            "research-resource",
            "service",
        ],
        WRITE,
    ),
    **dict.fromkeys(
        ["address", "external-identifiers", "keywords", "other-names", "researcher-urls"],
        "/person/update",
    ),
}


def bearer(registry: Registry, header: str, parameter: str, *, method: str) -> Token:
    """Step 1. No token: 403. Bad token: 401, and the text repeats it."""
    kind, _, text = header.partition(" ")
    text = text.strip() if kind.lower() == "bearer" else parameter
    if not text:
        raise OAuthRefused(
            403,
            "forbidden",
            "Forbidden: The server understood the request but refuses to authorize it.",
        )
    token = registry.tokens.get(text)
    if token is None or not _usable(registry, token, method):
        raise OAuthRefused(401, "invalid_token", f"Invalid access token: {text}")
    return token


def _usable(registry: Registry, token: Token, method: str) -> bool:
    if registry.alive(token):
        return True
    # After a person revoked access, the client may still clean up what it added.
    return method == "DELETE" and token.disabled == "USER_REVOKED"


def own_record(token: Token, orcid: str) -> None:
    """Step 2. A token without a person passes here and fails at the scope."""
    if token.orcid and token.orcid != orcid:
        raise Refused(9017, "Access token is for a different record")


def record_of(registry: Registry, orcid: str, *, client: Client, method: str) -> Person:
    """Step 4. The record's owner, if the record can be used."""
    person = registry.people.get(orcid)
    if person is None:
        raise Refused(9016, f"ORCID iD {orcid} not found")
    if person.state == "deprecated":
        raise Refused(
            9007,
            status=301 if method == "GET" else 409,
            headers={"location": person.deprecated_to},
            primary=f"https://orcid.org/{person.deprecated_to}",
            orcid=f"https://orcid.org/{orcid}",
        )
    if person.state == "unclaimed" and not (
        person.wait_period_over or person.created_by == client.id
    ):
        raise Refused(9036)
    if person.state == "locked":
        raise Refused(9018, orcid)
    if person.state == "deactivated":
        raise Refused(9044)
    return person


def may_write(token: Token, client: Client, scope: str = WRITE) -> None:
    """Step 5."""
    if client.kind == "public":
        raise Refused(9017, "The client is a public client")
    if client.locked:
        raise Refused(9057)
    if not token.orcid or scope not in token.scopes:
        raise Refused(9038)


def may_read(token: Token) -> None:
    if not READS_PUBLIC.intersection(token.scopes):
        raise Refused(9038)
