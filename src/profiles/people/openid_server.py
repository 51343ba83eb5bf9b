"""One OpenID issuer over HTTP: what it says of itself, its keys, its token endpoint.

Raises our errors and never shows an answer's text: token errors at ORCID repeat the token. Only
the HTTP status and `error` are read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

import httpx2
import jwt
import msgspec

from ..config import Client
from ..errors import Misconfigured, ProfilesError, UnexpectedAnswer, Unreachable
from .id_token import Assertions, Expected, key_id, verify
from .refusals import NotVerified, StaleRound
from .sealing import Secret

T = TypeVar("T")

METADATA_SECONDS = 3600.0
KEYS_SECONDS = 3600.0
# A token signed by an unknown key makes us ask for the keys again, but not more often than this.
KEYS_AGAIN_SECONDS = 10.0


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a discovery document that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    revocation_endpoint: str = ""
    # Left out means Basic (OpenID Connect Discovery 1.0, 3). ORCID advertises post, Globus Basic.
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)

    @property
    def takes_secret_in_form(self) -> bool:
        return "client_secret_post" in self.token_endpoint_auth_methods_supported


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    access_token: Secret
    refresh_token: Secret | None
    id_token: Secret | None
    scope: str
    expires_at: datetime | None
    orcid: str | None  # ORCID's own addition, unverified
    name: str | None


class _TokenJson(msgspec.Struct, frozen=True, kw_only=True):
    access_token: str
    refresh_token: str | None = None
    id_token: str | None = None
    scope: str | None = None
    expires_in: int | None = None
    orcid: str | None = None
    name: str | None = None


class _ErrorJson(msgspec.Struct, frozen=True, kw_only=True):
    error: str = ""


def _misconfigured(issuer: str, error: str) -> ProfilesError:
    return Misconfigured(
        f"{issuer} answers {error}", hint="Check the client's id, secret and redirect URIs there."
    )


def _stale(issuer: str, error: str) -> ProfilesError:
    return StaleRound(f"{issuer} answers {error}")


def _later(issuer: str, error: str) -> ProfilesError:
    return Unreachable(f"{issuer} answers {error}")


# RFC 6749 5.2. Texts vary; the code decides.
TOKEN_ERRORS: Mapping[str, Callable[[str, str], ProfilesError]] = {
    "invalid_client": _misconfigured,
    "unauthorized_client": _misconfigured,
    "invalid_scope": _misconfigured,
    "invalid_grant": _stale,
    "server_error": _later,
    "temporarily_unavailable": _later,
}


class OpenIdServer:
    def __init__(
        self,
        issuer: str,
        *,
        http: Callable[[], httpx2.Client],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        # A fresh connection per call: ORCID disables the tokens of a code that is sent twice, so
        # nothing below us may be tempted to repeat a request on a stale connection.
        self._http = http
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, tuple[jwt.PyJWK, ...]] | None = None

    def metadata(self) -> Metadata:
        if self._metadata is None or self._clock() - self._metadata[0] > METADATA_SECONDS:
            url = f"{self.issuer}/.well-known/openid-configuration"
            found = self._decode(self._send("GET", url), Metadata)
            if found.issuer.rstrip("/") != self.issuer:
                # OpenID Connect Discovery 4.3: else one issuer could speak for another.
                raise NotVerified(f"{self.issuer} calls itself {found.issuer}")
            self._metadata = (self._clock(), found)
        return self._metadata[1]

    def redeem(
        self, code: str, *, client: Client, redirect_uri: str, verifier: str | None, now: datetime
    ) -> Tokens:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        if verifier:
            form["code_verifier"] = verifier
        return self._tokens(form, client=client, now=now)

    def refresh(self, token: Secret, *, client: Client, now: datetime) -> Tokens:
        form = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
        return self._tokens(form, client=client, now=now)

    def client_token(self, scope: str, *, client: Client, now: datetime) -> Tokens:
        """A token of the client itself (RFC 6749, 4.4)."""
        form = {"grant_type": "client_credentials", "scope": scope}
        return self._tokens(form, client=client, now=now)

    def revoke(self, token: Secret, *, client: Client) -> None:
        """Gives a token back. Silence is success; raises otherwise."""
        # Not in ORCID's discovery document.
        url = self.metadata().revocation_endpoint or f"{self.issuer}/oauth/revoke"
        answer = self._send("POST", url, data={"token": token.reveal()}, client=client)
        if answer.status_code != httpx2.codes.OK:
            raise self._token_error(answer)

    def userinfo(self, access_token: Secret) -> Assertions:
        answer = self._send(
            "GET",
            self.metadata().userinfo_endpoint,
            headers={"Authorization": f"Bearer {access_token.reveal()}"},
        )
        return self._decode(answer, Assertions)

    def verified(
        self, id_token: Secret | None, *, client: Client, nonce: str, now: datetime
    ) -> Assertions:
        """What the id_token asserts, after every check. Raises NotVerified."""
        if id_token is None:
            raise NotVerified("no id_token came")
        token = id_token.reveal()
        expected = Expected(
            issuer=self.metadata().issuer, client_id=client.id, nonce=nonce, now=now.timestamp()
        )
        return verify(token, key=self._key(key_id(token)), expected=expected)

    def _key(self, kid: str | None) -> jwt.PyJWK:
        key = _pick(self._known_keys(KEYS_SECONDS), kid)
        if key is None:  # the provider may have changed its keys since we asked
            key = _pick(self._known_keys(KEYS_AGAIN_SECONDS), kid)
        if key is None:
            raise NotVerified("the id_token is signed with an unknown key")
        return key

    def _known_keys(self, seconds: float) -> tuple[jwt.PyJWK, ...]:
        if self._keys is None or self._clock() - self._keys[0] > seconds:
            answer = self._send("GET", self.metadata().jwks_uri)
            keys = _read_keys(self._decode(answer, dict[str, object]))
            self._keys = (self._clock(), keys)
        return self._keys[1]

    def _tokens(self, form: Mapping[str, str], *, client: Client, now: datetime) -> Tokens:
        answer = self._send("POST", self.metadata().token_endpoint, data=form, client=client)
        if answer.status_code != httpx2.codes.OK:
            raise self._token_error(answer)
        found = self._decode(answer, _TokenJson)
        return Tokens(
            access_token=Secret(found.access_token),
            refresh_token=Secret(found.refresh_token) if found.refresh_token else None,
            id_token=Secret(found.id_token) if found.id_token else None,
            scope=found.scope or "",
            expires_at=now + timedelta(seconds=found.expires_in) if found.expires_in else None,
            orcid=found.orcid,
            name=found.name,
        )

    def _send(
        self,
        method: str,
        url: str,
        *,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        client: Client | None = None,
    ) -> httpx2.Response:
        basic = None
        if client is not None and self.metadata().takes_secret_in_form:
            data = {**(data or {}), "client_id": client.id, "client_secret": client.secret}
        elif client is not None:
            basic = httpx2.BasicAuth(client.id, client.secret)
        try:
            with self._http() as http:
                answer = http.request(
                    method,
                    url,
                    data=data,
                    headers={"Accept": "application/json", **(headers or {})},
                    auth=basic,
                )
        except httpx2.HTTPError as error:
            raise Unreachable(f"{self.issuer} ({type(error).__name__})") from None
        if answer.is_server_error:
            raise Unreachable(f"{self.issuer} answers HTTP {answer.status_code}")
        return answer

    def _decode(self, answer: httpx2.Response, kind: type[T]) -> T:
        if answer.status_code != httpx2.codes.OK:
            raise UnexpectedAnswer(f"{self.issuer} answers HTTP {answer.status_code}")
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError:
            # Not chained: the decoder's message may repeat a piece of the answer.
            raise UnexpectedAnswer(
                f"{self.issuer} sent what is no answer to this request"
            ) from None

    def _token_error(self, answer: httpx2.Response) -> ProfilesError:
        error = _error_code(answer.content)
        make = TOKEN_ERRORS.get(error)
        if make is not None:
            return make(self.issuer, error)
        return UnexpectedAnswer(f"{self.issuer} answers HTTP {answer.status_code} {error}".rstrip())


def _error_code(content: bytes) -> str:
    try:
        error = msgspec.json.decode(content, type=_ErrorJson).error
    except msgspec.MsgspecError:
        return ""
    return error if re.fullmatch(r"[a-z_]{1,40}", error) else ""


def _read_keys(document: Mapping[str, object]) -> tuple[jwt.PyJWK, ...]:
    """Signing keys only. A kind of key that we do not know is passed over, as RFC 7517 5 asks."""
    keys = document.get("keys")
    found = []
    for entry in keys if isinstance(keys, list) else ():
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        try:
            found.append(jwt.PyJWK.from_dict(entry))
        except jwt.PyJWTError:
            continue
    return tuple(found)


def _pick(keys: tuple[jwt.PyJWK, ...], kid: str | None) -> jwt.PyJWK | None:
    """The key of that id; a token may leave the id out only where there is one key."""
    if kid is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.key_id == kid), None)
