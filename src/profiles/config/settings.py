"""The one list of settings: names, defaults, meanings. Documentation and tests enumerate it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import reading


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
        reading.database,
        "PostgreSQL 15 or newer, `postgresql://…`; without it, a private PostgreSQL under `PROFILES_HOME`",
        secret=True,
    ),
    Setting(
        "PROFILES_HOME",
        None,
        reading.path,
        "Folder for the private PostgreSQL and generated keys; without it, the platform's data folder",
    ),
    Setting(
        "PROFILES_BASE_URL",
        "http://localhost:8000",
        reading.site,
        "The service's outside address; `https` unless the host is loopback",
    ),
    Setting(
        "SECRET_KEY",
        None,
        reading.secret_key,
        "Signs sessions; 32 characters or more. Made for you on loopback, else required",
        secret=True,
    ),
    Setting(
        "SEALING_KEYS",
        None,
        reading.sealing_keys,
        "Fernet keys that seal ORCID tokens at rest, newest first. Made for you on loopback, else required",
        secret=True,
    ),
    Setting(
        "SIGNING_KEYS",
        None,
        reading.signing_keys,
        "Not used yet. RSA private keys (PEM) that sign tokens for sister services, newest first. "
        "Made for you on loopback, else required",
        secret=True,
    ),
    Setting(
        "ORCID_URL", "https://orcid.org", reading.site, "ORCID's site: sign-in, consent, records"
    ),
    Setting(
        "ORCID_API_URL",
        "https://api.orcid.org",
        reading.url,
        "ORCID's Member API, without `/v3.0`; with the sandbox's `ORCID_URL`, the sandbox's",
    ),
    Setting(
        "ORCID_PUBLIC_API_URL",
        "https://pub.orcid.org",
        reading.url,
        "Not used yet. ORCID's Public API, without `/v3.0`; with the sandbox's `ORCID_URL`, the sandbox's",
    ),
    Setting(
        "ORCID_CLIENT_ID", None, reading.text, "Member client for sign-in and, by default, all else"
    ),
    Setting("ORCID_CLIENT_SECRET", None, reading.text, "Its secret", secret=True),
    Setting("ORCID_AUTO_UPDATE_CLIENT_ID", None, reading.text, "Own client for Auto-update"),
    Setting("ORCID_AUTO_UPDATE_CLIENT_SECRET", None, reading.text, "Its secret", secret=True),
    Setting("ORCID_SEARCH_AND_LINK_CLIENT_ID", None, reading.text, "Own client for Search & Link"),
    Setting("ORCID_SEARCH_AND_LINK_CLIENT_SECRET", None, reading.text, "Its secret", secret=True),
    Setting("ORCID_RATE", "24", reading.positive, "Requests a second to ORCID, per client"),
    Setting("ORCID_BURST", "40", reading.count, "Requests that may go out at once, per client"),
    Setting(
        "ORCID_NOTIFICATIONS",
        "off",
        reading.switch,
        "`on` asks persons who have not signed up, in their ORCID inbox, for permission to add the works "
        "whose DOIs carry their iD. The Auto-update client must be premium, with `/premium-notification`",
    ),
    Setting(
        "ORCID_WEBHOOKS",
        "off",
        reading.switch,
        "`on` lets ORCID call `/webhooks/orcid/…` when a record changes. "
        "The Auto-update client must be premium, with `/webhook`",
    ),
    Setting("GLOBUS_URL", "https://auth.globus.org", reading.url, "Globus Auth, an OpenID issuer"),
    Setting("GLOBUS_CLIENT_ID", None, reading.text, "Client for sign-in with Globus"),
    Setting("GLOBUS_CLIENT_SECRET", None, reading.text, "Its secret", secret=True),
    Setting("GITHUB_URL", "https://github.com", reading.url, "Not used yet. GitHub's site"),
    Setting("GITHUB_API_URL", "https://api.github.com", reading.url, "Not used yet. GitHub's API"),
    Setting("GITHUB_CLIENT_ID", None, reading.text, "Not used yet. Client for linking GitHub"),
    Setting("GITHUB_CLIENT_SECRET", None, reading.text, "Not used yet. Its secret", secret=True),
    Setting(
        "OIDC_PROVIDERS",
        None,
        reading.providers,
        "JSON list of further OpenID issuers: `id`, `name`, `issuer`, `client_id`, `client_secret`. "
        "An issuer's sign-in page must be on the issuer's host: browsers let our button lead nowhere else",
        secret=True,
    ),
    Setting("DATACITE_API_URL", "https://api.datacite.org", reading.url, "DataCite's REST API"),
    Setting("DATACITE_USERNAME", None, reading.text, "DataCite account, for a higher rate"),
    Setting("DATACITE_PASSWORD", None, reading.text, "Its password", secret=True),
    Setting("DATACITE_MAILTO", None, reading.address, "Contact address sent to DataCite's API"),
    Setting("COMMONS_URL", "https://commons.datacite.org", reading.url, "DataCite Commons"),
    Setting(
        "SSO_COOKIE_DOMAIN",
        None,
        reading.domain,
        "Not used yet. Turns on the `_datacite` cookie for Commons, for this domain",
    ),
    Setting(
        "EMAIL_URL",
        "console:",
        reading.email_url,
        "Mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://…` (TLS at once). "
        "`console:` sends none, and prints them where the service runs on this machine for itself",
        secret=True,
    ),
    Setting("EMAIL_FROM", "profiles@localhost", reading.address, "Sender of e-mails"),
    Setting("EXCLUDE_PREFIXES", None, reading.prefixes, "DOI prefixes that are never auto-updated"),
    Setting(
        "PART_RULE",
        "components",
        reading.part_rule,
        "`components` leaves out parts of a whole; `strict` leaves out every `IsPartOf`",
    ),
    Setting(
        "HARVEST_SECONDS",
        "60",
        reading.harvest_seconds,
        "How often changed DOIs are read: 1–59, or whole minutes up to 3600",
    ),
    Setting(
        "KEEP_ATTEMPTS_DAYS",
        "365",
        reading.count,
        "How many days the calls to ORCID are kept; what became of each work is kept as long as its claim",
    ),
)
