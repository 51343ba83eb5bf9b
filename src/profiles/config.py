"""The environment, read once and strictly into one frozen Config.

`SETTINGS` is the one list of names, defaults and meanings; documentation and tests enumerate it.
Every name also works as `NAME_FILE`: a path whose content is the value.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec
import platformdirs

from .errors import Misconfigured

PURPOSES = ("auto_update", "search_and_link")


class WrongSettings(Misconfigured):
    """The configuration is wrong"""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True)
class Client:
    """What an OAuth server knows us by."""

    id: str
    secret: str = field(repr=False)


class OidcProvider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One further OpenID issuer: Google, or an institution."""

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"OidcProvider(id={self.id!r}, issuer={self.issuer!r})"


@dataclass(frozen=True, kw_only=True)
class Config:
    database_url: str | None = field(repr=False)  # None: the embedded PostgreSQL under `home`
    home: Path
    base_url: str
    # Keys, newest first. Empty only where the outside address is loopback and no command has made
    # them yet (ops/keys.py); whoever then needs one fails, as Django does for an empty SECRET_KEY.
    secret_key: str = field(repr=False)
    sealing_keys: tuple[str, ...] = field(repr=False)  # Fernet keys
    signing_keys: tuple[str, ...] = field(repr=False)  # RSA private keys as PEM
    orcid_url: str
    orcid_api_url: str  # without /v3.0
    orcid_public_api_url: str  # without /v3.0
    orcid_client: Client | None
    orcid_clients: Mapping[str, Client]  # by purpose
    orcid_rate: float
    orcid_burst: int
    globus_url: str
    globus_client: Client | None
    github_url: str
    github_api_url: str
    github_client: Client | None
    oidc_providers: tuple[OidcProvider, ...]
    datacite_api_url: str
    datacite_username: str | None
    datacite_password: str | None = field(repr=False)
    datacite_mailto: str | None
    commons_url: str
    sso_cookie_domain: str | None
    email_url: str = field(repr=False)
    email_from: str
    exclude_prefixes: frozenset[str]
    part_rule: Literal["components", "strict"]
    harvest_seconds: int

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.base_url)

    @property
    def orcid_host(self) -> str:
        """The host in the iDs' addresses. A simulated ORCID prints orcid.org, like the real one."""
        return "orcid.org" if is_loopback(self.orcid_url) else host_of(self.orcid_url)


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


# --- how one value is read: text in, value out, or ValueError that says how to mend it ------------


def _text(text: str) -> str:
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address like https://example.org")
    if parts.username or parts.query or parts.fragment:
        raise ValueError("must not carry a user, a query or a fragment")
    try:
        parts.port  # noqa: B018 (reading it is the check)
    except ValueError:
        raise ValueError("has a port that is no number from 0 to 65535") from None
    if parts.scheme == "http" and not is_loopback(text):
        raise ValueError("must begin with https:// (http is only for localhost)")
    return text.rstrip("/")


def _site(text: str) -> str:
    url = _url(text)
    if urlsplit(url).path:
        raise ValueError("must not have a path: the service lives at the root of its host")
    return url


def _database(text: str) -> str:
    if urlsplit(text).scheme not in ("postgres", "postgresql"):
        raise ValueError("must look like postgresql://user:password@host:5432/name")
    return text


def _path(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


def _secret_key(text: str) -> str:
    if len(text) < 32:
        raise ValueError("must have at least 32 characters; make one with `openssl rand -hex 32`")
    return text


def _sealing_keys(text: str) -> tuple[str, ...]:
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


def _signing_keys(text: str) -> tuple[str, ...]:
    text = text.replace("\\n", "\n")
    keys = tuple(match.group() + "\n" for match in _PEM.finditer(text))
    if not keys or _PEM.sub("", text).strip():
        raise ValueError("must be RSA private keys in PEM form, newest first, one after the other")
    return keys


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 10_000:
        raise ValueError("must be a number above 0, such as 24")
    return number


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 10_000:
        raise ValueError("must be a whole number above 0, such as 40")
    return int(text)


def _harvest_seconds(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number not in (*range(1, 60), *range(60, 3601, 60)):
        raise ValueError("must be 1 to 59 seconds, or whole minutes in seconds up to 3600")
    return number


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", text) if word)


def _prefixes(text: str) -> frozenset[str]:
    wrong = [word for word in _words(text) if not re.fullmatch(r"10\.\d{4,9}(\.\d+)*", word)]
    if wrong:
        raise ValueError(f"must list DOI prefixes such as 10.5072; {wrong[0]!r} is none")
    return frozenset(_words(text))


def _part_rule(text: str) -> str:
    if text not in ("components", "strict"):
        raise ValueError("must be components or strict")
    return text


def _domain(text: str) -> str:
    if not re.fullmatch(r"\.?([a-z0-9-]+\.)+[a-z0-9-]+|localhost", text):
        raise ValueError("must be a domain such as datacite.org")
    return text.lstrip(".")


def _address(text: str) -> str:
    if not re.fullmatch(r"(?:[^<>@\r\n]*<)?[^\s<>@]+@[^\s<>@]+>?", text):
        raise ValueError("must be an e-mail address")
    return text


def _email_url(text: str) -> str:
    parts = urlsplit(text)
    if text != "console:" and not (parts.scheme in ("smtp", "smtps") and parts.hostname):
        raise ValueError("must be console: or smtp://user:password@host:587 or smtps://…")
    return text


def _providers(text: str) -> tuple[OidcProvider, ...]:
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
            _url(provider.issuer)
        except ValueError as error:
            raise ValueError(f"has a provider {provider.id} whose issuer {error}") from None
    taken = {"orcid", "globus", "github"}
    for provider in providers:
        if provider.id in taken:
            raise ValueError(f"must give each provider an id of its own; {provider.id} is taken")
        taken.add(provider.id)
    return providers


# --- the settings -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    name: str
    default: str | None  # as one would write it; None: not set
    parse: Callable[[str], Any]
    help: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DATABASE_URL",
        None,
        _database,
        "PostgreSQL 15 or newer, `postgresql://…`; without it, a private PostgreSQL under `PROFILES_HOME`",
        secret=True,
    ),
    Setting(
        "PROFILES_HOME",
        None,
        _path,
        "Folder for the private PostgreSQL and generated keys; without it, the platform's data folder",
    ),
    Setting(
        "PROFILES_BASE_URL",
        "http://localhost:8000",
        _site,
        "The service's outside address; `https` unless the host is loopback",
    ),
    Setting(
        "SECRET_KEY",
        None,
        _secret_key,
        "Signs sessions; 32 characters or more. Made for you on loopback, else required",
        secret=True,
    ),
    Setting(
        "SEALING_KEYS",
        None,
        _sealing_keys,
        "Fernet keys that seal ORCID tokens at rest, newest first. Made for you on loopback, else required",
        secret=True,
    ),
    Setting(
        "SIGNING_KEYS",
        None,
        _signing_keys,
        "RSA private keys (PEM) that sign tokens for sister services, newest first. "
        "Made for you on loopback, else required",
        secret=True,
    ),
    Setting("ORCID_URL", "https://orcid.org", _site, "ORCID's site: sign-in, consent, records"),
    Setting(
        "ORCID_API_URL",
        "https://api.orcid.org",
        _url,
        "ORCID's Member API, without `/v3.0`; with the sandbox's `ORCID_URL`, the sandbox's",
    ),
    Setting(
        "ORCID_PUBLIC_API_URL",
        "https://pub.orcid.org",
        _url,
        "ORCID's Public API, without `/v3.0`; with the sandbox's `ORCID_URL`, the sandbox's",
    ),
    Setting("ORCID_CLIENT_ID", None, _text, "Member client for sign-in and, by default, all else"),
    Setting("ORCID_CLIENT_SECRET", None, _text, "Its secret", secret=True),
    Setting("ORCID_AUTO_UPDATE_CLIENT_ID", None, _text, "Own client for Auto-update"),
    Setting("ORCID_AUTO_UPDATE_CLIENT_SECRET", None, _text, "Its secret", secret=True),
    Setting("ORCID_SEARCH_AND_LINK_CLIENT_ID", None, _text, "Own client for Search & Link"),
    Setting("ORCID_SEARCH_AND_LINK_CLIENT_SECRET", None, _text, "Its secret", secret=True),
    Setting("ORCID_RATE", "24", _positive, "Requests a second to ORCID, per client"),
    Setting("ORCID_BURST", "40", _count, "Requests that may go out at once, per client"),
    Setting("GLOBUS_URL", "https://auth.globus.org", _url, "Globus Auth, an OpenID issuer"),
    Setting("GLOBUS_CLIENT_ID", None, _text, "Client for sign-in with Globus"),
    Setting("GLOBUS_CLIENT_SECRET", None, _text, "Its secret", secret=True),
    Setting("GITHUB_URL", "https://github.com", _url, "GitHub's site"),
    Setting("GITHUB_API_URL", "https://api.github.com", _url, "GitHub's API"),
    Setting("GITHUB_CLIENT_ID", None, _text, "Client for linking GitHub"),
    Setting("GITHUB_CLIENT_SECRET", None, _text, "Its secret", secret=True),
    Setting(
        "OIDC_PROVIDERS",
        None,
        _providers,
        "JSON list of further OpenID issuers: `id`, `name`, `issuer`, `client_id`, `client_secret`",
        secret=True,
    ),
    Setting("DATACITE_API_URL", "https://api.datacite.org", _url, "DataCite's REST API"),
    Setting("DATACITE_USERNAME", None, _text, "DataCite account, for a higher rate"),
    Setting("DATACITE_PASSWORD", None, _text, "Its password", secret=True),
    Setting("DATACITE_MAILTO", None, _address, "Contact address sent to DataCite's API"),
    Setting("COMMONS_URL", "https://commons.datacite.org", _url, "DataCite Commons"),
    Setting(
        "SSO_COOKIE_DOMAIN",
        None,
        _domain,
        "Turns on the `_datacite` cookie for Commons, for this domain",
    ),
    Setting("EMAIL_URL", "console:", _email_url, "`smtp://user:password@host:587`", secret=True),
    Setting("EMAIL_FROM", "profiles@localhost", _address, "Sender of e-mails"),
    Setting("EXCLUDE_PREFIXES", None, _prefixes, "DOI prefixes that are never auto-updated"),
    Setting(
        "PART_RULE",
        "components",
        _part_rule,
        "`components` leaves out parts of a whole; `strict` leaves out every `IsPartOf`",
    ),
    Setting(
        "HARVEST_SECONDS",
        "60",
        _harvest_seconds,
        "How often changed DOIs are read: 1–59, or whole minutes up to 3600",
    ),
)


def default_home() -> Path:
    return platformdirs.user_data_path("profiles", appauthor=False)


def load(environ: Mapping[str, str]) -> Config:
    """The configuration that `environ` spells. Raises WrongSettings, with every mistake as one line."""
    problems = list(_near_misses(environ))
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        values[setting.name] = None if setting.default is None else setting.parse(setting.default)
        try:
            text = _given(setting.name, environ)
            if text is not None:
                values[setting.name] = setting.parse(text)
        except ValueError as error:
            problems.append(f"{setting.name} {error}")
    given = {name for name in values if name in environ or f"{name}_FILE" in environ}
    for rule in (_keys_rule, _pairs_rule, _orcid_rule, _cookie_rule, _email_rule):
        problems += rule(values, given)
    if problems:
        raise WrongSettings(problems)
    return _config(values)


def _given(name: str, environ: Mapping[str, str]) -> str | None:
    """The text of a setting, from the environment or the file that it names. Raises ValueError."""
    text, file = environ.get(name), environ.get(f"{name}_FILE")
    if text is not None and file is not None:
        raise ValueError(f"and {name}_FILE are both set: keep one of them")
    if file is not None:
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ValueError(f"cannot be read from {name}_FILE={file}: {reason}") from None
    if text is not None and not text.strip():
        raise ValueError("is empty: give it a value, or take it out of the environment")
    return None if text is None else text.strip()


_NEAR = 0.85  # lets through what CI services, Kubernetes and other frameworks set (see the tests)


def _near_misses(environ: Mapping[str, str]) -> Iterator[str]:
    known = [s.name for s in SETTINGS] + [f"{s.name}_FILE" for s in SETTINGS]
    for name in sorted(set(environ) - set(known)):
        for meant in difflib.get_close_matches(name, known, n=1, cutoff=_NEAR):
            yield f"{name} is not a setting: did you mean {meant}?"


def _keys_rule(values: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    if is_loopback(values["PROFILES_BASE_URL"]):
        return
    for name in ("SECRET_KEY", "SEALING_KEYS", "SIGNING_KEYS"):
        if name not in given:
            yield f"{name} must be set, or {name}_FILE, because PROFILES_BASE_URL is not loopback"


_PAIRS = (
    ("ORCID_CLIENT_ID", "ORCID_CLIENT_SECRET"),
    ("ORCID_AUTO_UPDATE_CLIENT_ID", "ORCID_AUTO_UPDATE_CLIENT_SECRET"),
    ("ORCID_SEARCH_AND_LINK_CLIENT_ID", "ORCID_SEARCH_AND_LINK_CLIENT_SECRET"),
    ("GLOBUS_CLIENT_ID", "GLOBUS_CLIENT_SECRET"),
    ("GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"),
    ("DATACITE_USERNAME", "DATACITE_PASSWORD"),
)


def _pairs_rule(_values: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    for one, other in _PAIRS:
        if (one in given) != (other in given):
            have, miss = (one, other) if one in given else (other, one)
            yield f"{miss} must be set too, because {have} is"


def _orcid_rule(values: dict[str, Any], given: set[str]) -> Iterator[str]:
    """All three hosts in the same world: a sandbox's token must not go to production."""
    site = host_of(values["ORCID_URL"])
    ours = site == "orcid.org" or site.endswith(".orcid.org")
    for name, prefix in (("ORCID_API_URL", "api"), ("ORCID_PUBLIC_API_URL", "pub")):
        if name not in given and ours:
            values[name] = f"https://{prefix}.{site}"
        elif name not in given:
            yield f"{name} must be set too, because ORCID_URL is not ORCID's own"
        elif (host := host_of(values[name])) != f"{prefix}.{site}" and (
            ours or host.endswith(".orcid.org")
        ):
            yield f"{name} and ORCID_URL belong to different ORCIDs: {host} and {site}"


def _cookie_rule(values: Mapping[str, Any], _given: set[str]) -> Iterator[str]:
    domain, host = values["SSO_COOKIE_DOMAIN"], host_of(values["PROFILES_BASE_URL"])
    if domain and host != domain and not host.endswith(f".{domain}"):
        yield f"SSO_COOKIE_DOMAIN must be a domain that holds {host} (PROFILES_BASE_URL)"


def _email_rule(_values: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    if "EMAIL_URL" in given and "EMAIL_FROM" not in given:
        yield "EMAIL_FROM must be set too, because EMAIL_URL is"


def _client(values: Mapping[str, Any], name: str) -> Client | None:
    identifier, secret = values[f"{name}_CLIENT_ID"], values[f"{name}_CLIENT_SECRET"]
    return Client(identifier, secret) if identifier and secret else None


def _config(values: Mapping[str, Any]) -> Config:
    orcid_client = _client(values, "ORCID")
    clients = {p: _client(values, f"ORCID_{p.upper()}") or orcid_client for p in PURPOSES}
    return Config(
        database_url=values["DATABASE_URL"],
        home=values["PROFILES_HOME"] or default_home(),
        base_url=values["PROFILES_BASE_URL"],
        secret_key=values["SECRET_KEY"] or "",
        sealing_keys=values["SEALING_KEYS"] or (),
        signing_keys=values["SIGNING_KEYS"] or (),
        orcid_url=values["ORCID_URL"],
        orcid_api_url=values["ORCID_API_URL"],
        orcid_public_api_url=values["ORCID_PUBLIC_API_URL"],
        orcid_client=orcid_client,
        orcid_clients=MappingProxyType({p: c for p, c in clients.items() if c is not None}),
        orcid_rate=values["ORCID_RATE"],
        orcid_burst=values["ORCID_BURST"],
        globus_url=values["GLOBUS_URL"],
        globus_client=_client(values, "GLOBUS"),
        github_url=values["GITHUB_URL"],
        github_api_url=values["GITHUB_API_URL"],
        github_client=_client(values, "GITHUB"),
        oidc_providers=values["OIDC_PROVIDERS"] or (),
        datacite_api_url=values["DATACITE_API_URL"],
        datacite_username=values["DATACITE_USERNAME"],
        datacite_password=values["DATACITE_PASSWORD"],
        datacite_mailto=values["DATACITE_MAILTO"],
        commons_url=values["COMMONS_URL"],
        sso_cookie_domain=values["SSO_COOKIE_DOMAIN"],
        email_url=values["EMAIL_URL"],
        email_from=values["EMAIL_FROM"],
        exclude_prefixes=values["EXCLUDE_PREFIXES"] or frozenset(),
        part_rule=values["PART_RULE"],
        harvest_seconds=values["HARVEST_SECONDS"],
    )
