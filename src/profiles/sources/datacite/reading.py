"""DataCite JSON to Work: pure, tolerant of every shape that was seen, and fast.

Reads a JSON:API resource, an answer of `GET /dois/{doi}` or `GET /dois`, and flat DataCite JSON of
schema 4.0 to 4.7.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import msgspec

from ...errors import MalformedRecord, NotADoi
from ...values import dates, doi
from ...values.doi import Doi
from ...values.work import Description, Title, Types, Work
from . import envelope, record
from .persons import read_contributors
from .record import Answer, Attributes, Included, Resource
from .relations import read_container, read_funding, read_identifiers, read_related

_NO_TYPES = Types()
_NUMBER = re.compile(r"([0-9]{1,10})(?:\.0+)?").fullmatch
_LONGEST_TIME = 40  # characters, of ISO 8601


class Failure(msgspec.Struct, frozen=True):
    """A record of a page that cannot be read."""

    doi: str  # as given; "number 3" where there is none
    error: MalformedRecord


class Page(msgspec.Struct, frozen=True):
    """An answer of `GET /dois`."""

    works: tuple[Work, ...]
    failures: tuple[Failure, ...] = ()
    next_cursor: str = ""  # empty on the last page
    total: int | None = None


def read(data: bytes | str, *, orcid_host: str = "orcid.org") -> Work:
    """The work that one record describes. Raises MalformedRecord."""
    answer = record.decode(data)
    resource = answer if answer.data is None else answer.data
    return _work(resource, kinds=_repository_kinds(answer.included), orcid_host=orcid_host)


def read_types(data: bytes | str) -> Types:
    """The types block alone, of a record that need not have a DOI. Raises MalformedRecord."""
    answer = record.decode(data)
    resource = answer if answer.data is None else answer.data
    return _types(resource.attributes or resource)


def read_page(data: bytes | str, *, orcid_host: str = "orcid.org") -> Page:
    """The works of one page; a record that cannot be read does not spoil the others.

    Raises MalformedRecord when this is no page at all.
    """
    page = envelope.opened(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
    if not envelope.is_list(bytes(page.data)):
        raise MalformedRecord("this is not a page of records")
    around = record.decode(
        b'{"included":%b,"links":%b,"meta":%b}'
        % (bytes(page.included), bytes(page.links), bytes(page.meta))
    )
    kinds = _repository_kinds(around.included)
    works: list[Work] = []
    failures: list[Failure] = []
    for number, raw in enumerate(envelope.items(bytes(page.data)), start=1):
        name = f"number {number}"
        try:
            resource = record.decode(raw)
            name = resource.id or name
            works.append(_work(resource, kinds=kinds, orcid_host=orcid_host))
        except MalformedRecord as error:
            failures.append(Failure(doi=name, error=error))
    return Page(
        works=tuple(works),
        failures=tuple(failures),
        next_cursor=_cursor(around.links.next if around.links else None),
        total=_number(around.meta.total) if around.meta else None,
    )


def _cursor(next_address: str | None) -> str:
    """Only the cursor of `links.next`: the rest of that address is not to be trusted.

    DataCite rebuilds it from a fixed list and drops filters.
    """
    if not next_address:
        return ""
    return parse_qs(urlsplit(next_address).query).get("page[cursor]", [""])[0]


def _repository_kinds(included: list[Included] | None) -> dict[str, str]:
    """clientType by client id."""
    return {
        one.id.lower(): one.attributes.client_type or ""
        for one in included or ()
        if one.id and one.type == "clients" and one.attributes
    }


def _work(resource: Resource | Answer, *, kinds: dict[str, str], orcid_host: str) -> Work:
    attributes = resource.attributes or resource
    name = _doi(attributes, resource.id)
    repository = _repository(resource, attributes)
    year = _year(attributes.publication_year)
    issued = [
        one.date
        for one in attributes.dates or ()
        if one.date and one.date_type and one.date_type.strip() == "Issued"
    ]
    return Work(
        doi=name,
        state=_word(attributes.state),
        agency=_word(attributes.agency) or "datacite",
        repository=repository,
        repository_kind=kinds.get(repository, ""),
        metadata_version=_number(attributes.metadata_version),
        updated=_moment(attributes.updated),
        registered=_moment(attributes.registered),
        version=attributes.version.strip() if attributes.version else "",
        types=_types(attributes),
        titles=tuple(
            [
                Title(one.title, one.title_type or "", one.lang or "")
                for one in attributes.titles or ()
                if one.title
            ]
        ),
        creators=read_contributors(attributes.creators, host=orcid_host),
        contributors=read_contributors(attributes.contributors, host=orcid_host, roles=True),
        publisher=_publisher(attributes.publisher),
        container=read_container(attributes),
        published=dates.published(issued, year),
        publication_year=year,
        language=attributes.language or "",
        descriptions=tuple(
            [
                Description(one.description, one.description_type or "")
                for one in attributes.descriptions or ()
                if one.description
            ]
        ),
        related=read_related(attributes),
        identifiers=read_identifiers(attributes),
        funding=read_funding(attributes),
    )


def _doi(attributes: Attributes, resource_id: str | None) -> Doi:
    """The record's own DOI, from the first place that says one."""
    given = [attributes.doi]
    if isinstance(attributes.identifier, str):
        given.append(attributes.identifier)
    elif attributes.identifier is not None and attributes.identifier.identifier_type == "DOI":
        given.append(attributes.identifier.identifier)
    given.append(resource_id)
    given += [
        one.identifier for one in attributes.identifiers or () if one.identifier_type == "DOI"
    ]
    refusal = ""
    for text in given:
        if text:
            try:
                return doi.parse(text)
            except NotADoi as error:
                refusal = refusal or error.detail
    if refusal:
        raise MalformedRecord(f"its DOI is none: {refusal}")
    raise MalformedRecord("it has no DOI")


def _repository(resource: Resource, attributes: Attributes) -> str:
    client = resource.relationships.client if resource.relationships else None
    if client and client.data and client.data.id:
        return client.data.id.strip().lower()
    return _word(attributes.client_id)


def _word(text: str | None) -> str:
    return text.strip().lower() if text else ""


def _number(value: int | str | None) -> int | None:
    """Only such as a column of the ledger takes; 2016.0 is one too."""
    if isinstance(value, str):
        found = _NUMBER(value.strip())
        value = int(found[1]) if found else None
    return value if value is not None and 0 <= value < 2**31 else None


def _moment(text: str | None) -> str:
    """A time as it was given, if it may be one."""
    if not text or len(text) > _LONGEST_TIME or not text.isascii() or not text.isprintable():
        return ""
    return text


def _year(value: int | str | None) -> int | None:
    year = _number(value)
    return year if year is not None and 0 < year < 10_000 else None


def _types(attributes: Attributes) -> Types:
    given = attributes.types
    if given is None:
        old = attributes.resource_type
        if old is None:
            return _NO_TYPES
        given = record.Types(resource_type=old) if isinstance(old, str) else old
    return Types(
        general=given.resource_type_general or "",
        text=given.resource_type or "",
        schema_org=given.schema_org or "",
        bibtex=given.bibtex or "",
        ris=given.ris or "",
        citeproc=given.citeproc or "",
    )


def _publisher(given: str | record.Publisher | None) -> str:
    if given is None or isinstance(given, str):
        return given or ""
    return given.name or ""
