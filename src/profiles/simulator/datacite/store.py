"""DOIs and their metadata: versions, states, history. Ordered by (created, DOI)."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal

from ..clock import Clock

State = Literal["draft", "registered", "findable"]
Json = dict[str, Any]

SCHEMA = "http://datacite.org/schema/kernel-4"

# What a record has where nothing was given.
EMPTY: Json = {
    "identifiers": [],
    "alternateIdentifiers": [],
    "creators": [],
    "titles": [],
    "publisher": None,
    "container": {},
    "publicationYear": None,
    "subjects": [],
    "contributors": [],
    "dates": [],
    "language": None,
    "types": {},
    "relatedIdentifiers": [],
    "relatedItems": [],
    "sizes": [],
    "formats": [],
    "version": None,
    "rightsList": [],
    "descriptions": [],
    "geoLocations": [],
    "fundingReferences": [],
    "url": None,
    "contentUrl": None,
}


@dataclass(frozen=True, slots=True)
class Repository:
    id: str
    name: str
    client_type: str = "repository"
    provider_id: str = "simulate"


@dataclass(frozen=True, slots=True)
class Activity:
    action: Literal["create", "update"]
    version: int
    at: float
    changes: Json


@dataclass(slots=True)
class Entry:
    doi: str
    attributes: Json
    repository: str
    state: State
    created: float
    updated: float
    agency: str = "datacite"
    version: int = 1
    history: list[Activity] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, str]:
        """Where it stands in a walk by cursor."""
        return int(self.created * 1000), self.doi


class Store:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.entries: dict[str, Entry] = {}
        self.order: list[tuple[int, str]] = []
        self.by_name_identifier: dict[str, set[str]] = defaultdict(set)
        self.repositories: dict[str, Repository] = {}

    def register(
        self,
        record: Json,
        *,
        repository: str = "",
        state: State = "findable",
        agency: str = "datacite",
        created: float | None = None,
    ) -> Entry:
        """A new DOI. The record is DataCite JSON (or an API document around it)."""
        given = record.get("data", record)
        given = given.get("attributes", given)
        doi = str(given["doi"]).lower()
        if doi in self.entries:
            raise ValueError(f"{doi} is registered already: update it")
        at = self.clock.now() if created is None else created
        entry = Entry(
            doi=doi,
            attributes={**EMPTY, **{k: given[k] for k in EMPTY if given.get(k) is not None}},
            repository=repository or next(iter(self.repositories)),
            state=state,
            created=at,
            updated=at,
            agency=agency,
        )
        entry.history.append(Activity("create", 1, at, entry.attributes))
        self.entries[doi] = entry
        insort(self.order, entry.place)
        self._index(entry)
        return entry

    def update(self, doi: str, changes: Json, *, state: State | None = None) -> Entry:
        """Save again: the version goes up and `updated` moves, even if nothing differs."""
        entry = self.entries[doi.lower()]
        self._unindex(entry)
        old = entry.attributes
        entry.attributes = {**old, **{k: v for k, v in changes.items() if k in EMPTY}}
        entry.state = state or entry.state
        entry.version += 1
        entry.updated = self.clock.now()
        differs = {
            name: [old[name], value]
            for name, value in entry.attributes.items()
            if old[name] != value
        }
        entry.history.append(Activity("update", entry.version, entry.updated, differs))
        self._index(entry)
        return entry

    def _index(self, entry: Entry) -> None:
        for text in name_identifiers(entry.attributes):
            self.by_name_identifier[text].add(entry.doi)

    def _unindex(self, entry: Entry) -> None:
        for text in name_identifiers(entry.attributes):
            self.by_name_identifier[text].discard(entry.doi)

    def after(self, place: tuple[int, str]) -> list[tuple[int, str]]:
        """The places behind this one, in order."""
        at = bisect_left(self.order, place)
        if at < len(self.order) and self.order[at] == place:
            at += 1
        return self.order[at:]


def name_identifiers(attributes: Json) -> set[str]:
    """The raw identifiers of creators and contributors, for the index."""
    found = set()
    for person in [*(attributes["creators"] or []), *(attributes["contributors"] or [])]:
        ids = person.get("nameIdentifiers") if isinstance(person, dict) else None
        for one in ids if isinstance(ids, list) else [ids] if isinstance(ids, dict) else []:
            if isinstance(one, dict) and one.get("nameIdentifier"):
                found.add(str(one["nameIdentifier"]))
    return found
