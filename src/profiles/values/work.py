"""Work: one DOI's metadata in our one shape, whatever source it came from.

Sources make it, matching and conversion read it, the ledger keeps a copy. Texts are as the
source gave them (they may hold HTML and entities); cleaning them is conversion's business.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .dates import PartialDate
from .doi import Doi
from .orcid_id import OrcidId

Place = Literal["creators", "contributors"]


class RejectedId(msgspec.Struct, frozen=True, gc=False):
    """A nameIdentifier that says it is an ORCID iD but cannot be used: evidence for reports."""

    raw: str
    scheme: str
    reason: str  # a code of orcid_id.REASONS


class Contributor(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A creator or contributor."""

    name: str  # for display and credit: "given family", else the name as given; may be empty
    role: str = ""  # DataCite's contributorType; empty for a creator
    organization: bool = False
    orcids: tuple[OrcidId, ...] = ()
    rejected: tuple[RejectedId, ...] = ()
    family: str = ""  # the family name, where it is given apart from the rest


class Title(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    text: str
    kind: str = ""  # DataCite's titleType; empty for the main title
    language: str = ""


class Description(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    text: str
    kind: str = ""  # DataCite's descriptionType


class RelatedId(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A relatedIdentifier (or the identifier of a relatedItem)."""

    relation: str  # DataCite's relationType
    kind: str  # DataCite's relatedIdentifierType
    value: str  # as given, trimmed
    doi: Doi | None = None  # the value as a DOI, where it is one


class AlternateId(msgspec.Struct, frozen=True, gc=False):
    kind: str  # as given: free text in DataCite's schema
    value: str


class Container(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the work appeared in."""

    title: str = ""
    kind: str = ""  # "Journal", "Series", "Book" …
    identifier: str = ""
    identifier_kind: str = ""  # "ISSN", "DOI" …
    volume: str = ""
    issue: str = ""
    first_page: str = ""
    last_page: str = ""


class Funding(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A grant."""

    award_number: str = ""
    award_uri: str = ""


class Types(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """DataCite's types block, as given."""

    general: str = ""  # resourceTypeGeneral
    text: str = ""  # resourceType
    schema_org: str = ""
    bibtex: str = ""
    ris: str = ""
    citeproc: str = ""


class Work(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One DOI's metadata."""

    doi: Doi
    state: str = ""  # findable, registered, draft; empty where the source does not say
    agency: str = "datacite"  # registration agency, lower case
    repository: str = ""  # DataCite client id, lower case
    repository_kind: str = ""  # DataCite clientType, as given
    metadata_version: int | None = None
    updated: str = ""  # ISO 8601, as given
    registered: str = ""  # likewise: when the DOI came to be
    version: str = ""  # as given: free text in DataCite's schema
    types: Types = Types()
    titles: tuple[Title, ...] = ()
    creators: tuple[Contributor, ...] = ()
    contributors: tuple[Contributor, ...] = ()
    publisher: str = ""
    container: Container | None = None
    published: PartialDate | None = None
    publication_year: int | None = None
    language: str = ""
    descriptions: tuple[Description, ...] = ()
    related: tuple[RelatedId, ...] = ()
    identifiers: tuple[AlternateId, ...] = ()
    funding: tuple[Funding, ...] = ()
