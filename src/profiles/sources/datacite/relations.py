"""What a DataCite record says of other things: what holds it, related ids, its ids elsewhere, awards."""

from __future__ import annotations

from ...errors import NotADoi
from ...values import doi, vocabulary
from ...values.doi import Doi
from ...values.work import AlternateId, Container, Funding, RelatedId
from . import record
from .record import Attributes


def read_container(attributes: Attributes) -> Container | None:
    """The `container`, else the related item that the work was published in or is part of."""
    given = attributes.container
    if given is not None and (given.title or given.identifier or given.identifiers):
        identifier, kind = given.identifier, given.identifier_type
        if not identifier and given.identifiers:
            identifier, kind = given.identifiers[0].identifier, given.identifiers[0].identifier_type
        return Container(
            title=given.title or "",
            kind=given.type or "",
            identifier=_identifier(identifier),
            identifier_kind=kind or "",
            volume=given.volume or "",
            issue=given.issue or "",
            first_page=given.first_page or "",
            last_page=given.last_page or "",
        )
    for relation in vocabulary.HOLDING_RELATIONS if attributes.related_items else ():
        for item in attributes.related_items or ():
            is_holding = vocabulary.relation(item.relation_type or "") == relation
            if is_holding and item.titles and item.titles[0].title:
                return _container_of_item(item, item.titles[0].title)
    return None


def _container_of_item(item: record.RelatedItem, title: str) -> Container:
    identifier = item.related_item_identifier
    return Container(
        title=title,
        kind=item.related_item_type or "",
        identifier=_identifier(identifier.related_item_identifier if identifier else None),
        identifier_kind=(identifier and identifier.related_item_identifier_type) or "",
        volume=item.volume or "",
        issue=item.issue or "",
        first_page=item.first_page or "",
        last_page=item.last_page or "",
    )


def _identifier(text: str | None) -> str:
    """Trimmed; empty for what is too long to be one."""
    return text.strip() if text and len(text) <= record.LONGEST_ID else ""


def read_related(attributes: Attributes) -> tuple[RelatedId, ...]:
    """relatedIdentifiers, then the identifiers of relatedItems."""
    made = [
        _related_id(one.relation_type, one.related_identifier_type, value)
        for one in attributes.related_identifiers or ()
        if (value := _identifier(one.related_identifier))
    ]
    for item in attributes.related_items or ():
        one = item.related_item_identifier
        if one is not None and (value := _identifier(one.related_item_identifier)):
            kind = one.related_item_identifier_type
            made.append(_related_id(item.relation_type, kind, value))
    return tuple(made)


def _related_id(relation: str | None, kind: str | None, value: str) -> RelatedId:
    kind = (kind or "").strip()
    return RelatedId(vocabulary.relation(relation or ""), kind, value, _doi_of(kind, value))


def _doi_of(kind: str, value: str) -> Doi | None:
    """The DOI that a value is: by its type, or as a resolver's address or a label says."""
    if "10." not in value:
        return None
    if kind.upper() != "DOI" and not _names_a_doi(value.lower()):
        return None
    try:
        return doi.parse(value)
    except NotADoi:
        return None


def _names_a_doi(value: str) -> bool:
    return "doi.org/" in value or value.startswith(("doi:", "info:"))


def read_identifiers(attributes: Attributes) -> tuple[AlternateId, ...]:
    made = [
        AlternateId(one.identifier_type or "", value)
        for one in attributes.identifiers or ()
        if (value := _identifier(one.identifier))
    ]
    made += [
        AlternateId(one.alternate_identifier_type or "", value)
        for one in attributes.alternate_identifiers or ()
        if (value := _identifier(one.alternate_identifier))
    ]
    return tuple(made)


def read_funding(attributes: Attributes) -> tuple[Funding, ...]:
    made = []
    for one in attributes.funding_references or ():
        number, uri = one.award_number, one.award_uri
        if isinstance(number, record.AwardNumber):
            uri = uri or number.award_uri
            number = number.award_number
        made.append(Funding(_identifier(number), _identifier(uri)))
    return tuple(made)
