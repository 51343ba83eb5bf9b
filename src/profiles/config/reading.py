"""How one value is read: text in, value out, or a ValueError that says how to mend it."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


class OidcProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One further OpenID issuer: Google, or an institution."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"OidcProvider(id={self.id!r}, issuer={self.issuer!r})"


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def is_loopback(url: str) -> bool:
    host = host_of(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def text(text: str) -> str:
    return text


_URL = "must be an address like https://example.org"
_BRACKETS = "with [ and ] in a password as %5B and %5D"
_DATABASE = f"must look like postgresql://user:password@host:5432/name, {_BRACKETS}"
_EMAIL = f"must be console: or smtp://user:password@host:587 or smtps://…, {_BRACKETS}"


def _split(text: str, mend: str) -> SplitResult:
    """Python's own words for an astray bracket, anywhere, are "Invalid IPv6 URL"."""
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError(mend) from None


def _port(parts: SplitResult) -> None:
    try:
        parts.port  # noqa: B018 (reading it is the check)
    except ValueError:
        raise ValueError("has a port that is no number from 0 to 65535") from None


def url(text: str) -> str:
    parts = _split(text, _URL)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(_URL)
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not carry a user, a query or a fragment")
    _port(parts)
    if parts.scheme == "http" and not is_loopback(text):
        raise ValueError("must begin with https:// (http is only for localhost)")
    return text.rstrip("/")


def site(text: str) -> str:
    address = url(text)
    if urlsplit(address).path:
        raise ValueError("must not have a path: the service lives at the root of its host")
    return address


def database(text: str) -> str:
    if _split(text, _DATABASE).scheme not in ("postgres", "postgresql"):
        raise ValueError(_DATABASE)
    return text


def path(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters; make one with `openssl rand -hex 32`")
    return text


def sealing_keys(text: str) -> tuple[str, ...]:
    keys = _words(text)
    for key in keys:
        try:
            size = len(base64.urlsafe_b64decode(key))
        except (binascii.Error, ValueError):
            size = 0
        if size != 32:
            raise ValueError(
                "must be Fernet keys (32 bytes in URL-safe base64), newest first, separated by commas"
            )
    return keys


_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----[A-Za-z0-9+/=\s]+-----END \1-----")


def signing_keys(text: str) -> tuple[str, ...]:
    text = text.replace("\\n", "\n")
    keys = tuple(match.group() + "\n" for match in _PEM.finditer(text))
    if not keys or _PEM.sub("", text).strip() or not all(map(_is_rsa, keys)):
        raise ValueError(
            "must be RSA private keys of 2048 bits or more in PEM form, newest first, one after the other"
        )
    return keys


def _is_rsa(pem: str) -> bool:
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048


def positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 10_000:
        raise ValueError("must be a number above 0, such as 24")
    return number


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10_000:
        raise ValueError("must be a whole number above 0, such as 40")
    return int(text)


def harvest_seconds(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number not in (*range(1, 60), *range(60, 3601, 60)):
        raise ValueError("must be 1 to 59 seconds, or whole minutes in seconds up to 3600")
    return number


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def prefixes(text: str) -> frozenset[str]:
    wrong = [word for word in _words(text) if not re.fullmatch(r"10\.\d{4,9}(\.\d+)*", word)]
    if wrong:
        raise ValueError(f"must list DOI prefixes such as 10.5072; {wrong[0]!r} is none")
    return frozenset(_words(text))


def part_rule(text: str) -> str:
    if text not in ("components", "strict"):
        raise ValueError("must be components or strict")
    return text


def switch(text: str) -> bool:
    if text not in ("on", "off"):
        raise ValueError("must be on or off")
    return text == "on"


def domain(text: str) -> str:
    if not re.fullmatch(r"\.?([a-z0-9-]+\.)+[a-z0-9-]+|localhost", text):
        raise ValueError("must be a domain such as datacite.org")
    return text.lstrip(".")


def address(text: str) -> str:
    if not re.fullmatch(r"(?:[^<>@\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?", text):
        raise ValueError("must be an e-mail address")
    return text


def email_url(text: str) -> str:
    parts = _split(text, _EMAIL)
    if text != "console:" and not (parts.scheme in ("smtp", "smtps") and parts.hostname):
        raise ValueError(_EMAIL)
    _port(parts)
    return text


def providers(text: str) -> tuple[OidcProvider, ...]:
    try:
        providers = msgspec.json.decode(text, type=tuple[OidcProvider, ...])
    except msgspec.MsgspecError as error:
        # The decoder names the place and the kind, never the text.
        raise ValueError(f"must be a JSON list of providers: {error}") from None
    for provider in providers:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", provider.id):
            raise ValueError(f"has an id that is not lower-case letters and digits: {provider.id}")
        if not (provider.name and provider.client_id and provider.client_secret):
            raise ValueError(f"needs a name, client_id and client_secret for {provider.id}")
        try:
            url(provider.issuer)
        except ValueError as error:
            raise ValueError(f"has a provider {provider.id} whose issuer {error}") from None
    taken = {"orcid", "globus", "github"}
    for provider in providers:
        if provider.id in taken:
            raise ValueError(f"must give each provider an id of its own; {provider.id} is taken")
        taken.add(provider.id)
    return providers
