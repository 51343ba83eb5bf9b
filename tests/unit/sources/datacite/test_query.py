"""What a person types becomes a question to DataCite that means just that."""

from __future__ import annotations

import pytest

from profiles.simulator.datacite.query import parse
from profiles.simulator.datacite.store import EMPTY, Entry
from profiles.sources.datacite.query import for_dois, for_person, for_words
from profiles.values import doi
from profiles.values.orcid_id import OrcidId

TYPED: list[tuple[str, str, str]] = [
    ("ice of the Weddell Sea", "ice of the Weddell Sea", "words stay"),
    ("Carberry, Josiah", "Carberry Josiah", "a name, as catalogues write it"),
    ("10.5555/Abc", 'uid:("10.5555/abc")', "a DOI is that DOI"),
    (" https://doi.org/10.5555/ABC. ", 'uid:("10.5555/abc")', "in any spelling"),
    (r'10.5555/a"b\c', r'uid:("10.5555/a\"b\\c")', "with whatever it holds"),
    ('"sea ice" 2024', '"sea ice" 2024', "a phrase stays one"),
    ("“sea ice”", '"sea ice"', "however its quotes are drawn"),
    (r'"a\b: (c)"', r'"a\\b: (c)"', "in a phrase only quotes and backslashes mean something"),
    ('the "sea', "the sea", "a quote that is not closed"),
    ("salt AND pepper OR NOT", "salt and pepper or not", "operators are words like others"),
    ("titles.title:x", r"titles.title\:x", "no fields"),
    ("-ice +sea !snow", r"\-ice \+sea \!snow", "no signs"),
    ("te?t* ~2 ^3", r"te\?t\* \~2 \^3", "no wildcards, no fuzziness, no weights"),
    ("f(x)=[1 TO 2] {a}", r"f\(x\)\=\[1 TO 2\] \{a\}", "no ranges, no groups"),
    ("a && b || c", "a b c", "signs alone are nothing to search for"),
    ("R<5 >3", "R 5 3", "these cannot be escaped"),
    ("and/or", "and/or", "the server escapes slashes itself"),
    (r"a\/b", r"a\\/b", "so one that comes escaped gets its backslash doubled"),
    ("0000-0002-1825-0097", r"0000\-0002\-1825\-0097", "an iD is a word like others"),
    ('"" \\ * () <>', "", "nothing to search for"),
    ("", "", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "asked", "remark"), TYPED)
def test_what_is_typed_is_asked_for_and_nothing_else(typed: str, asked: str, remark: str) -> None:
    assert for_words(typed) == asked, remark


@pytest.mark.parametrize("typed", [row[0] for row in TYPED if row[1]])
def test_the_simulated_datacite_finds_a_title_by_itself_whatever_it_holds(typed: str) -> None:
    title = typed.translate(str.maketrans("“”", '""'))
    attributes = EMPTY | {"titles": [{"title": f"About {title}"}], "creators": []}
    record = Entry("10.5555/abc", attributes, "repo", "findable", 1.0, 1.0)
    if typed.strip().startswith(("10.", "http")):
        record.doi = doi.parse(typed)
    assert parse(for_words(typed)).matches(record)
    other = Entry("10.5555/z", EMPTY | {"creators": []}, "repo", "findable", 1.0, 1.0)
    assert not parse(for_words(typed)).matches(other), "it excludes what it does not name"


def test_several_dois_are_one_question() -> None:
    assert for_dois([doi.parse("10.5555/a"), doi.parse("10.5555/b")]) == (
        'uid:("10.5555/a" OR "10.5555/b")'
    )


def test_a_person_is_asked_for_by_identifier_and_never_by_name() -> None:
    asked = for_person(OrcidId("0000-0002-1825-0097"), "orcid.org")
    assert asked.startswith("creators_and_contributors.nameIdentifiers.nameIdentifier:(")
    assert '"https://orcid.org/0000-0002-1825-0097/"' in asked
