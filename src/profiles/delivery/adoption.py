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


class OwnWork(msgspec.Struct, frozen=True):
    """A work that one of our clients put on a record."""

    doi: Doi
    put_code: int
    api_client: str
    title: str


def find_put_code(works: Mapping[str, Any], *, doi: Doi, api_client: str) -> int | None:
    """The put-code of the work that this API client put there for this DOI; None if there is none."""
    for own in own_works(works, api_clients=(api_client,)):
        if own.doi == doi:
            return own.put_code
    return None


def own_works(works: Mapping[str, Any], *, api_clients: Collection[str]) -> Iterator[OwnWork]:
    """What these API clients put there, one for each DOI that a work calls its own."""
    for summary in _summaries(works):
        source = (summary.get("source") or {}).get("source-client-id") or {}
        if source.get("path") in api_clients and "put-code" in summary:
            for doi in _own_dois(summary):
                yield OwnWork(doi, int(summary["put-code"]), source["path"], _title(summary))


def _summaries(works: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in works.get("group") or ():
        yield from group.get("work-summary") or ()


def _own_dois(summary: Mapping[str, Any]) -> Iterator[Doi]:
    for each in (summary.get("external-ids") or {}).get("external-id") or ():
        if each.get("external-id-type") != "doi" or each.get("external-id-relationship") != "self":
            continue
        value = (each.get("external-id-normalized") or {}).get("value")
        try:
            yield dois.parse(str(value or each.get("external-id-value") or ""))
        except NotADoi:
            continue


def _title(summary: Mapping[str, Any]) -> str:
    return str((((summary.get("title") or {}).get("title")) or {}).get("value") or "")
