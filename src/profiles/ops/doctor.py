"""`profiles doctor`: every setting, key, service and the clock, each with how to mend it."""

from __future__ import annotations

import os
import smtplib
import stat
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Annotated
from urllib.parse import urlsplit

import httpx2
import orjson
import typer

from .. import __version__
from ..config import SETTINGS, Config, Setting, WrongSettings, load
from ..errors import ProfilesError
from ..people import client_tokens
from ..people.openid_server import OpenIdServer
from . import keys
from .database import check as check_database

SECONDS = 10
A_DAY = timedelta(days=1)
CLOCK_SECONDS = 30  # tokens that are younger or older than they say are refused
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Finding:
    name: str
    fine: bool
    detail: str
    mend: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    settings: Annotated[
        bool,
        typer.Option("--settings", help="Print the settings as a Markdown table; check nothing."),
    ] = False,
) -> None:
    """Check settings, keys, services and clock."""
    if settings:
        typer.echo(markdown_table())
        return
    findings = list(examine(os.environ))
    if as_json:
        typer.echo(orjson.dumps([asdict(each) for each in findings], option=orjson.OPT_INDENT_2))
    else:
        for each in findings:
            typer.echo(_line(each))
    raise typer.Exit(0 if all(each.fine for each in findings) else 1)


def markdown_table() -> str:
    """The table of the README."""
    rows = ["| Setting | Default | Meaning |", "| --- | --- | --- |"]
    for each in SETTINGS:
        default = "" if each.default is None else f"`{each.default}`"
        rows.append(f"| `{each.name}` | {default} | {each.help} |")
    return "\n".join(rows)


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """All findings; where the settings are wrong, only those."""
    try:
        config = load(environ)
    except WrongSettings as error:
        yield from (Finding("settings", False, problem) for problem in error.problems)
        return
    yield from (_setting(each, environ) for each in SETTINGS)
    yield from _keys(config, environ)
    yield from _database()
    yield _mail(config)
    yield from _services(config)


def _setting(setting: Setting, environ: Mapping[str, str]) -> Finding:
    file = environ.get(f"{setting.name}_FILE")
    if setting.name not in environ and file is None:
        return Finding(setting.name, True, f"{setting.default or 'not set'} (default)")
    if setting.secret:
        return Finding(setting.name, True, f"set, hidden{f' (from {file})' if file else ''}")
    return Finding(setting.name, True, environ.get(setting.name) or f"from {file}")


def _keys(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    for name, generated in keys.files(config.home).items():
        given = environ.get(f"{name}_FILE")
        path = generated if given is None else type(generated)(given)
        if name in environ:
            continue
        if not path.exists():
            yield Finding(f"key {path}", True, "is made at the first start")
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        # Secrets mounted by an orchestrator belong to it; ours are ours alone.
        private = given is not None or not mode & 0o077
        yield Finding(
            f"key {path}", private, f"mode {mode:o}", "" if private else f"chmod 600 {path}"
        )


def _database() -> Iterator[Finding]:
    from .django import set_up  # noqa: PLC0415 (only now are the settings known to be right)

    try:
        set_up()
        version = check_database(os.environ["DATABASE_URL"])
    except ProfilesError as error:
        yield Finding("database", False, error.message)
        return
    from .migrate import unapplied  # noqa: PLC0415 (wants Django set up)

    yield Finding("database", True, f"PostgreSQL {version}")
    missing = len(unapplied())
    yield Finding(
        "migrations",
        not missing,
        f"{missing} missing" if missing else "complete",
        "Run `profiles migrate`" if missing else "",
    )
    if not missing:
        yield _closing()


def _closing() -> Finding:
    from ..people import closing  # noqa: PLC0415 (wants Django set up)

    late = closing.closing_for(A_DAY, now=datetime.now(UTC))
    return Finding(
        "closing accounts",
        not late,
        f"{late} being closed for more than a day" if late else "none is late",
        "The worker's log says what stands in the way" if late else "",
    )


def _mail(config: Config) -> Finding:
    if config.email_url == "console:":
        what = "printed, not sent" if config.sends_mail else "nobody is told by e-mail"
        return Finding("e-mail", True, f"{what}: EMAIL_URL is not set")
    host = urlsplit(config.email_url).hostname or ""
    from django.core.mail import get_connection  # noqa: PLC0415 (wants Django's settings)

    try:
        with get_connection():
            return Finding("e-mail", True, f"{host} lets us in")
    except (OSError, smtplib.SMTPException) as error:
        # The server's words may repeat what was sent to it.
        return Finding(
            "e-mail",
            False,
            f"{host}: {type(error).__name__}",
            "Are EMAIL_URL's host, port, user and password right, and may this machine reach it?",
        )


def _services(config: Config) -> Iterator[Finding]:
    orcid, globus = config.orcid_url, config.globus_url
    addresses: dict[str, tuple[str, str]] = {
        "ORCID": (f"{orcid}{DISCOVERY}", "ORCID_URL"),
        "ORCID Member API": (f"{config.orcid_api_url}/v3.0/status", "ORCID_API_URL"),
        "DataCite": (f"{config.datacite_api_url}/heartbeat", "DATACITE_API_URL"),
    }
    if config.globus_client is not None:
        addresses["Globus"] = (f"{globus}{DISCOVERY}", "GLOBUS_URL")
    for each in config.oidc_providers:
        addresses[each.name] = (f"{each.issuer}{DISCOVERY}", "OIDC_PROVIDERS")
    with (
        httpx2.Client(
            timeout=SECONDS,
            follow_redirects=True,
            headers={"User-Agent": f"DataCiteProfiles/{__version__} (+{config.base_url})"},
        ) as client,
        ThreadPoolExecutor() as beside,
    ):

        def ask(name: str) -> tuple[Finding, httpx2.Response | None]:
            return _ask(client, name, *addresses[name])

        answers = dict(zip(addresses, beside.map(ask, addresses), strict=True))
    yield from (finding for finding, _ in answers.values())
    response = answers["ORCID"][1]
    if response is not None and "Date" in response.headers:
        yield clock(response.headers["Date"], now=lambda: datetime.now(UTC))
    yield from _clients(config)


def _clients(config: Config) -> Iterator[Finding]:
    if config.orcid_client is None:
        yield Finding(
            "ORCID client",
            False,
            "ORCID_CLIENT_ID is not set, and nobody can link an iD, which everybody must",
            "Register a member client at ORCID and set ORCID_CLIENT_ID and ORCID_CLIENT_SECRET",
        )
    yield from _premium(config)
    if config.globus_client is None:
        yield Finding("sign-in with Globus", True, "not offered: GLOBUS_CLIENT_ID is not set")


def _premium(config: Config) -> Iterator[Finding]:
    """What ORCID must have allowed to our Auto-update client. The token to try it is given back."""
    client = config.orcid_clients.get("auto_update")
    if client is None:
        return
    server = OpenIdServer(config.orcid_url, http=lambda: httpx2.Client(timeout=SECONDS))
    switches = (
        ("ORCID_NOTIFICATIONS", config.orcid_notifications, client_tokens.NOTIFY),
        ("ORCID_WEBHOOKS", config.orcid_webhooks, client_tokens.LISTEN),
    )
    for name, is_on, scope in switches:
        if not is_on:
            continue
        try:
            client_tokens.try_out(scope, server=server, client=client, now=datetime.now(UTC))
        except ProfilesError as error:
            yield Finding(
                name,
                False,
                error.message,
                f"Ask ORCID to allow {scope} to the Auto-update client, or switch {name} off",
            )
        else:
            yield Finding(name, True, f"ORCID allows {scope}")


def _ask(
    client: httpx2.Client, name: str, url: str, setting: str
) -> tuple[Finding, httpx2.Response | None]:
    try:
        response = client.get(url)
    except httpx2.HTTPError as error:
        reason = str(error) or type(error).__name__
        mend = f"Is {setting} right, and may this machine reach it?"
        return Finding(name, False, f"{url}: {reason}", mend), None
    fine = response.status_code < 500 and response.status_code != 404
    mend = "" if fine else f"Is {setting} right? Else it is down: try again later"
    return Finding(name, fine, f"{url}: {response.status_code}", mend), response


def clock(date: str, *, now: Callable[[], datetime]) -> Finding:
    """Our clock against a service's Date header."""
    off = abs((now() - parsedate_to_datetime(date)).total_seconds())
    fine = off <= CLOCK_SECONDS
    return Finding("clock", fine, f"{off:.0f} s off", "" if fine else "Set the clock (timedatectl)")


def _line(finding: Finding) -> str:
    mark = "✓" if finding.fine else "✗"
    mend = f". {finding.mend}" if finding.mend else ""
    return f"{mark} {finding.name}: {finding.detail}{mend}"
