"""The part of OpenSearch's query_string that DataCite's clients use.

    words "a phrase" field:value field:(a OR "b") field:[A TO B] AND OR NOT + - ! ( ) * ? \\

The default operator is AND. Identifier fields are exact and know no other spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from .store import Entry

Predicate = Callable[[Entry], bool]


class BadQuery(Exception):
    """The text is not a query."""


@dataclass(frozen=True, slots=True)
class Query:
    matches: Predicate
    # Exact name identifiers, one of which every match has; empty when that is not known.
    name_identifiers: frozenset[str] = frozenset()


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<range>[\[{]\s*(?P<low>[^\s\]]+)\s+TO\s+(?P<high>[^\s\]}]+)\s*[\]}])
    |(?P<field>[A-Za-z_][\w.\-]*(?:\\\.[\w]+)*):(?=\S)
    |(?P<sign>[+\-!])(?=\S)
    |"(?P<phrase>(?:\\.|[^"\\])*)"
    |(?P<open>\()|(?P<close>\))
    |(?P<word>(?:\\.|[^\s()"\[\]{}])+)
    )""",
    re.VERBOSE,
)
_UNESCAPED_COLON_LAST = re.compile(r"(?<!\\)(?:\\\\)*:$")
_UNESCAPED_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[*?]")
_WORD = re.compile(r"[^\W_]+")
# Identifiers and codes are keywords: the whole value, exactly.
_KEYWORD = re.compile(r"(nameIdentifier|Identifier|Scheme|Type|^uid|^doi|Id|id)$")
_DATES = frozenset({"created", "updated", "registered", "published"})
NAME_IDENTIFIERS = "creators_and_contributors.nameIdentifiers.nameIdentifier"
_RENAMED = {
    "related_identifiers": "relatedIdentifiers",
    "publication_year": "publicationYear",
    "version_info": "version",
    "name_identifiers": "nameIdentifiers",
    "resource_type_general": "resourceTypeGeneral",
}


def parse(text: str) -> Query:
    """Raises BadQuery for unbalanced quotes and brackets and for bad ranges."""
    if not text.strip() or text.strip() == "*":
        return Query(lambda _entry: True)
    parser = _Parser(_tokens(text))
    found = parser.alternatives("")
    if parser.left:
        raise BadQuery(f"Failed to parse query [{text}]")
    return found


def _tokens(text: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.end() == at:
            raise BadQuery(f"Failed to parse query [{text}]")
        kind = token.lastgroup or ""
        if kind == "word" and _UNESCAPED_COLON_LAST.search(token["word"]):
            raise BadQuery(f"Failed to parse query [{text}]")
        if token["range"]:
            found.append(("range", token["low"], token["high"]))
        elif kind == "word" and token["word"] in ("AND", "OR", "NOT", "&&", "||"):
            word = {"&&": "AND", "||": "OR"}.get(token["word"], token["word"])
            found.append((word, "", ""))
        elif kind == "sign":
            found += [] if token["sign"] == "+" else [("NOT", "", "")]
        else:
            found.append((kind, token[kind], ""))
        at = token.end()
    return found


class _Parser:
    def __init__(self, tokens: list[tuple[str, str, str]]) -> None:
        self.left = tokens

    def _next(self, *kinds: str) -> tuple[str, str, str] | None:
        if self.left and self.left[0][0] in kinds:
            return self.left.pop(0)
        return None

    def alternatives(self, field: str) -> Query:
        parts = [self._all(field)]
        while self._next("OR"):
            parts.append(self._all(field))
        if len(parts) == 1:
            return parts[0]
        known = all(part.name_identifiers for part in parts)
        return Query(
            lambda entry: any(part.matches(entry) for part in parts),
            frozenset().union(*(part.name_identifiers for part in parts)) if known else frozenset(),
        )

    def _all(self, field: str) -> Query:
        parts = [self._one(field)]
        while self.left and self.left[0][0] not in ("OR", "close"):
            self._next("AND")
            parts.append(self._one(field))
        if len(parts) == 1:
            return parts[0]
        ids = next((p.name_identifiers for p in parts if p.name_identifiers), frozenset[str]())
        return Query(lambda entry: all(part.matches(entry) for part in parts), ids)

    def _one(self, field: str) -> Query:
        if self._next("NOT"):
            inner = self._one(field)
            return Query(lambda entry: not inner.matches(entry))
        if self._next("open"):
            group = self.alternatives(field)
            if not self._next("close"):
                raise BadQuery("Failed to parse query: a bracket is not closed")
            return group
        named = self._next("field")
        if named:
            return self._one(named[1].replace("\\", ""))
        span = self._next("range")
        if span:
            return Query(_between(field, span[1], span[2]))
        value = self._next("word", "phrase")
        if value is None:
            raise BadQuery("Failed to parse query: a value is missing")
        if value[0] == "word" and not field and _UNESCAPED_WILDCARD.search(value[1]):
            return _like(value[1].lower())
        return _equals(field, re.sub(r"\\(.)", r"\1", value[1]))


def _equals(field: str, text: str) -> Query:
    if not field:
        words = _analyzed(text)
        return Query(lambda entry: f" {words} " in f" {_analyzed(_text_of(entry))} ")
    if field == NAME_IDENTIFIERS and "*" not in text:
        return Query(lambda entry: text in values(entry, field), frozenset({text}))
    if text == "*":
        return Query(lambda entry: bool(values(entry, field)))
    if _KEYWORD.search(field.rsplit(".", 1)[-1]) or field in _DATES:
        return Query(lambda entry: any(_same(text, value) for value in values(entry, field)))
    wanted = text.lower()
    if "*" in wanted:
        return Query(
            lambda entry: any(
                fnmatchcase(word, wanted)
                for value in values(entry, field)
                for word in value.lower().split()
            )
        )
    return Query(lambda entry: any(wanted in value.lower() for value in values(entry, field)))


def _like(pattern: str) -> Query:
    return Query(lambda entry: any(fnmatchcase(word, pattern) for word in _text_of(entry).split()))


def _same(pattern: str, value: str) -> bool:
    return value == pattern or ("*" in pattern and fnmatchcase(value, pattern))


def _between(field: str, low: str, high: str) -> Predicate:
    if field in _DATES:
        start, end = _moment(low, first=True), _moment(high, first=False)
        return lambda entry: start <= _timestamp(entry, field) <= end
    try:
        bottom = float("-inf") if low == "*" else float(low)
        top = float("inf") if high == "*" else float(high)
    except ValueError:
        raise BadQuery(f"failed to parse range [{low} TO {high}]") from None
    return lambda entry: any(
        bottom <= float(value) <= top
        for value in values(entry, field)
        if value.replace(".", "", 1).isdigit()
    )


def _timestamp(entry: Entry, field: str) -> float:
    return entry.updated if field == "updated" else entry.created


def _moment(text: str, *, first: bool) -> float:
    """A date or time; the upper bound of a day or second is its end, as OpenSearch rounds."""
    if text == "*":
        return float("-inf") if first else float("inf")
    text = text.strip('"')
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadQuery(f"failed to parse date field [{text}]") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if first:
        return moment.timestamp()
    width = 86_400 if len(text) == 10 else 0.001 if "." in text else 1
    return moment.timestamp() + width - 0.000_001


def values(entry: Entry, field: str) -> list[str]:
    """All values of a dotted field, as text."""
    names = [_RENAMED.get(name, name) for name in field.split(".")]
    attributes = entry.attributes
    special: dict[str, Any] = {
        "uid": entry.doi,
        "doi": entry.doi,
        "client_id": entry.repository,
        "agency": entry.agency,
        "creators_and_contributors": [
            *(attributes["creators"] or []),
            *(attributes["contributors"] or []),
        ],
    }
    first = names[0]
    parts: list[Any] = [special[first] if first in special else attributes.get(first)]
    for name in names[1:]:
        parts = [one.get(name) for one in _flat(parts) if isinstance(one, dict)]
    return [str(one) for one in _flat(parts) if one is not None and not isinstance(one, dict)]


def _flat(parts: list[Any]) -> list[Any]:
    found: list[Any] = []
    for part in parts:
        found.extend(part if isinstance(part, list) else [part])
    return found


def _analyzed(text: str) -> str:
    """Words in lower case, without punctuation, as full-text fields and questions to them have it."""
    return " ".join(_WORD.findall(text.lower()))


def _text_of(entry: Entry) -> str:
    fields = ("titles.title", "creators.name", "descriptions.description", "uid")
    return "\n".join(text for field in fields for text in values(entry, field)).lower()
