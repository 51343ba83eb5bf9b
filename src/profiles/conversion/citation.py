"""A citation as BibTeX, which ORCID prefers: one compact line, escaped, at most fifty authors."""

from __future__ import annotations

import re
from urllib.parse import quote

from ..values import texts
from ..values.work import Contributor, Work
from . import contributors
from .orcid_work import Citation

MOST_AUTHORS = 50  # then "and others": ORCID's pages show as many contributors

# ORCID's work type → BibTeX's entry type, and the field that names what holds the work.
_ENTRIES: dict[str, tuple[str, str]] = {
    "journal-article": ("article", "journal"),
    "magazine-article": ("article", "journal"),
    "newspaper-article": ("article", "journal"),
    "book": ("book", "series"),
    "book-chapter": ("incollection", "booktitle"),
    "dictionary-entry": ("incollection", "booktitle"),
    "encyclopedia-entry": ("incollection", "booktitle"),
    "conference-paper": ("inproceedings", "booktitle"),
    "conference-proceedings": ("proceedings", "series"),
    "manual": ("manual", "howpublished"),
}
_OTHER = ("misc", "howpublished")

_SPECIAL = re.compile(r"[\\{}&%$#_~^]")
_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {char: "\\" + char for char in "{}&%$#_"}
_NOT_IN_KEY = re.compile(r"[^a-z0-9./:_-]")


def citation(work: Work, *, title: str, work_type: str, container: str, publisher: str) -> Citation:
    """The citation. Title, container and publisher come cleaned."""
    entry, holder = _ENTRIES.get(work_type, _OTHER)
    parts = [f"@{entry}{{{_NOT_IN_KEY.sub('_', work.doi)}", f"title={{{escaped(title)}}}"]
    if work.creators and (authors := _authors(work.creators)):
        parts.append(f"author={{{authors}}}")
    if container:
        parts.append(f"{holder}={{{escaped(container)}}}")
    if publisher:
        parts.append(f"publisher={{{escaped(publisher)}}}")
    if work.published is not None:
        parts.append(f"year={{{work.published.year}}}")
    if work.container is not None:
        parts += _place(work)
    address = quote(work.doi, safe="/:;()@!$*,=~+<>[]#&?'\"|") if "%" in work.doi else work.doi
    address = address.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C")
    parts.append(f"doi={{{address}}}")
    return Citation("bibtex", ", ".join(parts) + "}")


def escaped(text: str) -> str:
    """The text with BibTeX's and TeX's special characters escaped."""
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], text) if _SPECIAL.search(text) else text


def _authors(creators: tuple[Contributor, ...]) -> str:
    names = [name for one in creators[:MOST_AUTHORS] if (name := _author(one))]
    if len(creators) > MOST_AUTHORS:
        names.append("others")
    return " and ".join(names)


def _author(person: Contributor) -> str:
    """ "Family, Given" where they are known apart; in braces what is one name."""
    name = contributors.credit_name(person)
    if not name:
        return ""
    given = name.removesuffix(person.family).strip()
    if person.family and given and given != name and "," not in name:
        return escaped(f"{person.family}, {given}")
    if person.organization or " and " in name:
        return f"{{{escaped(name)}}}"
    return escaped(name)


def _place(work: Work) -> list[str]:
    """Volume, issue and pages within what holds the work."""
    container = work.container
    if container is None:
        return []
    pages = container.first_page
    if pages and container.last_page:
        pages = f"{pages}--{container.last_page}"
    fields = (("volume", container.volume), ("number", container.issue), ("pages", pages))
    return [
        f"{name}={{{escaped(text)}}}" for name, value in fields if (text := texts.line(value, 100))
    ]
