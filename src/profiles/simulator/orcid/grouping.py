"""Works that share a `self` or `version-of` id form one group, transitively."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .state import Work

GROUPING = frozenset({"self", "version-of"})


def groups(works: Iterable[Work]) -> list[list[Work]]:
    """The groups; within one, by display-index descending, then by creation."""
    leader: dict[int, int] = {}

    def find(put_code: int) -> int:
        while leader[put_code] != put_code:
            leader[put_code] = leader[leader[put_code]]
            put_code = leader[put_code]
        return put_code

    seen: dict[tuple[str, str], int] = {}
    by_code: dict[int, Work] = {}
    for work in works:
        by_code[work.put_code] = work
        leader[work.put_code] = work.put_code
        for relation, kind, value in work.ids:
            if relation not in GROUPING:
                continue
            first = seen.setdefault((kind, value), work.put_code)
            leader[find(work.put_code)] = find(first)
    joined: dict[int, list[Work]] = {}
    for put_code, work in by_code.items():
        joined.setdefault(find(put_code), []).append(work)
    for group in joined.values():
        group.sort(key=lambda work: (-int(work.display_index), work.created, work.put_code))
    return list(joined.values())


def group_order(content: dict[str, Any]) -> tuple[tuple[int, int, int], str, str]:
    """Sort key of a group by its first work: newest first, then title, then type."""
    date = content.get("publication-date") or {}
    parts = [(date.get(name) or {}).get("value") or "0" for name in ("year", "month", "day")]
    year, month, day = (-int(part) if part.isdigit() else 0 for part in parts)
    title = content["title"]["title"]["value"]
    return (year, month, day), title, content["type"]
