"""The shape of a work on the wire: one table that reads JSON, reads XML and writes XML.

A read work is a plain dict in the shape of ORCID's JSON, without nulls and without what the
server sets. The order of the fields is that of work-3.0.xsd.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from . import vocabulary

Kind = Literal[
    "text",  # JSON string; XML text
    "value",  # JSON {"value": "…"}; XML text
    "title",  # like value, with a language-code
    "object",  # JSON object; XML element with children
    "marked",  # like value, with transient="true" in XML
    "server",  # set by the server: may be sent and is ignored
    "time",  # JSON {"value": millis}; XML dateTime
    "attribute",  # XML attribute
]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind
    prefix: str = "work"  # XML namespace
    inner: tuple[Field, ...] = ()
    many: bool = False
    required: bool = False  # by the XML schema; the API's own rules are in validation
    limit: int = 0  # characters, by the XML schema
    nonblank: bool = False
    allowed: tuple[str, ...] = ()  # a Java enum: JSON that names another value is refused
    enum: str = ""  # its name in messages


_ORCID_ID = (
    Field("uri", "text", "common"),
    Field("path", "text", "common"),
    Field("host", "text", "common"),
)

SOURCE = (
    Field("source-orcid", "object", "common", inner=_ORCID_ID),
    Field("source-client-id", "object", "common", inner=_ORCID_ID),
    Field("source-name", "value", "common"),
    Field("assertion-origin-orcid", "object", "common", inner=_ORCID_ID),
    Field("assertion-origin-client-id", "object", "common", inner=_ORCID_ID),
    Field("assertion-origin-name", "value", "common"),
)

TITLE = (
    Field("title", "value", "common", required=True, limit=1000, nonblank=True),
    Field("subtitle", "value", "common", limit=1000),
    Field("translated-title", "title", "common", limit=1000, nonblank=True),
)

DATE = (
    Field("year", "value", "common", required=True),
    Field("month", "value", "common"),
    Field("day", "value", "common"),
)

EXTERNAL_ID = (
    Field("external-id-type", "text", "common", required=True, nonblank=True),
    Field("external-id-value", "text", "common", required=True, nonblank=True),
    Field("external-id-normalized", "server", "common"),
    Field("external-id-normalized-error", "server", "common"),
    Field("external-id-url", "value", "common"),
    Field(
        "external-id-relationship",
        "text",
        "common",
        allowed=vocabulary.RELATIONSHIPS,
        enum="Relationship",
    ),
)
_EXTERNAL_IDS = (Field("external-id", "object", "common", inner=EXTERNAL_ID, many=True),)

_ATTRIBUTES = (
    Field(
        "contributor-sequence",
        "text",
        allowed=vocabulary.SEQUENCES,
        enum="SequenceType",
    ),
    Field("contributor-role", "text"),
)
CONTRIBUTOR = (
    Field("contributor-orcid", "object", "common", inner=_ORCID_ID),
    Field("credit-name", "value", limit=150, nonblank=True),
    Field("contributor-email", "text", nonblank=True),
    Field("contributor-attributes", "object", inner=_ATTRIBUTES),
)
_CITATION = (
    Field(
        "citation-type",
        "text",
        required=True,
        allowed=vocabulary.CITATION_TYPES,
        enum="CitationType",
    ),
    Field("citation-value", "text", required=True),
)

_TITLE = Field("title", "object", inner=TITLE, required=True)
_JOURNAL = Field("journal-title", "value", limit=1000, nonblank=True)
_TYPE = Field("type", "text", required=True, allowed=vocabulary.WORK_TYPES, enum="WorkType")
_PUBLISHED = Field("publication-date", "object", "common", inner=DATE)
_IDS = Field("external-ids", "object", "common", inner=_EXTERNAL_IDS)
_URL = Field("url", "value", "common")

ATTRIBUTES = (
    Field("put-code", "attribute"),
    Field("path", "attribute"),
    Field("visibility", "attribute", allowed=vocabulary.VISIBILITIES, enum="Visibility"),
)
_SERVER = (
    Field("created-date", "server", "common"),
    Field("last-modified-date", "server", "common"),
    Field("source", "server", "common"),
)

WORK: Final = (
    *ATTRIBUTES,
    *_SERVER,
    _TITLE,
    _JOURNAL,
    Field("short-description", "text", limit=5000),
    Field("citation", "object", inner=_CITATION),
    _TYPE,
    _PUBLISHED,
    _IDS,
    _URL,
    Field(
        "contributors",
        "object",
        inner=(Field("contributor", "object", inner=CONTRIBUTOR, many=True),),
    ),
    Field("language-code", "text", "common"),
    Field("country", "value", "common"),
)

# How read works are written in XML: what the server sets is printed too.
_WRITTEN_ID = tuple(
    {
        "external-id-normalized": Field("external-id-normalized", "marked", "common"),
        "external-id-normalized-error": Field(
            "external-id-normalized-error",
            "object",
            "common",
            inner=(
                Field("transient", "attribute"),
                Field("error-code", "text", "common"),
                Field("error-message", "text", "common"),
            ),
        ),
    }.get(field.name, field)
    for field in EXTERNAL_ID
)
WRITTEN_IDS = Field(
    "external-ids",
    "object",
    "common",
    inner=(Field("external-id", "object", "common", inner=_WRITTEN_ID, many=True),),
)
_WRITTEN_SERVER = (
    Field("created-date", "time", "common"),
    Field("last-modified-date", "time", "common"),
    Field("source", "object", "common", inner=SOURCE),
)
WRITTEN_WORK: Final = tuple(
    WRITTEN_IDS if field is _IDS else field
    for field in (*ATTRIBUTES, *_WRITTEN_SERVER, *WORK[len(ATTRIBUTES) + len(_SERVER) :])
)
SUMMARY: Final = (
    *ATTRIBUTES,
    Field("display-index", "attribute"),
    *_WRITTEN_SERVER,
    _TITLE,
    WRITTEN_IDS,
    _URL,
    _TYPE,
    _PUBLISHED,
    _JOURNAL,
)
