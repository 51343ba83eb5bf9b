"""The JSON that ORCID's Member API 3.0 takes for a work, as frozen shapes in a fixed order.

Only what we write is declared. Visibility is never sent: on POST ORCID puts the person's own
default in its place, on PUT a differing value is refused (403/9035).
"""

from __future__ import annotations

import msgspec


class Shape(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="kebab"):
    """An object of the JSON; what is absent is left out, never sent empty."""


class Text(Shape, frozen=True):
    value: str


class TranslatedTitle(Shape, frozen=True):
    value: str
    language_code: str


class Titles(Shape, frozen=True):
    title: Text
    subtitle: Text | None = None
    translated_title: TranslatedTitle | None = None


class PublicationDate(Shape, frozen=True):
    year: Text
    month: Text | None = None
    day: Text | None = None


class Citation(Shape, frozen=True):
    citation_type: str
    citation_value: str


class ExternalId(Shape, frozen=True):
    external_id_type: str
    external_id_value: str
    external_id_relationship: str
    external_id_url: Text | None = None


class ExternalIds(Shape, frozen=True):
    external_id: list[ExternalId]


class ContributorOrcid(Shape, frozen=True):
    uri: str
    path: str
    host: str


class ContributorAttributes(Shape, frozen=True):
    contributor_sequence: str
    contributor_role: str | None = None


class Contributor(Shape, frozen=True):
    credit_name: Text
    contributor_attributes: ContributorAttributes
    contributor_orcid: ContributorOrcid | None = None


class Contributors(Shape, frozen=True):
    contributor: list[Contributor]


class OrcidWork(Shape, frozen=True, kw_only=True):
    title: Titles
    journal_title: Text | None = None
    short_description: str | None = None
    citation: Citation | None = None
    type: str
    publication_date: PublicationDate | None = None
    external_ids: ExternalIds
    url: Text
    contributors: Contributors | None = None
    language_code: str | None = None


_ENCODER = msgspec.json.Encoder()


def render(work: OrcidWork) -> bytes:
    """The JSON of a work without its put-code: what the fingerprint is taken of."""
    return _ENCODER.encode(work)
