"""The metadata last seen of each DOI that somebody has a claim on: this part's copy of Works."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from ..matching import families
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from ..values.vocabulary import other_versions
from ..values.work import Work
from .models import Claim, StoredWork


@transaction.atomic
def record_work(work: Work, *, title: str) -> bool:
    """Keep the metadata. False, and nothing kept, when a newer version is already there."""
    content: dict[str, Any] = {
        "metadata_version": work.metadata_version,
        "source_updated": work.updated,
        "title": title,
        "content": msgspec.json.encode(work),
        "versions": list(other_versions(work)),
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
    return {doi: read(content) for doi, content in contents(dois).items()}


def contents(dois: Collection[Doi]) -> dict[Doi, bytes]:
    """As `works`, for `read` to read each by itself."""
    kept = StoredWork.objects.filter(doi__in=dois).exclude(content=b"")
    return {Doi(doi): bytes(content) for doi, content in kept.values_list("doi", "content")}


def read(content: bytes) -> Work:
    return msgspec.json.decode(content, type=Work)


def work(doi: Doi) -> Work | None:
    return works([doi]).get(doi)


def named_versions(dois: Collection[Doi]) -> frozenset[Doi]:
    """The DOIs that the kept metadata of these name as their versions."""
    rows = StoredWork.objects.filter(doi__in=dois).values_list("versions", flat=True)
    return frozenset(Doi(doi) for versions in rows for doi in versions)


# From name to name: what a work of the person names as its versions, and which of them name it.
_RELATIVES = """
WITH RECURSIVE name (doi) AS (
    SELECT unnest(%(dois)s::text[])
    UNION
    SELECT other.doi FROM name, LATERAL (
        SELECT unnest(versions) AS doi, work.doi AS of FROM claims_storedwork AS work
         WHERE work.doi = name.doi
        UNION ALL
        SELECT work.doi, work.doi FROM claims_storedwork AS work
         WHERE work.versions @> ARRAY[name.doi]
    ) AS other
     WHERE EXISTS (SELECT FROM claims_claim WHERE orcid = %(orcid)s AND doi = other.of)
)
SELECT name.doi FROM name
  JOIN claims_claim AS claim ON claim.orcid = %(orcid)s AND claim.doi = name.doi
  JOIN claims_storedwork AS work ON work.doi = name.doi AND work.content <> ''
"""


def relatives(orcid: OrcidId, dois: Collection[Doi]) -> frozenset[Doi]:
    """On which of the DOIs that belong together with these, by the versions named, the person has a claim.

    One query, over however many steps.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RELATIVES, {"orcid": orcid, "dois": list(dois)})
        return frozenset(Doi(doi) for (doi,) in cursor.fetchall())


def with_relatives(orcid: OrcidId) -> tuple[frozenset[Doi], ...]:
    """A person's claims whose works belong together, two or more at a time."""
    claims = Claim.objects.filter(orcid=orcid, doi=OuterRef("doi"))
    kept = StoredWork.objects.filter(Exists(claims)).exclude(content=b"")
    rows = kept.values_list("doi", "versions")
    named = {Doi(doi): [Doi(other) for other in versions] for doi, versions in rows}
    return tuple(members for members in families(named) if len(members) > 1)
