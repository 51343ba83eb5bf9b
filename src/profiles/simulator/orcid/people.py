"""How ORCID prints a person and a whole record (works and names; the rest is empty)."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ..clock import iso_millis
from . import xml_shapes
from .shapes import orcid_id
from .state import Person

Json = dict[str, Any]

_LISTS = (
    ("other-names", "other-name"),
    ("researcher-urls", "researcher-url"),
    ("emails", "email"),
    ("addresses", "address"),
    ("keywords", "keyword"),
    ("external-identifiers", "external-identifier"),
)
_SECTIONS = (
    ("distinctions", "affiliation-group"),
    ("educations", "affiliation-group"),
    ("employments", "affiliation-group"),
    ("fundings", "group"),
    ("invited-positions", "affiliation-group"),
    ("memberships", "affiliation-group"),
    ("peer-reviews", "group"),
    ("qualifications", "affiliation-group"),
    ("research-resources", "group"),
    ("services", "affiliation-group"),
)


def person(who: Person) -> Json:
    shown: Json = {"last-modified-date": None, "name": _name(who)}
    for section, item in _LISTS:
        if section == "researcher-urls":
            shown["biography"] = None
        place = "email" if section == "emails" else section
        path = f"/{who.orcid}/{place}"
        shown[section] = {"last-modified-date": None, item: [], "path": path}
    shown["path"] = f"/{who.orcid}/person"
    return shown


def _name(who: Person) -> Json | None:
    if who.names_visibility != "public":
        return None
    return {
        "created-date": {"value": who.created},
        "last-modified-date": {"value": who.created},
        "given-names": {"value": who.given_names},
        "family-name": {"value": who.family_name} if who.family_name else None,
        "credit-name": {"value": who.credit_name} if who.credit_name else None,
        "source": None,
        "visibility": "public",
        "path": who.orcid,
    }


def activities(who: Person, works: Json) -> Json:
    shown: Json = {"last-modified-date": works["last-modified-date"]}
    for section, item in _SECTIONS:
        path = f"/{who.orcid}/{section}"
        shown[section] = {"last-modified-date": None, item: [], "path": path}
    return {**shown, "works": works, "path": f"/{who.orcid}/activities"}


def record(who: Person, works: Json) -> Json:
    return {
        "orcid-identifier": orcid_id(who.orcid),
        "preferences": {"locale": "en"},
        "history": {
            "creation-method": "DIRECT",
            "completion-date": None,
            "submission-date": {"value": who.created},
            "last-modified-date": works["last-modified-date"] or {"value": who.created},
            "claimed": who.state != "unclaimed",
            "source": None,
            "deactivation-date": None,
            "verified-email": True,
            "verified-primary-email": True,
        },
        "person": person(who),
        "activities-summary": activities(who, works),
        "path": f"/{who.orcid}",
    }


_PERSON_NS = (
    ' xmlns:common="http://www.orcid.org/ns/common"'
    ' xmlns:person="http://www.orcid.org/ns/person"'
    ' xmlns:personal-details="http://www.orcid.org/ns/personal-details"'
    ' xmlns:email="http://www.orcid.org/ns/email"'
)


def person_xml(shown: Json) -> str:
    return f"{xml_shapes.HEAD}{_person_element(shown, _PERSON_NS)}"


def _person_element(shown: Json, namespaces: str = "") -> str:
    path = escape(shown["path"])
    email = f'<email:emails path="{escape(shown["emails"]["path"])}"/>'
    return (
        f'<person:person path="{path}"{namespaces}>{_name_element(shown["name"])}{email}'
        "</person:person>"
    )


def _name_element(name: Json | None) -> str:
    if name is None:
        return ""
    created = iso_millis(name["created-date"]["value"])
    texts = "".join(
        f"<personal-details:{tag}>{escape(name[tag]['value'])}</personal-details:{tag}>"
        for tag in ("given-names", "family-name", "credit-name")
        if name[tag]
    )
    return (
        f'<person:name visibility="public" path="{escape(name["path"])}">'
        f"<common:created-date>{created}</common:created-date>"
        f"<common:last-modified-date>{created}</common:last-modified-date>{texts}</person:name>"
    )


def activities_xml(shown: Json) -> str:
    return f"{xml_shapes.HEAD}{_activities_element(shown, xml_shapes.XMLNS)}"


def _activities_element(shown: Json, namespaces: str = "") -> str:
    works = xml_shapes.works_element(shown["works"])
    path = escape(shown["path"])
    return (
        f'<activities:activities-summary path="{path}"{namespaces}>{works}'
        "</activities:activities-summary>"
    )


def record_xml(shown: Json) -> str:
    who = shown["orcid-identifier"]
    namespaces = f'{_PERSON_NS} xmlns:record="http://www.orcid.org/ns/record"' + "".join(
        part
        for part in xml_shapes.XMLNS_PARTS
        if "ns/common" not in part and "ns/email" not in part
    )
    identifier = "".join(
        f"<common:{tag}>{escape(who[tag])}</common:{tag}>" for tag in ("uri", "path", "host")
    )
    return (
        f'{xml_shapes.HEAD}<record:record path="{escape(shown["path"])}"{namespaces}>'
        f"<common:orcid-identifier>{identifier}</common:orcid-identifier>"
        f"{_person_element(shown['person'])}"
        f"{_activities_element(shown['activities-summary'])}</record:record>"
    )
