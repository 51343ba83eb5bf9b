"""Webhooks: who wants to hear of changes to which record, and the calls that tell them.

A record is compared with what was last told, so that whatever changed it is heard of, once a batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import httpx2

from .refusal import Refused
from .state import Client, Registry, Token, Webhook

SCOPE: Final = "/webhook"
BATCH: Final = 300.0  # seconds between two batches, and the first pause after a failure
ANSWER_SECONDS: Final = 5.0
TOO_MANY: Final = 429
MOST_DOUBLED: Final = 10

Post = Callable[[str], int | None]  # to an address: the status, or None where nobody answers


def may_register(token: Token | None, client: Client) -> None:
    if client.locked:
        raise Refused(9057)
    if token is None or SCOPE not in token.scopes:
        raise Refused(9038)


def register(registry: Registry, orcid: str, client: Client, uri: str) -> bool:
    """Whether it is new. One address has one registration for a record, whoever made it."""
    hooks = registry.webhooks[orcid]
    if uri in hooks:
        if hooks[uri].client_id != client.id:
            raise Refused(9014)
        return False
    hooks[uri] = Webhook(orcid, uri, client.id, told=registry.records[orcid].version)
    return True


def unregister(registry: Registry, orcid: str, client: Client, uri: str) -> None:
    hook = registry.webhooks[orcid].get(uri)
    if hook is None:
        raise Refused(9028, orcid=orcid, uri=uri)
    if hook.client_id != client.id:
        raise Refused(9014)
    del registry.webhooks[orcid][uri]


def due(registry: Registry) -> list[Webhook]:
    """Those whose record has changed, and whose pause is over."""
    now = registry.clock.now()
    return [
        hook
        for hooks in list(registry.webhooks.values())
        for hook in list(hooks.values())
        if hook.told != registry.records[hook.orcid].version and hook.not_before <= now
    ]


def deliver(registry: Registry, post: Post) -> int:
    """One batch. How many were told."""
    told = 0
    for hook in due(registry):
        version = registry.records[hook.orcid].version
        status = post(hook.uri)
        if status is not None and 200 <= status < 300:
            hook.told, hook.failures, hook.not_before = version, 0, 0.0
            told += 1
            continue
        if status != TOO_MANY:  # that one only says "not now"
            hook.failures = min(hook.failures + 1, MOST_DOUBLED)
        pause = BATCH * 2 ** max(hook.failures - 1, 0)
        hook.not_before = registry.clock.now() + pause
    return told


def post(uri: str) -> int | None:
    """An empty POST. Nothing says that it comes from ORCID."""
    try:
        return httpx2.post(uri, timeout=ANSWER_SECONDS).status_code
    except httpx2.HTTPError:
        return None
