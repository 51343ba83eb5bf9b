"""How ORCID prints works: the JSON shapes, with nulls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .grouping import group_order, groups
from .normalize import normalize
from .state import Client, Person, Work

# The schemas demand orcid.org, so every simulator prints it, whatever host it runs on.
HOST = "orcid.org"

Json = dict[str, Any]


class Printer:
    """Prints works; knows people and clients by reference only to print their names."""

    def __init__(self, *, people: dict[str, Person], clients: dict[str, Client]) -> None:
        self.people = people
        self.clients = clients

    def work(self, orcid: str, work: Work) -> Json:
        content = work.content
        shown: Json = {
            "created-date": {"value": work.created},
            "last-modified-date": {"value": work.modified},
            "source": self.source(orcid, work),
            "put-code": work.put_code,
            "path": f"/{orcid}/work/{work.put_code}",
            "title": _title(content["title"]),
            "journal-title": content.get("journal-title"),
            "short-description": content.get("short-description"),
            "citation": content.get("citation"),
            "type": content["type"],
            "publication-date": _date(content.get("publication-date")),
            "external-ids": external_ids(_ids(content)),
            "url": content.get("url"),
            "contributors": self._contributors(content),
            "language-code": content.get("language-code"),
            "country": content.get("country"),
            "visibility": work.visibility,
        }
        return shown

    def summary(self, orcid: str, work: Work, content: Json | None = None) -> Json:
        content = content or work.content
        return {
            "put-code": work.put_code,
            "created-date": {"value": work.created},
            "last-modified-date": {"value": work.modified},
            "source": self.source(orcid, work),
            "title": _title(content["title"]),
            "external-ids": external_ids(_ids(content)),
            "url": content.get("url"),
            "type": content["type"],
            "publication-date": _date(content.get("publication-date")),
            "journal-title": content.get("journal-title"),
            "visibility": work.visibility,
            "path": f"/{orcid}/work/{work.put_code}",
            "display-index": work.display_index,
        }

    def works(self, orcid: str, works: Iterable[Work]) -> Json:
        """The grouped summaries of a record."""
        shown = []
        for group in groups(works):
            contents = [work.content for work in group]
            shown.append((group_order(contents[0]), self._group(orcid, group, contents)))
        shown.sort(key=lambda pair: pair[0])
        printed = [group for _, group in shown]
        dates = [group["last-modified-date"]["value"] for group in printed]
        return {
            "last-modified-date": {"value": max(dates)} if dates else None,
            "group": printed,
            "path": f"/{orcid}/works",
        }

    def _group(self, orcid: str, group: list[Work], contents: list[Json]) -> Json:
        ids: dict[tuple[str, str, str], Json] = {}
        for content in contents:
            for one in _ids(content):
                kind, value = one["external-id-type"], one["external-id-value"]
                key = kind, normalize(kind, value) or value, one["external-id-relationship"]
                ids.setdefault(key, one)
        return {
            "last-modified-date": {"value": max(work.modified for work in group)},
            "external-ids": external_ids(list(ids.values())),
            "work-summary": [
                self.summary(orcid, work, content)
                for work, content in zip(group, contents, strict=True)
            ],
        }

    def source(self, orcid: str, work: Work) -> Json:
        shown: Json = dict.fromkeys(SOURCE_KEYS)
        if work.client_id:
            client = self.clients.get(work.client_id)
            shown["source-client-id"] = client_id(work.client_id)
            shown["source-name"] = {"value": client.name} if client else None
        else:
            shown["source-orcid"] = orcid_id(orcid)
            shown["source-name"] = self._name(orcid)
        if work.assertion_origin:
            shown["assertion-origin-orcid"] = orcid_id(work.assertion_origin)
            shown["assertion-origin-name"] = self._name(work.assertion_origin)
        return shown

    def _name(self, orcid: str) -> Json | None:
        person = self.people.get(orcid)
        return {"value": person.public_name} if person and person.public_name else None

    def _contributors(self, content: Json) -> Json:
        people = content.get("contributors", {}).get("contributor", [])
        return {"contributor": [self._contributor(one) for one in people]}

    def _contributor(self, one: Json) -> Json:
        orcid = one.get("contributor-orcid")
        path = orcid and (orcid.get("path") or orcid.get("uri", "").rsplit("/", 1)[-1])
        known = self.people.get(path or "")
        name = {"value": known.public_name} if known else one.get("credit-name")
        attributes = one.get("contributor-attributes")
        return {
            "contributor-orcid": orcid_id(path) if path else None,
            "credit-name": name,
            "contributor-email": None,
            "contributor-attributes": attributes
            and {
                "contributor-sequence": attributes.get("contributor-sequence"),
                "contributor-role": attributes.get("contributor-role"),
            },
        }


SOURCE_KEYS = (
    "source-orcid",
    "source-client-id",
    "source-name",
    "assertion-origin-orcid",
    "assertion-origin-client-id",
    "assertion-origin-name",
)


def orcid_id(path: str) -> Json:
    return {"uri": f"https://{HOST}/{path}", "path": path, "host": HOST}


def client_id(path: str) -> Json:
    return {"uri": f"https://{HOST}/client/{path}", "path": path, "host": HOST}


def _ids(content: Json) -> list[Json]:
    found: list[Json] = content.get("external-ids", {}).get("external-id", [])
    return found


def external_ids(ids: list[Json]) -> Json:
    return {"external-id": [_external_id(one) for one in ids]}


def _external_id(one: Json) -> Json:
    kind, value = one["external-id-type"], one["external-id-value"]
    normal = normalize(kind, value)
    return {
        "external-id-type": kind,
        "external-id-value": value,
        "external-id-normalized": {"value": normal, "transient": True} if normal else None,
        "external-id-normalized-error": None
        if normal
        else {
            "error-code": "8001",
            "error-message": f"Cannot normalize identifier value {kind}:{value}",
            "transient": True,
        },
        "external-id-url": one.get("external-id-url"),
        "external-id-relationship": one["external-id-relationship"],
    }


def _title(title: Json) -> Json:
    return {
        "title": title["title"],
        "subtitle": title.get("subtitle"),
        "translated-title": title.get("translated-title"),
    }


def _date(date: Json | None) -> Json | None:
    return date and {name: date.get(name) for name in ("year", "month", "day")}
