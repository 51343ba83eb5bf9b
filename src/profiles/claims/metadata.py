"""The metadata last seen of each DOI that somebody has a claim on: this part's copy of Works."""

from __future__ import annotations

import msgspec
from django.db import transaction

from ..values.doi import Doi
from ..values.work import Work
from .models import StoredWork


@transaction.atomic
def record_work(work: Work, *, title: str) -> bool:
    """Keep the metadata. False, and nothing kept, when a newer version is already there."""
    content = {
        "metadata_version": work.metadata_version,
        "source_updated": work.updated,
        "title": title,
        "content": msgspec.json.encode(work),
    }
    _, made = StoredWork.objects.get_or_create(doi=work.doi, defaults=content)
    if made:
        return True
    stored = StoredWork.objects.select_for_update().get(doi=work.doi)
    if _is_older(work, stored):
        return False
    StoredWork.objects.filter(doi=work.doi).update(**content)
    return True


def _is_older(work: Work, stored: StoredWork) -> bool:
    if work.metadata_version is not None and stored.metadata_version is not None:
        return work.metadata_version < stored.metadata_version
    return work.updated < stored.source_updated


def work(doi: Doi) -> Work | None:
    """The kept metadata."""
    content = StoredWork.objects.filter(doi=doi).values_list("content", flat=True).first()
    return None if content is None else msgspec.json.decode(bytes(content), type=Work)
