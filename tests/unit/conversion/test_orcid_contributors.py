"""All creators in order, then those who earn a person's credit, each once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiles.conversion import contributors as module
from profiles.conversion.contributors import LEFT_OUT, ROLES, contributors
from profiles.sources.datacite import reading
from profiles.values import doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, Work

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"
OWN = doi.parse("10.5555/own")
JOSIAH = OrcidId("0000-0002-1825-0097")

# contributorType of schema 4.7, and the legacy "Funder".
VOCABULARY = """
ContactPerson DataCollector DataCurator DataManager Distributor Editor HostingInstitution Other
Producer ProjectLeader ProjectManager ProjectMember RegistrationAgency RegistrationAuthority
RelatedPerson ResearchGroup RightsHolder Researcher Sponsor Supervisor Translator
WorkPackageLeader Funder
""".split()  # noqa: SIM905


def credits_of(work: Work) -> list[tuple[str, str, str | None]]:
    return [
        (
            one.credit_name.value,
            one.contributor_attributes.contributor_sequence,
            one.contributor_attributes.contributor_role,
        )
        for one in contributors(work, orcid_host="orcid.org")
    ]


def test_creators_and_contributors_are_credited_in_order() -> None:
    work = reading.read((FIXTURES / "roles.json").read_bytes())
    credit = "http://credit.niso.org/contributor-roles/"
    assert credits_of(work) == [
        ("Josiah Carberry", "first", "author"),
        ("The Pottery Consortium", "additional", "author"),
        ("Ed Kettle", "additional", "editor"),
        ("Ed Kettle", "additional", f"{credit}data-curation/"),
        ("Tra Translator", "additional", "chair-or-translator"),
        ("A Member", "additional", None),
        ("Sue Visor", "additional", f"{credit}supervision/"),
    ]


def test_all_authors_are_credited_however_many() -> None:
    found = credits_of(reading.read((FIXTURES / "hyper_authors.json").read_bytes()))
    assert len(found) == 300
    assert [sequence for _, sequence, _ in found] == ["first"] + ["additional"] * 299


def test_every_contributor_type_is_placed() -> None:
    assert set(ROLES) | LEFT_OUT == set(VOCABULARY)
    assert not set(ROLES) & LEFT_OUT


@pytest.mark.parametrize("kind", sorted(LEFT_OUT))
def test_what_is_no_persons_credit_is_left_out(kind: str) -> None:
    assert credits_of(Work(doi=OWN, contributors=(Contributor("Somebody", kind),))) == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "  ",
        ":unav",
        "(:unkn)",
        ":null, :null",
        "\u200b",
        ":{unav)",
        ":(unav)",
        "(:none) none",
        "{:unkn}",
        ":tba, none",
    ],
)
def test_a_name_that_says_nothing_is_left_out_and_the_next_is_first(name: str) -> None:
    work = Work(doi=OWN, creators=(Contributor(name), Contributor("Josiah Carberry")))
    assert credits_of(work) == [("Josiah Carberry", "first", "author")]


NAMES = [
    ("Josiah  Carberry ", "Josiah Carberry", "blanks"),
    ("Smith &amp; Sons", "Smith & Sons", "entities"),
    ("<b>Bold</b>", "Bold", "tags"),
    ("José\u00a0Núñez", "José Núñez", "non-breaking blank"),
    ("Tab\tName\x00", "Tab Name", "control characters"),
    (", Climate", "Climate", "half a name"),
    ("Carberry, ", "Carberry", "the other half"),
    ("Carberry,", "Carberry", "without a blank"),
    ("Carberry;", "Carberry", "a list of one"),
    ("Carberry, Josiah", "Carberry, Josiah", "a comma within"),
    ("Josiah S.", "Josiah S.", "an initial keeps its stop"),
    ("Institute: of Colons", "Institute: of Colons", "a colon is no placeholder"),
    (":null Smith", "Smith", "half a placeholder"),
    ("(:unav) Smith", "Smith", "in brackets"),
    ("Smith, :null", "Smith", "behind a comma"),
    ("Smith, (:unkn)", "Smith", "both"),
    ("Ann (:unav) Smith", "Ann Smith", "in the middle"),
    ("None, At", "None, At", "words that are somebody's name"),
    ("Josi\u00adah Carberry", "Josiah Carberry", "a soft hyphen"),
]


@pytest.mark.parametrize(("name", "expected", "remark"), NAMES)
def test_a_credit_name_is_clean(name: str, expected: str, remark: str) -> None:
    assert module.credit_name(Contributor(name)) == expected, remark
    for others in ((name, "Ann Other"), ("Ann Other", name), ("Ann Other", name, "Bo Third")):
        work = Work(doi=OWN, creators=tuple(map(Contributor, others)))
        assert [found for found, _, _ in credits_of(work)] == [
            expected if one == name else one for one in others
        ]


def test_a_long_name_is_cut_on_a_word_within_orcids_limit() -> None:
    name = module.credit_name(Contributor("The Society for Names " * 20))
    assert len(name) <= module.CREDIT_NAME_LIMIT
    assert name.endswith(("Names…", "for…", "Society…"))


def test_a_creator_is_not_repeated_as_contributor() -> None:
    work = Work(
        doi=OWN,
        creators=(Contributor("Josiah Carberry", orcids=(JOSIAH,)), Contributor("Ann Other")),
        contributors=(
            Contributor("J. Carberry", "Editor", orcids=(JOSIAH,)),
            Contributor("ann other", "Researcher"),
        ),
    )
    assert [name for name, _, _ in credits_of(work)] == ["Josiah Carberry", "Ann Other"]


def test_a_different_id_is_a_different_person_whatever_the_name() -> None:
    one, other = OrcidId("0000-0001-5109-3700"), OrcidId("0000-0002-1694-233X")
    work = Work(
        doi=OWN,
        creators=(Contributor("Wei Wang", orcids=(one,)), Contributor("Ann Other")),
        contributors=(
            Contributor("Wei Wang", "Editor", orcids=(other,)),
            Contributor("Wei Wang", "Researcher"),
            Contributor("Ann Other", "Editor", orcids=(JOSIAH,)),
        ),
    )
    found = contributors(work, orcid_host="orcid.org")
    names = [
        (each.credit_name.value, each.contributor_orcid and each.contributor_orcid.path)
        for each in found
    ]
    assert names == [("Wei Wang", one), ("Ann Other", None), ("Wei Wang", other)]


def test_the_configured_host_is_named() -> None:
    work = Work(doi=OWN, creators=(Contributor("Josiah Carberry", orcids=(JOSIAH,)),))
    (found,) = contributors(work, orcid_host="sandbox.orcid.org")
    assert found.contributor_orcid is not None
    assert found.contributor_orcid.uri == "https://sandbox.orcid.org/0000-0002-1825-0097"
    assert found.contributor_orcid.host == "sandbox.orcid.org"


def test_every_role_is_one_of_orcids(shared: Path) -> None:
    vocabulary = json.loads((shared / "data/orcid/vocab/orcid-v3-vocab.json").read_text())
    known = {role for roles in vocabulary["contributor_roles"].values() for role in roles}
    assert {role for role in ROLES.values() if role} | {"author"} <= known
