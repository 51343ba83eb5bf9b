"""The JSON shapes written as ORCID's XML, by the field table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from ..clock import iso_millis
from .body import NAMESPACES
from .fields import SUMMARY, WRITTEN_IDS, WRITTEN_WORK, Field

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
XMLNS_PARTS = tuple(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
XMLNS = "".join(XMLNS_PARTS)
_MODIFIED = Field("last-modified-date", "time", "common")


def work(shown: dict[str, Any]) -> str:
    return HEAD + _named("work:work", shown, WRITTEN_WORK, extra=XMLNS)


def summary(shown: dict[str, Any]) -> str:
    return HEAD + _named("work:work-summary", shown, SUMMARY, extra=XMLNS)


def works(shown: dict[str, Any]) -> str:
    return HEAD + works_element(shown, XMLNS)


def works_element(shown: dict[str, Any], namespaces: str = "") -> str:
    groups = "".join(
        "<activities:group>"
        + "".join(_field(group, _MODIFIED))
        + "".join(_field(group, WRITTEN_IDS))
        + "".join(_named("work:work-summary", one, SUMMARY) for one in group["work-summary"])
        + "</activities:group>"
        for group in shown["group"]
    )
    modified = "".join(_field(shown, _MODIFIED))
    path = quoteattr(shown["path"])
    return f"<activities:works path={path}{namespaces}>{modified}{groups}</activities:works>"


def bulk(shown: dict[str, Any]) -> str:
    items = "".join(
        _named("work:work", item["work"], WRITTEN_WORK) if "work" in item else _error(item["error"])
        for item in shown["bulk"]
    )
    return f"{HEAD}<bulk:bulk{XMLNS}>{items}</bulk:bulk>"


def _error(error: dict[str, Any]) -> str:
    inside = "".join(
        f"<error:{name}>{escape(str(value))}</error:{name}>" for name, value in error.items()
    )
    return f"<error:error>{inside}</error:error>"


def _named(tag: str, shown: dict[str, Any], fields: tuple[Field, ...], *, extra: str = "") -> str:
    attributes = "".join(
        f" {field.name}={quoteattr(_attribute(shown[field.name]))}"
        for field in fields
        if field.kind == "attribute" and shown.get(field.name) is not None
    )
    inside = "".join(
        part for field in fields if field.kind != "attribute" for part in _field(shown, field)
    )
    return f"<{tag}{attributes}{extra}>{inside}</{tag}>"


def _attribute(value: object) -> str:
    return "true" if value is True else str(value)


def _field(shown: dict[str, Any], field: Field) -> Iterator[str]:
    value = shown.get(field.name)
    if value is None:
        return
    tag = f"{field.prefix}:{field.name}"
    for one in value if field.many else (value,):
        match field.kind:
            case "object":
                yield _named(tag, one, field.inner)
            case "text":
                yield f"<{tag}>{escape(one)}</{tag}>"
            case "time":
                yield f"<{tag}>{iso_millis(one['value'])}</{tag}>"
            case "marked":
                yield f'<{tag} transient="true">{escape(one["value"])}</{tag}>'
            case "title":
                language = quoteattr(one.get("language-code") or "en")
                yield f"<{tag} language-code={language}>{escape(one['value'])}</{tag}>"
            case _ if one["value"] or not field.nonblank:  # an empty name is left out
                yield f"<{tag}>{escape(one['value'])}</{tag}>"
