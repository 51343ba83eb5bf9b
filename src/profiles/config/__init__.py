"""The environment, read once and strictly into one frozen Config.

Every setting also works as `NAME_FILE`: a path whose content is the value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import platformdirs

from ..errors import Misconfigured
from .reading import OidcProvider, host_of, is_loopback
from .rules import RULES, near_misses
from .settings import SETTINGS, Setting

__all__ = [
    "SETTINGS",
    "Client",
    "Config",
    "OidcProvider",
    "Setting",
    "WrongSettings",
    "is_loopback",
    "load",
]

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
    orcid_notifications: bool
    orcid_webhooks: bool
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
    keep_attempts_days: int

    @property
    def is_loopback(self) -> bool:
        return is_loopback(self.base_url)

    @property
    def sends_mail(self) -> bool:
        """Messages printed where nobody reads them tell nobody."""
        return self.email_url != "console:" or self.is_loopback

    @property
    def orcid_host(self) -> str:
        """The host in the iDs' addresses. A simulated ORCID prints orcid.org, like the real one."""
        return "orcid.org" if is_loopback(self.orcid_url) else host_of(self.orcid_url)


def default_home() -> Path:
    return platformdirs.user_data_path("profiles", appauthor=False)


def load(environ: Mapping[str, str]) -> Config:
    """The configuration that `environ` spells. Raises WrongSettings, with every mistake as one line."""
    problems = list(near_misses(environ))
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
    for rule in RULES:
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
        orcid_notifications=values["ORCID_NOTIFICATIONS"],
        orcid_webhooks=values["ORCID_WEBHOOKS"],
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
        keep_attempts_days=values["KEEP_ATTEMPTS_DAYS"],
    )
