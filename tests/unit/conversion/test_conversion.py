"""A work becomes what ORCID takes: complete, within its limits, valid by its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orcid_xml
import pytest
from lxml import etree

from profiles import conversion
from profiles.conversion import RefusedWork
from profiles.errors import MalformedRecord, NotConvertible
from profiles.sources.datacite import reading
from profiles.values import doi
from profiles.values.dates import PartialDate
from profiles.values.work import Container, Description, Title, Types, Work

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"
OWN = doi.parse("10.5555/own")


@pytest.fixture(scope="module")
def judge(shared: Path) -> etree.XMLSchema:
    return orcid_xml.schema(shared)


def json_of(work: Work) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(conversion.render(conversion.convert(work)))
    return found


def fixture(name: str) -> dict[str, Any]:
    return json_of(reading.read((FIXTURES / f"{name}.json").read_bytes()))


def titled(**fields: Any) -> dict[str, Any]:
    return json_of(Work(doi=OWN, titles=(Title("T"),), **fields))


def test_a_plain_data_set_is_sent_whole() -> None:
    assert fixture("plain_dataset") == {
        "title": {"title": {"value": "Cracked pots of the Northern Levant"}},
        "journal-title": {"value": "Example Repository"},
        "short-description": "Four hundred sherds, measured.",
        "citation": {
            "citation-type": "bibtex",
            "citation-value": "@misc{10.5555/psycho.ceramics-1, "
            "title={Cracked pots of the Northern Levant}, author={Carberry, Josiah}, "
            "publisher={Example Repository}, year={2024}, doi={10.5555/psycho.ceramics-1}}",
        },
        "type": "data-set",
        "publication-date": {
            "year": {"value": "2024"},
            "month": {"value": "02"},
            "day": {"value": "29"},
        },
        "external-ids": {
            "external-id": [
                {
                    "external-id-type": "doi",
                    "external-id-value": "10.5555/psycho.ceramics-1",
                    "external-id-relationship": "self",
                    "external-id-url": {"value": "https://doi.org/10.5555/psycho.ceramics-1"},
                }
            ]
        },
        "url": {"value": "https://doi.org/10.5555/psycho.ceramics-1"},
        "contributors": {
            "contributor": [
                {
                    "contributor-orcid": {
                        "uri": "https://orcid.org/0000-0002-1825-0097",
                        "path": "0000-0002-1825-0097",
                        "host": "orcid.org",
                    },
                    "credit-name": {"value": "Josiah Carberry"},
                    "contributor-attributes": {
                        "contributor-sequence": "first",
                        "contributor-role": "author",
                    },
                }
            ]
        },
        "language-code": "en",
    }


def test_visibility_is_never_sent() -> None:
    for file in FIXTURES.glob("*.json"):
        assert b"visibility" not in file.read_bytes()
        if file.stem not in ("without_doi", "draft_without_title", "placeholders"):
            assert "visibility" not in json.dumps(fixture(file.stem))


TITLES: list[tuple[tuple[Title, ...], dict[str, Any], str]] = [
    ((Title("A"), Title("B")), {"title": {"value": "A"}}, "the first"),
    ((Title("B", "AlternativeTitle"), Title("A")), {"title": {"value": "A"}}, "without a type"),
    ((Title("B", "Subtitle"),), {"title": {"value": "B"}}, "else the first"),
    ((Title(" "), Title("A")), {"title": {"value": "A"}}, "an empty one does not count"),
    ((Title(":unav"), Title("A")), {"title": {"value": "A"}}, "nor does a placeholder"),
    (
        (Title("A"), Title("S", "Subtitle"), Title("U", "Subtitle")),
        {"title": {"value": "A"}, "subtitle": {"value": "S"}},
        "subtitle",
    ),
    (
        (
            Title("A"),
            Title("X", "TranslatedTitle"),
            Title("Y", "TranslatedTitle", "tlh"),
            Title("Z", "TranslatedTitle", "fre"),
            Title("W", "TranslatedTitle", "de"),
        ),
        {"title": {"value": "A"}, "translated-title": {"value": "Z", "language-code": "fr"}},
        "the first translation in a language that ORCID knows",
    ),
]


@pytest.mark.parametrize(("titles", "expected", "remark"), TITLES)
def test_titles_are_chosen(
    titles: tuple[Title, ...], expected: dict[str, Any], remark: str
) -> None:
    assert json_of(Work(doi=OWN, titles=titles))["title"] == expected, remark


REFUSED = [
    (Work(doi=OWN), "no_title", "none"),
    (Work(doi=OWN, titles=(Title("<p> </p>"),)), "no_title", "nothing but a tag"),
    (Work(doi=OWN, titles=(Title("(:unav)"),)), "no_title", "placeholder"),
    (Work(doi=doi.parse("10.5555/'x'y"), titles=(Title("T"),)), "doi_unreadable", "quote"),
]


@pytest.mark.parametrize(("work", "reason", "remark"), REFUSED)
def test_what_orcid_could_not_take_is_refused(work: Work, reason: str, remark: str) -> None:
    with pytest.raises(NotConvertible) as caught:
        conversion.convert(work)
    assert isinstance(caught.value, RefusedWork)
    assert caught.value.reason == reason, remark
    assert conversion.REASONS[reason] in caught.value.message


def test_every_reason_is_shown_by_an_example() -> None:
    assert {reason for _, reason, _ in REFUSED} == set(conversion.REASONS)


A, S, O, M = "Abstract", "SeriesInformation", "Other", "Methods"  # noqa: E741
DESCRIPTIONS = [
    ((Description("a", A),), "a", "abstract"),
    ((Description("m", M), Description("a", A)), "a", "the abstract, wherever it stands"),
    ((Description("s", S), Description("m", M), Description("o", O)), "m", "the first other"),
    ((Description("s", S), Description("t", "TableOfContents")), None, "not about the work"),
    ((Description(" ", A), Description("a", A)), "a", "the first that says something"),
    ((Description(":none", A),), None, "placeholder"),
    ((), None, "none"),
]


@pytest.mark.parametrize(("given", "expected", "remark"), DESCRIPTIONS)
def test_the_description_is_chosen(
    given: tuple[Description, ...], expected: str | None, remark: str
) -> None:
    assert titled(descriptions=given).get("short-description") == expected, remark


JOURNAL = Container(title="Annals of <i>Pots</i>")
JOURNALS = [
    ("Dataset", JOURNAL, "Archive", "Annals of Pots", "the container"),
    ("Dataset", None, "Archive", "Archive", "published by the repository"),
    ("JournalArticle", JOURNAL, "Press", "Annals of Pots", "the journal"),
    ("JournalArticle", None, "Press", None, "a publisher is no journal"),
    ("Dataset", None, "Unpublished", None, "no publisher, in words"),
    ("Dataset", None, "[s.n.]", None, "no publisher, in Latin"),
    ("Dataset", Container("(Unknown)"), "Press", "Press", "no container, in words"),
    ("Book", Container("<i>t</i>"), "Press", "Press", "the work does not appear in itself"),
    ("BookChapter", None, "Press", None, "nor a book"),
    ("ConferencePaper", None, "Press", None, "nor a conference"),
    ("Software", Container(identifier="1234-5679"), "Archive", "Archive", "nameless container"),
    ("Dataset", None, ":unav", None, "placeholder"),
    ("Dataset", None, "", None, "nothing"),
]


@pytest.mark.parametrize(("general", "container", "publisher", "expected", "remark"), JOURNALS)
def test_the_journal_title_is_the_container_and_the_publisher_only_where_that_is_right(
    general: str, container: Container | None, publisher: str, expected: str | None, remark: str
) -> None:
    made = titled(types=Types(general=general), container=container, publisher=publisher)
    assert made.get("journal-title") == ({"value": expected} if expected else None), remark


DATES = [
    (PartialDate(2016), {"year": {"value": "2016"}}, "year"),
    (PartialDate(2016, 3), {"year": {"value": "2016"}, "month": {"value": "03"}}, "month"),
    (
        PartialDate(2016, 3, 1),
        {"year": {"value": "2016"}, "month": {"value": "03"}, "day": {"value": "01"}},
        "day",
    ),
    (PartialDate(1900), {"year": {"value": "1900"}}, "the first year of ORCID"),
    (PartialDate(1899), None, "before it"),
    (PartialDate(2100), {"year": {"value": "2100"}}, "the last year of ORCID"),
    (PartialDate(2101), None, "after it"),
    (None, None, "none"),
]


@pytest.mark.parametrize(("date", "expected", "remark"), DATES)
def test_the_date_is_sent_within_orcids_years(
    date: PartialDate | None, expected: dict[str, Any] | None, remark: str
) -> None:
    assert titled(published=date).get("publication-date") == expected, remark


def test_two_issued_dates_give_the_one_of_the_publication_year() -> None:
    assert fixture("two_issued")["publication-date"] == {
        "year": {"value": "2010"},
        "month": {"value": "06"},
    }
    assert fixture("interval")["publication-date"]["month"] == {"value": "03"}
    assert "publication-date" not in fixture("old_print")


def test_long_texts_are_cut_to_orcids_limits() -> None:
    made = fixture("long_texts")
    assert 950 < len(made["title"]["title"]["value"]) <= 1000
    assert 4900 < len(made["short-description"]) <= 5000
    assert 100 < len(made["contributors"]["contributor"][0]["credit-name"]["value"]) <= 150
    assert made["short-description"].endswith("…")


def test_a_community_is_no_id() -> None:
    assert len(fixture("communities")["external-ids"]["external-id"]) == 1


def test_a_put_code_is_added_by_the_caller() -> None:
    work = conversion.convert(Work(doi=OWN, titles=(Title("T"),)))
    rendered = conversion.render(work)
    assert conversion.body(work) == conversion.body(rendered) == rendered
    assert json.loads(conversion.body(work, 923223)) == {"put-code": 923223} | json.loads(rendered)


@pytest.mark.parametrize("file", sorted(FIXTURES.glob("*.json")), ids=lambda file: file.stem)
def test_every_fixture_is_valid_by_orcids_schema(file: Path, judge: etree.XMLSchema) -> None:
    try:
        work = conversion.convert(reading.read(file.read_bytes()))
    except (MalformedRecord, NotConvertible):
        assert file.stem in ("without_doi", "draft_without_title", "placeholders")
    else:
        assert orcid_xml.problems(conversion.body(work, 12), judge) == []


def test_every_shared_record_is_converted_and_valid(shared: Path, judge: etree.XMLSchema) -> None:
    folder = shared / "data/datacite"
    refused: dict[str, str] = {}
    found: list[object] = []
    for file in (*(folder / "records").iterdir(), *(folder / "derived-from-xml").iterdir()):
        sample = json.loads(file.read_bytes())
        try:
            work = reading.read(json.dumps(sample["record"]))
            rendered = conversion.render(conversion.convert(work))
        except (MalformedRecord, NotConvertible) as error:
            refused[file.name] = error.detail
            continue
        found += [(file.name, problem) for problem in orcid_xml.problems(rendered, judge)]
        made = json.loads(rendered)
        if made["type"] != sample["_sample"]["expected_orcid_type"]:
            found.append((file.name, made["type"]))
        ids = [one["external-id-value"] for one in made["external-ids"]["external-id"]]
        if ids.count(work.doi) != 1:
            found.append((file.name, ids))
    assert found == []
    assert refused == {
        "10.1371_journal.pmed.0040177.g001.json": "it has no title",
        "10.21373_110.json": "it has no title",
        "10.3203_iwf_c-7774.json": "it has no title",
        "nodoi_ef1fe51c18.json": "it has no DOI",
    }


def test_the_judge_refuses_what_orcid_refuses(judge: etree.XMLSchema) -> None:
    """So that the tests above can fail."""
    made = titled()
    for wrong in (
        made | {"title": {"title": {"value": " "}}},
        made | {"title": {"title": {"value": "x" * 1001}}},
        made | {"publication-date": {"year": {"value": "1768"}}},
        made | {"journal-title": {"value": ""}},
        made | {"short-description": ""},
        made | {"external-ids": {"external-id": []}},
    ):
        assert orcid_xml.problems(json.dumps(wrong).encode(), judge)
