"""The parts of DataCite's JSON that we look at, as declared shapes for msgspec.

Two tiers keep reading both fast and tolerant: `decode` first takes the bytes as the schema
promises them; only when that fails (null in a list, an object in place of a list, a string in
place of an object, a number in place of a string: all seen; half a character, a control character)
is the JSON mended to fit the shapes.
What is not declared is skipped without being built.
"""

from __future__ import annotations

import json
import types
from functools import cache
from typing import Union, get_args, get_origin, get_type_hints

import msgspec

from ...errors import MalformedRecord

LONGEST_ID = 2000  # characters; ORCID's columns take no more, and what is longer is no identifier


class Shape(msgspec.Struct, rename="camel", gc=False):
    """An object of the record; its first field is what a plain string in its place means."""


class NameIdentifier(Shape):
    name_identifier: str | None = None
    name_identifier_scheme: str | None = None
    scheme_uri: str | None = None
    scheme_uri_41: str | None = msgspec.field(default=None, name="schemeURI")  # schema 4.0, 4.1


class Person(Shape):
    name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    name_type: str | None = None
    contributor_type: str | None = None
    name_identifiers: list[NameIdentifier] | None = None
    creator_name: str | None = None  # schema 4.0, 4.1
    contributor_name: str | None = None  # schema 4.0, 4.1


class Title(Shape):
    title: str | None = None
    title_type: str | None = None
    lang: str | None = None


class Description(Shape):
    description: str | None = None
    description_type: str | None = None


class Date(Shape):
    date: str | None = None
    date_type: str | None = None


class Publisher(Shape):
    name: str | None = None


class Types(Shape):
    resource_type: str | None = None
    resource_type_general: str | None = None
    schema_org: str | None = None
    bibtex: str | None = None
    ris: str | None = None
    citeproc: str | None = None


class Identifier(Shape):
    identifier: str | None = None
    identifier_type: str | None = None


class AlternateIdentifier(Shape):
    alternate_identifier: str | None = None
    alternate_identifier_type: str | None = None


class Container(Shape):
    title: str | None = None
    type: str | None = None
    identifier: str | None = None
    identifier_type: str | None = None
    identifiers: list[Identifier] | None = None
    volume: str | None = None
    issue: str | None = None
    first_page: str | None = None
    last_page: str | None = None


class RelatedIdentifier(Shape):
    related_identifier: str | None = None
    related_identifier_type: str | None = None
    relation_type: str | None = None


class RelatedItemIdentifier(Shape):
    related_item_identifier: str | None = None
    related_item_identifier_type: str | None = None


class RelatedItem(Shape):
    titles: list[Title] | None = None
    related_item_type: str | None = None
    relation_type: str | None = None
    related_item_identifier: RelatedItemIdentifier | None = None
    volume: str | None = None
    issue: str | None = None
    first_page: str | None = None
    last_page: str | None = None


class AwardNumber(Shape):
    """Schema 4.0 to 4.2 in JSON kept number and address together."""

    award_number: str | None = None
    award_uri: str | None = msgspec.field(default=None, name="awardURI")


class FundingReference(Shape):
    funder_name: str | None = None  # what a plain string means
    award_number: str | AwardNumber | None = None
    award_uri: str | None = None


class Attributes(Shape):
    """A record's metadata: `attributes` of a JSON:API resource, or the whole of the flat form."""

    doi: str | None = None
    identifier: str | Identifier | None = None  # schema 4.0, 4.1
    identifiers: list[Identifier] | None = None
    alternate_identifiers: list[AlternateIdentifier] | None = None
    creators: list[Person] | None = None
    contributors: list[Person] | None = None
    titles: list[Title] | None = None
    publisher: str | Publisher | None = None
    container: Container | None = None
    publication_year: int | str | None = None
    dates: list[Date] | None = None
    language: str | None = None
    types: Types | None = None
    resource_type: str | Types | None = None  # schema 4.0, 4.1
    related_identifiers: list[RelatedIdentifier] | None = None
    related_items: list[RelatedItem] | None = None
    descriptions: list[Description] | None = None
    funding_references: list[FundingReference] | None = None
    metadata_version: int | str | None = None
    state: str | None = None
    updated: str | None = None
    registered: str | None = None
    version: str | None = None
    agency: str | None = None
    client_id: str | None = None  # flat form


class Reference(Shape):
    id: str | None = None


class Relationship(Shape):
    data: Reference | None = None


class Relationships(Shape):
    client: Relationship | None = None


class IncludedAttributes(Shape):
    client_type: str | None = None


class Included(Shape):
    id: str | None = None
    type: str | None = None
    attributes: IncludedAttributes | None = None


class Resource(Attributes):
    """A record by itself: a JSON:API resource, or flat."""

    id: str | None = None
    attributes: Attributes | None = None
    relationships: Relationships | None = None


class Links(Shape):
    next: str | None = None


class Meta(Shape):
    total: int | str | None = None


class Answer(Resource):
    """A record in any form: by itself, or inside the `data` of an answer of `GET /dois/{doi}`."""

    data: Resource | None = None
    included: list[Included] | None = None
    links: Links | None = None
    meta: Meta | None = None


_ANSWER = msgspec.json.Decoder(Answer)


def decode(data: bytes | str) -> Answer:
    """One record, whatever form it has. Raises MalformedRecord."""
    try:
        return _ANSWER.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    try:
        return _decode_mended(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise MalformedRecord(f"this is not JSON that can be read ({error})") from None


def _decode_mended(data: bytes | str) -> Answer:
    plain = _plain(data)
    if not isinstance(plain, dict):
        raise MalformedRecord(f"{_kind(plain)} in place of an object")
    if isinstance(plain.get("data"), list):
        raise MalformedRecord("a list of records in place of one")
    return msgspec.convert(mended(plain, Answer), Answer)


def _plain(data: bytes | str) -> object:
    """Of JSON with whatever texts, which msgspec refuses when one of them is broken."""
    text = data if isinstance(data, str) else data.decode("utf-8-sig")
    return json.loads(text, strict=False, parse_int=_whole)


def _whole(digits: str) -> int | str:
    """Python reads no number of thousands of digits; nor is one of our numbers so long."""
    return int(digits) if len(digits) < 20 else digits


class _Plan(msgspec.Struct):
    """What a field may hold."""

    item: object = None  # of a list
    struct: type[Shape] | None = None
    is_text: bool = False


def mended(value: object, shape: object) -> object:
    """`value` with all that does not fit `shape` made to fit it or left out."""
    plan = _plan(shape)
    if plan.item is not None:
        found = value if isinstance(value, list) else [value]
        return [fit for one in found if (fit := mended(one, plan.item)) is not None]
    if isinstance(value, list):
        return next((fit for one in value if (fit := mended(one, shape)) is not None), None)
    if isinstance(value, dict):
        return _mended_object(value, plan.struct) if plan.struct else None
    text = _as_text(value)
    if text is None or plan.is_text or plan.struct is None:
        return text
    first, inner = next(iter(_fields(plan.struct).items()))
    return {first: mended(text, inner)}


def _mended_object(value: dict[str, object], struct: type[Shape]) -> dict[str, object]:
    return {
        name: mended(value[name], shape)
        for name, shape in _fields(struct).items()
        if value.get(name) is not None
    }


def _as_text(value: object) -> str | None:
    if isinstance(value, str):  # half a character ("\\ud800") becomes a question mark
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


@cache
def _plan(shape: object) -> _Plan:
    plan = _Plan()
    is_union = get_origin(shape) in (Union, types.UnionType)
    for one in get_args(shape) if is_union else (shape,):
        if get_origin(one) is list:
            (plan.item,) = get_args(one)
        elif isinstance(one, type) and issubclass(one, Shape):
            plan.struct = one
        elif one is str:
            plan.is_text = True
    return plan


@cache
def _fields(struct: type[Shape]) -> dict[str, object]:
    """JSON's name of each field, and its shape."""
    hints = get_type_hints(struct)
    return {one.encode_name: hints[one.name] for one in msgspec.structs.fields(struct)}


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
