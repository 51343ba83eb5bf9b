"""What is asked of DataCite's search, in its query_string language (facts on DataCite, 4.1). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...errors import NotADoi
from ...values import doi as dois
from ...values.doi import Doi
from ...values.orcid_id import OrcidId

_NAMES = "creators_and_contributors.nameIdentifiers.nameIdentifier"

_STRAIGHT = str.maketrans("“”„‟«»", '""""""')
_PIECE = re.compile(r'"([^"]*)"|([^\s"]+)')
# What the language takes for more than a letter. Not the slash: the server escapes that itself, and
# only that. < and > cannot be escaped at all.
_MEANT = re.compile(r"[+\-=&|!(){}\[\]^~*?:\\]")
_UNSPEAKABLE = str.maketrans("<>", "  ")
_OPERATORS = frozenset({"AND", "OR", "NOT"})


def for_words(text: str) -> str:
    """What a person typed: a DOI in any spelling is that DOI, all else are words and "phrases".

    Empty where no letter or digit is left to search for.
    """
    try:
        return for_dois([dois.parse(text)])
    except NotADoi:
        pieces = _PIECE.findall(text.translate(_STRAIGHT).translate(_UNSPEAKABLE))
        asked = (_quoted(phrase) if phrase else _word(word) for phrase, word in pieces)
        return " ".join(piece for piece in asked if any(char.isalnum() for char in piece))


def for_dois(wanted: Iterable[Doi]) -> str:
    return f"uid:({' OR '.join(_quoted(doi) for doi in wanted)})"


def for_person(orcid: OrcidId, host: str) -> str:
    """Who is named among creators or contributors, in any known spelling."""
    return f"{_NAMES}:({' OR '.join(_quoted(each) for each in spellings(orcid, host))})"


def spellings(orcid: OrcidId, host: str) -> tuple[str, ...]:
    """The spellings to search for: the API compares iDs as they were sent, character by character."""
    lower = orcid.replace("X", "x")
    addresses = [
        f"{start}{host}/{orcid}" for start in ("https://", "http://", "https://www.", "http://www.")
    ]
    found = [
        orcid,
        *addresses,
        *(f"{address}/" for address in addresses[:2]),
        f"{host}/{orcid}",
        orcid.replace("-", ""),
        orcid.replace("-", " "),
        lower,
        *(address.replace("X", "x") for address in addresses[:2]),
    ]
    return tuple(dict.fromkeys(found))


def _quoted(text: str) -> str:
    inner = text.strip().replace("\\", r"\\").replace('"', r"\"")
    return f'"{inner}"'


def _word(text: str) -> str:
    bare = text.strip(".,;")
    return bare.lower() if bare in _OPERATORS else _MEANT.sub(r"\\\g<0>", bare)
