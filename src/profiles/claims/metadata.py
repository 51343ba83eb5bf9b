"""The metadata last seen of each DOI that somebody has a claim on: this part's copy of Works."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from django.db import transaction
from django.db.models.functions import Now

from ..values.doi import Doi
from ..values.work import Work
from .models import StoredWork


@transaction.atomic
def record_work(work: Work, *, title: str) -> bool:
    """Keep the metadata. False, and nothing kept, when a newer version is already there."""
    content: dict[str, Any] = {
        "metadata_version": work.metadata_version,
        "source_updated": work.updated,
        "title": title,
        "content": msgspec.json.encode(work),
        "checked_at": Now(),  # they come from a public record
    }
    _, made = StoredWork.objects.get_or_create(doi=work.doi, defaults=content)
    if made:
        return True
    stored = StoredWork.objects.select_for_update().get(doi=work.doi)
    if _is_older(work, stored):
        return False
    if stored.hidden_since is not None:
        content["checked_at"] = None  # doubtful: look again soon
    StoredWork.objects.filter(doi=work.doi).update(**content)
    return True


def _is_older(work: Work, stored: StoredWork) -> bool:
    if work.metadata_version is not None and stored.metadata_version is not None:
        return work.metadata_version < stored.metadata_version
    return work.updated < stored.source_updated


def works(dois: Collection[Doi]) -> dict[Doi, Work]:
    """The kept metadata of those that we know."""
    kept = StoredWork.objects.filter(doi__in=dois).exclude(content=b"")
    return {
        Doi(doi): msgspec.json.decode(bytes(content), type=Work)
        for doi, content in kept.values_list("doi", "content")
    }


def work(doi: Doi) -> Work | None:
    return works([doi]).get(doi)
