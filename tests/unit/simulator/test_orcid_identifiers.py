"""Identifiers as ORCID reads them: all of ORCID's own cases, and check digits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiles.simulator.orcid import vocabulary
from profiles.simulator.orcid.normalize import STEPS, by_type, normalize
from profiles.simulator.orcid.simulator import with_check_digit


def test_every_vector_of_orcids_normalisers_passes(orcid_data: Path) -> None:
    vectors = json.loads((orcid_data / "identifiers/normalizer-vectors.json").read_text())
    wrong = [
        (one["type"], one["input"], by_type(one["type"], one["input"]))
        for one in vectors["vectors"]
        if by_type(one["type"], one["input"]) != one["expected"]
    ]
    assert len(vectors["vectors"]) == 166
    assert wrong == []


def test_check_digits_are_those_of_orcids_examples(orcid_data: Path) -> None:
    vectors = json.loads((orcid_data / "identifiers/orcid-checksum-vectors.json").read_text())
    for one in vectors["vectors"]:
        number = int(one["orcid"].replace("-", "")[:15])
        assert (with_check_digit(number) == one["orcid"]) is one["valid"], one["note"]


NORMALISED = [
    # type, value, normalised, remark
    ("doi", "https://doi.org/10.5555/ABC", "10.5555/abc", "not case-sensitive: lower case first"),
    ("doi", "10.5555/abc.", "10.5555/abc.", "a final full stop stays"),
    ("doi", "work:doi", "", "no DOI in it: error 8001"),
    ("uri", "https://Example.org/A", "https://Example.org/A", "case-sensitive"),
    ("rrid", "RRID:AB_2340001", "RRID:AB_2340001", "case-sensitive, prefix once"),
    ("handle", " 10013/EPIC.1 ", "10013/epic.1", "no step of its own: trimmed and lowered"),
]


@pytest.mark.parametrize(("kind", "value", "expected", "remark"), NORMALISED)
def test_lower_case_comes_before_the_step_of_the_type(
    kind: str, value: str, expected: str, remark: str
) -> None:
    assert normalize(kind, value) == expected, remark


def test_the_word_lists_are_orcids(orcid_data: Path) -> None:
    vocab = json.loads((orcid_data / "vocab/orcid-v3-vocab.json").read_text())
    ids = vocab["external_id_types"]
    assert set(vocabulary.WORK_TYPES) == set(vocab["work_types"])
    assert vocab["work_type_aliases_accepted"] == vocabulary.WORK_TYPE_ALIASES
    assert set(vocabulary.RELATIONSHIPS) == set(vocab["relationships"])
    assert set(vocabulary.CITATION_TYPES) == set(vocab["citation_types"])
    assert set(vocabulary.LANGUAGES) == set(vocab["language_codes"])
    assert set(vocabulary.COUNTRIES) == set(vocab["countries"])
    roles = vocab["contributor_roles"]
    assert set(vocabulary.CONTRIBUTOR_ROLES) == {*roles["legacy"], *roles["credit"]}
    assert set(vocabulary.IDENTIFIER_TYPES) == set(ids)
    assert set(vocabulary.CASE_SENSITIVE_TYPES) == {k for k in ids if ids[k]["case_sensitive"]}
    assert set(STEPS) <= set(ids)
