"""ORCID iDs: found in any spelling, with the check digit tested (ISO 7064 MOD 11-2)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NewType

from ..errors import NotAnOrcidId

OrcidId = NewType("OrcidId", str)  # canonical: "0000-0002-1825-0097", capital X

REASONS = {
    "empty": "no value is given",
    "no_id": "it holds no 16 characters of an iD",
    "too_long": "further digits or letters are joined to the iD",
    "two_ids": "it holds two different iDs",
    "check_digit": "its check digit is wrong",
    "other_host": "it names another host than the ORCID registry in use",
}


class RefusedOrcidId(NotAnOrcidId):
    """Not an ORCID iD"""

    def __init__(self, reason: str, text: str) -> None:
        self.reason = reason  # a key of REASONS
        super().__init__(f"{REASONS[reason]}: {text[:80]!r}")


_CANONICAL = re.compile(r"[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]").fullmatch
_GROUPS = r"[0-9]{4}[-\s]*[0-9]{4}[-\s]*[0-9]{4}[-\s]*[0-9]{3}[0-9xX]"
_ANYWHERE = re.compile(_GROUPS).search
# Nothing may be joined to the sixteen characters: 17 digits are not an iD and a bit.
_ALONE = re.compile(rf"(?<![0-9A-Za-z])(?<![0-9]-){_GROUPS}(?![0-9A-Za-z]|-[0-9])").findall
# A host is what follows "//"; without that, a name with a top-level domain in front of a slash. Of
# ORCID's own names the slash may be missing. Names are looked for from their first letter only.
_HOSTS = re.compile(
    r"(?:https?:/{1,2}|//)([^/\s?#:]+)"
    r"|(?<![\w.-])((?:[\w-]+\.)+[^\W\d_]{2,}(?=/)|(?:[\w-]+\.)*orcid\.org(?=[\s:?#]|$))",
    re.IGNORECASE,
).findall
_DASHES = {ord(c): "-" for c in "‐‑‒–—―−﹘﹣－⁃"}
_LETTERS = re.compile(r"[^a-z]").sub


def parse(text: str, host: str = "orcid.org") -> OrcidId:
    """The iD that `text` spells, on the wanted ORCID host (or on none).

    Raises RefusedOrcidId, a NotAnOrcidId with a `reason`.
    """
    bare = text.removeprefix(f"https://{host}/")  # nine of ten are spelled as they should be
    if _CANONICAL(bare) and has_check_digit(bare.replace("-", "")):
        return OrcidId(bare)
    spelled = _clean(text)
    if not spelled:
        raise RefusedOrcidId("empty", text)
    if not _ours(host).issuperset(_hosts(spelled)):
        raise RefusedOrcidId("other_host", text)
    found = {re.sub(r"[-\s]", "", one).upper() for one in _ALONE(spelled)}
    if not found:
        raise RefusedOrcidId("too_long" if _ANYWHERE(spelled) else "no_id", text)
    if len(found) > 1:
        raise RefusedOrcidId("two_ids", text)
    sixteen = found.pop()
    if not has_check_digit(sixteen):
        raise RefusedOrcidId("check_digit", text)
    return OrcidId("-".join(sixteen[at : at + 4] for at in (0, 4, 8, 12)))


def has_check_digit(sixteen: str) -> bool:
    """Whether the last of 16 characters (no hyphens) is the check character of the first 15."""
    total = 0
    for digit in sixteen[:15]:
        total = (total + int(digit)) * 2
    return sixteen[15] == "0123456789X"[(12 - total % 11) % 11]


def is_claimed(*, value: str, scheme: str, scheme_uri: str, host: str = "orcid.org") -> bool:
    """Whether a nameIdentifier says that it is an ORCID iD.

    A bare number under another scheme is none (an ISNI has the same shape), nor is a bare number
    without any scheme. A scheme must name the registry in use; a value that names another of
    ORCID's hosts is one that says so and cannot be used.
    """
    if scheme == "ORCID" or _LETTERS("", scheme.lower()) in ("orcid", "orcidid"):
        return True
    ours = _ours(host)
    if any(not ours.isdisjoint(_hosts(_clean(text))) for text in (scheme, scheme_uri) if text):
        return True
    return any(
        one in ours or one == "orcid.org" or one.endswith(".orcid.org")
        for one in _hosts(_clean(value))
    )


@lru_cache(maxsize=8)
def _ours(host: str) -> frozenset[str]:
    name = host.lower().partition(":")[0]
    return frozenset((name, f"www.{name}"))


def _hosts(text: str) -> set[str]:
    """Every host that the text names."""
    return {(address or name).lower() for address, name in _HOSTS(text)}


def _clean(text: str) -> str:
    """Without what cannot be seen; every kind of dash is a hyphen."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_DASHES)).translate(_DASHES)
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return "".join(max(c, " ") for c in text).strip()
