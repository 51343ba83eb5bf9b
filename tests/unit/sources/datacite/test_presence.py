"""Whether DOIs are still public: what is asked, and what each answer means."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx2
import pytest

from profiles.errors import UnexpectedAnswer, Unreachable
from profiles.sources.datacite.client import DataCite
from profiles.sources.datacite.presence import AT_ONCE, LONGEST, Presence, Sight, batch, look
from profiles.values.doi import Doi

ONE, TWO, THREE = Doi("10.5555/one"), Doi("10.5555/two"), Doi("10.5555/three")
OTHER = Doi("10.5555/other")
MISSING = {"errors": [{"status": "404", "title": "The resource doesn't exist."}]}


class Shelf:
    """A DataCite by DOI: the listing and the answer by name may differ, as in an index that lags."""

    def __init__(self, listed: dict[str, str], named: dict[str, object] | None = None) -> None:
        self.listed = listed  # DOI: state
        self.named: dict[str, object] = named if named is not None else dict(listed)
        self.asked: list[str] = []
        self.listing: Callable[[], httpx2.Response] | None = None

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        doi = request.url.path.removeprefix("/dois").removeprefix("/")
        self.asked.append(doi or "listing")
        if doi:
            return self._by_name(doi)
        if self.listing:
            return self.listing()
        query = request.url.params["query"]
        found = [doi for doi in self.listed if not query or f'"{doi}"' in query]
        return httpx2.Response(200, json={"data": [record(doi, self.listed[doi]) for doi in found]})

    def _by_name(self, doi: str) -> httpx2.Response:
        answer = self.named.get(doi)
        if answer is None:
            return httpx2.Response(404, json=MISSING)
        if isinstance(answer, httpx2.Response):
            return answer
        return httpx2.Response(200, json={"data": record(doi, str(answer))})

    def look(self, *dois: Doi, most: int = 10) -> Presence:
        http = httpx2.Client(transport=httpx2.MockTransport(self))
        datacite = DataCite(http, url="https://datacite.test", tries=1)
        return look(datacite, dois, most=most)


def record(doi: str, state: str) -> dict[str, object]:
    return {"id": doi, "type": "dois", "attributes": {"doi": doi, "state": state, "titles": []}}


def states(found: Presence) -> dict[str, str]:
    return {
        doi: str(each) if isinstance(each, Sight) else each.state
        for doi, each in found.seen.items()
    }


FINDABLE = "findable"


def test_what_is_listed_is_public_and_costs_one_request() -> None:
    shelf = Shelf({ONE: FINDABLE, TWO: FINDABLE})
    found = shelf.look(ONE, TWO)
    assert (states(found), found.requests) == ({ONE: FINDABLE, TWO: FINDABLE}, 1)
    assert shelf.asked == ["listing"]


def test_what_is_not_listed_is_asked_for_by_its_name() -> None:
    shelf = Shelf({ONE: FINDABLE})
    found = shelf.look(ONE, TWO)
    assert states(found) == {ONE: FINDABLE, TWO: Sight.HIDDEN}
    assert shelf.asked == ["listing", ONE, TWO]  # ONE proves that names work
    assert found.requests == 3


def test_an_index_that_lags_behind_hides_nothing() -> None:
    found = Shelf({ONE: FINDABLE}, {ONE: FINDABLE, TWO: FINDABLE}).look(ONE, TWO)
    assert states(found) == {ONE: FINDABLE, TWO: FINDABLE}


def test_an_account_sees_hidden_dois_with_their_state() -> None:
    found = Shelf({ONE: FINDABLE, TWO: "registered"}).look(ONE, TWO)
    assert states(found) == {ONE: FINDABLE, TWO: Sight.HIDDEN}


def test_one_that_an_account_saw_hidden_a_moment_ago_is_asked_for_by_its_name() -> None:
    shelf = Shelf({ONE: FINDABLE, TWO: "registered"}, {ONE: FINDABLE, TWO: FINDABLE})
    assert states(shelf.look(ONE, TWO)) == {ONE: FINDABLE, TWO: FINDABLE}


def test_a_datacite_that_knows_nothing_by_name_hides_nothing() -> None:
    with pytest.raises(UnexpectedAnswer, match=r"lists 10\.5555/one, but does not have it"):
        Shelf({ONE: FINDABLE}, {}).look(ONE, TWO)


def test_where_none_is_listed_another_doi_must_be_there() -> None:
    shelf = Shelf({OTHER: FINDABLE})
    assert states(shelf.look(ONE)) == {ONE: Sight.HIDDEN}
    assert shelf.asked == ["listing", "listing", OTHER, ONE]


def test_an_empty_datacite_hides_nothing() -> None:
    with pytest.raises(UnexpectedAnswer, match="lists no DOI at all"):
        Shelf({}).look(ONE)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_datacite_that_does_not_answer_hides_nothing(status: int) -> None:
    shelf = Shelf({ONE: FINDABLE})
    shelf.listing = lambda: httpx2.Response(status)
    with pytest.raises(Unreachable):
        shelf.look(ONE, TWO)


IN_TROUBLE = [
    (httpx2.Response(503), "no answer"),
    (httpx2.Response(404, text="<html>nginx</html>"), "a 404 of somebody else"),
    (httpx2.Response(400, json={"errors": {"title": "bad"}}), "the name does not go through"),
    (httpx2.Response(200, text="<html>"), "a proxy's page"),
    (httpx2.Response(200, json={"data": record(OTHER, FINDABLE)}), "the record of another DOI"),
]


@pytest.mark.parametrize(("answer", "remark"), IN_TROUBLE)
def test_an_answer_that_says_neither_is_doubtful_and_ends_the_round(
    answer: httpx2.Response, remark: str
) -> None:
    found = Shelf({ONE: FINDABLE}, {ONE: FINDABLE, TWO: answer}).look(ONE, TWO, THREE)
    assert states(found) == {ONE: FINDABLE, TWO: Sight.DOUBTFUL}, remark
    assert found.trouble


@pytest.mark.parametrize("state", [None, ""])
def test_a_record_that_came_and_does_not_say_that_it_is_hidden_is_public(state: object) -> None:
    record = {"id": TWO, "attributes": {"doi": TWO, "state": state}}
    answer = httpx2.Response(200, json={"data": record})
    found = Shelf({ONE: FINDABLE}, {ONE: FINDABLE, TWO: answer}).look(ONE, TWO)
    assert states(found) == {ONE: FINDABLE, TWO: Sight.UNREADABLE}


def test_a_listing_that_is_refused_is_gone_through_by_name() -> None:
    """One DOI that does not go through the search would keep all others from being looked at."""
    shelf = Shelf({ONE: FINDABLE})
    answers = iter([httpx2.Response(400, json={"errors": {"title": "bad query"}})])
    shelf.listing = lambda: next(
        answers, httpx2.Response(200, json={"data": [record(OTHER, FINDABLE)]})
    )
    shelf.named |= {OTHER: FINDABLE}
    assert states(shelf.look(ONE, TWO)) == {ONE: FINDABLE, TWO: Sight.HIDDEN}


def test_no_more_is_asked_than_was_granted() -> None:
    shelf = Shelf({OTHER: FINDABLE, ONE: FINDABLE})
    found = shelf.look(ONE, TWO, THREE, most=3)
    assert states(found) == {ONE: FINDABLE, TWO: Sight.HIDDEN}  # THREE: another time
    assert (found.requests, len(shelf.asked)) == (3, 3)


def test_a_batch_is_what_goes_into_one_request() -> None:
    short = [Doi(f"10.5555/{number}") for number in range(300)]
    assert batch(short) == tuple(short[:AT_ONCE])
    long = [Doi(f"10.5555/{'x' * 500}{number}") for number in range(20)]
    assert 1 < len(batch(long)) < 8
    assert batch([Doi("10.5555/" + "x" * 2 * LONGEST)]), "one at least"
    assert batch([]) == ()
    assert json.dumps(batch(long)).count("x") < LONGEST
