"""Metadata texts become plain text, within ORCID's limits."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.values import texts

LINES = [
    ("Plain title", "Plain title", "nothing to do"),
    ("  two\n lines\u00a0here ", "two lines here", "blanks"),
    ("CO<sub>2</sub> in <i>E. coli</i>", "CO2 in E. coli", "inline tags"),
    ("a &amp; b &lt; c", "a & b < c", "entities"),
    ("a &amp;amp; b", "a & b", "escaped twice"),
    ("&lt;b&gt;bold&lt;/b&gt; move", "bold move", "escaped tags"),
    ("p < 0.05 and n > 3", "p < 0.05 and n > 3", "no tags at all"),
    ("a<b and c>d", "a<b and c>d", "not closed like a tag"),
    ("List<String> in Java", "List<String> in Java", "no HTML element"),
    ("R&D, AT&T", "R&D, AT&T", "no entity"),
    ("<jats:p>One</jats:p><jats:p>Two</jats:p>", "One Two", "JATS"),
    ("x <mml:math><mml:mi>y</mml:mi></mml:math>", "x y", "MathML"),
    ("One<br/>Two", "One Two", "line break"),
    ('<a href="https://x.example.org">link</a>', "link", "attributes"),
    ("<!-- hidden -->shown", "shown", "comment"),
    ("a<!-- x -->b", "ab", "comment within a word"),
    ("x <!-- y", "x <!-- y", "a comment without end is text"),
    ("The <script> element", "The <script> element", "so is the name of an element"),
    ("a <STYLE TYPE='text/css'>p {}</STYLE>b", "a b", "styles, shouted"),
    ("a <svg viewBox='0 0 9 9'><text>hid</text></svg>b", "a b", "a drawing"),
    ("<span data-x>hi</span>", "hi", "an attribute without a value"),
    ("<td nowrap class=x>cell</td>", "cell", "one of each"),
    ("a<i and c>d", "a<i and c>d", "words are no attributes"),
    ("<math><mi>x</mi><mo>=</mo><mn>2</mn></math>", "x=2", "MathML without a prefix"),
    ("<tex-math>x^2</tex-math> <nobr>y</nobr>", "x^2 y", "JATS and old HTML"),
    ("co\u00adop \u202eleft\u202c \u2067rtl\u2069", "coop left rtl", "what turns or hides"),
    ("&#" + "9" * 5000 + ";x", "x", "a number that is no character"),
    ("bell\x07 and \x00null\ufffe", "bell and null", "what XML cannot hold"),
    ("\u200bzero\ufeff", "zero", "what cannot be seen"),
    ("\u200b \x07", "", "nothing left"),
    ("<p> </p>", "", "nothing left but tags"),
    ("नि\u200dर", "नि\u200dर", "joiners belong to some scripts"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), LINES)
def test_a_line_is_plain(text: str, expected: str, remark: str) -> None:
    assert texts.line(text, 1000) == expected, remark


PARAGRAPHS = [
    ("One\nwrapped line", "One wrapped line", "a line break of the source"),
    ("One.\n\n  Two.\r\n\r\n\r\nThree.", "One.\n\nTwo.\n\nThree.", "blank lines"),
    ("<p>One\nhere.</p>\n<p>Two.</p>", "One here.\n\nTwo.", "paragraphs of HTML"),
    ("One<br>Two<br/><br />Three", "One\nTwo\nThree", "line breaks of HTML"),
    ("<ul><li>a</li><li>b</li></ul>end", "a\nb\n\nend", "a list"),
    ("&lt;p&gt;One &amp;amp; two&lt;/p&gt;&lt;p&gt;x&lt;/p&gt;", "One & two\n\nx", "escaped HTML"),
    ("<style>p {}</style><p>shown</p>", "shown", "styles are not text"),
    (
        "p.p1 {margin: 0.0px; font: 12.0px Helvetica}\nspan.s1 {font: 7.0px}\n\n\nText.",
        "Text.",
        "styles whose tag was lost",
    ),
    (
        "@page { margin: 2cm } P { margin-bottom: 0 } A:link { so-language: zxx } Text.",
        "Text.",
        "so too",
    ),
    ("Sets {a: 1, b: 2} of p {x}", "Sets {a: 1, b: 2} of p {x}", "braces are no styles"),
    ('{"references": ["a"]}', '{"references": ["a"]}', "nor is JSON"),
    ("R&D\n\nmore", "R&D\n\nmore", "an ampersand alone is no HTML"),
]


@pytest.mark.parametrize(("text", "expected", "remark"), PARAGRAPHS)
def test_paragraphs_are_kept(text: str, expected: str, remark: str) -> None:
    assert texts.paragraphs(text, 5000) == expected, remark


CUTS = [
    ("one two three", 13, "one two three", "as long as allowed"),
    ("one two three", 12, "one two…", "after a whole word"),
    ("one two, three", 12, "one two…", "without the comma"),
    ("one two three", 8, "one two…", "the word just fits"),
    ("abcdefghijkl", 6, "abcde…", "one long word"),
    ("文字列はここに", 5, "文字列は…", "a script without blanks"),
]


@pytest.mark.parametrize(("text", "limit", "expected", "remark"), CUTS)
def test_a_text_is_cut_on_a_word(text: str, limit: int, expected: str, remark: str) -> None:
    assert texts.line(text, limit) == expected, remark


@pytest.mark.parametrize(
    "text",
    [
        ":unav",
        "(:unav)",
        "(:unkn)",
        ":NULL",
        "(: tba )",
        ":{unav)",
        ":(unav)",
        "{:(unav)}",
        " [:none] ",
    ],
)
def test_words_for_unknown_are_placeholders(text: str) -> None:
    assert texts.is_placeholder(text)


@pytest.mark.parametrize("text", ["", "unav", "(unknown)", ":unusual", "None", "(:unav) and more"])
def test_other_words_are_not(text: str) -> None:
    assert not texts.is_placeholder(text)


HOSTILE = [
    "<!--" * 50_000, "<!-- -->" + "<!--" * 50_000, "<!-->" * 40_000,
    "<style>" * 50_000 + "</s", "<style>" * 50_000 + "</script>" + "<style>" * 50_000,
    "</style " * 50_000, "<a " + "b=c " * 50_000, "<a " + "hidden " * 50_000, "<a b=" * 50_000,
    "<a b='" * 50_000, "<a" + " " * 100_000, "&" + "amp;" * 50_000, "&#" * 50_000, "\n \n" * 50_000,
    "p {a:" * 50_000, "p" + " " * 100_000 + "{", "p.a" * 50_000, ":(" * 50_000, ": " * 50_000,
    ":unav" + ")" * 100_000 + "x", "x" * 200_000, "x " * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_a_hostile_text_takes_no_time(text: str) -> None:
    started = time.perf_counter()
    texts.line(text, 1000)
    texts.paragraphs(text, 5000)
    texts.says_something(text)
    texts.without_placeholders(texts.line(text, 150))
    assert time.perf_counter() - started < 2


_MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<br/>", "<i>", "&lt;", "&gt;", "&amp;", "&#0;", "&#xFFFE;", "&#55296;",
         "<", ">", "word ", "\n\n", "\x00", "\x1d", "\x1e", "é", "  ", "\u200b", "<!--", "-->"]
    ),
    max_size=15,
).map("".join)  # fmt: skip


@given(_MARKUP | st.text(max_size=60), st.integers(min_value=2, max_value=40))
def test_any_text_fits_and_is_clean(text: str, limit: int) -> None:
    for made in (texts.line(text, limit), texts.paragraphs(text, limit)):
        assert len(made) <= limit
        assert made == made.strip()
        assert "  " not in made
        assert not any(char < " " and char != "\n" for char in made)
        made.encode()  # no lone surrogate
    assert "\n" not in texts.line(text, limit)
