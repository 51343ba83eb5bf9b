"""The simulated DataCite: queries, both ways of paging with their quirks, shapes, states."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from profiles.simulator.clock import iso_seconds
from profiles.simulator.datacite import forms, paging
from profiles.simulator.datacite.query import BadQuery, parse
from profiles.simulator.datacite.store import EMPTY, Entry
from profiles.simulator.server import Simulation

CARBERRY = "0000-0002-1825-0097"


def a_record(
    doi: str, *, title: str = "A title", raw: str = CARBERRY, **more: Any
) -> dict[str, Any]:
    person = {
        "name": "Carberry, Josiah",
        "nameIdentifiers": [{"nameIdentifier": raw, "nameIdentifierScheme": "ORCID"}],
    }
    return {
        "doi": doi,
        "titles": [{"title": title}],
        "creators": [person],
        "types": {"resourceTypeGeneral": "Dataset"},
        "publisher": {"name": "Example Repository"},
        "publicationYear": 2024,
        **more,
    }


@pytest.fixture
def http(sim: Simulation) -> Iterator[httpx2.Client]:
    sim.datacite.store.entries.clear()
    sim.datacite.store.order.clear()
    sim.datacite.store.by_name_identifier.clear()
    client = httpx2.Client(base_url=sim.datacite.url, timeout=10)
    yield client
    client.close()


def asked(http: httpx2.Client, query: str = "", **more: str) -> dict[str, Any]:
    parameters = {"query": query, "disable-facets": "true"} | more
    found: dict[str, Any] = http.get("/dois", params=parameters).json()
    return found


def dois(answer: dict[str, Any]) -> list[str]:
    return [one["id"] for one in answer["data"]]


def test_an_id_is_found_only_in_the_spelling_that_was_asked_for(
    http: httpx2.Client, sim: Simulation
) -> None:
    spellings = {
        "10.5555/bare": CARBERRY,
        "10.5555/url": f"https://orcid.org/{CARBERRY}",
        "10.5555/http": f"http://orcid.org/{CARBERRY}",
        "10.5555/slash": f"https://orcid.org/{CARBERRY}/",
    }
    for doi, raw in spellings.items():
        sim.datacite.register(a_record(doi, raw=raw))
    field = "creators_and_contributors.nameIdentifiers.nameIdentifier"
    two = f'{field}:({CARBERRY} OR "https://orcid.org/{CARBERRY}")'
    assert sorted(dois(asked(http, two))) == ["10.5555/bare", "10.5555/url"]
    four = f"""{field}:({CARBERRY} OR "https://orcid.org/{CARBERRY}" OR
        "http://orcid.org/{CARBERRY}" OR "https://orcid.org/{CARBERRY}/")"""
    assert sorted(dois(asked(http, four))) == sorted(spellings)


def entry(**more: Any) -> Entry:
    attributes = EMPTY | a_record("10.5555/a") | more
    return Entry("10.5555/a", attributes, "repo", "findable", 1_000_000.0, 1_782_000_000.0)


QUERIES: list[tuple[str, bool, str]] = [
    ("", True, "everything"),
    ("title", True, "a word of the title, in any case"),
    ("Carberry title", True, "AND is the default"),
    ("Carberry nothing", False, "AND"),
    ("Carberry OR nothing", True, "OR"),
    ("NOT nothing", True, "NOT"),
    ('"A title"', True, "a phrase"),
    ('uid:"10.5555/a"', True, "identifiers are exact"),
    ('uid:"10.5555/A"', False, "exact"),
    ("types.resourceTypeGeneral:Dataset", True, "a field"),
    ("types.resourceTypeGeneral:(Text OR Dataset)", True, "a group of values"),
    ("publicationYear:2024", True, "a number"),
    ("publicationYear:[2020 TO 2023]", False, "a range of numbers"),
    ("creators.nameIdentifiers.nameIdentifierScheme:ORCID AND title", True, "as levriero asks"),
    ("creators.nameIdentifiers.nameIdentifierScheme:orcid", False, "exact"),
    ("titles.title:titl*", True, "a wildcard"),
    ("(nothing OR title) AND Carberry", True, "brackets"),
    ("-title", False, "a minus excludes"),
    ("Carberry !nothing", True, "so does an exclamation mark"),
    ("+title", True, "a plus demands"),
    (r"\-title", True, "escaped, a minus is punctuation"),
    ("titl", False, "half a word is none"),
    ('"Josiah, (Carberry)"', False, "words in another order are no phrase"),
    ('"CARBERRY JOSIAH"', True, "neither case nor punctuation matters"),
    ("tit*", True, "a wildcard without a field"),
    (r"tit\*", False, "escaped, it is punctuation, and half a word is none"),
    (r"title\:", True, "escaped, so is a colon"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), QUERIES)
def test_queries_are_read_as_opensearch_reads_them(text: str, expected: bool, remark: str) -> None:
    assert parse(text).matches(entry()) is expected, remark


WINDOWS: list[tuple[str, bool]] = [
    ("2026-06-20T00:00:00Z TO 2026-06-21T00:00:00Z", True),
    ("2026-06-21T00:00:00Z TO *", True),
    ("2026-06-21T00:00:01Z TO *", False),
    ("* TO 2026-06-20T23:59:59Z", False),
    ("2026-06-21 TO 2026-06-21", True),
]


@pytest.mark.parametrize(("window", "expected"), WINDOWS)
def test_windows_of_updates_include_their_bounds(window: str, expected: bool) -> None:
    at = 1_782_000_000.0
    assert iso_seconds(at) == "2026-06-21T00:00:00Z"
    assert parse(f"updated:[{window}]").matches(entry()) is expected


@pytest.mark.parametrize("text", ['a:"', "(a", "a)", "updated:[x TO y]", "uid:", "a OR"])
def test_what_is_no_query_is_400_with_an_object_of_errors(http: httpx2.Client, text: str) -> None:
    with pytest.raises(BadQuery):
        parse(text)
    answer = http.get("/dois", params={"query": text})
    assert answer.status_code == 400
    assert isinstance(answer.json()["errors"], dict)


def test_a_walk_by_cursor_sees_every_doi_once_in_order_of_creation(
    http: httpx2.Client, sim: Simulation
) -> None:
    for number in range(7):
        sim.datacite.register(a_record(f"10.5555/{9 - number}"), created=1000.0 + number // 2)
    seen: list[str] = []
    cursor, pages = "1", 0
    while cursor:
        page = asked(http, **{"page[cursor]": cursor, "page[size]": "3", "sort": "-updated"})
        assert page["meta"]["total"] == 7
        assert "page" not in page["meta"]
        seen += dois(page)
        pages += 1
        following = page["links"].get("next", "")
        cursor = parse_qs(urlsplit(following).query).get("page[cursor]", [""])[0]
    assert pages == 3
    suffixes = [doi.partition("/")[2] for doi in seen]
    assert suffixes == ["8", "9", "6", "7", "4", "5", "3"]


def test_next_is_absent_when_the_page_is_not_full_and_drops_parameters(
    http: httpx2.Client, sim: Simulation
) -> None:
    for number in range(3):
        sim.datacite.register(a_record(f"10.5555/{number}"))
    short = asked(http, **{"page[cursor]": "1", "page[size]": "4"})
    assert "next" not in short["links"]
    full = asked(
        http,
        **{
            "page[cursor]": "1",
            "page[size]": "2",
            "include": "client",
            "sort": "name",
            "affiliation": "true",
            "user-id": CARBERRY,
        },
    )
    assert full["data"] == []  # user-id knows only the full address, among creators
    full = asked(
        http,
        **{
            "page[cursor]": "1",
            "page[size]": "2",
            "include": "client",
            "sort": "name",
            "affiliation": "true",
        },
    )
    following = parse_qs(urlsplit(full["links"]["next"]).query)
    assert following["affiliation"] == ["true"]
    assert {"include", "sort"}.isdisjoint(following)


def test_a_cursor_that_cannot_be_read_starts_at_the_beginning() -> None:
    assert paging.place_of("1") == (0, "")
    assert paging.place_of("!!") == (0, "")
    assert paging.place_of(paging.cursor_of((5, "10.5555/a"))) == (5, "10.5555/a")
    assert "=" not in paging.cursor_of((5, "10.5555/a"))


def test_page_numbers_stop_at_ten_thousand_rows() -> None:
    assert paging.number_of("7", size=1000) == 7
    assert paging.number_of("12", size=1000) == 10
    assert paging.size_of("5000") == 1000
    assert paging.size_of("x") == 25


def test_only_findable_dois_of_datacite_are_shown(http: httpx2.Client, sim: Simulation) -> None:
    sim.datacite.register(a_record("10.5555/seen"))
    sim.datacite.register(a_record("10.5555/hidden"))
    sim.datacite.hide("10.5555/hidden")
    sim.datacite.register(a_record("10.5555/foreign"), agency="crossref")
    assert dois(asked(http)) == ["10.5555/seen"]
    both = asked(http, include_other_registration_agencies="true")
    assert sorted(dois(both)) == ["10.5555/foreign", "10.5555/seen"]
    gone = http.get("/dois/10.5555/hidden")
    assert gone.status_code == 404
    assert gone.json() == {
        "errors": [{"status": "404", "title": "The resource you are looking for doesn't exist."}]
    }
    sim.datacite.show("10.5555/hidden")
    assert http.get("/dois/10.5555/HIDDEN").status_code == 200


def test_every_save_moves_version_and_time(http: httpx2.Client, sim: Simulation) -> None:
    sim.datacite.register(a_record("10.5555/a"))

    def state() -> tuple[int, str]:
        shown = http.get("/dois/10.5555/a").json()["data"]["attributes"]
        return shown["metadataVersion"], shown["updated"]

    first = state()
    sim.clock.advance(60)
    sim.datacite.update("10.5555/a", {"titles": [{"title": "Another"}]})
    second = state()
    assert second[0] == first[0] + 1
    assert second[1] > first[1]
    told = http.get("/dois/10.5555/a/activities").json()["data"]
    assert [one["attributes"]["action"] for one in told] == ["update", "create"]
    assert told[0]["attributes"]["changes"]["titles"] == [
        [{"title": "A title"}],
        [{"title": "Another"}],
    ]


def test_affiliations_and_publisher_are_strings_without_their_switches(
    http: httpx2.Client, sim: Simulation
) -> None:
    record = a_record("10.5555/a")
    record["creators"][0]["affiliation"] = [{"name": "Example University"}]
    sim.datacite.register(record)
    plain = asked(http)["data"][0]["attributes"]
    assert plain["creators"][0]["affiliation"] == ["Example University"]
    assert plain["publisher"] == "Example Repository"
    assert "xml" not in plain
    full = asked(http, affiliation="true", publisher="true", detail="true")["data"][0]
    assert full["attributes"]["creators"][0]["affiliation"] == [{"name": "Example University"}]
    assert full["attributes"]["publisher"] == {"name": "Example Repository"}
    assert base64.b64decode(full["attributes"]["xml"]).startswith(b"<?xml")


def test_a_complete_answer_has_the_keys_of_the_recorded_one(
    http: httpx2.Client, sim: Simulation, shared: Path
) -> None:
    recorded = json.loads((shared / "data/datacite/example-full-response.json").read_text())
    recorded = recorded.get("response", recorded)
    sim.datacite.register(a_record("10.5555/a"))
    answer = asked(
        http,
        include="client",
        affiliation="true",
        publisher="true",
        detail="true",
        include_other_registration_agencies="true",
    )
    ours, theirs = answer["data"][0], recorded["data"][0]
    assert ours.keys() == theirs.keys()
    assert ours["attributes"].keys() == theirs["attributes"].keys()
    assert set(theirs["relationships"]) - {"provider"} <= set(ours["relationships"])
    assert answer["meta"].keys() <= recorded["meta"].keys()
    assert {one["type"] for one in answer["included"]} == {"clients"}


def test_the_limiter_is_off_until_it_is_switched_on(http: httpx2.Client, sim: Simulation) -> None:
    limiter = sim.datacite.limiter
    limiter.burst = 2
    assert [http.get("/dois/10.5555/x").status_code for _ in range(4)] == [404] * 4
    assert limiter.violations > 0
    limiter.enforced = True
    assert http.get("/dois").status_code == 429
    named = http.get("/dois", headers={"User-Agent": "x (mailto:a@example.org)"})
    assert named.status_code == 200


def test_a_doi_is_registered_changed_and_hidden_on_pages(
    http: httpx2.Client, sim: Simulation
) -> None:
    page = http.get("/new")
    assert page.status_code == 200
    form = {
        "title": "By hand",
        "creator_1_name": "Carberry, Josiah",
        "creator_1_orcid": CARBERRY,
        "creator_2_name": "Garcia, Sofia",
        "type": "Software",
        "year": "2026",
        "related_1_relation": "IsPartOf",
        "related_1_kind": "ISSN",
        "related_1_value": "2049-3630",
    }
    made = http.post("/new", data=form)
    assert made.status_code == 303
    doi = made.headers["location"].partition("done=")[2]
    shown = http.get(f"/dois/{doi}").json()["data"]["attributes"]
    assert [one["name"] for one in shown["creators"]] == ["Carberry, Josiah", "Garcia, Sofia"]
    identifier = shown["creators"][0]["nameIdentifiers"][0]["nameIdentifier"]
    assert identifier == f"https://orcid.org/{CARBERRY}"
    assert shown["relatedIdentifiers"][0]["relationType"] == "IsPartOf"
    http.post(f"/edit/{doi}", data={**form, "title": "Changed"})
    assert http.get(f"/dois/{doi}").json()["data"]["attributes"]["titles"] == [{"title": "Changed"}]
    http.post(f"/edit/{doi}", data={**form, "action": "hide"})
    assert http.get(f"/dois/{doi}").status_code == 404
    assert sim.datacite.store.entries[doi].version == 3


def test_the_form_as_it_comes_registers_a_doi_of_the_chosen_person(sim: Simulation) -> None:
    person = sim.datacite.people()[2]
    fields = forms.defaults(number=1, person=person, today=date(2026, 6, 1))
    made = forms.metadata(fields)
    assert made["creators"][0]["name"] == person[0]
    assert made["publicationYear"] == 2026


def test_saving_a_form_keeps_what_it_does_not_show(http: httpx2.Client, sim: Simulation) -> None:
    people = [{"name": f"Author {number}"} for number in range(60)]
    dates = [{"date": "2010/2012", "dateType": "Issued"}]
    sim.datacite.register(a_record("10.5555/many", creators=people, dates=dates))
    shown = sim.datacite.store.entries["10.5555/many"]
    form = forms.filled(shown.attributes)
    http.post("/edit/10.5555/many", data={**form, "title": "Changed"})
    assert shown.attributes["titles"] == [{"title": "Changed"}]
    assert shown.attributes["creators"] == people
    assert shown.attributes["dates"] == dates
    http.post("/edit/10.5555/many", data={**form, "creator_1_name": "First"})
    assert [one["name"] for one in shown.attributes["creators"]][:2] == ["First", "Author 1"]
    assert len(shown.attributes["creators"]) == 60


def test_a_form_without_a_title_says_so(http: httpx2.Client) -> None:
    answer = http.post("/new", data={"title": " "})
    assert answer.status_code == 400
    assert "Enter a title." in answer.text


def test_the_seed_is_varied_and_uses_the_test_prefix(sim: Simulation) -> None:
    entries = sim.datacite.store.entries.values()
    assert len(entries) >= 40
    assert {one.doi.partition("/")[0] for one in entries} == {"10.5555"}
    types = {(one.attributes["types"] or {}).get("resourceTypeGeneral") for one in entries}
    assert len(types) >= 25
