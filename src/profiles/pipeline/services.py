"""The one place where the real services are made from the configuration."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import httpx2
from django.conf import settings

from ..config import Config
from ..delivery.client import OrcidApi
from ..delivery.notifications import Notifications
from ..delivery.pace import Rate
from ..delivery.webhooks import Webhooks
from ..matching import Policy
from ..sources.datacite.client import DataCite, user_agent
from ..sources.datacite.feed import Seen

_TIMEOUT = httpx2.Timeout(30.0, connect=5.0)


class Services(NamedTuple):
    config: Config
    http: httpx2.Client  # behind all of them; safe for threads
    orcid: OrcidApi
    notifications: Notifications
    webhooks: Webhooks
    rate: Rate  # of requests to ORCID, per client id
    datacite: DataCite
    datacite_now: DataCite  # for a person who waits: gives up sooner
    policy: Policy
    seen: Seen  # what the feed brought lately


def build(config: Config, http: httpx2.Client) -> Services:
    return Services(
        config=config,
        http=http,
        orcid=OrcidApi(http, api_url=config.orcid_api_url),
        notifications=Notifications(http, api_url=config.orcid_api_url),
        webhooks=Webhooks(http, api_url=config.orcid_api_url),
        rate=Rate(config.orcid_rate, config.orcid_burst),
        datacite=DataCite.configured(http, config),
        datacite_now=DataCite.configured(http, config, tries=2),
        policy=Policy(
            exclude_prefixes=config.exclude_prefixes,
            part_rule=config.part_rule,
        ),
        seen={},
    )


@cache
def services() -> Services:
    """One set per process."""
    config: Config = settings.PROFILES
    agent = user_agent(home=config.base_url, mailto=config.datacite_mailto)
    return build(config, httpx2.Client(timeout=_TIMEOUT, headers={"User-Agent": agent}))
