"""German, French and Spanish: complete, compiled, and with everything in them that is filled in."""

from __future__ import annotations

import gettext
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from tests.unit.translations import catalogue, sources
from tests.unit.translations.catalogue import LANGUAGES

from profiles.claims.reasons import REASONS
from profiles.matching import Family, PersonFacts, evaluate
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, RejectedId, RelatedId, Title, Work

ORCID, OTHER = OrcidId("0000-0002-1825-0097"), OrcidId("0000-0001-5109-3700")
HOW = "; CONTRIBUTING.md says how to make and update translations"
# What is filled in, what is marked up, and where it leads.
KEPT = re.compile(r"%\(\w+\)[sd]|%[sd]|</?\w+[^>]*>|https?://[^\s<”\"]*[\w/]|[\w.]+@[\w.]+\w")

MUCH, SPARE = 2, 25  # so many times as long, and so many characters for the short ones


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    expected: dict[object, str] = {"": catalogue.header(language)}
    for entry in catalogue.entries(language):
        if entry.plural:
            for number, words in enumerate(entry.translations):
                expected[entry.msgid, number] = words
        else:
            expected[entry.msgid] = entry.translations[0]
    with catalogue.path(language, ".mo").open("rb") as compiled:
        found = gettext.GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
    wanted = {key: words for key, words in expected.items() if words}
    assert found == wanted, f"{language}: run msgfmt again{HOW}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_markup_are_kept(language: str) -> None:
    for entry in catalogue.entries(language):
        sources = (entry.msgid, entry.plural) if entry.plural else (entry.msgid,)
        for source, words in zip(sources, entry.translations, strict=True):
            if words:
                assert sorted(KEPT.findall(words)) == sorted(KEPT.findall(source)), words


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess(language: str) -> None:
    """What gettext's tools took over from a similar text is marked fuzzy, and is not used."""
    assert [entry.msgid for entry in catalogue.entries(language) if "fuzzy" in entry.flags] == []


def test_all_languages_have_the_same_texts() -> None:
    texts = [[entry.msgid for entry in catalogue.entries(language)] for language in LANGUAGES]
    assert texts[0] == texts[1] == texts[2], f"they differ{HOW}"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", REASONS)
def test_every_reason_speaks_every_language(code: str, language: str) -> None:
    reason = REASONS[code]
    texts = [words for words in (reason.words, reason.next_step) if words]
    with translation.override("en"):
        english = [str(words) for words in texts]
    with translation.override(language):
        translated = [str(words) for words in texts]
    for source, words in zip(english, translated, strict=True):
        assert words != source, f"{code} in {language} is not translated: {source}{HOW}"
        assert words[-1] in ".?", words


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_says_much_more_than_the_english(language: str) -> None:
    """A translation that goes on has a sentence that the others do not have, or an old one."""
    for entry in catalogue.entries(language):
        sources = (entry.msgid, entry.plural) if entry.plural else (entry.msgid,)
        for source, words in zip(sources, entry.translations, strict=True):
            assert len(words) <= MUCH * len(source) + SPARE, f"{source}: {words}"
            assert words.count(". ") <= source.count(". "), f"{source}: {words}"


def test_the_address_is_formal() -> None:
    """Sie, vous, usted."""
    informal = {
        "de": r"\b(du|dir|dich|dein\w*)\b",
        "fr": r"\b(tu|te|toi|ton|tes)\b|\bt’",
        "es": r"\b(tú|te|ti|tu|tus|contigo)\b",
    }
    for language, pattern in informal.items():
        for entry in catalogue.entries(language):
            for words in entry.translations:
                assert not re.search(pattern, words, re.IGNORECASE), words


def test_translations_are_found_where_the_package_is() -> None:
    assert Path(settings.LOCALE_PATHS[0]) == catalogue.LOCALE


def test_every_text_of_the_pages_is_in_the_catalogues() -> None:
    """And nothing that no page says any more."""
    said = sources.texts()
    known = {entry.msgid for entry in catalogue.entries("de")}
    assert sorted(said - known) == [], f"not in the catalogues{HOW}"
    assert sorted(known - said) == [], f"no longer said{HOW}"


def facts_of(work: Work, person: PersonFacts) -> set[str]:
    """Every text in what the rules look at, and in what is put there."""
    found: set[str] = set()

    def say(text: str) -> str:
        found.add(text)
        return text

    for outcome in evaluate(work, ORCID, person=person).outcomes:
        for fact in outcome.looked_at:
            fact.translated(say)
    return found


def test_whatever_the_rules_look_at_is_in_the_catalogues() -> None:
    spoilt = RejectedId("0000-0002-1825-0098", "ORCID", "check_digit")
    parts = tuple(
        RelatedId("IsPartOf", "DOI", f"10.5555/{n}", Doi(f"10.5555/{n}")) for n in range(30)
    )
    family = Family(newest=Doi("10.5555/v2"), concept=Doi("10.5555/all"))
    found = set().union(
        facts_of(Work(doi=Doi("10.5555/a")), PersonFacts(permission="ended")),
        facts_of(
            Work(doi=Doi('10.5555/"'), titles=(Title("A"),)), PersonFacts(permission="missing")
        ),
        facts_of(
            Work(
                doi=Doi("10.5555/b"),
                titles=(Title("A"),),
                creators=(Contributor("", rejected=(spoilt,)), Contributor("B", orcids=(OTHER,))),
                related=parts,
            ),
            PersonFacts(permission="usable", versions="newest", family=family),
        ),
        facts_of(
            Work(doi=Doi("10.5555/c"), creators=(Contributor("C", orcids=(ORCID,)),)),
            PersonFacts(permission="scope_missing", versions="concept", family=family),
        ),
        facts_of(
            Work(doi=Doi("10.5555/d"), contributors=(Contributor("D", orcids=(ORCID,)),)),
            PersonFacts(),
        ),
    )
    known = {entry.msgid for entry in catalogue.entries("de")}
    assert len(found) > 25
    # What a rule names by a code has words of its own; tests/web/test_wording.py counts them.
    assert found - known == {"%(related)s", "check_digit", "scope_missing"}


@pytest.mark.parametrize("template", sources.templates(), ids=lambda path: path.name)
def test_dates_are_left_to_the_language(template: Path) -> None:
    """`c` is for machines; seconds are written alike everywhere."""
    formats = re.findall(r"""\|(?:date|time):["']([^"']*)""", template.read_text("utf-8"))
    assert set(formats) <= {"DATE_FORMAT", "DATETIME_FORMAT", "H:i:s", "c"}


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("template", ["permission_ended", "permission_ends_soon"])
def test_mails_write_dates_as_in_their_language(template: str, language: str) -> None:
    day = {"en": "5 March 2026", "de": "5. März 2026", "es": "5 de marzo de 2026"}
    with translation.override(language):
        for suffix in (".txt", ".html"):
            text = render_to_string(f"mail/{template}{suffix}", {"day": date(2026, 3, 5)})
            assert day.get(language, "5 mars 2026") in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    """A page speaks one language, not two."""
    missing = [entry.msgid for entry in catalogue.entries(language) if "" in entry.translations]
    assert missing == [], f"not in {language} yet{HOW}"
