"""DataCite's API at the wire: what is asked, how long we are patient, and what every answer means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from profiles.errors import (
    MalformedRecord,
    Misconfigured,
    NotFound,
    ProfilesError,
    UnexpectedAnswer,
    Unreachable,
)
from profiles.simulator import server
from profiles.simulator.datacite.simulator import DataCiteSimulator
from profiles.sources.datacite.client import (
    LONGEST_WAIT,
    DataCite,
    error_titles,
    next_try,
    seconds_to_wait,
    user_agent,
)
from profiles.sources.datacite.query import spellings
from profiles.sources.datacite.reading import Page
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

URL = "https://datacite.test"
SINCE = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime(2026, 6, 2, 12, 30, 5, tzinfo=UTC)
NOT_FOUND = {"errors": [{"status": "404", "title": "The resource doesn't exist."}]}

Handler = Callable[[httpx2.Request], httpx2.Response]


class Wire:
    """A DataCite that gives the answers of a list, in order, and keeps what it was asked."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self._answers: Iterator[httpx2.Response | Exception] = iter(answers)
        self.requests: list[httpx2.Request] = []
        self.waits: list[float] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **settings: Any) -> DataCite:
        http = httpx2.Client(transport=httpx2.MockTransport(self))
        return DataCite(http, url=URL, sleep=self.waits.append, **settings)


def record(doi: str) -> dict[str, Any]:
    return {
        "id": doi,
        "type": "dois",
        "attributes": {"doi": doi, "state": "findable", "titles": [{"title": doi}]},
        "relationships": {"client": {"data": {"id": "example.repo", "type": "clients"}}},
    }


def ok(data: object, **rest: object) -> httpx2.Response:
    return httpx2.Response(200, json={"data": data, **rest})


def page(*dois: str, cursor: str = "") -> httpx2.Response:
    """As DataCite answers: `next` repeats only some of the parameters."""
    links = {"next": f"{URL}/dois?page%5Bcursor%5D={cursor}&page%5Bsize%5D=25"} if cursor else {}
    return ok([record(each) for each in dois], links=links, meta={"total": 3})


def busy(status: int, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, headers=named, text="<html>busy</html>")


def test_a_work_is_read_with_the_kind_of_its_repository() -> None:
    client = {"id": "example.repo", "type": "clients", "attributes": {"clientType": "repository"}}
    wire = Wire(ok(record("10.5555/12345"), included=[client]))
    work = wire.client().work(Doi("10.5555/12345"))
    assert (work.doi, work.repository, work.repository_kind) == (
        "10.5555/12345",
        "example.repo",
        "repository",
    )
    assert dict(wire.requests[0].url.params) == {
        "affiliation": "true",
        "publisher": "true",
        "include": "client",
    }


def test_a_doi_is_one_path_whatever_it_holds() -> None:
    wire = Wire(ok(record("10.5555/a?b#c<d>")))
    wire.client().work(Doi("10.5555/a?b#c<d>"))
    assert wire.requests[0].url.raw_path.startswith(b"/dois/10.5555/a%3Fb%23c%3Cd%3E?")


def test_we_say_who_we_are() -> None:
    wire = Wire(ok(record("10.5555/1")))
    wire.client(home="https://profiles.test", mailto="a@b.test").work(Doi("10.5555/1"))
    agent = wire.requests[0].headers["User-Agent"]
    assert agent.startswith("DataCiteProfiles/")
    assert agent.endswith("(+https://profiles.test; mailto:a@b.test)")


def test_without_an_address_only_our_name_is_said() -> None:
    assert " " not in user_agent(home="", mailto=None)


def test_an_account_goes_along() -> None:
    wire = Wire(ok(record("10.5555/1")), ok(record("10.5555/1")))
    wire.client(credentials=("EXAMPLE.REPO", "secret")).work(Doi("10.5555/1"))
    wire.client().work(Doi("10.5555/1"))
    assert wire.requests[0].headers["Authorization"].startswith("Basic ")
    assert "Authorization" not in wire.requests[1].headers


def test_every_page_is_asked_for_with_all_parameters() -> None:
    wire = Wire(page("10.5555/1", "10.5555/2", cursor="MTIz"), page("10.5555/3"))
    pages = list(wire.client().changes(since=SINCE, until=UNTIL, page_size=2))
    assert [[work.doi for work in each.works] for each in pages] == [
        ["10.5555/1", "10.5555/2"],
        ["10.5555/3"],
    ]
    asked = [dict(each.url.params) for each in wire.requests]
    assert asked[0] == {
        "query": "updated:[2026-06-01T00:00:00Z TO 2026-06-02T12:30:05Z]",
        "page[cursor]": "1",
        "page[size]": "2",
        "disable-facets": "true",
        "affiliation": "true",
        "publisher": "true",
        "include": "client",
    }
    assert asked[1] == {**asked[0], "page[cursor]": "MTIz"}


def test_a_walk_is_taken_up_again_at_its_cursor() -> None:
    wire = Wire(page("10.5555/3"))
    list(wire.client().changes(since=SINCE, until=UNTIL, cursor="MTIz"))
    assert wire.requests[0].url.params["page[cursor]"] == "MTIz"


def test_an_empty_answer_ends_the_walk() -> None:
    assert [each.works for each in Wire(page()).client().changes(since=SINCE, until=UNTIL)] == [()]


def test_a_page_that_leads_to_itself_is_no_endless_walk() -> None:
    wire = Wire(page("10.5555/1", cursor="MTIz"), page("10.5555/1", cursor="MTIz"))
    with pytest.raises(UnexpectedAnswer, match="is itself"):
        list(wire.client().changes(since=SINCE, until=UNTIL))


def test_a_record_that_cannot_be_read_leaves_the_others() -> None:
    wire = Wire(ok([record("10.5555/1"), {"attributes": {"doi": "nonsense"}}]))
    [only] = wire.client().changes(since=SINCE, until=UNTIL)
    assert [work.doi for work in only.works] == ["10.5555/1"]
    assert len(only.failures) == 1


def test_a_record_that_is_no_json_leaves_the_others() -> None:
    body = json.dumps({"data": [record("10.5555/1"), "HERE", record("10.5555/3")]})
    broken = body.replace('"HERE"', '{"id": "10.5555/2", "note": ' + "[" * 2000 + "]" * 2000 + "}")
    wire = Wire(httpx2.Response(200, text=broken))
    [found] = wire.client().changes(since=SINCE, until=UNTIL)
    assert [each.doi for each in found.works] == ["10.5555/1", "10.5555/3"]
    assert [each.doi for each in found.failures] == ["number 2"]


def test_works_of_a_person_are_asked_for_in_every_spelling() -> None:
    wire = Wire(page("10.5555/1"))
    list(wire.client().works_of(OrcidId("0000-0002-1694-233X")))
    query = wire.requests[0].url.params["query"]
    assert query.startswith("creators_and_contributors.nameIdentifiers.nameIdentifier:(")
    for spelling in (
        "0000-0002-1694-233X",
        "https://orcid.org/0000-0002-1694-233X",
        "http://orcid.org/0000-0002-1694-233X",
        "https://orcid.org/0000-0002-1694-233X/",
        "https://orcid.org/0000-0002-1694-233x",
        "000000021694233X",
    ):
        assert f'"{spelling}"' in query


def test_a_search_asks_for_one_page_by_its_number() -> None:
    wire = Wire(page("10.5555/1", "10.5555/2"), page())
    client = wire.client()
    found = client.search("sea ice", number=3, size=20)
    assert ([work.doi for work in found.works], found.total) == (["10.5555/1", "10.5555/2"], 3)
    asked = dict(wire.requests[0].url.params)
    assert asked == {
        "query": "sea ice",
        "page[number]": "3",
        "page[size]": "20",
        "disable-facets": "true",
        "affiliation": "true",
        "publisher": "true",
        "include": "client",
    }
    client.search("sea ice", number=3, size=20, sort="-created")
    assert dict(wire.requests[1].url.params) == {**asked, "sort": "-created"}


def test_a_search_that_datacite_does_not_understand_is_no_outage() -> None:
    wire = Wire(httpx2.Response(400, json={"errors": {"title": "Failed to parse query"}}))
    with pytest.raises(UnexpectedAnswer, match="Failed to parse query"):
        wire.client().search("(")
    assert len(wire.requests) == 1


def test_a_sandbox_asks_for_iDs_of_its_own_host() -> None:  # noqa: N802
    found = spellings(OrcidId("0000-0002-1825-0097"), "sandbox.orcid.org")
    assert "https://sandbox.orcid.org/0000-0002-1825-0097" in found
    assert not any("/orcid.org" in each for each in found)
    assert len(found) == len(set(found))


# remark, the answer, the error, a part of its line
REFUSALS: list[tuple[str, httpx2.Response, type[ProfilesError], str]] = [
    ("unknown DOI", httpx2.Response(404, json=NOT_FOUND), NotFound, "unknown DOI 10.5555/nope"),
    ("a 404 of some other server", httpx2.Response(404, text="<html>"), UnexpectedAnswer, "404"),
    ("a bad request", httpx2.Response(400, json={"errors": {"title": "bad query"}}),
     UnexpectedAnswer, "bad query"),
    ("an HTML page", httpx2.Response(200, text="<html>Welcome</html>"), UnexpectedAnswer,
     "sent no JSON"),
    ("an answer that was cut off", httpx2.Response(200, text='{"data":{"id":"10.55'),
     UnexpectedAnswer, "cut off"),
    ("another DOI's record", ok(record("10.5555/other")), UnexpectedAnswer, "10.5555/other"),
    ("a record without a DOI", ok({"attributes": {}}), MalformedRecord, "no DOI"),
    ("moved elsewhere", httpx2.Response(301, headers={"Location": "https://a.test"}),
     UnexpectedAnswer, "301"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [each[1:] for each in REFUSALS],
    ids=[each[0] for each in REFUSALS],
)
def test_an_answer_that_is_no_record_is_one_clear_line(
    answer: httpx2.Response, error: type[ProfilesError], words: str
) -> None:
    wire = Wire(answer)
    with pytest.raises(error) as raised:
        wire.client().work(Doi("10.5555/nope"))
    assert words in raised.value.message
    assert "\n" not in raised.value.message
    assert len(wire.requests) == 1, "what will not change is not asked again"


def test_a_list_that_is_no_list_is_no_record_of_ours_to_blame() -> None:
    with pytest.raises(UnexpectedAnswer, match="not a page"):
        list(Wire(ok("nonsense")).client().changes(since=SINCE, until=UNTIL))


def test_a_refused_account_is_a_matter_of_configuration() -> None:
    wire = Wire(httpx2.Response(401, json={"errors": [{"title": "Bad credentials."}]}))
    with pytest.raises(Misconfigured, match="DATACITE_PASSWORD"):
        wire.client(credentials=("a", "b")).work(Doi("10.5555/1"))


# remark, what goes wrong first, the waits until it goes well
MENDED: list[tuple[str, list[httpx2.Response | Exception], list[float]]] = [
    ("too many requests, with a wish", [busy(429, Retry_After="7")], [7.0]),
    ("too many requests, without", [busy(429)], [1.0]),
    ("a wish as a time", [busy(429, Retry_After="Mon, 01 Jun 2026 00:01:30 GMT",
                               Date="Mon, 01 Jun 2026 00:00:00 GMT")], [90.0]),
    ("a wish that says nothing", [busy(503, Retry_After="soon")], [1.0]),
    ("down for a moment", [busy(503), busy(502)], [1.0, 2.0]),
    ("a broken error page", [httpx2.Response(500, text='{"errors":[{')], [1.0]),
    ("no connection", [httpx2.ConnectError("Connection refused")], [1.0]),
    ("cut off in the middle", [httpx2.RemoteProtocolError("peer closed")], [1.0]),
    ("too slow", [httpx2.ReadTimeout("slow")], [1.0]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("troubles", "waits"), [each[1:] for each in MENDED], ids=[each[0] for each in MENDED]
)
def test_passing_trouble_is_waited_out(
    troubles: list[httpx2.Response | Exception], waits: list[float]
) -> None:
    wire = Wire(*troubles, ok(record("10.5555/1")))
    assert wire.client().work(Doi("10.5555/1")).doi == "10.5555/1"
    assert wire.waits == waits


def test_patience_ends_and_an_outage_is_no_unknown_doi() -> None:
    wire = Wire(*[httpx2.ConnectError("Connection refused")] * 5)
    with pytest.raises(Unreachable) as raised:
        wire.client().work(Doi("10.5555/1"))
    assert wire.waits == [1.0, 2.0, 4.0, 8.0]
    assert raised.value.message == (
        f"A service does not answer: DataCite at {URL} (Connection refused). "
        "Try again later, or check DATACITE_API_URL"
    )


def test_a_long_wish_is_handed_on_instead_of_slept_through() -> None:
    wire = Wire(busy(429, Retry_After="3600"))
    with pytest.raises(Unreachable) as raised:
        wire.client().work(Doi("10.5555/1"))
    assert raised.value.retry_after == 3600
    assert wire.waits == []


@pytest.mark.parametrize(
    ("remark", "attempt", "status", "retry_after", "wait"),
    [
        ("first", 1, 503, None, 1.0),
        ("doubled", 4, 503, None, 8.0),
        ("the last try", 5, 503, None, None),
        ("no answer", 1, 0, None, 1.0),
        ("any 5xx", 1, 599, None, 1.0),
        ("the wish goes first", 3, 429, 30.0, 30.0),
        ("at once", 1, 429, 0.0, 0.0),
        ("a time that has passed", 1, 429, -5.0, 0.0),
        ("as long as we wait at all", 1, 429, LONGEST_WAIT, LONGEST_WAIT),
        ("longer", 1, 429, LONGEST_WAIT + 1, None),
        ("not found will not change", 1, 404, None, None),
        ("nor a bad request", 1, 400, None, None),
        ("nor a redirect", 1, 301, None, None),
        ("a wish does not make it so", 1, 404, 5.0, None),
    ],
)
def test_whether_and_when_to_try_again(
    remark: str, attempt: int, status: int, retry_after: float | None, wait: float | None
) -> None:
    assert next_try(attempt, status=status, retry_after=retry_after) == wait, remark


@pytest.mark.parametrize(
    ("remark", "header", "date", "seconds"),
    [
        ("seconds", "120", "", 120.0),
        ("seconds with blanks", " 5 ", "", 5.0),
        ("no header", "", "", None),
        ("a time without a Date to measure from", "Mon, 01 Jun 2026 00:01:30 GMT", "", None),
        ("words", "later", "Mon, 01 Jun 2026 00:00:00 GMT", None),
        ("negative", "-1", "", None),
        ("for ever", "9" * 400, "", 86_400.0),
        (
            "until the end of time",
            "Fri, 31 Dec 9999 00:00:00 GMT",
            "Mon, 01 Jun 2026 00:00:00 GMT",
            86_400.0,
        ),
    ],
)
def test_what_retry_after_asks_for(
    remark: str, header: str, date: str, seconds: float | None
) -> None:
    assert seconds_to_wait(header, date) == seconds, remark


@pytest.mark.parametrize(
    ("body", "titles"),
    [
        (json.dumps(NOT_FOUND), ("The resource doesn't exist.",)),
        ('{"errors":{"title":"bad query"}}', ("bad query",)),
        ('{"errors":[{"status":"500"}]}', ("no title",)),
        ('{"data":[]}', ()),
        ("<html>", ()),
        ("", ()),
    ],
)
def test_errors_are_read_as_a_list_or_as_one(body: str, titles: tuple[str, ...]) -> None:
    assert error_titles(body.encode()) == titles


# --- against the simulated DataCite, over HTTP ----------------------------------------------------

CARBERRY = OrcidId("0000-0002-1825-0097")


@pytest.fixture(scope="module")
def simulated() -> Iterator[DataCiteSimulator]:
    simulation = server.start(seeded=False)
    simulation.datacite.add_repository("raid.example", "RAiD", client_type="raidRegistry")
    for number, spelling in enumerate(
        (CARBERRY, f"https://orcid.org/{CARBERRY}", f"http://orcid.org/{CARBERRY}/", "junk")
    ):
        identifier = {"nameIdentifier": spelling, "nameIdentifierScheme": "ORCID"}
        person = {"name": "Carberry, Josiah", "nameIdentifiers": [identifier]}
        place = "contributors" if number == 2 else "creators"
        simulation.datacite.register(
            {
                "doi": f"10.5555/wire-{number}",
                "titles": [{"title": "Psychoceramics"}],
                place: [person],
            },
            repository="raid.example" if number == 0 else "",
        )
    yield simulation.datacite
    simulation.stop()


@pytest.fixture
def datacite(simulated: DataCiteSimulator) -> Iterator[DataCite]:
    simulated.faults.clear()
    with httpx2.Client() as http:
        yield DataCite(http, url=simulated.url, mailto="a@b.test", sleep=lambda _: None)


def all_dois(pages: Iterator[Page]) -> list[str]:
    return [work.doi for page in pages for work in page.works]


def test_the_simulated_datacite_is_walked_to_its_end(
    simulated: DataCiteSimulator, datacite: DataCite
) -> None:
    now = datetime.fromtimestamp(simulated.store.clock.now(), UTC)
    day = timedelta(days=1)
    found = datacite.changes(since=now - day, until=now + day, page_size=2)
    assert all_dois(found) == [f"10.5555/wire-{number}" for number in range(4)]
    assert all_dois(datacite.changes(since=now + day, until=now + 2 * day)) == []


def test_the_simulated_datacite_finds_a_person_in_every_place_and_spelling(
    datacite: DataCite,
) -> None:
    found = datacite.works_of(CARBERRY, page_size=1)
    assert all_dois(found) == [f"10.5555/wire-{number}" for number in range(3)]


def test_the_simulated_datacite_is_searched_page_by_page(datacite: DataCite) -> None:
    first = datacite.search("psychoceramics", size=3, sort="created")
    second = datacite.search("psychoceramics", number=2, size=3, sort="created")
    assert [work.doi for work in (*first.works, *second.works)] == [
        f"10.5555/wire-{number}" for number in range(4)
    ]
    assert (first.total, second.total) == (4, 4)
    assert datacite.search("psychoceramics nonsense").works == ()


def test_the_simulated_datacite_tells_one_work(datacite: DataCite) -> None:
    work = datacite.work(Doi("10.5555/wire-0"))
    assert (work.repository, work.repository_kind) == ("raid.example", "raidRegistry")
    assert work.creators[0].orcids == (CARBERRY,)


def test_a_hidden_doi_of_the_simulated_datacite_is_unknown(
    simulated: DataCiteSimulator, datacite: DataCite
) -> None:
    simulated.hide("10.5555/wire-3")
    with pytest.raises(NotFound):
        datacite.work(Doi("10.5555/wire-3"))
    simulated.show("10.5555/wire-3")


@pytest.mark.parametrize(
    "fault",
    [{"status": 503}, {"status": 429, "headers": {"Retry-After": "2"}}, {"reset": "before"}],
    ids=["busy", "too many", "reset"],
)
def test_faults_of_the_simulated_datacite_are_waited_out(
    simulated: DataCiteSimulator, datacite: DataCite, fault: dict[str, Any]
) -> None:
    simulated.faults.add(path_prefix="/dois", times=2, **fault)
    assert datacite.work(Doi("10.5555/wire-1")).doi == "10.5555/wire-1"


def test_a_cut_answer_of_the_simulated_datacite_is_no_work(
    simulated: DataCiteSimulator, datacite: DataCite
) -> None:
    simulated.faults.add(path_prefix="/dois", times=None, truncate=True)
    with pytest.raises((UnexpectedAnswer, Unreachable)):
        datacite.work(Doi("10.5555/wire-1"))
