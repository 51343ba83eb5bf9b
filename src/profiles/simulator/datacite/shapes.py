"""How DataCite prints DOIs (JSON:API), and the DataCite XML of a record."""

from __future__ import annotations

import base64
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..clock import iso_seconds
from .store import SCHEMA, Activity, Entry, Repository

Json = dict[str, Any]

_COUNTS = (
    "viewCount",
    "downloadCount",
    "referenceCount",
    "citationCount",
    "partCount",
    "partOfCount",
    "versionCount",
    "versionOfCount",
)
_OVER_TIME = ("viewsOverTime", "downloadsOverTime", "citationsOverTime")
_RELATED = ("references", "citations", "parts", "partOf", "versions", "versionOf")


def document(entry: Entry, *, detail: bool, affiliation: bool, publisher: bool) -> Json:
    """One DOI. Without the switches affiliations and publisher are plain strings."""
    attributes = dict(entry.attributes)
    attributes["publisher"] = _publisher(attributes["publisher"], as_object=publisher)
    for role in ("creators", "contributors"):
        attributes[role] = [_person(one, affiliation=affiliation) for one in attributes[role] or []]
    prefix, _, suffix = entry.doi.partition("/")
    shown: Json = {"doi": entry.doi}
    if detail:
        shown |= {"prefix": prefix, "suffix": suffix}
    else:
        del attributes["alternateIdentifiers"]
    shown |= attributes
    if detail:
        shown["xml"] = base64.b64encode(xml(entry).encode()).decode()
    shown |= {
        "metadataVersion": entry.version - 1,
        "schemaVersion": SCHEMA,
        "source": "api",
        "isActive": entry.state == "findable",
        "state": entry.state,
        "reason": None,
    }
    shown |= dict.fromkeys(_COUNTS, 0)
    if detail:
        shown |= {name: [] for name in _OVER_TIME}
    created = iso_seconds(entry.created)
    shown |= {
        "created": created,
        "registered": created if entry.state != "draft" else None,
        "published": str(attributes["publicationYear"]) if detail else None,
        "updated": iso_seconds(entry.updated),
    }
    return {
        "id": entry.doi,
        "type": "dois",
        "attributes": shown,
        "relationships": _relationships(entry, detail=detail),
    }


def _relationships(entry: Entry, *, detail: bool) -> Json:
    shown: Json = {"client": {"data": {"id": entry.repository, "type": "clients"}}}
    if detail:
        shown["media"] = {"data": {"id": entry.doi, "type": "media"}}
        shown |= {name: {"data": []} for name in _RELATED}
    return shown


def _publisher(value: object, *, as_object: bool) -> object:
    if isinstance(value, dict):
        return value if as_object else value.get("name")
    return {"name": value} if as_object and value is not None else value


def _person(person: object, *, affiliation: bool) -> object:
    if not isinstance(person, dict):
        return person
    given = person.get("affiliation") or []
    shown = [
        ({"name": one} if isinstance(one, str) else one)
        if affiliation
        else (one if isinstance(one, str) else one.get("name"))
        for one in (given if isinstance(given, list) else [given])
    ]
    return {
        **person,
        "affiliation": shown,
        "nameIdentifiers": person.get("nameIdentifiers", []),
    }


def repository(one: Repository) -> Json:
    return {
        "id": one.id,
        "type": "clients",
        "attributes": {
            "name": one.name,
            "symbol": one.id.upper(),
            "year": 2020,
            "clientType": one.client_type,
            "isActive": True,
        },
        "relationships": {"provider": {"data": {"id": one.provider_id, "type": "providers"}}},
    }


def activity(entry: Entry, one: Activity) -> Json:
    return {
        "id": f"{entry.doi}-{one.version}",
        "type": "activities",
        "attributes": {
            "prov:wasGeneratedBy": f"https://api.datacite.org/activities/{entry.doi}-{one.version}",
            "prov:generatedAtTime": iso_seconds(one.at),
            "prov:wasDerivedFrom": f"https://doi.org/{entry.doi}",
            "prov:wasAttributedTo": f"https://api.datacite.org/clients/{entry.repository}",
            "action": one.action,
            "version": one.version,
            "changes": one.changes,
        },
    }


# --- XML: enough of kernel 4 for a reader that unpacks it ---


def xml(entry: Entry) -> str:
    attributes = entry.attributes
    publisher = str(_publisher(attributes["publisher"], as_object=False) or "")
    kind = attributes["types"] or {}
    general = quoteattr(kind.get("resourceTypeGeneral") or "Other")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<resource xmlns="{SCHEMA}">\n'
        f'  <identifier identifierType="DOI">{escape(entry.doi.upper())}</identifier>\n'
        f"  <creators>{''.join(map(_creator_xml, attributes['creators'] or []))}</creators>\n"
        f"  <titles>{''.join(map(_title_xml, attributes['titles'] or []))}</titles>\n"
        f"  <publisher>{escape(publisher)}</publisher>\n"
        f"  <publicationYear>{attributes['publicationYear'] or ''}</publicationYear>\n"
        f"  <resourceType resourceTypeGeneral={general}>"
        f"{escape(kind.get('resourceType') or '')}</resourceType>\n"
        "</resource>\n"
    )


def _creator_xml(person: object) -> str:
    if not isinstance(person, dict):
        return ""
    ids = person.get("nameIdentifiers") or []
    inside = "".join(
        f"<nameIdentifier nameIdentifierScheme={quoteattr(one.get('nameIdentifierScheme', ''))}>"
        f"{escape(one.get('nameIdentifier', ''))}</nameIdentifier>"
        for one in ids
        if isinstance(one, dict)
    )
    name = escape(person.get("name", ""))
    return f"<creator><creatorName>{name}</creatorName>{inside}</creator>"


def _title_xml(title: Json) -> str:
    kind = f" titleType={quoteattr(title['titleType'])}" if title.get("titleType") else ""
    return f"<title{kind}>{escape(title.get('title', ''))}</title>"
