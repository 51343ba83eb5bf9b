"""When ORCID takes a work for one that it has (ExternalID.equals, WorkManagerImpl)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .normalize import normalize
from .state import Record, Work

Ids = tuple[tuple[str, str, str], ...]


def identifiers(content: dict[str, Any]) -> Ids:
    """(relationship, type, normalised value or, where there is none, the raw one)."""
    return tuple(
        (
            one["external-id-relationship"],
            one["external-id-type"].lower(),
            normalize(one["external-id-type"].lower(), one["external-id-value"])
            or one["external-id-value"],
        )
        for one in content.get("external-ids", {}).get("external-id", [])
    )


def duplicate_of(
    ids: Ids,
    *,
    record: Record,
    source: tuple[str, str],
    against: Iterable[str] = ("self",),
    but: int = 0,
) -> Work | None:
    """The work of the same source that shares a `self` id with the new one.

    A single write looks among the existing `self` ids; a bulk also among `version-of`.
    `but` is the put-code of the work that is being changed.
    """
    relations = frozenset(against)
    for relation, kind, value in ids:
        if relation != "self":
            continue
        for work in record.sharing(kind, value):
            if work.put_code == but or work.source != source:
                continue
            if any(r in relations and (k, v) == (kind, value) for r, k, v in work.ids):
                return work
    return None


SERVER_SET = frozenset({"put-code", "visibility"})


def unchanged(new: dict[str, Any], stored: dict[str, Any], *, visibility: str) -> bool:
    """ORCID's no-change test, with its hole.

    Leaving out only citation, translated title or publication date looks unchanged.
    """
    if new.get("visibility", visibility) != visibility:
        return False
    return _comparable(new, stored) == _comparable(stored, stored)


def _comparable(content: dict[str, Any], stored: dict[str, Any]) -> dict[str, Any]:
    shown = {k: v for k, v in content.items() if k not in SERVER_SET}
    for name in ("citation", "publication-date"):
        if name not in shown and name in stored:
            shown[name] = stored[name]
    title = dict(shown.get("title", {}))
    old = stored.get("title", {})
    if "translated-title" not in title and "translated-title" in old:
        title["translated-title"] = old["translated-title"]
    return {**shown, "title": title}


def kept(content: dict[str, Any]) -> dict[str, Any]:
    """What is stored of a sent work: no e-mail of contributors, nothing the server sets."""
    shown = {k: v for k, v in content.items() if k not in SERVER_SET}
    people = shown.get("contributors", {}).get("contributor")
    if people:
        shown["contributors"] = {
            "contributor": [
                {k: v for k, v in one.items() if k != "contributor-email"} for one in people
            ]
        }
    return shown
