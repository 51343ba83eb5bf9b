"""DOIs that are versions of one another: which stands for all of them, and which is the newest. Pure.

What belongs together is just what ORCID shows as one: DOIs that name each other, or the same
third one, as versions. A concept is a DOI that others name with IsVersionOf or that lists them
with HasVersion; or figshare's, whose versions add `.v1` to it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from ..values import dates
from ..values.doi import Doi
from ..values.marking import marked as _
from ..values.vocabulary import names_version
from ..values.work import Work
from .evidence import Fact, fact

Pair = tuple[Doi, Doi]
Versions = Literal["grouped", "newest", "concept"]  # which of them the person wants


class Family(msgspec.Struct, frozen=True):
    """The versions of one work that qualify for a person: two or more."""

    newest: Doi
    concept: Doi | None = None  # stands for all versions


def families(named: Mapping[Doi, Collection[Doi]]) -> list[frozenset[Doi]]:
    """The keys, those together that are joined by the DOIs they name, over any number of steps."""
    leader: dict[Doi, Doi] = {}

    def find(one: Doi) -> Doi:
        while leader.setdefault(one, one) != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for own, others in named.items():
        for other in others:
            leader[find(other)] = find(own)
    joined: dict[Doi, set[Doi]] = defaultdict(set)
    for own in named:
        joined[find(own)].add(own)
    return [frozenset(members) for members in joined.values()]


def family(known: Collection[Work], *, qualify: Collection[Doi]) -> Family | None:
    """Of works that belong together, those that `qualify`; None for fewer than two of them.

    The others still tell what is newer than what.
    """
    able = [work for work in known if work.doi in qualify]
    if len(able) < 2:
        return None
    concepts = _concepts(known, {work.doi for work in able})
    versions = [work for work in able if work.doi not in concepts] or able
    standing = [work for work in able if work.doi in concepts]
    return Family(
        newest=newest(versions, known=known),
        concept=newest(standing, known=known) if standing else None,
    )


def choose(own: Doi, *, wanted: Versions, known: Family | None) -> tuple[str, tuple[Fact, ...]]:
    """A code of rule R15i for this version, and what it hangs on."""
    if wanted == "grouped":
        return "all_versions", ()
    if known is None:
        return "no_other_version", ()
    if wanted == "concept" and known.concept is not None:
        code = "concept_doi" if own == known.concept else "only_concept"
        return code, (fact(_("stands for all versions: %(value)s"), value=known.concept),)
    if own == known.newest:
        code = "newest_version"
    else:
        code = "newer_version" if wanted == "newest" else "newest_instead"
    return code, (fact(_("newest version: %(value)s"), value=known.newest),)


def newest(works: Collection[Work], *, known: Collection[Work] = ()) -> Doi:
    """The newest: by relations first, then by the first criterion that all have and that differs."""
    left = _latest(works, known or works)
    for criterion in CRITERIA:
        keys = [criterion(work) for work in left]
        if all(key is not None for key in keys):
            top = max(keys)
            left = [work for work, key in zip(left, keys, strict=True) if key == top]
    return left[0].doi


# ---- by relations


def _relations(known: Iterable[Work]) -> Iterator[tuple[Doi, str, Doi]]:
    for work in known:
        for each in work.related:
            if each.doi is not None and names_version(each, of=work.doi):
                yield work.doi, each.relation, each.doi


_FIGSHARE = re.compile(r"(.+)\.v([0-9]+)").fullmatch


def _stands_for(known: Iterable[Work]) -> Iterator[Pair]:
    for own, relation, other in _relations(known):
        if relation == "IsVersionOf" or _is_figshares(own, of=other):
            yield other, own
        elif relation == "HasVersion" or _is_figshares(other, of=own):
            yield own, other


def _is_figshares(version: Doi, *, of: Doi) -> bool:
    found = _FIGSHARE(version)
    return found is not None and found[1] == of


def _concepts(known: Iterable[Work], among: Collection[Doi]) -> set[Doi]:
    """Those that stand for others, and for which none of `among` stands."""
    pairs = [(one, version) for one, version in _stands_for(known) if one in among]
    versions = {version for _, version in pairs}
    return {one for one, _ in pairs} - versions


def _latest(works: Collection[Work], known: Iterable[Work]) -> list[Work]:
    """Those that no other is newer than. Where metadata go round in circles, nothing is newer."""
    older: dict[Doi, set[Doi]] = defaultdict(set)
    for own, relation, other in _relations(known):
        if relation == "IsNewVersionOf":
            older[own].add(other)
        elif relation == "IsPreviousVersionOf":
            older[other].add(own)
    below = {work.doi: _reached(work.doi, older) for work in works if work.doi in older}
    outdated = {
        lower
        for upper, lowers in below.items()
        for lower in lowers
        if upper not in below.get(lower, ())
    }
    return [work for work in works if work.doi not in outdated]


def _reached(start: Doi, steps: Mapping[Doi, Collection[Doi]]) -> set[Doi]:
    seen: set[Doi] = set()
    todo = [start]
    while todo:
        new = set(steps.get(todo.pop(), ())) - seen
        seen |= new
        todo += new
    return seen


# ---- by the metadata of each


def _day_registered(work: Work) -> tuple[int, ...] | None:
    """The day: what is registered in one go comes in any order."""
    return _comparable(dates.parse(work.registered))


def _day_published(work: Work) -> tuple[int, ...] | None:
    return _comparable(work.published)


def _comparable(date: dates.PartialDate | None) -> tuple[int, ...] | None:
    return None if date is None else (date.year, date.month or 0, date.day or 0)


_TOKENS = re.compile(r"[0-9]+|[^\W0-9_]+").findall
_MARKS = frozenset(("v", "ver", "version", "release", "rev", "revision"))  # say nothing
_BEFORE = frozenset(("dev", "draft", "alpha", "beta", "preview", "pre", "rc"))
Token = tuple[int, int, str]
_END: Token = (0, 0, "")


def version_key(text: str) -> list[Token] | None:
    """Numbers as numbers: 1.10 after 1.9; and 2.0-rc1 before 2.0. None for a text that says nothing."""
    words = [word for word in _TOKENS(text.casefold()) if word not in _MARKS]
    return [*map(_token, words), _END] if words else None


def _token(word: str) -> Token:
    if word[0].isdecimal():
        return 2, int(word[:18]), ""  # nobody counts further
    return (-1 if word in _BEFORE else 1), 0, word


def _version(work: Work) -> list[Token] | None:
    """As told, else as figshare writes it into the DOI."""
    in_doi = _FIGSHARE(work.doi)
    return version_key(work.version) or (version_key(in_doi[2]) if in_doi else None)


def _moment_registered(work: Work) -> str | None:
    return work.registered or None


def _doi(work: Work) -> tuple[list[Token] | None, Doi]:
    return version_key(work.doi), work.doi


CRITERIA: tuple[Callable[[Work], Any], ...] = (
    _day_registered,
    _day_published,
    _version,
    _moment_registered,
    _doi,
)
