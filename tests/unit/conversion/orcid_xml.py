"""Our JSON as ORCID's XML, so that ORCID's own schema can judge it.

Works as ORCID's JSON does: an object with `value` is an element's text, what stands beside it are
attributes; lists repeat their element. An unknown key or a wrong order fails.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lxml import etree

_WORK = "http://www.orcid.org/ns/work"
_COMMON = "http://www.orcid.org/ns/common"

# The order of the schema's sequences; C marks elements of the common namespace.
_ORDER: dict[str, list[tuple[str, str]]] = {
    "work": [
        ("title", _WORK),
        ("journal-title", _WORK),
        ("short-description", _WORK),
        ("citation", _WORK),
        ("type", _WORK),
        ("publication-date", _COMMON),
        ("external-ids", _COMMON),
        ("url", _COMMON),
        ("contributors", _WORK),
        ("language-code", _COMMON),
    ],
    "title": [("title", _COMMON), ("subtitle", _COMMON), ("translated-title", _COMMON)],
    "citation": [("citation-type", _WORK), ("citation-value", _WORK)],
    "publication-date": [("year", _COMMON), ("month", _COMMON), ("day", _COMMON)],
    "external-ids": [("external-id", _COMMON)],
    "external-id": [
        ("external-id-type", _COMMON),
        ("external-id-value", _COMMON),
        ("external-id-url", _COMMON),
        ("external-id-relationship", _COMMON),
    ],
    "contributors": [("contributor", _WORK)],
    "contributor": [
        ("contributor-orcid", _COMMON),
        ("credit-name", _WORK),
        ("contributor-attributes", _WORK),
    ],
    "contributor-orcid": [("uri", _COMMON), ("path", _COMMON), ("host", _COMMON)],
    "contributor-attributes": [("contributor-sequence", _WORK), ("contributor-role", _WORK)],
}


def schema(shared: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared / "data/orcid/xsd/record_3.0/work-3.0.xsd"))


def element(rendered: bytes) -> etree._Element:
    work = json.loads(rendered)
    root = etree.Element(f"{{{_WORK}}}work")
    put_code = work.pop("put-code", None)
    if put_code is not None:
        root.set("put-code", str(put_code))
    _fill(root, work, "work")
    return root


def problems(rendered: bytes, judge: etree.XMLSchema) -> list[str]:
    """What the schema has against it; also what it does not see: emptiness, ORCID's own rules."""
    work = json.loads(rendered)
    found = list(_empty_parts(work, "work"))
    relationships = {one["external-id-relationship"] for one in work["external-ids"]["external-id"]}
    if "self" not in relationships:
        found.append("no external-id is `self`")
    # Through text and back, as on the wire: what XML cannot hold fails here.
    root = etree.fromstring(etree.tostring(element(rendered)))
    if not judge.validate(root):
        found += [str(error) for error in judge.error_log]
    return found


def _fill(parent: etree._Element, value: dict[str, Any], name: str) -> None:
    order = _ORDER[name]
    unknown = set(value) - {key for key, _ in order}
    assert not unknown, f"{name} has no {unknown}"
    for key, namespace in order:
        if key in value:
            for one in value[key] if isinstance(value[key], list) else [value[key]]:
                _add(parent, f"{{{namespace}}}{key}", one, key)


def _add(parent: etree._Element, tag: str, value: Any, name: str) -> None:
    child = etree.SubElement(parent, tag)
    if isinstance(value, str):
        child.text = value
    elif "value" in value:
        child.text = value["value"]
        for key in value.keys() - {"value"}:
            child.set(key, value[key])
    else:
        _fill(child, value, name)


def _empty_parts(value: Any, path: str) -> list[str]:
    """Paths of everything that is sent though it says nothing."""
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [found for key, one in pairs for found in _empty_parts(one, f"{path}/{key}")]
    is_empty = value is None or (isinstance(value, str | dict | list) and not value)
    return [f"{path} is empty"] if is_empty or value == " " else []
