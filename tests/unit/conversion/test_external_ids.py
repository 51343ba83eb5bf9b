"""External ids: the right relationship, each once, the own DOI never twice."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from profiles.conversion import external_ids as ids
from profiles.conversion.external_ids import NORMALISERS, external_ids
from profiles.sources.datacite import reading
from profiles.values import doi, vocabulary
from profiles.values.work import AlternateId, Container, Funding, RelatedId, Work

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"
OWN = doi.parse("10.5555/own")
SELF = ("doi", "10.5555/own", "self")


def related(relation: str, kind: str, value: str) -> RelatedId:
    return RelatedId(relation, kind, value, doi.parse(value) if "10.5555/" in value else None)


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
    ("IsPartOf", "EISSN", "2434-561x", ("issn", "2434-561X", "part-of")),
    ("IsPartOf", "LISSN", "1234-5679", ("issn", "1234-5679", "part-of")),
    ("IsPartOf", "ISBN", "978-3-16-148410-0", ("isbn", "9783161484100", "part-of")),
    ("IsPartOf", "ISSN", "unknown", None),
    ("IsPartOf", "ISSN", "1234-5678", None),
    ("IsPartOf", "ISSN", "0000-0000", None),
    ("IsPartOf", "ISBN", "978-3-16-148410-1", None),
    ("IsVersionOf", "DOI", "10.5555/own&more", None),
    ("IsVersionOf", "DOI", "10.5555/'quoted'", None),
    ("IsVersionOf", "URL", "https://doi.org/10.5555/v", ("doi", "10.5555/v", "version-of")),
    ("IsPartOf", "URL", "https://doi.org/10.5555/whole", ("doi", "10.5555/whole", "part-of")),
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
    assert shown == vocabulary.VERSION_RELATIONS | {*vocabulary.HOLDING_RELATIONS}


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
    ("ISBN", "0000000000", None),
    ("ISBN", "3-16-148410-1", None),
    ("Handle", "10.5555/own", None),
    ("Handle", "hdl:10.5555/OWN", None),
    ("Handle", "hdl:1813/12345", ("handle", "1813/12345", "self")),
    ("Handle", "https://repo2.example.org/handle/10900/123", ("handle", "10900/123", "self")),
    ("Handle", "https://repo2.example.org/item/7", None),
    ("IGSN", "N/A", None),
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
    (Funding("123", "https://doi.org/10.13039/501100001659"), ("grant_number", "123", "funded-by"),
     "a number, and the funder's DOI"),
    (Funding("10.13039/501100001659", ""), None, "only the funder's DOI"),
    (Funding("", "https://doi.org/10.13039/501100001659"), None, "as an address"),
    (Funding("", "https://example.org/10.1234/projects"),
     ("uri", "https://example.org/10.1234/projects", "funded-by"), "no resolver's address"),
    (Funding("doi:10.5555/A", ""), ("doi", "10.5555/a", "funded-by"), "a label"),
    (Funding("10.001/2020", ""), ("grant_number", "10.001/2020", "funded-by"), "a number with 10."),
    (Funding("RGPIN\u00a02019-1", ""), ("grant_number", "RGPIN 2019-1", "funded-by"), "blank"),
    (Funding("AB\n12", ""), ("grant_number", "AB 12", "funded-by"), "line break"),
    (Funding("A &amp; B", ""), ("grant_number", "A & B", "funded-by"), "entity"),
    (Funding("<b>12</b>", ""), ("grant_number", "12", "funded-by"), "tags"),
    (Funding("N/A", ""), None, "none in words"),
    (Funding("-", ""), None, "none as a dash"),
    (Funding("(none)", "https://x.example.org/1"),
     ("uri", "https://x.example.org/1", "funded-by"), "none, with an address"),
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


def test_the_address_of_a_funder_goes_with_no_number() -> None:
    work = Work(doi=OWN, funding=(Funding("123", "https://doi.org/10.13039/501100001659"),))
    assert external_ids(work, work_type="data-set")[1].external_id_url is None


def test_a_version_that_holds_the_work_is_a_version() -> None:
    whole = [related(relation, "DOI", "10.5555/c") for relation in ("IsPartOf", "HasVersion")]
    work = Work(doi=OWN, related=tuple(whole))
    assert made(work) == [SELF, ("doi", "10.5555/c", "version-of")]


HOSTILE = [
    "1234" + " " * 1990 + "x", "1234 " * 390, "a" * 2000, "a-" * 1000, "1" * 2000, "1." * 990 + "x",
    "978" + "- " * 990, "pmid:" + " " * 1990, "ark:" * 490, "ark:/" + "a" * 1990,
    "hdl.handle.net/" * 130, "/handle/1" * 220, "10." * 660, "10.5555/" + "'" * 1900,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: value[:10])
def test_a_hostile_value_takes_no_time(value: str) -> None:
    """No longer ones come out of a record; there may be thousands of them."""
    kinds = [*ids.SELF_KINDS, *ids.PART_KINDS]
    work = Work(
        doi=OWN,
        identifiers=tuple(AlternateId(kind, value) for kind in kinds),
        related=tuple(RelatedId("IsPartOf", kind, value) for kind in kinds),
        funding=(Funding(value, value),),
    )
    started = time.perf_counter()
    external_ids(work, work_type="data-set")
    assert time.perf_counter() - started < 0.05


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
    assert [value for _, value, _ in made(work)].count(work.doi) == 1


def test_values_are_normalised_as_orcid_does(shared: Path) -> None:
    vectors = json.loads((shared / "data/orcid/identifiers/normalizer-vectors.json").read_text())
    kinds = ("issn", "isbn", "arxiv", "pmid", "bibcode")
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
    assert {*ids.SELF_KINDS.values(), *ids.PART_KINDS.values()} <= {*NORMALISERS, "doi"}
    funded = {"doi", "grant_number", "uri"}
    assert funded <= set(vocabulary["funded_by_allowed_types"])
