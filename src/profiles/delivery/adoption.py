"""Finding our own works on a record, from the summaries of `GET /works`. Pure.

Needed when ORCID says "duplicate" without naming the put-code, when an answer was lost, and when
the ledger is compared with the record: the record itself tells what is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from ..errors import NotADoi
from ..values import doi as dois
from ..values.doi import Doi

# Of one record, whoever put them there (ORCID-Source, WorkManagerImpl; facts on ORCID, 1.8).
MOST_WORKS = 10_000


class OwnWork(msgspec.Struct, frozen=True):
    """A work that one of our clients put on a record."""

    put_code: int
    api_client: str
    dois: tuple[Doi, ...]  # which it calls its own; none where ORCID's cannot be read


def put_codes(works: Mapping[str, Any], *, doi: Doi, api_client: str) -> tuple[int, ...]:
    """Of the works that this API client put there and that call this DOI their own."""
    mine = own_works(works, api_clients=(api_client,))
    return tuple(own.put_code for own in mine if doi in own.dois)


def own_works(works: Mapping[str, Any], *, api_clients: Collection[str]) -> Iterator[OwnWork]:
    """What these API clients put there.

    Each work speaks for itself: a group's own ids are those of all its works together, also of
    those that the person combined.
    """
    for summary in _summaries(works):
        source = (summary.get("source") or {}).get("source-client-id") or {}
        if source.get("path") in api_clients and "put-code" in summary:
            yield OwnWork(int(summary["put-code"]), source["path"], _own_dois(summary))


def is_full(works: Mapping[str, Any]) -> bool:
    """Whether ORCID takes no further work. We may not see all of them."""
    return sum(1 for _ in _summaries(works)) >= MOST_WORKS


def _summaries(works: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in works.get("group") or ():
        yield from group.get("work-summary") or ()


def _own_dois(summary: Mapping[str, Any]) -> tuple[Doi, ...]:
    external_ids = (summary.get("external-ids") or {}).get("external-id") or ()
    return tuple(dict.fromkeys(doi for each in external_ids if (doi := _own_doi(each))))


def _own_doi(external_id: Mapping[str, Any]) -> Doi | None:
    kind, relation = (external_id.get(f"external-id-{name}") for name in ("type", "relationship"))
    if (kind, relation) != ("doi", "self"):
        return None
    value = (external_id.get("external-id-normalized") or {}).get("value")
    try:
        return dois.parse(str(value or external_id.get("external-id-value") or ""))
    except NotADoi:
        return None
