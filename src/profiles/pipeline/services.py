"""The one place where the real services are made from the configuration."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import httpx2
from django.conf import settings

from .. import __version__
from ..config import Config
from ..delivery.client import OrcidApi
from ..matching import Policy
from ..sources.datacite.client import DataCite
from ..sources.datacite.feed import Seen

_TIMEOUT = httpx2.Timeout(30.0, connect=5.0)


class Services(NamedTuple):
    config: Config
    orcid: OrcidApi
    datacite: DataCite
    policy: Policy
    seen: Seen  # what the feed brought lately


@cache
def services() -> Services:
    """One set per process; the HTTP clients behind it are safe for threads."""
    config: Config = settings.PROFILES
    agent = f"DataCiteProfiles/{__version__} (+{config.base_url})"
    http = httpx2.Client(timeout=_TIMEOUT, headers={"User-Agent": agent})
    return Services(
        config=config,
        orcid=OrcidApi(http, api_url=config.orcid_api_url),
        datacite=DataCite(
            http,
            url=config.datacite_api_url,
            home=config.base_url,
            mailto=config.datacite_mailto,
            orcid_host=config.orcid_host,
            credentials=_credentials(config),
        ),
        policy=Policy(
            exclude_prefixes=config.exclude_prefixes,
            part_rule=config.part_rule,
            orcid_host=config.orcid_host,
        ),
        seen={},
    )


def _credentials(config: Config) -> tuple[str, str] | None:
    if config.datacite_username and config.datacite_password:
        return config.datacite_username, config.datacite_password
    return None
