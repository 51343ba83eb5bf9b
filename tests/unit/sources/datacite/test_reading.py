"""Every record that was seen can be read; what is none is named in one line."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from profiles.errors import MalformedRecord
from profiles.sources.datacite import reading
from profiles.values.dates import PartialDate
from profiles.values.work import AlternateId, Funding, RejectedId, Work

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures/records"


def work_of(name: str, **options: str) -> Work:
    return reading.read((FIXTURES / f"{name}.json").read_bytes(), **options)


def read(**attributes: Any) -> Work:
    return reading.read(json.dumps({"doi": "10.5555/x"} | attributes))


def test_a_resource_is_read_with_its_repository_and_state() -> None:
    work = work_of("plain_dataset")
    assert work.doi == "10.5555/psycho.ceramics-1"
    assert (work.state, work.agency, work.repository) == ("findable", "datacite", "example.repo")
    assert (work.metadata_version, work.updated) == (1, "2024-03-02T08:00:00.000Z")
    assert work.published == PartialDate(2024, 2, 29)
    assert [one.text for one in work.titles] == ["Cracked pots of the Northern Levant"]
    (josiah,) = work.creators
    assert (josiah.name, josiah.family) == ("Josiah Carberry", "Carberry")
    assert josiah.orcids == ("0000-0002-1825-0097",)


def test_an_answer_names_the_kind_of_repository() -> None:
    resource = json.loads((FIXTURES / "published_notebook.json").read_bytes())
    client = {"id": "EXAMPLE.RAID", "type": "clients", "attributes": {"clientType": "raidRegistry"}}
    answer = {"data": resource, "included": [client]}
    assert reading.read(json.dumps(answer)).repository_kind == "raidRegistry"
    page = reading.read_page(json.dumps({"data": [resource], "included": [client]}))
    assert page.works[0].repository_kind == "raidRegistry"


def test_the_flat_form_of_schema_4_0_is_read() -> None:
    work = work_of("flat_4_0")
    assert work.doi == "10.5555/flat-4.0"
    assert [one.name for one in work.creators] == ["Josiah Carberry", "Plain String"]
    assert work.creators[0].orcids == ("0000-0002-1825-0097",)
    assert [(one.name, one.role) for one in work.contributors] == [("Kettle, Ed", "Editor")]
    assert [one.text for one in work.titles] == ["Flat record", "A second one"]
    assert (work.types.general, work.types.text) == ("Software", "XML")


def test_the_flat_form_of_schema_4_2_has_its_doi_among_the_identifiers() -> None:
    assert work_of("flat_4_2").doi == "10.5555/flat-4.2"


def test_ids_are_read_in_every_spelling_and_what_cannot_be_used_is_kept_as_evidence() -> None:
    people = work_of("messy_ids").creators
    assert [one.orcids for one in people] == [
        ("0000-0002-1825-0097",),
        ("0000-0001-5109-3700",),
        ("0000-0002-1694-233X",),
        ("0000-0001-5000-0007",),
        (),
        (),
        (),
        (),
        ("0000-0002-1825-0097", "0000-0001-5109-3700"),
    ]
    sandbox = "https://sandbox.orcid.org/0000-0002-1825-0097"
    assert [one.rejected for one in people if one.rejected] == [
        (RejectedId("0000-0002-1825-0098", "ORCID", "check_digit"),),
        (RejectedId(sandbox, "ORCID", "other_host"),),
        (RejectedId("", "ORCID", "empty"),),
    ]


def test_the_same_id_twice_on_one_person_counts_once() -> None:
    josiah = "0000-0002-1825-0097"
    twice = [
        {"nameIdentifier": one, "nameIdentifierScheme": "ORCID"}
        for one in (josiah, f"https://orcid.org/{josiah}")
    ]
    (creator,) = read(creators=[{"name": "Carberry, Josiah", "nameIdentifiers": twice}]).creators
    assert creator.orcids == (josiah,)


def test_a_sandbox_installation_reads_sandbox_ids() -> None:
    people = work_of("messy_ids", orcid_host="sandbox.orcid.org").creators
    assert people[6].orcids == ("0000-0002-1825-0097",)
    assert people[0].rejected[0].reason == "other_host"


def test_related_dois_are_known_in_every_spelling() -> None:
    related = work_of("new_version").related
    assert [(one.relation, one.doi) for one in related] == [
        ("IsVersionOf", "10.5555/software"),
        ("IsNewVersionOf", "10.5555/software.v1"),
        ("IsVersionOf", "10.5555/software.v2"),
        ("IsIdenticalTo", None),
        ("Cites", "10.5555/psycho.ceramics-1"),
    ]


def test_a_related_item_gives_the_container_and_a_relation() -> None:
    work = work_of("chapter")
    assert work.container is not None
    assert (work.container.title, work.container.kind) == ("The Book of Pots", "Book")
    assert (work.container.first_page, work.container.last_page) == ("33", "48")
    assert [(one.relation, one.kind, one.doi) for one in work.related] == [
        ("IsPublishedIn", "DOI", "10.5555/book")
    ]


def test_what_holds_the_work_is_found_in_any_case_of_letters() -> None:
    item = {"relationType": "ispublishedin", "titles": [{"title": "Pots"}]}
    container = read(relatedItems=[item]).container
    assert container is not None
    assert container.title == "Pots"


def test_identifiers_and_funding_are_kept_as_given() -> None:
    article = work_of("article_in_container")
    assert AlternateId("ARK", "ark:/12148/btv1b8449691v") in article.identifiers
    assert work_of("funding").funding[6] == Funding("282625", "https://old.example.org/282625")


def test_everything_may_be_null() -> None:
    work = work_of("no_types")
    assert (work.creators, work.publisher, work.published, work.container) == ((), "", None, None)


MESSY: list[tuple[dict[str, Any], str, object, str]] = [
    ({"titles": "A title"}, "titles.0.text", "A title", "a string in place of a list"),
    ({"titles": {"title": "A title"}}, "titles.0.text", "A title", "an object in place of a list"),
    ({"titles": [None, {"title": "T"}]}, "titles.0.text", "T", "null in a list"),
    ({"titles": [{"title": 1984}]}, "titles.0.text", "1984", "a number in place of a string"),
    ({"titles": [{"title": ["T", "U"]}]}, "titles.0.text", "T", "a list in place of a string"),
    ({"creators": [["Plato"]]}, "creators.0.name", "Plato", "a list within a list"),
    ({"creators": {"name": "Plato"}}, "creators.0.name", "Plato", "one creator"),
    ({"creators": [{"name": {"x": 1}}]}, "creators.0.name", "", "an object in place of a string"),
    ({"publisher": {"name": "P"}}, "publisher", "P", "publisher as object"),
    ({"publisher": ["P"]}, "publisher", "P", "publisher as list"),
    ({"publicationYear": "2016"}, "publication_year", 2016, "year as string"),
    ({"publicationYear": 2016.0}, "publication_year", 2016, "year as decimal"),
    ({"publicationYear": 2016.5}, "publication_year", None, "no whole year"),
    ({"metadataVersion": 99_999_999_999}, "metadata_version", None, "more than a column takes"),
    ({"metadataVersion": -1}, "metadata_version", None, "less than nothing"),
    ({"updated": "2026-01-01T00:00:00Z" * 5}, "updated", "", "no time is so long"),
    ({"updated": "2026\x00"}, "updated", "", "nor does it hold what a column refuses"),
    ({"titles": [{"title": "half \ud83d a pair"}]}, "titles.0.text", "half ? a pair", "surrogate"),
    ({"anything": "\udc00"}, "titles", (), "a surrogate where nobody looks"),
    ({"publicationYear": "about 2016"}, "publication_year", None, "year as words"),
    ({"publicationYear": 0}, "publication_year", None, "year zero"),
    ({"types": "Dataset"}, "types.text", "Dataset", "types as string"),
    ({"resourceType": "Dataset"}, "types.text", "Dataset", "old resourceType as string"),
    ({"metadataVersion": "7"}, "metadata_version", 7, "a number as string"),
    ({"relatedIdentifiers": [{"relatedIdentifier": None}]}, "related", (), "related null"),
    ({"container": []}, "container", None, "container as empty list"),
    ({"language": 2}, "language", "2", "language as number"),
    ({"fundingReferences": "F"}, "funding.0.award_number", "", "a funder's bare name"),
    ({"language": True}, "language", "", "true in place of a string"),
    ({"relatedIdentifiers": [{"relatedIdentifier": "x", "relationType": " isversionof"}]},
     "related.0.relation", "IsVersionOf", "a relation in lower case"),
    ({"relatedIdentifiers": [{"relatedIdentifier": "x", "relationType": "isRelatedTo "}]},
     "related.0.relation", "isRelatedTo", "a relation that the schema does not know"),
    ({"relatedIdentifiers": [{"relatedIdentifier": "HTTPS://DOI.ORG/10.5555/V"}]},
     "related.0.doi", "10.5555/v", "an address in capitals"),
    ({"contributors": [{"name": "E", "contributorType": "editor"}]},
     "contributors.0.role", "Editor", "a role in lower case"),
    ({"agency": "Crossref"}, "agency", "crossref", "agency in capitals"),
    ({"viewsOverTime": [[{}]], "geoLocations": 3}, "titles", (), "undeclared fields are skipped"),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "path", "expected", "remark"), MESSY)
def test_messy_shapes_are_read(
    attributes: dict[str, Any], path: str, expected: object, remark: str
) -> None:
    assert found_in(read(**attributes), path) == expected, remark


def found_in(work: Work, path: str) -> Any:
    found: Any = work
    for step in path.split("."):
        found = found[int(step)] if step.isdigit() else getattr(found, step)
    return found


LONG = "10.5555/" + "x" * 2000
TOO_LONG: list[tuple[dict[str, Any], str]] = [
    ({"relatedIdentifiers": [{"relatedIdentifier": LONG}]}, "related"),
    ({"relatedItems": [{"relatedItemIdentifier": {"relatedItemIdentifier": LONG}}]}, "related"),
    ({"alternateIdentifiers": [{"alternateIdentifier": LONG}]}, "identifiers"),
    ({"identifiers": [{"identifier": LONG}]}, "identifiers"),
    ({"creators": [{"nameIdentifiers": [{"nameIdentifier": LONG, "nameIdentifierScheme": "ORCID"}]}]},
     "creators.0.rejected"),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "path"), TOO_LONG)
def test_what_is_too_long_is_no_identifier(attributes: dict[str, Any], path: str) -> None:
    assert found_in(read(**attributes), path) == ()


def test_what_is_too_long_identifies_neither_what_holds_nor_what_paid() -> None:
    container = read(container={"title": "Pots", "identifier": LONG}).container
    assert container is not None
    assert (container.title, container.identifier) == ("Pots", "")
    award = {"awardNumber": LONG, "awardUri": LONG}
    assert read(fundingReferences=[award]).funding == (Funding(),)


def test_an_organisation_keeps_its_name_whole() -> None:
    person = {"name": "The Society", "givenName": "The", "familyName": "Society"}
    (creator,) = read(creators=[person | {"nameType": "Organizational"}]).creators
    assert (creator.name, creator.organization, creator.family) == ("The Society", True, "")


MALFORMED = [
    ("", "not JSON", "empty"),
    ("{", "not JSON", "cut off"),
    ("\ud800", "not JSON", "a lone surrogate"),
    (b"\xff\xfe{}", "not JSON", "no UTF-8"),
    ("[" * 5000, "not JSON", "endlessly nested"),
    ("[]", "a list in place of an object", "a list"),
    ("null", "null in place of an object", "null"),
    ('"10.5555/x"', "a text in place of an object", "a string"),
    ("12", "a number in place of an object", "a number"),
    ('{"data":[{},{}]}', "a list of records in place of one", "a page"),
    ("{}", "it has no DOI", "nothing"),
    ('{"doi":null}', "it has no DOI", "null"),
    ('{"doi":"xyz"}', "its DOI is none: 'xyz'", "no DOI"),
]


@pytest.mark.parametrize(("data", "words", "remark"), MALFORMED)
def test_what_is_no_record_is_named_in_one_line(data: str | bytes, words: str, remark: str) -> None:
    with pytest.raises(MalformedRecord) as caught:
        reading.read(data)
    assert words in caught.value.message, remark
    assert "\n" not in caught.value.message


def test_a_page_gives_its_works_failures_cursor_and_total() -> None:
    good = json.loads((FIXTURES / "plain_dataset.json").read_bytes())
    address = "https://api.datacite.org/dois?page%5Bcursor%5D=MTcwOTI4MDAwMCw&page%5Bsize%5D=2"
    page = reading.read_page(
        json.dumps(
            {
                "data": [good, {"id": "nonsense", "attributes": {}}, None],
                "links": {"self": "x", "next": address},
                "meta": {"total": 9, "totalPages": 3},
            }
        )
    )
    assert [one.doi for one in page.works] == ["10.5555/psycho.ceramics-1"]
    assert [one.doi for one in page.failures] == ["nonsense", "number 3"]
    assert (page.next_cursor, page.total) == ("MTcwOTI4MDAwMCw", 9)


GOOD = b'{"id":"10.5555/good","attributes":{"titles":[{"title":"Good"}]}}'
# A record in a page, whether it can be read all the same, and a remark.
BROKEN = [
    (b'{"id":"10.5555/bad","attributes":{"note":"\\ud800"}}', True, "half a character, unread"),
    (b'{"id":"10.5555/bad","attributes":{"publisher":"\\udc00"}}', True, "half a character"),
    (b'{"id":"10.5555/bad","attributes":{"publisher":"a\x01\n"}}', True, "control characters"),
    (b'{"id":"10.5555/bad","note":' + b"[" * 2000 + b"]" * 2000 + b"}", False, "deeply nested"),
    (b'{"id":"10.5555/bad","titles":' + b"[" * 900 + b"]" * 900 + b"}", False, "nested"),
    (b'{"id":"10.5555/bad","publisher":"\xff"}', False, "no UTF-8"),
    (b'{"id":"10.5555/bad","year":' + b"9" * 5000 + b',"x":"\x01"}', True, "endless number"),
    (b'{"id":"10.5555/bad","x":"\\"}]},{[\\\\","y":"\x01"}', True, "brackets within a text"),
    (b'{"id":"10.5555/bad" "x":1}', False, "a comma lost"),
    (b'{"id":"10.5555/bad","year":01}', False, "no number"),
    (b'"text"', False, "a text"),
]


@pytest.mark.parametrize(("raw", "is_read", "remark"), BROKEN)
def test_a_broken_record_does_not_spoil_its_page(raw: bytes, is_read: bool, remark: str) -> None:
    cursor = b'"links":{"next":"https://api.example.org/dois?page%5Bcursor%5D=abc"}'
    page = reading.read_page(
        b'{"meta":{"total":3},"data":[%b , %b,%b],%b}' % (GOOD, raw, GOOD, cursor)
    )
    read_ones = [one.doi for one in page.works]
    assert read_ones == ["10.5555/good", *["10.5555/bad"] * is_read, "10.5555/good"], remark
    assert len(page.failures) == (not is_read)
    assert all("\n" not in one.error.message for one in page.failures)
    assert (page.next_cursor, page.total) == ("abc", 3)


AROUND = [
    ('"links":[],"meta":[]', "", None, "lists in place of objects"),
    ('"links":null,"meta":null', "", None, "null"),
    ('"links":{"next":null},"meta":{"total":"2"}', "", 2, "a number as string"),
    ('"links":{"next":7},"meta":{"total":{}}', "", None, "other things"),
    ('"included":[{"id":7,"type":[],"attributes":"x"}]', "", None, "junk beside the records"),
    ('"included":{"note":"\x01"}', "", None, "broken junk"),
]


@pytest.mark.parametrize(("around", "cursor", "total", "remark"), AROUND)
def test_what_stands_around_the_records_may_be_messy(
    around: str, cursor: str, total: int | None, remark: str
) -> None:
    page = reading.read_page(f'{{"data":[{GOOD.decode()}],{around}}}')
    assert [one.doi for one in page.works] == ["10.5555/good"], remark
    assert (page.next_cursor, page.total) == (cursor, total), remark


def test_a_broken_page_takes_no_time() -> None:
    for data in (b'{"data":["' + b'\\"' * 200_000, b'{"data":[' + b"[{," * 100_000, b'"' * 200_001):
        started = time.perf_counter()
        with pytest.raises(MalformedRecord):
            reading.read_page(data)
        assert time.perf_counter() - started < 2


def test_the_last_page_has_no_cursor() -> None:
    assert reading.read_page('{"data":[],"links":{}}').next_cursor == ""


@pytest.mark.parametrize(
    "data",
    [
        "<html>",
        "{}",
        '{"data":{}}',
        '{"errors":[]}',
        b"\xff",
        '{"data":[{}',
        '{"data":["\x01"]}}',
        '{"data":["\x01"',
        '{"data":{"x":"\x01"}}',
        '<p>{"data":["\x01"]}',
    ],
)
def test_what_is_no_page_is_refused(data: str | bytes) -> None:
    with pytest.raises(MalformedRecord):
        reading.read_page(data)


def test_all_shared_records_are_read(shared: Path) -> None:
    folder = shared / "data/datacite"
    files = [*(folder / "records").iterdir(), *(folder / "derived-from-xml").iterdir()]
    unread = {}
    for file in files:
        sample = json.loads(file.read_bytes())
        try:
            work = reading.read(json.dumps(sample["record"]))
        except MalformedRecord as error:
            unread[file.name] = error.detail
        else:
            assert sample["_sample"]["doi"] in (None, work.doi)
    assert len(files) == 218
    assert unread == {"nodoi_ef1fe51c18.json": "it has no DOI"}


def test_a_complete_production_answer_is_read(shared: Path) -> None:
    data = (shared / "data/datacite/example-full-response.json").read_bytes()
    page = reading.read_page(data)
    (work,) = page.works
    assert (page.failures, page.total, page.next_cursor) == ((), 1, "")
    assert (work.repository, work.repository_kind) == ("bl.cam", "repository")
    assert work.published == PartialDate(2010)
