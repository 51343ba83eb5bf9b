"""Every spelling of a DOI becomes one; what is none is refused."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import NotADoi
from profiles.values import doi

SPELLINGS = [
    ("10.5061/dryad.8515", "10.5061/dryad.8515", "canonical"),
    ("10.5061/DRYAD.8515", "10.5061/dryad.8515", "upper case"),
    ("  10.5061/dryad.8515\n", "10.5061/dryad.8515", "blanks around"),
    ("\ufeff10.5061/dryad\u200b.8515", "10.5061/dryad.8515", "invisible characters"),
    ("doi:10.5061/dryad.8515", "10.5061/dryad.8515", "label"),
    ("DOI: 10.5061/dryad.8515", "10.5061/dryad.8515", "label with a blank"),
    ("doi 10.5061/dryad.8515", "10.5061/dryad.8515", "label without a colon"),
    ("info:doi/10.5061/dryad.8515", "10.5061/dryad.8515", "info URI"),
    ("urn:doi:10.5061/dryad.8515", "10.5061/dryad.8515", "URN"),
    ("https://doi.org/10.5061/dryad.8515", "10.5061/dryad.8515", "resolver"),
    ("http://dx.doi.org/10.5061/dryad.8515", "10.5061/dryad.8515", "old resolver"),
    ("HTTPS://DOI.ORG/10.5061/DRYAD.8515", "10.5061/dryad.8515", "shouted"),
    ("http:/dx.doi.org/10.5061/dryad.8515", "10.5061/dryad.8515", "one slash lost"),
    ("//doi.org/10.5061/dryad.8515", "10.5061/dryad.8515", "without a scheme"),
    ("www.doi.org/10.5061/dryad.8515", "10.5061/dryad.8515", "bare host"),
    ("doi:https://doi.org/10.5061/dryad.8515", "10.5061/dryad.8515", "label and resolver"),
    ("https://doi.org/doi:10.5061/dryad.8515", "10.5061/dryad.8515", "resolver and label"),
    ("https://doi-org.proxy.example.edu/10.5061/x", "10.5061/x", "library's proxy"),
    ("https://proxy.example.edu/login?url=https://doi.org/10.5061/x", "10.5061/x", "proxy, 2"),
    ("https://handle.test.datacite.org/10.5072/x", "10.5072/x", "test resolver"),
    ("https://hdl.handle.net/10.5061/x", "10.5061/x", "handle resolver"),
    ("https://doi.org/10.5061/x/", "10.5061/x", "slash after an address"),
    ("https://doi.org/10.5061/x?download=true", "10.5061/x", "query of an address"),
    ("https://doi.org/10.5061/x#abstract", "10.5061/x", "fragment of an address"),
    ("https://doi.org/10.5061%2Fdryad.8515", "10.5061/dryad.8515", "percent-encoded address"),
    ("10.5061%2fdryad.8515", "10.5061/dryad.8515", "percent-encoded slash"),
    ("https://doi.org/10.1002/a%3Ab%23c", "10.1002/a:b#c", "reserved characters"),
    ("10.1175/1520(2002)059&amp;lt;2951:R&amp;gt;2.0.CO;2", "10.1175/1520(2002)059<2951:r>2.0.co;2",
     "XML escapes, twice"),
    ("<10.5061/x>", "10.5061/x", "in angle brackets"),
    ("10.5061/x.", "10.5061/x", "the sentence's full stop"),
    ("10.5061/x).", "10.5061/x", "the sentence's bracket"),
    ("10.24192/2386(2015)(v3)(09)", "10.24192/2386(2015)(v3)(09)", "its own brackets"),
    ("10.1002/(sici)1(1999)1:1<1::aid-x>3.0.co;2-#", "10.1002/(sici)1(1999)1:1<1::aid-x>3.0.co;2-#",
     "SICI"),
    ("10.978.962201/9270", "10.978.962201/9270", "prefix of three parts"),
    ("10.5555/über", "10.5555/über", "other letters"),
]  # fmt: skip

NONE = [
    ("", "empty"),
    ("10.5061", "only a prefix"),
    ("10.5061/", "no suffix"),
    ("10.5061/.", "only punctuation behind the prefix"),
    ("doi:10.1038", "label and prefix"),
    ("11.5061/x", "another directory"),
    ("10.x/y", "no number"),
    ("10.12/2020", "a date, not a DOI"),
    ("10.4013 /cld.2016", "blank within"),
    ("10.5061/a b", "blank within the suffix: cutting it would name another work"),
    ("10.5061/a\x07b", "control character"),
    ("xyz789", "junk"),
    ("https://example.org/record/10", "an address without a DOI"),
    ("https://example.org/files/10.5061/x/table.csv", "an address that holds more than a DOI"),
    ("see 10.5061/x", "free text"),
    ("10.5061/" + "x" * 3000, "endless"),
    ("10.5555/../10.5061/other", "a way to another DOI"),
    ("10.5555/a/./b", "a way to the same DOI"),
    ("https://doi.org/10.5555/%2e%2e/10.5061/other", "the same way, encoded"),
]

# What a pattern could try to read in millions of ways, or again from each of its characters.
HOSTILE = [
    ("?a=//h/" * 280 + "x10.1234/abc d", "parameters that hold addresses"),
    ("?a=" * 600 + "10.1234/a b", "parameters"),
    ("doi  " * 390 + "x", "labels and blanks"),
    ("//h/" + "doi///" * 320 + "x y", "labels and slashes"),
    ("a." * 900 + "doi.orgx", "names of hosts"),
    ("10.1234/a" + ")" * 1900 + " ", "closing brackets"),
    ("10.1234/a" + ")" * 1_000_000, "very many of them"),
    ("&" + "amp;" * 490, "escaped again and again"),
    ("&" + "amp;" * 250_000, "and again"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), SPELLINGS)
def test_every_spelling_becomes_the_canonical_one(text: str, expected: str, remark: str) -> None:
    assert doi.parse(text) == expected, remark


@pytest.mark.parametrize(("text", "remark"), NONE)
def test_what_is_no_doi_is_refused_with_one_line(text: str, remark: str) -> None:
    with pytest.raises(NotADoi) as caught:
        doi.parse(text)
    assert "\n" not in caught.value.message, remark


@pytest.mark.parametrize(("text", "remark"), HOSTILE)
def test_a_hostile_text_takes_no_time(text: str, remark: str) -> None:
    started = time.perf_counter()
    with contextlib.suppress(NotADoi):
        doi.parse(text)
    assert time.perf_counter() - started < 0.5, remark


@pytest.mark.parametrize("canonical", sorted({expected for _, expected, _ in SPELLINGS}))
def test_the_address_of_a_doi_leads_back_to_it(canonical: str) -> None:
    address = doi.url(doi.parse(canonical))
    assert address.isascii()
    assert doi.parse(address) == canonical


def test_the_prefix_is_what_stands_before_the_slash() -> None:
    assert doi.prefix(doi.parse("10.5061/a/b")) == "10.5061"


_PIECES = st.sampled_from(
    ["10.5555/", "doi:", "https://doi.org/", "%2F", "%25", "&amp;", "&lt;", ")", ".", "/", "?", "#",
     "A", "ß", "İ", "Σ", " ", "<", ">", "(", "é", "\u200b", "'", '"', "10."]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=9).map("".join) | st.text(max_size=30).map("10.5555/{}".format))
def test_parsing_twice_changes_nothing(text: str) -> None:
    try:
        once = doi.parse(text)
    except NotADoi:
        return
    assert doi.parse(once) == once
    assert doi.url(once).isascii()


def test_dois_that_orcid_normalises_are_read_the_same(shared: Path) -> None:
    """Free text around a DOI apart, which ORCID searches and we refuse."""
    vectors = json.loads((shared / "data/orcid/identifiers/normalizer-vectors.json").read_text())
    read = 0
    for vector in (one for one in vectors["vectors"] if one["type"] == "doi"):
        try:
            found = doi.parse(vector["input"])
        except NotADoi:
            continue
        assert found == vector["expected"].lower().rstrip("."), vector
        read += 1
    assert read >= 20
