"""The rules on real records: all of them are evaluated, and the counts are known."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from profiles import conversion
from profiles.errors import MalformedRecord
from profiles.matching import Answer, Evaluation, Policy, Verdict, claimants, evaluate
from profiles.matching.case import PartRule
from profiles.sources.datacite import reading
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Work

SOMEBODY = OrcidId("0000-0002-1825-0097")
PART_RULES = {"R9", "R10", "R11", "R11b"}
# The relations that the sample's own column looks at, whatever they point to.
ALWAYS_EXCLUDED = {"IsIdenticalTo", "IsPartOf", "IsPreviousVersionOf", "IsVersionOf"}


class Sample(msgspec.Struct):
    name: str
    skipped_today: bool
    work: Work


class _About(msgspec.Struct):
    levriero_auto_update_skips: bool


class _File(msgspec.Struct):
    record: msgspec.Raw
    about: _About = msgspec.field(name="_sample")


@pytest.fixture(scope="module")
def samples(shared: Path) -> list[Sample]:
    found = []
    for folder in ("records", "derived-from-xml"):
        for path in sorted((shared / "data" / "datacite" / folder).glob("*.json")):
            file = msgspec.json.decode(path.read_bytes(), type=_File)
            try:
                work = reading.read(bytes(file.record))
            except MalformedRecord:  # the one without a DOI
                continue
            found.append(Sample(path.name, file.about.levriero_auto_update_skips, work))
    return found


def evaluations(samples: list[Sample], part_rule: PartRule) -> list[Evaluation]:
    policy = Policy(part_rule=part_rule)
    return [
        evaluate(sample.work, orcid, policy=policy)
        for sample in samples
        for orcid in claimants(sample.work)
    ]


@pytest.mark.parametrize(
    ("part_rule", "expected"),
    [
        ("components", {"": 139, "only_contributor": 34, "part_of_other": 30, "not_datacite": 23,
                        "part_of_doi": 19, "state_unknown": 16}),
        ("strict", {"": 135, "only_contributor": 34, "part_of_other": 30, "not_datacite": 23,
                    "part_of_doi": 19, "state_unknown": 16, "part_of_serial_strict": 3,
                    "part_of_community_strict": 1}),
    ],
)  # fmt: skip
def test_every_claimant_of_every_record_gets_the_known_verdict(
    samples: list[Sample], part_rule: PartRule, expected: dict[str, int]
) -> None:
    assert len(samples) == 217
    found = evaluations(samples, part_rule)
    assert Counter(each.reason for each in found) == expected
    assert all((each.verdict is Verdict.SEND) == (each.reason == "") for each in found)


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"


def what_is_sent_converts(work: Work) -> None:
    """And what R13 and R14 promise to group goes along."""
    evaluation = evaluate(work, SOMEBODY)
    codes = {each.code for each in evaluation.outcomes}
    if "complete" in codes:
        made = conversion.convert(work)
        relations = [each.external_id_relationship for each in made.external_ids.external_id]
        grouped = bool(codes & {"version_grouped", "identical_grouped"})
        assert ("version-of" in relations) == grouped, work.doi
    else:
        with pytest.raises(conversion.RefusedWork) as refused:
            conversion.convert(work)
        assert refused.value.reason in codes


def test_what_is_sent_of_every_record_converts(samples: list[Sample]) -> None:
    for sample in samples:
        what_is_sent_converts(sample.work)


@pytest.mark.parametrize("title", ["", "(:unas)", "<b></b>", "&nbsp;", "Pots"])
@pytest.mark.parametrize("doi", ["10.5555/abc", "10.5555/'abc"])
@pytest.mark.parametrize(
    ("relation", "kind", "value"),
    [
        ("isVersionOf", "DOI", "10.5555/def"),
        ("IsVersionOf", "URL", "https://doi.org/10.5555/def"),
        ("isidenticalto", "DOI", "10.5555/'def"),
        ("IsIdenticalTo", "DOI", "10.5555/abc&def"),
        ("IsIdenticalTo", "DOI", "10.5555/abc"),
    ],
)
def test_rules_and_conversion_agree(
    title: str, doi: str, relation: str, kind: str, value: str
) -> None:
    related = {
        "relatedIdentifier": value,
        "relatedIdentifierType": kind,
        "relationType": relation,
    }
    record = {"doi": doi, "titles": [{"title": title}], "relatedIdentifiers": [related]}
    what_is_sent_converts(reading.read(json.dumps(record)))


@pytest.mark.parametrize("fixture", sorted(FIXTURES.glob("*.json")), ids=lambda file: file.stem)
def test_rules_and_conversion_agree_on_our_own_records(fixture: Path) -> None:
    if fixture.stem != "without_doi":
        what_is_sent_converts(reading.read(fixture.read_bytes()))


def test_strict_parts_and_versions_agree_with_the_samples_own_column(
    samples: list[Sample],
) -> None:
    """The column was made from the documented relations by other means than ours."""
    for sample in samples:
        outcomes = evaluate(sample.work, SOMEBODY, policy=Policy(part_rule="strict")).outcomes
        part = any(each.rule in PART_RULES and each.answer is Answer.NO for each in outcomes)
        version = any(
            each.relation in ALWAYS_EXCLUDED - {"IsPartOf"} for each in sample.work.related
        )
        assert (part or version) == sample.skipped_today, sample.name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("10.5281_zenodo.3541219.json", ""),  # in a community, and a concept with its versions
        ("10.5281_zenodo.8244010.json", "part_of_doi"),  # a treatment: community, DOI, LSID, URL
        ("10.18419_darus-862_1431.json", "part_of_doi"),  # a file of a Dataverse dataset
        ("10.14469_ch_134155.json", "part_of_other"),  # a handle
        ("10.24350_cirm.v.19028803.json", "part_of_other"),  # a conference's web page
        ("10.1002_2017gb005676.json", "not_datacite"),  # Crossref's, in a journal
        ("rwth__lupo.json", ""),  # in a journal, with DataCite
        ("10.6084_m9.figshare.19991561.v1.json", ""),  # identical to its base DOI
        ("10.82621_sf34-nn32.json", ""),  # an iD under the scheme "Other"
        ("10.14454_f2wp-s162.json", "only_contributor"),
    ],
)
def test_records_checked_by_hand(samples: list[Sample], name: str, reason: str) -> None:
    [sample] = [each for each in samples if each.name == name]
    assert evaluate(sample.work, claimants(sample.work)[0]).reason == reason
