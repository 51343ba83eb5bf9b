"""What settings demand of one another, and names that look like a setting's."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from . import reading
from .settings import SETTINGS

_NEAR = 0.85  # lets through what CI services, Kubernetes and other frameworks set (see the tests)


def near_misses(environ: Mapping[str, str]) -> Iterator[str]:
    known = [s.name for s in SETTINGS] + [f"{s.name}_FILE" for s in SETTINGS]
    for name in sorted(set(environ) - set(known)):
        for meant in difflib.get_close_matches(name, known, n=1, cutoff=_NEAR):
            yield f"{name} is not a setting: did you mean {meant}?"


def _keys_rule(values: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    if reading.is_loopback(values["PROFILES_BASE_URL"]):
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
    site = reading.host_of(values["ORCID_URL"])
    ours = site == "orcid.org" or site.endswith(".orcid.org")
    for name, prefix in (("ORCID_API_URL", "api"), ("ORCID_PUBLIC_API_URL", "pub")):
        if name not in given and ours:
            values[name] = f"https://{prefix}.{site}"
        elif name not in given:
            yield f"{name} must be set too, because ORCID_URL is not ORCID's own"
        elif (host := reading.host_of(values[name])) != f"{prefix}.{site}" and (
            ours or host.endswith(".orcid.org")
        ):
            yield f"{name} and ORCID_URL belong to different ORCIDs: {host} and {site}"


def _cookie_rule(values: Mapping[str, Any], _given: set[str]) -> Iterator[str]:
    domain, host = values["SSO_COOKIE_DOMAIN"], reading.host_of(values["PROFILES_BASE_URL"])
    if domain and host != domain and not host.endswith(f".{domain}"):
        yield f"SSO_COOKIE_DOMAIN must be a domain that holds {host} (PROFILES_BASE_URL)"


def _email_rule(_values: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    if "EMAIL_URL" in given and "EMAIL_FROM" not in given:
        yield "EMAIL_FROM must be set too, because EMAIL_URL is"


def _premium_rule(values: Mapping[str, Any], given: set[str]) -> Iterator[str]:
    if {"ORCID_CLIENT_ID", "ORCID_AUTO_UPDATE_CLIENT_ID"} & given:
        return
    for name in ("ORCID_NOTIFICATIONS", "ORCID_WEBHOOKS"):
        if values[name]:
            yield f"ORCID_AUTO_UPDATE_CLIENT_ID or ORCID_CLIENT_ID must be set too, because {name} is on"


RULES = (_keys_rule, _pairs_rule, _orcid_rule, _cookie_rule, _email_rule, _premium_rule)
