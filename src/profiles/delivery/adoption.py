"""Finding our own work on a record, from the summaries of `GET /works`. Pure.

Needed when ORCID says "duplicate" without naming the put-code, and when an answer was lost:
the record itself then tells what was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..values.doi import Doi


def find_put_code(works: Mapping[str, Any], *, doi: Doi, api_client: str) -> int | None:
    """The put-code of the work that this API client put there for this DOI; None if there is none."""
    for summary in _summaries(works):
        source = (summary.get("source") or {}).get("source-client-id") or {}
        if source.get("path") == api_client and doi in _own_dois(summary):
            return int(summary["put-code"])
    return None


def _summaries(works: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in works.get("group") or ():
        yield from group.get("work-summary") or ()


def _own_dois(summary: Mapping[str, Any]) -> set[str]:
    ids = (summary.get("external-ids") or {}).get("external-id") or ()
    return {
        str((each.get("external-id-normalized") or each).get("value", each["external-id-value"]))
        for each in ids
        if each.get("external-id-type") == "doi" and each.get("external-id-relationship") == "self"
    }
