"""What records call a language becomes ORCID's code, where that is safe."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiles.conversion.languages import ORCID_CODES, language_code

LANGUAGES = [
    ("en", "en", "a code"),
    ("EN", "en", "in capitals"),
    ("en-US", "en", "with a country"),
    ("pt_BR", "pt", "with an underscore"),
    ("sr-Latn-RS", "sr", "with a script"),
    ("eng", "en", "ISO 639-2"),
    ("ger", "de", "ISO 639-2, for librarians"),
    ("deu", "de", "ISO 639-2, for terminologists"),
    ("English", "en", "a name"),
    (" français ", "fr", "its own name"),
    ("he", "iw", "ORCID keeps the old code"),
    ("ind", "in", "and here"),
    ("yi", "ji", "and here"),
    ("zh-CN", "zh_CN", "Chinese of a place"),
    ("zh-Hant-HK", "zh_TW", "Chinese of a script"),
    ("zh", None, "which of ORCID's two is not said"),
    ("chi", None, "the same"),
    ("mul", None, "several languages"),
    ("tlh", None, "a language that ORCID does not know"),
    ("xx", None, "no language"),
    ("", None, "nothing"),
]


@pytest.mark.parametrize(("language", "expected", "remark"), LANGUAGES)
def test_a_language_becomes_orcids_code(language: str, expected: str | None, remark: str) -> None:
    assert language_code(language) == expected, remark


def test_our_codes_are_orcids(shared: Path) -> None:
    vocabulary = json.loads((shared / "data/orcid/vocab/orcid-v3-vocab.json").read_text())
    assert set(vocabulary["language_codes"]) == ORCID_CODES
    assert all(language_code(code.replace("_", "-")) == code for code in ORCID_CODES)
