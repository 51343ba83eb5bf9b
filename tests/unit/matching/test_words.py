"""Nothing is left unsaid: every code has words for every reader, and stands in docs/rules.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from profiles.matching import (
    AUDIENCES,
    RULES,
    WORDS,
    Answer,
    PersonFacts,
    evaluate,
    evaluation_lines,
    mend,
    told,
)
from profiles.matching.words import Audience
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, Title, Work

DOCS = Path(__file__).resolve().parents[3] / "docs" / "rules.md"
STOPS = {Answer.NO, Answer.HOLD, Answer.PROPOSE}
CODES = {code: answer for rule in RULES for code, answer in rule.codes.items()}

CARBERRY = OrcidId("0000-0002-1825-0097")
WORK = Work(
    doi=Doi("10.5555/own"),
    state="findable",
    titles=(Title("Psychoceramics"),),
    creators=(Contributor("Josiah Carberry", orcids=(CARBERRY,)),),
)


def test_every_code_has_words_and_every_word_a_code() -> None:
    assert set(WORDS) == set(CODES)


def test_a_code_answers_the_same_in_every_rule_that_uses_it() -> None:
    for rule in RULES:
        for code, answer in rule.codes.items():
            assert CODES[code] is answer, code


@pytest.mark.parametrize("audience", AUDIENCES)
def test_what_stands_in_the_way_can_be_mended_by_somebody_and_nothing_else_needs_to(
    audience: Audience,
) -> None:
    for code, answer in CODES.items():
        assert bool(mend(code, audience)) == (answer in STOPS), code


def test_the_person_is_spoken_to_and_not_of() -> None:
    for code, words in WORDS.items():
        for text in (told(code, "person"), words.person):
            assert "esearcher" not in text, code
            assert "the person" not in text, code
        assert bool(words.you) == (told(code, "staff") != told(code, "person")), code
    assert told("never_add", "staff") == "The researcher asked never to add it."
    assert told("never_add", "person") == "You asked never to add it."
    assert told("findable", "person") == told("findable", "staff")


def test_words_are_sentences() -> None:
    for code, words in WORDS.items():
        for text in words:
            assert text == text.strip(), code
            assert not text or (text[0].isupper() and text.endswith(".")), (code, text)


def test_the_documentation_lists_every_rule_code_and_answer_in_words() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in DOCS.read_text(encoding="utf-8").splitlines()
        if line.startswith("| R")
    ]
    written = [row for row in rows if row[0] != "Rule"]
    assert written == [
        (
            rule.number,
            rule.title,
            f"`{code}`",
            str(answer),
            *WORDS[code][:1],
            WORDS[code].repository,
        )
        for rule in RULES
        for code, answer in rule.codes.items()
    ]


def test_lines_speak_to_their_reader() -> None:
    evaluation = evaluate(WORK, CARBERRY, person=PersonFacts())
    by_reader = {
        audience: {line.code: line for line in evaluation_lines(evaluation, audience)}
        for audience in AUDIENCES
    }
    assert by_reader["person"]["no_permission"].mend.startswith("Give permission under Settings")
    assert by_reader["repository"]["no_permission"].mend.startswith("Invite the researcher")
    assert by_reader["person"]["no_permission"].words.startswith("You gave no")
    assert by_reader["staff"]["no_permission"].words.startswith("The researcher gave no")
    assert by_reader["staff"]["is_creator"].mend == ""
    (creator,) = by_reader["staff"]["is_creator"].looked_at
    assert str(creator) == "creator 1 of 1: Josiah Carberry"


def test_lines_keep_every_rule_in_order() -> None:
    lines = evaluation_lines(evaluate(WORK, CARBERRY))
    assert [line.rule for line in lines] == [rule.number for rule in RULES]
    assert {line.outcome for line in lines if line.rule.startswith("R15")} == {Answer.UNKNOWN}
