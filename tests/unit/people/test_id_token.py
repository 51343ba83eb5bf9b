"""id_tokens: every check of OpenID Connect Core 3.1.3.7, each with a token that fails only there."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from profiles.people.id_token import Expected, key_id, verify
from profiles.people.refusals import NotVerified

ISSUER, CLIENT, NONCE, NOW = "https://orcid.example", "APP-1", "n-0S6_WzA2Mj", 1_800_000_000.0
EXPECTED = Expected(issuer=ISSUER, client_id=CLIENT, nonce=NONCE, now=NOW)
GOOD: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "0000-0002-1825-0097",
    "aud": CLIENT,
    "iat": NOW - 1,
    "exp": NOW + 300,
    "nonce": NONCE,
    "name": "Josiah Carberry",
    "given_name": "Josiah",
    "amr": "pwd",
}

_PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(private: rsa.RSAPrivateKey, **more: str) -> jwt.PyJWK:
    document = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    return jwt.PyJWK.from_dict({**document, "kid": "one", **more})


KEY = public(_PRIVATE)


def token(**changes: Any) -> str:
    said = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode(said, _PRIVATE, "RS256", headers={"kid": "one"})


def test_a_good_token_says_who_it_is() -> None:
    said = verify(token(), key=KEY, expected=EXPECTED)
    assert (said.sub, said.name, said.family_name) == (GOOD["sub"], "Josiah Carberry", None)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"iss": "https://sandbox.orcid.example"}, "issuer"),  # the sandbox is another world
        ({"iss": ISSUER + "/"}, "issuer"),  # compared to the letter
        ({"aud": "APP-2"}, "audience"),  # meant for another client
        ({"aud": ["APP-2", "APP-3"]}, "audience"),
        ({"aud": [CLIENT, "APP-2"]}, "authorized party"),  # several, and no word on which
        ({"aud": [CLIENT, "APP-2"], "azp": "APP-2"}, "authorized party"),
        ({"azp": "APP-2"}, "authorized party"),
        ({"exp": NOW - 121}, "time is over"),
        ({"iat": NOW + 121}, "time has not come"),
        ({"nonce": "another"}, "nonce"),  # from another browser session
        ({"nonce": None}, "nonce"),  # a provider that drops it
        ({"sub": ""}, "subject"),
        ({"sub": None}, "malformed"),
        ({"exp": None}, "malformed"),
        ({"iat": None}, "malformed"),
        ({"iss": None}, "malformed"),
        ({"aud": None}, "malformed"),
        ({"exp": "tomorrow"}, "malformed"),
    ],
)
def test_a_token_with_one_thing_wrong_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(NotVerified, match=complaint):
        verify(token(**changes), key=KEY, expected=EXPECTED)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW - 119},  # clocks differ
        {"iat": NOW + 119},
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "APP-2"], "azp": CLIENT},
    ],
)
def test_what_the_standard_allows_is_let_through(changes: dict[str, Any]) -> None:
    assert verify(token(**changes), key=KEY, expected=EXPECTED).sub == GOOD["sub"]


def test_a_signature_by_another_key_is_refused() -> None:
    with pytest.raises(NotVerified, match="signature"):
        verify(token(), key=public(_OTHER), expected=EXPECTED)


def test_a_changed_token_is_refused() -> None:
    head, _, signature = token().split(".")
    body = token(sub="0000-0001-5109-3700").split(".")[1]
    with pytest.raises(NotVerified, match="signature"):
        verify(f"{head}.{body}.{signature}", key=KEY, expected=EXPECTED)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_the_token_does_not_choose_how_it_is_checked(algorithm: str) -> None:
    """`none`, or the public key taken for a shared secret (RFC 8725 2.1)."""
    secret = "x" * 32 if algorithm == "HS256" else ""
    forged = jwt.encode(GOOD, secret, algorithm, headers={"kid": "one"})
    with pytest.raises(NotVerified, match="signature"):
        verify(forged, key=KEY, expected=EXPECTED)


def test_an_expected_nonce_that_is_empty_matches_nothing() -> None:
    nobody = Expected(issuer=ISSUER, client_id=CLIENT, nonce="", now=NOW)
    with pytest.raises(NotVerified, match="nonce"):
        verify(token(nonce=None), key=KEY, expected=nobody)


@pytest.mark.parametrize(("text", "kid"), [(token(), "one"), (jwt.encode(GOOD, "x" * 32), None)])
def test_the_key_id_is_read_from_the_head(text: str, kid: str | None) -> None:
    assert key_id(text) == kid


def test_what_is_no_token_is_refused() -> None:
    with pytest.raises(NotVerified):
        key_id("not a token")
