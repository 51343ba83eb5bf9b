"""External ids: the right relationship, each once, the own DOI never twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiles.conversion import external_ids as ids
from profiles.conversion.external_ids import NORMALISERS, external_ids
from profiles.sources.datacite import reading
from profiles.values import doi
from profiles.values.work import AlternateId, Container, Funding, RelatedId, Work

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"
OWN = doi.parse("10.5555/own")
SELF = ("doi", "10.5555/own", "self")


def related(relation: str, kind: str, value: str) -> RelatedId:
    return RelatedId(relation, kind, value, doi.parse(value) if kind == "DOI" else None)


def made(work: Work, work_type: str = "data-set") -> list[tuple[str, str, str]]:
    return [
        (one.external_id_type, one.external_id_value, one.external_id_relationship)
        for one in external_ids(work, work_type=work_type)
    ]


RELATED = [
    ("IsVersionOf", "DOI", "10.5555/concept", ("doi", "10.5555/concept", "version-of")),
    ("HasVersion", "DOI", "10.5555/v1", ("doi", "10.5555/v1", "version-of")),
    ("IsNewVersionOf", "DOI", "10.5555/v1", ("doi", "10.5555/v1", "version-of")),
    ("IsPreviousVersionOf", "DOI", "10.5555/v3", ("doi", "10.5555/v3", "version-of")),
    ("IsVariantFormOf", "DOI", "10.5555/v", ("doi", "10.5555/v", "version-of")),
    ("IsOriginalFormOf", "DOI", "10.5555/v", ("doi", "10.5555/v", "version-of")),
    ("IsIdenticalTo", "DOI", "10.5555/v", ("doi", "10.5555/v", "version-of")),
    ("IsVersionOf", "DOI", "10.5555/own", None),
    ("IsVersionOf", "Handle", "1813/12345", None),
    ("IsPartOf", "DOI", "10.5555/whole", ("doi", "10.5555/whole", "part-of")),
    ("IsPublishedIn", "DOI", "10.5555/whole", ("doi", "10.5555/whole", "part-of")),
    ("IsPartOf", "ISSN", "12345679", ("issn", "1234-5679", "part-of")),
    ("IsPartOf", "EISSN", "1234-567x", ("issn", "1234-567X", "part-of")),
    ("IsPartOf", "LISSN", "1234-5679", ("issn", "1234-5679", "part-of")),
    ("IsPartOf", "ISBN", "978-3-16-148410-0", ("isbn", "9783161484100", "part-of")),
    ("IsPartOf", "ISSN", "unknown", None),
    ("IsPartOf", "URL", "https://repository.example.org/communities/pots", None),
    ("IsPartOf", "Handle", "1813/12345", None),
    ("Cites", "DOI", "10.5555/other", None),
    ("HasPart", "DOI", "10.5555/file", None),
]  # fmt: skip


@pytest.mark.parametrize(("relation", "kind", "value", "expected"), RELATED)
def test_a_relation_becomes_an_id(
    relation: str, kind: str, value: str, expected: tuple[str, str, str] | None
) -> None:
    work = Work(doi=OWN, related=(related(relation, kind, value),))
    assert made(work) == [SELF, *([expected] if expected else [])]


def test_every_version_relation_is_in_the_table_above() -> None:
    shown = {relation for relation, _, _, expected in RELATED if expected}
    assert shown == ids.VERSION_RELATIONS | ids.PART_RELATIONS


ALTERNATES = [
    ("arXiv", "https://arxiv.org/abs/2401.01234v2", ("arxiv", "arXiv:2401.01234v2", "self")),
    ("Handle", "https://hdl.handle.net/1813/12345", ("handle", "1813/12345", "self")),
    ("ISBN", "3-16-148410-X", ("isbn", "316148410X", "self")),
    ("PMID", "PMID: 38012345", ("pmid", "38012345", "self")),
    ("bibcode", "2024JPot.....3....9C"[:19], ("bibcode", "2024JPot.....3....9C"[:19], "self")),
    ("ARK", "https://n2t.net/ark:/12148/btv1b", ("ark", "ark:/12148/btv1b", "self")),
    ("IGSN", "IECUR0097", ("other-id", "IECUR0097", "self")),
    ("SWHID", "swh:1:dir:94a9", ("other-id", "swh:1:dir:94a9", "self")),
    ("Local accession number", "7", None),
    ("DOI", "10.5555/other", None),
    ("PMID", "none", None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "expected"), ALTERNATES)
def test_an_alternate_identifier_becomes_an_id(
    kind: str, value: str, expected: tuple[str, str, str] | None
) -> None:
    work = Work(doi=OWN, identifiers=(AlternateId(kind, value),))
    assert made(work) == [SELF, *([expected] if expected else [])]


def test_the_isbn_of_a_chapter_is_that_of_its_book() -> None:
    work = Work(doi=OWN, identifiers=(AlternateId("ISBN", "9783161484100"),))
    assert made(work, "book-chapter")[1] == ("isbn", "9783161484100", "part-of")


FUNDINGS = [
    (Funding("A-1", ""), ("grant_number", "A-1", "funded-by"), "a number"),
    (Funding("", "https://x.example.org/1"),
     ("uri", "https://x.example.org/1", "funded-by"), "an address"),
    (Funding("A-1", "https://doi.org/10.5555/A"),
     ("doi", "10.5555/a", "funded-by"), "an award with a DOI"),
    (Funding("10.5555/award", ""), ("doi", "10.5555/award", "funded-by"), "DOI as number"),
    (Funding("v10.2", ""), ("grant_number", "v10.2", "funded-by"), "only looks like a DOI"),
    (Funding("", "gopher://x"), None, "no web address"),
    (Funding("", "https://x.example.org/a b"), None, "no address"),
    (Funding(":unav", ""), None, "placeholder"),
    (Funding("", ""), None, "only a funder"),
]  # fmt: skip


@pytest.mark.parametrize(("funding", "expected", "remark"), FUNDINGS)
def test_an_award_becomes_an_id(
    funding: Funding, expected: tuple[str, str, str] | None, remark: str
) -> None:
    found = made(Work(doi=OWN, funding=(funding,)))
    assert found == [SELF, *([expected] if expected else [])], remark


def test_the_address_of_an_award_goes_with_its_number() -> None:
    work = Work(doi=OWN, funding=(Funding("A-1", "https://x.example.org/1"),))
    address = external_ids(work, work_type="data-set")[1].external_id_url
    assert address is not None
    assert address.value == "https://x.example.org/1"


def test_every_id_is_sent_once_whatever_its_spelling() -> None:
    work = Work(
        doi=OWN,
        identifiers=(
            AlternateId("ISBN", "978-3-16-148410-0"),
            AlternateId("isbn", "9783161484100"),
        ),
        related=(
            related("IsVersionOf", "DOI", "10.5555/C"),
            related("HasVersion", "DOI", "https://doi.org/10.5555/c"),
            related("IsPartOf", "DOI", "10.5555/c"),
            related("IsPartOf", "ISSN", "1234-5679"),
        ),
        container=Container(identifier="12345679", identifier_kind="ISSN"),
        funding=(Funding("a-1", ""), Funding("A-1", "")),
    )
    assert made(work) == [
        SELF,
        ("isbn", "9783161484100", "self"),
        ("doi", "10.5555/c", "version-of"),
        ("issn", "1234-5679", "part-of"),
        ("grant_number", "a-1", "funded-by"),
    ]


def test_a_doi_that_orcid_reads_as_our_own_is_our_own() -> None:
    """ORCID reads a DOI only up to a quote or an ampersand."""
    work = Work(doi=doi.parse("10.5555/a&b"), related=(related("IsPartOf", "DOI", "10.5555/a&c"),))
    assert made(work) == [("doi", "10.5555/a&b", "self")]


def test_a_doi_that_orcid_cannot_read_gives_no_ids() -> None:
    assert external_ids(Work(doi=doi.parse("10.5555/'x'y")), work_type="other") == []


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("*.json")), ids=lambda file: file.stem)
def test_no_fixture_names_itself_twice(fixture: Path) -> None:
    if fixture.stem == "without_doi":
        return
    work = reading.read(fixture.read_bytes())
    values = [value for kind, value, _ in made(work) if kind == "doi"]
    assert values.count(work.doi) == 1


def test_values_are_normalised_as_orcid_does(shared: Path) -> None:
    vectors = json.loads((shared / "data/orcid/identifiers/normalizer-vectors.json").read_text())
    kinds = ("doi", "issn", "isbn", "arxiv", "pmid", "bibcode")
    wrong = [
        (one, found)
        for one in vectors["vectors"]
        if one["type"] in kinds
        and (found := NORMALISERS[one["type"]](one["input"])).lower() != one["expected"].lower()
    ]
    assert wrong == []


def test_every_type_is_one_of_orcids(shared: Path) -> None:
    vocabulary = json.loads((shared / "data/orcid/vocab/orcid-v3-vocab.json").read_text())
    assert set(NORMALISERS) <= set(vocabulary["external_id_types"])
    assert {*ids.SELF_KINDS.values(), *ids.PART_KINDS.values()} <= set(NORMALISERS)
    funded = {"doi", "grant_number", "uri"}
    assert funded <= set(vocabulary["funded_by_allowed_types"])
