"""iDs are found in every spelling that was seen, and nothing else is taken for one."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import NotAnOrcidId
from profiles.values import orcid_id
from profiles.values.orcid_id import REASONS, RefusedOrcidId

JOSIAH = "0000-0002-1825-0097"

SPELLINGS = [
    (JOSIAH, "canonical"),
    ("https://orcid.org/0000-0002-1825-0097", "address"),
    ("http://orcid.org/0000-0002-1825-0097", "old scheme"),
    ("HTTPS://WWW.ORCID.ORG/0000-0002-1825-0097/", "www, capitals, slash"),
    ("orcid.org/0000-0002-1825-0097", "without a scheme"),
    ("\n  0000-0002-1825-0097 \t", "blanks around"),
    ("0000000218250097", "no hyphens"),
    ("0000 0002 1825 0097", "blanks between"),
    ("0000–0002—1825−0097", "three kinds of dash"),
    ("０000-0002-1825-0097", "full-width digit"),
    ("0000-\u200b0002-1825-0097\ufeff", "zero width"),
    ("ORCID: 0000-0002-1825-0097", "label"),
    ("orcid:0000-0002-1825-0097", "label without a blank"),
    ("https://orcid.org/https://orcid.org/0000-0002-1825-0097", "doubled"),
    ("https://orcid.org/0000-0002-1825-0097/print", "path"),
    ("https://orcid.org/0000-0002-1825-0097?lang=en", "query"),
    ("https://orcid.org/my-orcid?orcid=0000-0002-1825-0097", "the owner's own page"),
    ("0000-0002-1825-0097.", "full stop"),
    ("0000-0002-1825-0097 (0000-0002-1825-0097)", "the same twice"),
]

REFUSED = [
    ("", "empty", "nothing"),
    (" \u200b ", "empty", "nothing to be seen"),
    ("xyz789", "no_id", "junk"),
    ("0000-0002-1825-009", "no_id", "15 characters"),
    ("X000-0002-1825-0097", "no_id", "X only at the end"),
    ("0000-0002-1825-00977", "too_long", "17 digits"),
    ("10000-0002-1825-0097", "too_long", "a digit in front"),
    ("0000-0002-1825-0097a", "too_long", "a letter behind"),
    ("0000-0002-1825-0097-1234", "too_long", "a further group"),
    ("0000-0002-1825-0097 0000-0001-5109-3700", "two_ids", "two people"),
    ("0000-0002-1825-0098", "check_digit", "wrong digit"),
    ("0000-0000-0000-0000", "check_digit", "placeholder"),
    ("https://sandbox.orcid.org/0000-0002-1825-0097", "other_host", "sandbox"),
    ("qa.orcid.org/0000-0002-1825-0097", "other_host", "test system"),
    ("https://orcid.org.example.com/0000-0002-1825-0097", "other_host", "look-alike"),
    ("https://isni.org/isni/0000000218250097", "other_host", "another registry"),
    ("isni.org/isni/0000000218250097", "other_host", "another registry, without a scheme"),
    ("www.example.com/0000-0002-1825-0097", "other_host", "a name with www"),
    ("notorcid.org/0000-0002-1825-0097", "other_host", "the end of a name is no name"),
    ("not_orcid.org/0000-0002-1825-0097", "other_host", "nor behind an underscore"),
    ("nót-orcid.org/0000-0002-1825-0097", "other_host", "nor behind another letter"),
    ("https://orcid.org/sandbox.orcid.org/0000-0002-1825-0097", "other_host", "doubled, mixed"),
]


@pytest.mark.parametrize(("text", "remark"), SPELLINGS)
def test_every_spelling_becomes_the_canonical_one(text: str, remark: str) -> None:
    assert orcid_id.parse(text) == JOSIAH, remark


@pytest.mark.parametrize(("text", "reason", "remark"), REFUSED)
def test_what_is_no_id_is_refused_with_its_reason(text: str, reason: str, remark: str) -> None:
    with pytest.raises(RefusedOrcidId) as caught:
        orcid_id.parse(text)
    assert caught.value.reason == reason, remark
    assert isinstance(caught.value, NotAnOrcidId)
    assert "\n" not in caught.value.message


def test_every_reason_is_shown_by_an_example() -> None:
    assert {reason for _, reason, _ in REFUSED} == set(REASONS)


def test_the_check_character_is_a_capital_x() -> None:
    assert orcid_id.parse("https://orcid.org/0000-0002-1694-233x") == "0000-0002-1694-233X"


def test_a_sandbox_takes_its_own_ids_and_refuses_production() -> None:
    sandbox = "sandbox.orcid.org"
    assert orcid_id.parse(f"https://sandbox.orcid.org/{JOSIAH}", host=sandbox) == JOSIAH
    assert orcid_id.parse(JOSIAH, host=sandbox) == JOSIAH
    with pytest.raises(RefusedOrcidId) as caught:
        orcid_id.parse(f"https://orcid.org/{JOSIAH}", host=sandbox)
    assert caught.value.reason == "other_host"


CLAIMS = [
    ("0000-0002-1825-0097", "ORCID", "", True, "the scheme"),
    ("", "ORCID", "", True, "the scheme, without a value: evidence"),
    ("0000-0002-1825-0097", "orcid iD", "", True, "letters only, any case"),
    ("0000-0002-1825-0097", "https://orcid.org/", "", True, "the scheme is the address"),
    ("0000-0002-1825-0097", "Other", "http://orcid.org/", True, "the schemeUri"),
    ("https://orcid.org/0000-0002-1825-0097", "Other", "", True, "the value's host"),
    ("https://sandbox.orcid.org/0000-0002-1825-0097", "", "", True, "a part of the host"),
    ("orcid.org/0000-0002-1825-0097", "", "", True, "the value's host, bare"),
    ("0000 0001 2150 090X", "ISNI", "https://isni.org", False, "same shape, another scheme"),
    ("0000-0002-1825-0097", "", "", False, "a bare number without any scheme"),
    ("https://ror.org/013meh722", "ROR", "https://ror.org", False, "an organisation"),
    ("https://notorcid.org/0000-0002-1825-0097", "", "", False, "another host"),
    ("notorcid.org/0000-0002-1825-0097", "", "", False, "another host, bare"),
    ("0000-0002-1825-0097", "Other", "https://sandbox.orcid.org", False, "the sandbox's schemeUri"),
    ("0000-0002-1825-0097", "Other", "https://qa.orcid.org/", False, "a test system's schemeUri"),
    ("0000-0002-1825-0097", "https://sandbox.orcid.org/", "", False, "the sandbox as scheme"),
    ("0000-0002-1825-0097", "Other", "https://www.orcid.org/", True, "the schemeUri with www"),
    ("0000-0002-1825-0097", "Other", "orcid.org", True, "the schemeUri without a scheme"),
]


@pytest.mark.parametrize(("value", "scheme", "uri", "expected", "remark"), CLAIMS)
def test_it_is_clear_what_claims_to_be_an_orcid_id(
    value: str, scheme: str, uri: str, *, expected: bool, remark: str
) -> None:
    found = orcid_id.is_claimed(value=value, scheme=scheme, scheme_uri=uri)
    assert found is expected, remark


def test_a_sandbox_goes_by_its_own_scheme_uri() -> None:
    for uri, expected in (("https://sandbox.orcid.org", True), ("https://orcid.org", False)):
        found = orcid_id.is_claimed(
            value=JOSIAH, scheme="Other", scheme_uri=uri, host="sandbox.orcid.org"
        )
        assert found is expected, uri


def test_a_registry_at_a_port_is_known_by_its_name() -> None:
    value, host = f"http://localhost:8102/{JOSIAH}", "localhost:8102"
    assert orcid_id.is_claimed(value=value, scheme="", scheme_uri="", host=host)
    assert orcid_id.parse(value, host=host) == JOSIAH


@pytest.mark.parametrize(
    "text",
    ["a" * 200_000, "a." * 100_000 + "orcid.orgx", "orcid.org." * 20_000, "1234 " * 40_000,
     "1234" + " " * 200_000 + "x", "//" * 100_000, "-" * 200_000, "a-" * 100_000 + "/"],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = time.perf_counter()
    orcid_id.is_claimed(value=text, scheme=text, scheme_uri=text)
    with contextlib.suppress(RefusedOrcidId):
        orcid_id.parse(text)
    assert time.perf_counter() - started < 2


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_the_canonical_form_returns_itself_and_no_other_check_character_holds(number: int) -> None:
    fifteen = f"{number:015}"
    right = [char for char in "0123456789X" if orcid_id.has_check_digit(fifteen + char)]
    assert len(right) == 1
    sixteen = fifteen + right[0]
    canonical = "-".join(sixteen[at : at + 4] for at in (0, 4, 8, 12))
    assert orcid_id.parse(canonical) == canonical
    assert orcid_id.parse(f"https://orcid.org/{sixteen.lower()}") == canonical


@given(st.text(max_size=60))
def test_any_text_is_an_id_or_refused(text: str) -> None:
    try:
        found = orcid_id.parse(text)
    except RefusedOrcidId as error:
        found = None
        reason = error.reason
    assert reason in REASONS if found is None else orcid_id.parse(found) == found


def test_the_spellings_collected_from_real_records(shared: Path) -> None:
    variants = json.loads((shared / "data/datacite/orcid-variants.json").read_text())
    assert len(variants) == 29
    for one in variants:
        value, scheme = one["nameIdentifier"] or "", one["nameIdentifierScheme"] or ""
        found = None
        if orcid_id.is_claimed(value=value, scheme=scheme, scheme_uri=""):
            try:
                found = orcid_id.parse(value)
            except RefusedOrcidId:
                found = None
        assert found == one["expected"], one


def test_the_check_digit_vectors(shared: Path) -> None:
    data = json.loads((shared / "data/orcid/identifiers/orcid-checksum-vectors.json").read_text())
    for one in data["vectors"]:
        assert orcid_id.has_check_digit(one["orcid"].replace("-", "")) is one["valid"], one
    for one in data["forms"]:
        try:
            found = "https://orcid.org/" + orcid_id.parse(one["input"])
        except RefusedOrcidId:
            found = None
        assert found == one["canonical"], one
