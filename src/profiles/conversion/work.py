"""Work to ORCID work: the whole of the conversion, and the fingerprint of what is sent."""

from __future__ import annotations

import hashlib

from ..errors import NotConvertible
from ..values import doi, texts
from ..values.dates import PartialDate
from ..values.work import Description, Work
from .citation import citation
from .contributors import contributors
from .external_ids import external_ids
from .languages import language_code
from .orcid_work import (
    Contributors,
    ExternalIds,
    OrcidWork,
    PublicationDate,
    Text,
    Titles,
    TranslatedTitle,
    render,
)
from .work_types import work_type

TITLE_LIMIT = 1000
DESCRIPTION_LIMIT = 5000
_FIRST_YEAR, _LAST_YEAR = 1900, 2100  # of ORCID's schema

REASONS = {
    "no_title": "it has no title",
    "doi_unreadable": "ORCID cannot read its DOI",
}

# For these ORCID's journal-title is the journal, book or conference by name: a publisher's name in
# its place would be false. For all others it is "the publication or group under which the work was
# published", and a data set's repository is that.
_NAMES_ITS_CONTAINER = frozenset(
    (
        "annotation",
        "book-chapter",
        "book-review",
        "conference-abstract",
        "conference-output",
        "conference-paper",
        "conference-poster",
        "conference-presentation",
        "dictionary-entry",
        "encyclopedia-entry",
        "journal-article",
        "journal-issue",
        "magazine-article",
        "newsletter-article",
        "newspaper-article",
    )
)
# In place of a publisher's or journal's name; "s. n." is sine nomine.
_NO_NAMES = frozenset(
    ("n/a", "none", "not available", "not published", "s. n", "s.n", "unknown", "unpublished")
)
_NOT_A_SUMMARY = ("SeriesInformation", "TableOfContents")


class RefusedWork(NotConvertible):
    """ORCID could not take this work"""

    def __init__(self, reason: str) -> None:
        self.reason = reason  # a key of REASONS
        super().__init__(REASONS[reason])


def convert(work: Work, *, orcid_host: str = "orcid.org") -> OrcidWork:
    """What ORCID is sent for a work. Raises RefusedWork, a NotConvertible with a `reason`."""
    kind = work_type(work.types)
    titles = _titles(work)
    ids = external_ids(work, work_type=kind)
    if not ids:
        raise RefusedWork("doi_unreadable")
    container = _name(work.container.title) if work.container else ""
    if container.casefold() == titles.title.value.casefold():
        container = ""  # nothing appeared in itself
    publisher = _name(work.publisher)
    journal = container if container or kind in _NAMES_ITS_CONTAINER else publisher
    people = contributors(work, orcid_host=orcid_host)
    return OrcidWork(
        title=titles,
        journal_title=Text(journal) if journal else None,
        short_description=_description(work.descriptions),
        citation=citation(
            work,
            title=titles.title.value,
            work_type=kind,
            container=container,
            publisher=publisher,
        ),
        type=kind,
        publication_date=_publication_date(work.published),
        external_ids=ExternalIds(ids),
        # Not the landing page: that moves with the repository, and every change we send puts a
        # message into the person's ORCID inbox.
        url=Text(doi.url(work.doi)),
        contributors=Contributors(people) if people else None,
        language_code=language_code(work.language) if work.language else None,
    )


def fingerprint(rendered: bytes | OrcidWork) -> str:
    """The fingerprint of what is sent, put-code apart: it changes when, and only when, that does."""
    data = rendered if isinstance(rendered, bytes) else render(rendered)
    return hashlib.sha256(data).hexdigest()


def body(rendered: bytes | OrcidWork, put_code: int | None = None) -> bytes:
    """The body of a POST, or with a put-code of a PUT."""
    data = rendered if isinstance(rendered, bytes) else render(rendered)
    return data if put_code is None else b'{"put-code":%d,' % put_code + data[1:]


def _titles(work: Work) -> Titles:
    """The first title without titleType, else the first; subtitle and translation beside it."""
    cleaned = [(one, text) for one in work.titles if (text := texts.line(one.text, TITLE_LIMIT))]
    cleaned = [(one, text) for one, text in cleaned if not texts.is_placeholder(text)]
    if not cleaned:
        raise RefusedWork("no_title")
    main, text = next((pair for pair in cleaned if not pair[0].kind), cleaned[0])
    if len(cleaned) == 1:
        return Titles(Text(text))
    subtitle = translated = None
    for one, other in cleaned:
        if one is main:
            continue
        if one.kind == "Subtitle" and subtitle is None:
            subtitle = Text(other)
        elif one.kind == "TranslatedTitle" and translated is None:
            code = language_code(one.language) if one.language else None
            translated = TranslatedTitle(other, code) if code else None
    return Titles(Text(text), subtitle, translated)


def _name(text: str) -> str:
    """Of a container or publisher, as one line; empty for what only says that there is none."""
    name = texts.line(text, TITLE_LIMIT) if text else ""
    says_none = name.casefold().strip(" ().:[]") in _NO_NAMES or texts.is_placeholder(name)
    return "" if says_none else name


def _description(descriptions: tuple[Description, ...]) -> str | None:
    """The abstract, else the first other text that is about the work."""
    for wanted in (True, False):
        for one in descriptions:
            if (one.kind == "Abstract") is wanted and one.kind not in _NOT_A_SUMMARY:
                text = texts.paragraphs(one.text, DESCRIPTION_LIMIT)
                if text and not texts.is_placeholder(text):
                    return text
    return None


def _publication_date(date: PartialDate | None) -> PublicationDate | None:
    if date is None or not _FIRST_YEAR <= date.year <= _LAST_YEAR:
        return None
    year = Text(str(date.year))
    if date.month is None:
        return PublicationDate(year)
    month = Text(f"{date.month:02}")
    return PublicationDate(year, month, None if date.day is None else Text(f"{date.day:02}"))
