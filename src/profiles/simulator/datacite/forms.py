"""The registration form: what it starts with, and how it becomes DataCite metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from .vocabulary import CONTRIBUTOR_TYPES, IDENTIFIER_TYPES, RELATION_TYPES, RESOURCE_TYPES

Json = dict[str, Any]

MOST_PEOPLE: Final = 5
MOST_RELATED: Final = 4
_ORCID = re.compile(r"(\d{4}-?\d{4}-?\d{4}-?\d{3}[\dXx])\s*$")


class BadForm(Exception):
    """Something that a DOI needs is missing; the text says what."""


def metadata(form: Mapping[str, str]) -> Json:
    """DataCite JSON from the form's fields; raises BadForm."""
    title = form.get("title", "").strip()
    if not title:
        raise BadForm("Enter a title.")
    year = form.get("year", "").strip()
    if year and not re.fullmatch(r"\d{4}", year):
        raise BadForm("The year needs four digits.")
    titles = [{"title": title}]
    if form.get("subtitle", "").strip():
        titles.append({"title": form["subtitle"].strip(), "titleType": "Subtitle"})
    general = form.get("type", "Dataset")
    description = form.get("description", "").strip()
    return {
        "titles": titles,
        "creators": _people(form, "creator"),
        "contributors": _people(form, "contributor"),
        "types": {
            "resourceTypeGeneral": general if general in RESOURCE_TYPES else "Other",
            "resourceType": form.get("resource_type", "").strip(),
        },
        "publisher": {"name": form.get("publisher", "").strip() or "Example Repository"},
        "publicationYear": int(year) if year else None,
        "dates": [{"date": year, "dateType": "Issued"}] if year else [],
        "version": form.get("version", "").strip() or None,
        "language": form.get("language", "").strip() or None,
        "relatedIdentifiers": _related(form),
        "descriptions": [{"description": description, "descriptionType": "Abstract"}]
        if description
        else [],
    }


# What the form shows only the beginning of.
_SHOWN: Final = {
    "creators": MOST_PEOPLE,
    "contributors": MOST_PEOPLE,
    "relatedIdentifiers": MOST_RELATED,
}


def changes(attributes: Json, form: Mapping[str, str]) -> Json:
    """Only what the person changed: the form shows less than a record can hold."""
    try:
        shown = metadata(filled(attributes))
    except BadForm:  # the record itself has no title
        shown = {}
    found = {name: value for name, value in metadata(form).items() if value != shown.get(name)}
    for name, most in _SHOWN.items():
        if name in found:
            found[name] = [*found[name], *(attributes[name] or [])[most:]]
    return found


def _people(form: Mapping[str, str], role: str) -> list[Json]:
    people = []
    for at in range(1, MOST_PEOPLE + 1):
        name = form.get(f"{role}_{at}_name", "").strip()
        raw = form.get(f"{role}_{at}_orcid", "").strip()
        if not (name or raw):
            continue
        person: Json = {"name": name or raw, "nameType": "Personal", "affiliation": []}
        family, comma, given = name.partition(",")
        if comma:
            person |= {"givenName": given.strip(), "familyName": family.strip()}
        person["nameIdentifiers"] = [_identifier(raw)] if raw else []
        if role == "contributor":
            kind = form.get(f"{role}_{at}_type", "")
            person["contributorType"] = kind if kind in CONTRIBUTOR_TYPES else "Other"
        people.append(person)
    return people


def _identifier(raw: str) -> Json:
    """A bare iD becomes its address; anything else stays as it was typed, on purpose."""
    found = _ORCID.fullmatch(raw)
    return {
        "nameIdentifier": f"https://orcid.org/{found[1]}" if found else raw,
        "nameIdentifierScheme": "ORCID",
        "schemeUri": "https://orcid.org",
    }


def _related(form: Mapping[str, str]) -> list[Json]:
    found = []
    for at in range(1, MOST_RELATED + 1):
        value = form.get(f"related_{at}_value", "").strip()
        relation = form.get(f"related_{at}_relation", "")
        kind = form.get(f"related_{at}_kind", "")
        if value and relation in RELATION_TYPES and kind in IDENTIFIER_TYPES:
            found.append(
                {
                    "relationType": relation,
                    "relatedIdentifier": value,
                    "relatedIdentifierType": kind,
                }
            )
    return found


def defaults(*, number: int, person: tuple[str, str], today: date) -> dict[str, str]:
    """A form that can be sent as it is: a data set of the chosen person (name, iD)."""
    name, orcid = person
    return {
        "title": f"Measurements of sea level, series {number}",
        "creator_1_name": name,
        "creator_1_orcid": orcid,
        "type": "Dataset",
        "publisher": "Example Repository",
        "year": str(today.year),
        "description": "Hourly readings of a tide gauge.",
    }


def filled(attributes: Json) -> dict[str, str]:
    """The form's fields for a record that is to be changed."""
    titles = attributes["titles"] or []
    kinds = attributes["types"] or {}
    publisher = attributes["publisher"]
    fields = {
        "title": next((t["title"] for t in titles if not t.get("titleType")), ""),
        "subtitle": next((t["title"] for t in titles if t.get("titleType") == "Subtitle"), ""),
        "type": kinds.get("resourceTypeGeneral") or "Other",
        "resource_type": kinds.get("resourceType") or "",
        "publisher": (publisher.get("name") if isinstance(publisher, dict) else publisher) or "",
        "year": str(attributes["publicationYear"] or ""),
        "version": attributes["version"] or "",
        "language": attributes["language"] or "",
        "description": next(
            (one.get("description") or "" for one in attributes["descriptions"] or []), ""
        ),
    }
    for role in ("creator", "contributor"):
        for at, person in enumerate((attributes[f"{role}s"] or [])[:MOST_PEOPLE], start=1):
            ids = person.get("nameIdentifiers") or []
            fields[f"{role}_{at}_name"] = person.get("name") or ""
            fields[f"{role}_{at}_orcid"] = ids[0].get("nameIdentifier", "") if ids else ""
            fields[f"{role}_{at}_type"] = person.get("contributorType") or ""
    for at, one in enumerate((attributes["relatedIdentifiers"] or [])[:MOST_RELATED], start=1):
        fields[f"related_{at}_value"] = one["relatedIdentifier"]
        fields[f"related_{at}_relation"] = one["relationType"]
        fields[f"related_{at}_kind"] = one["relatedIdentifierType"]
    return fields
