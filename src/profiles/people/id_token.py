"""Checking of OpenID Connect id_tokens (OpenID Connect Core 1.0, 3.1.3.7), with a key already found.

allauth trusts the connection to the token endpoint and checks neither signature nor nonce; we
check both, always.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

import jwt
import msgspec
from jwt.types import Options

from .refusals import NotVerified

# Asymmetric only: with HS256 the client secret would sign, and `none` signs nothing (RFC 8725 3.1).
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
CLOCK_SKEW = 120  # seconds that a provider's clock may differ from ours


class LinkedIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """One of the identities behind a Globus account."""

    sub: str
    username: str = ""
    name: str | None = None
    email: str | None = None
    identity_provider: str | None = None
    identity_provider_display_name: str | None = None
    organization: str | None = None


class Assertions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a provider says of a person. In OpenID these are "claims"; here a claim is of a work."""

    sub: str
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    organization: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    preferred_username: str | None = None
    identity_provider: str | None = None
    identity_set: tuple[LinkedIdentity, ...] = ()


class _Frame(msgspec.Struct, frozen=True, kw_only=True):
    """What makes the token one for us, now."""

    iss: str
    sub: str
    aud: str | tuple[str, ...]
    exp: float
    iat: float
    nonce: str = ""
    azp: str | None = None


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    issuer: str
    client_id: str
    nonce: str
    now: float


def key_id(token: str) -> str | None:
    """Which of the provider's keys is said to have signed; not verified."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
    except jwt.PyJWTError as error:
        raise NotVerified("the id_token is malformed") from error
    return kid if isinstance(kid, str) else None


def verify(token: str, *, key: jwt.PyJWK, expected: Expected) -> Assertions:
    """What a verified id_token asserts. Raises NotVerified, naming the check that failed."""
    try:
        payload = jwt.decode(token, key.key, algorithms=_algorithms(key), options=_SIGNATURE_ONLY)
    except jwt.PyJWTError as error:
        raise NotVerified("the id_token's signature is wrong") from error
    try:
        frame = msgspec.convert(payload, _Frame)
        assertions = msgspec.convert(payload, Assertions)
    except msgspec.ValidationError as error:
        raise NotVerified(f"the id_token is malformed: {error}") from error
    for what, holds in _CHECKS:
        if not holds(frame, expected):
            raise NotVerified(f"the id_token's {what}")
    return assertions


# The rest is checked below, against a clock that is given.
_SIGNATURE_ONLY: Options = {
    "verify_signature": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
}


def _algorithms(key: jwt.PyJWK) -> list[str]:
    """The key decides what it signs with, never the token's own header."""
    return [key.algorithm_name] if key.algorithm_name in ALGORITHMS else []


def _audience(frame: _Frame) -> tuple[str, ...]:
    return (frame.aud,) if isinstance(frame.aud, str) else frame.aud


_CHECKS: tuple[tuple[str, Callable[[_Frame, Expected], bool]], ...] = (
    ("subject is empty", lambda frame, _: bool(frame.sub)),
    ("issuer is another", lambda frame, expected: frame.iss == expected.issuer),
    ("audience is another", lambda frame, expected: expected.client_id in _audience(frame)),
    (
        "authorized party is another",
        lambda frame, expected: (
            frame.azp == expected.client_id if frame.azp is not None else len(_audience(frame)) == 1
        ),
    ),
    ("time is over", lambda frame, expected: frame.exp > expected.now - CLOCK_SKEW),
    ("time has not come", lambda frame, expected: frame.iat < expected.now + CLOCK_SKEW),
    (
        # An id_token from another browser session, slipped into this one (Core 1.0, 15.5.2).
        "nonce is another",
        lambda frame, expected: (
            bool(expected.nonce)
            and hmac.compare_digest(frame.nonce.encode(), expected.nonce.encode())
        ),
    ),
)
