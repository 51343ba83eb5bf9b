"""Are these DOIs still public? Nobody tells when one is hidden: it vanishes from every answer.

A listing names most of them in one request. What it lacks is asked for by its name before anything
is concluded, for the search can lag and may not match a spelling; and only while DataCite gives
another DOI by its name, for a DataCite in trouble may know none at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import islice
from urllib.parse import quote_plus

import msgspec

from ...errors import MalformedRecord, NotFound, UnexpectedAnswer, Unreachable
from ...values.doi import Doi
from ...values.work import Work
from . import query
from .client import DataCite
from .reading import Page

AT_ONCE = 100  # DOIs in one request
LONGEST = 4000  # characters of a question: servers refuse addresses of 8,000


class Sight(StrEnum):
    """What can be said of a DOI whose metadata did not come."""

    HIDDEN = "hidden"  # it is not public
    UNREADABLE = "unreadable"  # it is, but its record cannot be read
    DOUBTFUL = "doubtful"  # the answer says neither


class Presence(msgspec.Struct, frozen=True):
    """What DataCite said of the DOIs that it was asked about. Those left out are for another time."""

    seen: dict[Doi, Work | Sight]
    requests: int
    trouble: str = ""  # why it was not asked further


def batch(dois: Iterable[Doi], *, most: int = AT_ONCE, longest: int = LONGEST) -> tuple[Doi, ...]:
    """The first of them, as many as one request takes; at least one. Pure."""
    chosen: list[Doi] = []
    for doi in islice(dois, most):
        if chosen and len(quote_plus(query.for_dois([*chosen, doi]))) > longest:
            break
        chosen.append(doi)
    return tuple(chosen)


def look(datacite: DataCite, dois: Sequence[Doi], *, most: int) -> Presence:
    """Ask about one batch, with about so many requests at most.

    Raises Unreachable, UnexpectedAnswer; then nothing is known of any.
    """
    page = _listed(datacite, dois)
    seen: dict[Doi, Work | Sight] = {
        doi: Sight.UNREADABLE for each in page.failures if (doi := Doi(each.doi.lower())) in dois
    }
    seen |= {work.doi: work for work in page.works if is_public(work)}
    missing = [doi for doi in dois if doi not in seen]
    if not missing:
        return Presence(seen, requests=1)
    requests = 1 + _check(datacite, page)
    for doi in missing[: max(most - requests, 0)]:
        requests += 1
        try:
            seen[doi] = _by_name(datacite, doi)
        except (Unreachable, UnexpectedAnswer) as error:
            seen[doi] = Sight.DOUBTFUL
            return Presence(seen, requests, trouble=error.message)
    return Presence(seen, requests)


def is_public(work: Work) -> bool:
    return work.state == "findable"


def _listed(datacite: DataCite, dois: Sequence[Doi]) -> Page:
    """A listing that is refused is like an empty one: then one of the DOIs does not go through it."""
    try:
        return datacite.search(query.for_dois(dois), size=len(dois))
    except UnexpectedAnswer:
        return Page(works=())


def _check(datacite: DataCite, page: Page) -> int:
    """Some DOI that is public must be there by its name. How many requests that took.

    Raises Unreachable, UnexpectedAnswer.
    """
    known = [work for work in page.works if is_public(work)]
    requests = 1 if known else 2
    known = known or [work for work in datacite.search("", size=5).works if is_public(work)]
    if not known:
        raise UnexpectedAnswer("DataCite lists no DOI at all", hint="Check DATACITE_API_URL")
    if _by_name(datacite, known[0].doi) == Sight.HIDDEN:
        raise UnexpectedAnswer(f"DataCite lists {known[0].doi}, but does not have it")
    return requests


def _by_name(datacite: DataCite, doi: Doi) -> Work | Sight:
    """Raises Unreachable, UnexpectedAnswer."""
    try:
        work = datacite.work(doi)
    except NotFound:
        return Sight.HIDDEN
    except MalformedRecord:
        return Sight.UNREADABLE
    if not work.state:  # it came, and nothing says that it is hidden
        return Sight.UNREADABLE
    return work if is_public(work) else Sight.HIDDEN
