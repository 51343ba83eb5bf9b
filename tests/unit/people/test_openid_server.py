"""One OpenID issuer over HTTP: errors by code and status, keys that change, nothing secret told."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from profiles.config import Client
from profiles.errors import Misconfigured, ProfilesError, UnexpectedAnswer, Unreachable
from profiles.people.openid_server import KEYS_AGAIN_SECONDS, KEYS_SECONDS, OpenIdServer
from profiles.people.refusals import NotVerified, StaleRound
from profiles.people.sealing import Secret

ISSUER = "https://orcid.example"
US = Client(id="APP-1", secret="our own secret")
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
TOKEN = "4f2a7c1e-access-token"
Answer = Callable[[httpx2.Request], httpx2.Response]


class Provider:
    """An issuer that can change its keys and answer the token request in any way."""

    def __init__(self, *, methods: tuple[str, ...] = ("client_secret_post",)) -> None:
        self.asked: list[httpx2.Request] = []
        self.keys = [("k1", rsa.generate_private_key(public_exponent=65537, key_size=2048))]
        self.says = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/oauth/authorize",
            "token_endpoint": f"{ISSUER}/oauth/token",
            "userinfo_endpoint": f"{ISSUER}/oauth/userinfo",
            "jwks_uri": f"{ISSUER}/oauth/jwks",
            "token_endpoint_auth_methods_supported": methods,
        }
        self.answer: Answer = lambda _request: httpx2.Response(200, json={"access_token": TOKEN})
        self.time = 0.0
        self.server = OpenIdServer(
            ISSUER,
            http=lambda: httpx2.Client(transport=httpx2.MockTransport(self)),
            clock=lambda: self.time,
        )

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        match request.url.path:
            case "/.well-known/openid-configuration":
                return httpx2.Response(200, json=self.says)
            case "/oauth/jwks":
                keys = [
                    {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid}
                    for kid, key in self.keys
                ]
                unknown = {"kty": "XYZ", "kid": "of-the-future"}
                return httpx2.Response(200, json={"keys": [unknown, *keys]})
        return self.answer(request)

    def id_token(self) -> Secret:
        kid, key = self.keys[-1]
        at = NOON.timestamp()
        said = {"iss": ISSUER, "aud": US.id, "sub": "s", "nonce": "n", "iat": at, "exp": at + 60}
        return Secret(jwt.encode(said, key, "RS256", headers={"kid": kid}))

    def verified(self) -> str:
        return self.server.verified(self.id_token(), client=US, nonce="n", now=NOON).sub

    def count(self, path: str) -> int:
        return sum(request.url.path == path for request in self.asked)


@pytest.fixture
def provider() -> Provider:
    return Provider()


def redeem(provider: Provider, **more: Any) -> Any:
    return provider.server.redeem(
        "AbC123", client=US, redirect_uri="https://us.example/back", verifier=None, now=NOON, **more
    )


def test_a_code_becomes_tokens(provider: Provider) -> None:
    provider.answer = lambda _request: httpx2.Response(
        200,
        json={
            "access_token": TOKEN,
            "token_type": "bearer",
            "refresh_token": "r",
            "expires_in": 631138518,
            "scope": "/read-limited /activities/update",
            "name": None,
            "orcid": "0000-0002-1825-0097",
        },
    )
    tokens = redeem(provider)
    assert tokens.access_token == Secret(TOKEN)
    assert tokens.expires_at == NOON + timedelta(seconds=631138518)
    assert (tokens.scope, tokens.name) == ("/read-limited /activities/update", None)
    assert TOKEN not in repr(tokens)
    form = parse_qs(provider.asked[-1].content.decode())
    assert form["client_secret"] == [US.secret]  # as ORCID advertises
    assert "authorization" not in provider.asked[-1].headers


def test_where_the_form_may_not_carry_the_secret_the_header_does() -> None:
    provider = Provider(methods=("client_secret_basic",))  # as Globus advertises
    redeem(provider)
    assert provider.asked[-1].headers["authorization"].startswith("Basic ")
    assert b"secret" not in provider.asked[-1].content


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, '{"error":"invalid_grant"}', StaleRound),  # used or expired code
        (401, '{"error":"invalid_client"}', Misconfigured),
        (400, '{"error":"unauthorized_client"}', Misconfigured),
        (400, '{"error":"server_error"}', Unreachable),
        (401, '{"error":"server_error"}', Unreachable),  # ORCID says it with 401, too
        (400, '{"error":"temporarily_unavailable"}', Unreachable),
        (400, '{"error":"something_new"}', UnexpectedAnswer),
        (400, "<html>", UnexpectedAnswer),
        (302, "", UnexpectedAnswer),
        (500, '{"error":"invalid_grant"}', Unreachable),  # the status wins
        (503, "", Unreachable),
        (200, "<html>", UnexpectedAnswer),
        (200, '{"error":"invalid_grant"}', UnexpectedAnswer),
    ],
)
def test_an_error_is_judged_by_status_and_code(
    provider: Provider, status: int, body: str, error: type[ProfilesError]
) -> None:
    provider.answer = lambda _request: httpx2.Response(status, text=body)
    with pytest.raises(error) as caught:
        redeem(provider)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "body",
    [
        f'{{"error":"invalid_token","error_description":"Access token expired: {TOKEN}"}}',
        f'{{"error":"{TOKEN}"}}',
        f'{{"access_token":["{TOKEN}"]}}',
    ],
)
@pytest.mark.parametrize("status", [200, 400, 503])
def test_an_answer_that_repeats_the_token_is_not_repeated(
    provider: Provider, status: int, body: str
) -> None:
    provider.answer = lambda _request: httpx2.Response(status, text=body)
    with pytest.raises(ProfilesError) as caught:
        redeem(provider)
    error: BaseException | None = caught.value
    while error is not None:
        assert TOKEN not in str(error)
        error = error.__cause__


def test_a_connection_that_breaks_is_tried_once(provider: Provider) -> None:
    """A code that arrives twice loses its tokens."""

    def breaks(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.RemoteProtocolError("gone", request=request)

    provider.answer = breaks
    with pytest.raises(Unreachable):
        redeem(provider)
    assert provider.count("/oauth/token") == 1


def test_the_discovery_document_is_asked_once(provider: Provider) -> None:
    redeem(provider)
    redeem(provider)
    assert provider.count("/.well-known/openid-configuration") == 1


def test_an_issuer_that_calls_itself_another_is_refused(provider: Provider) -> None:
    provider.says["issuer"] = "https://evil.example"
    with pytest.raises(NotVerified, match="calls itself"):
        provider.server.metadata()


def test_keys_are_asked_once_and_a_changed_key_is_found_at_once(provider: Provider) -> None:
    assert provider.verified() == provider.verified() == "s"
    assert provider.count("/oauth/jwks") == 1
    provider.keys.append(("k2", rsa.generate_private_key(public_exponent=65537, key_size=2048)))
    provider.time = KEYS_AGAIN_SECONDS + 1
    assert provider.verified() == "s"
    assert provider.count("/oauth/jwks") == 2


def test_unknown_keys_do_not_make_us_ask_without_end(provider: Provider) -> None:
    assert provider.verified() == "s"
    forged = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    token = Secret(jwt.encode({"sub": "s"}, forged, "RS256", headers={"kid": "forged"}))
    for _ in range(5):
        with pytest.raises(NotVerified, match="unknown key"):
            provider.server.verified(token, client=US, nonce="n", now=NOON)
    assert provider.count("/oauth/jwks") == 1


def test_a_key_that_was_withdrawn_is_forgotten_in_time(provider: Provider) -> None:
    token = provider.id_token()
    provider.server.verified(token, client=US, nonce="n", now=NOON)
    provider.keys = [("k2", rsa.generate_private_key(public_exponent=65537, key_size=2048))]
    provider.time = KEYS_SECONDS + 1
    with pytest.raises(NotVerified, match="unknown key"):
        provider.server.verified(token, client=US, nonce="n", now=NOON)


def test_no_id_token_is_no_proof(provider: Provider) -> None:
    with pytest.raises(NotVerified, match="no id_token"):
        provider.server.verified(None, client=US, nonce="n", now=NOON)


def test_a_token_is_given_back_where_orcid_takes_it(provider: Provider) -> None:
    provider.answer = lambda _request: httpx2.Response(200)
    provider.server.revoke(Secret(TOKEN), client=US)
    assert provider.asked[-1].url == f"{ISSUER}/oauth/revoke"
    assert parse_qs(provider.asked[-1].content.decode())["token"] == [TOKEN]


def test_a_token_that_is_not_taken_back_raises(provider: Provider) -> None:
    provider.answer = lambda _request: httpx2.Response(401, json={"error": "invalid_client"})
    with pytest.raises(Misconfigured):
        provider.server.revoke(Secret(TOKEN), client=US)
