"""Reads a gettext catalogue as it is written (.po), without gettext's own tools."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import profiles

LOCALE = Path(profiles.__file__).parent / "locale"
LANGUAGES = ("de", "es", "fr")


class Entry(NamedTuple):
    flags: frozenset[str]
    msgid: str
    plural: str
    translations: tuple[str, ...]  # two for what is counted


def entries(language: str) -> list[Entry]:
    """Everything but the header."""
    return [entry for entry in _all(language) if entry.msgid]


def header(language: str) -> str:
    (entry,) = (entry for entry in _all(language) if not entry.msgid)
    return entry.translations[0]


def path(language: str, suffix: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"django{suffix}"


def _all(language: str) -> list[Entry]:
    text = path(language, ".po").read_text("utf-8")
    return [_entry(block) for block in text.strip().split("\n\n")]


def _entry(block: str) -> Entry:
    flags: set[str] = set()
    words: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        if line.startswith("#,"):
            flags |= {flag.strip() for flag in line[2:].split(",")}
        elif line.startswith('"'):
            words[name] += ast.literal_eval(line)
        elif not line.startswith("#"):
            name, _, quoted = line.partition(" ")
            words[name] = ast.literal_eval(quoted)
    translations = tuple(words[name] for name in sorted(words) if name.startswith("msgstr"))
    return Entry(frozenset(flags), words["msgid"], words.get("msgid_plural", ""), translations)
