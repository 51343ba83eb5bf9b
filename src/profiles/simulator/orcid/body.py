"""Request bodies, JSON or XML, read into plain works by the field table."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import orjson

from .fields import WORK, Field
from .refusal import Refused
from .vocabulary import WORK_TYPE_ALIASES

NAMESPACES = {
    "common": "http://www.orcid.org/ns/common",
    "work": "http://www.orcid.org/ns/work",
    "bulk": "http://www.orcid.org/ns/bulk",
    "error": "http://www.orcid.org/ns/error",
    "activities": "http://www.orcid.org/ns/activities",
}


def work_from_json(body: bytes) -> dict[str, Any]:
    """One work. 400/9047 for syntax, unknown properties and values outside an enum."""
    value = _json(body)
    if isinstance(value, dict) and "bulk" in value:
        raise Refused(9006, "argument type mismatch")
    return _object(value, WORK, "Work")


def works_from_json(body: bytes) -> list[dict[str, Any]]:
    value = _json(body)
    if not isinstance(value, dict):
        raise Refused(9047, "Cannot deserialize instance of `WorkBulk`")
    for name in value:
        if name != "bulk":
            raise _unknown(name, ("bulk",))
    items = value.get("bulk") or []
    works = []
    for item in items if isinstance(items, list) else [items]:
        if not isinstance(item, dict) or set(item) != {"work"}:
            raise Refused(9047, "Could not resolve type id, known type ids = [error, work]")
        works.append(_object(item["work"], WORK, "Work"))
    return works


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused(9047, str(error)) from None


def _object(value: object, fields: tuple[Field, ...], where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Refused(9047, f"Cannot deserialize instance of `{where}` out of {_token(value)}")
    known = {field.name: field for field in fields}
    found: dict[str, Any] = {}
    for name, part in value.items():
        field = known.get(name)
        if field is None:
            raise _unknown(name, tuple(known))
        if part is None or field.kind == "server" or (name == "path" and field.kind == "attribute"):
            continue
        if field.many:
            parts = part if isinstance(part, list) else [part]
            found[name] = [_object(one, field.inner, name) for one in parts if one is not None]
        else:
            found[name] = _part(part, field)
    return found


def _part(value: object, field: Field) -> object:
    match field.kind:
        case "object":
            return _object(value, field.inner, field.name)
        case "value":
            return _valued(value, field, ("value",))
        case "title":
            return _valued(value, field, ("value", "language-code"))
        case "attribute" if field.name == "put-code":
            return _number(value)
    return _allowed(_scalar(value, field.name), field, code=9047)


def _valued(value: object, field: Field, names: tuple[str, ...]) -> dict[str, str]:
    if isinstance(value, str):  # a delegating constructor accepts the bare text
        value = {"value": value}
    if not isinstance(value, dict):
        raise Refused(9047, f"Cannot deserialize `{field.name}` out of {_token(value)}")
    # country carries a visibility in old messages
    names = (*names, "visibility") if field.name == "country" else names
    for name in value:
        if name not in names:
            raise _unknown(name, names)
    return {
        name: _scalar(part, name)
        for name, part in value.items()
        if part is not None and name != "visibility"
    }


def _number(value: object) -> int:
    text = str(value)
    if not text.isdigit():
        raise Refused(9047, f'Cannot deserialize value of type `java.lang.Long` from "{text}"')
    return int(text)


def _scalar(value: object, name: str) -> str:
    if isinstance(value, dict | list):
        raise Refused(
            9047, f"Cannot deserialize `{name}`, a `java.lang.String`, out of {_token(value)}"
        )
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _token(value: object) -> str:
    if isinstance(value, dict):
        return "START_OBJECT token"
    return "START_ARRAY token" if isinstance(value, list) else "a scalar token"


def _unknown(name: str, known: tuple[str, ...]) -> Refused:
    properties = ", ".join(f'"{one}"' for one in known)
    return Refused(
        9047,
        f'Unrecognized field "{name}", not marked as ignorable '
        f"({len(known)} known properties: {properties})",
    )


def _allowed(text: str, field: Field, *, code: int) -> str:
    text = WORK_TYPE_ALIASES.get(text, text) if field.enum == "WorkType" else text
    if field.allowed and text not in field.allowed:
        if code == 9047:
            values = ", ".join(field.allowed)
            raise Refused(
                9047, f"invalid value '{text}' for enum '{field.enum}', expected one of [{values}]"
            )
        raise Refused(9051, text, field=field.enum)
    return text


# --- XML ---


def work_from_xml(body: bytes) -> dict[str, Any]:
    """One work, checked against the schema's order, limits and required elements."""
    root = _xml(body)
    if root.tag == _tag("bulk", "bulk"):
        raise Refused(9006, "argument type mismatch")
    if root.tag != _tag("work", "work"):
        raise Refused(9001, f"unexpected element {root.tag}")
    return _element(root, WORK, checked=True)


def works_from_xml(body: bytes) -> list[dict[str, Any]]:
    """A bulk, which ORCID does not check against the schema."""
    root = _xml(body)
    if root.tag != _tag("bulk", "bulk"):
        raise Refused(9001, f"unexpected element {root.tag}")
    return [
        _element(child, WORK, checked=False) for child in root if child.tag == _tag("work", "work")
    ]


def _xml(body: bytes) -> ET.Element:
    if b"<!DOCTYPE" in body:  # no entities, hence no entity bombs
        raise Refused(9001, "DOCTYPE is disallowed")
    try:
        return ET.fromstring(body)  # noqa: S314 - no DOCTYPE, and from loopback only
    except ET.ParseError as error:
        raise Refused(9001, str(error)) from None


def _tag(prefix: str, name: str) -> str:
    return f"{{{NAMESPACES[prefix]}}}{name}"


def _element(element: ET.Element, fields: tuple[Field, ...], *, checked: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in fields:
        if field.kind == "attribute" and field.name in element.attrib and field.name != "path":
            text = element.attrib[field.name]
            found[field.name] = (
                _put_code(text) if field.name == "put-code" else _allowed(text, field, code=9051)
            )
    children = [field for field in fields if field.kind != "attribute"]
    order = {_tag(field.prefix, field.name): at for at, field in enumerate(children)}
    last = -1
    for child in element:
        at = order.get(child.tag)
        if at is None:
            if checked:
                raise Refused(9001, f"Invalid content was found starting with '{child.tag}'")
            continue
        field = children[at]
        if checked and (at < last or (at == last and not field.many)):
            raise Refused(9001, f"Invalid content was found starting with '{field.name}'")
        last = at
        _keep(found, child, field, checked=checked)
    if checked:
        for field in children:
            if field.required and field.name not in found:
                raise Refused(9001, f"The content is not complete: '{field.name}' is expected")
    return found


def _put_code(text: str) -> int:
    if not text.isdigit():
        raise Refused(9001, f"'{text}' is not a valid value for 'integer'")
    return int(text)


def _keep(found: dict[str, Any], child: ET.Element, field: Field, *, checked: bool) -> None:
    if field.kind == "server":
        return
    if field.kind == "object":
        value: object = _element(child, field.inner, checked=checked)
        if field.many:
            found.setdefault(field.name, []).append(value)
        else:
            found[field.name] = value
        return
    text = child.text or ""
    if checked:
        _check_text(text, field)
    text = _allowed(text.strip() if field.allowed else text, field, code=9051)
    if field.kind == "text":
        found[field.name] = text
        return
    found[field.name] = {"value": text}
    if field.kind == "title":
        if checked and "language-code" not in child.attrib:
            raise Refused(9001, "Attribute 'language-code' must appear on 'translated-title'")
        if "language-code" in child.attrib:
            found[field.name]["language-code"] = child.attrib["language-code"]


def _check_text(text: str, field: Field) -> None:
    if field.nonblank and not text.strip():
        raise Refused(9001, f"Value '{text}' is not facet-valid with respect to '{field.name}'")
    if field.limit and len(text) > field.limit:
        raise Refused(9001, f"'{field.name}': length must be at most {field.limit}")
    if field.name in RANGES:
        low, high = RANGES[field.name]
        if not text.strip().isdigit() or not low <= int(text) <= high:
            raise Refused(9001, f"'{text}' is not a valid value for '{field.name}'")


RANGES = {"year": (1900, 2100), "month": (1, 12), "day": (1, 31)}
