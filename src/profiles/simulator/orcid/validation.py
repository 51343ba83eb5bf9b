"""ORCID's rules for a work, in the order in which ORCID applies them; the first failure wins.

Source: ActivityValidator.validateWork and ExternalIDValidator.validateWork, v3.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Final

from .refusal import Refused
from .vocabulary import (
    CONTRIBUTOR_ROLES,
    COUNTRIES,
    FUNDED_BY_TYPES,
    IDENTIFIER_TYPES,
    LANGUAGES,
    WORK_TYPES,
)

Content = dict[str, Any]
Rule = Callable[[Content], None]

_ID_URI = re.compile(r"https://([^/]*orcid\.org|localhost.*/orcid-web)/(\d{4}-){3,}\d{3}[\dX]")
_ID_PATH = re.compile(r"(\d{4}-){3,}\d{3}[\dX]")
_DATE = re.compile(r"(\d+)(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def _not_listed(field: str, values: tuple[str, ...]) -> Refused:
    return Refused(9037, field=field, values=", ".join(values))


def _text(content: Content, name: str) -> str | None:
    part = content.get(name)
    return part.get("value") if isinstance(part, dict) else None


def title(content: Content) -> None:
    if not (_text(content.get("title", {}), "title") or "").strip():
        raise Refused(9022)


def country(content: Content) -> None:
    if "country" in content and _text(content, "country") not in COUNTRIES:
        raise _not_listed("country", COUNTRIES)


def translated_title(content: Content) -> None:
    translated = content.get("title", {}).get("translated-title")
    if translated is None:
        return
    text, language = translated.get("value", ""), translated.get("language-code", "")
    if language and not text.strip():
        raise Refused(9020, "Please specify a translated title or remove the language code")
    if text.strip() and language not in LANGUAGES:
        raise _not_listed("language code", LANGUAGES)


def work_type(content: Content) -> None:
    if "type" not in content:
        raise _not_listed("work type", WORK_TYPES)


def language(content: Content) -> None:
    if "language-code" in content and content["language-code"] not in LANGUAGES:
        raise _not_listed("language code", LANGUAGES)


def publication_date(content: Content) -> None:
    if "publication-date" not in content:
        return
    parts = [_text(content["publication-date"], name) for name in ("year", "month", "day")]
    if not any(part is not None for part in parts):
        raise Refused(9008, "java.lang.NullPointerException")
    joined = "-".join(part for part in parts if part is not None)
    if not _is_date(joined):
        raise Refused(9049, joined)
    year, month, day = parts
    for part, digits in ((year, 4), (month, 2), (day, 2)):
        if part is not None and len(part) != digits:
            raise Refused(9020, f"Invalid publication-date: '{part}' needs {digits} digits")
    if month is not None and year is None:
        raise Refused(9020, "Invalid publication-date: a month needs a year")
    if day is not None and month is None:
        raise Refused(9020, "Invalid publication-date: a day needs a month")


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    year, month, day = (int(part) if part else 1 for part in found.groups())
    try:
        date(max(1, min(year, 9999)), month, day)
    except ValueError:
        return False
    return True


def citation(content: Content) -> None:
    if "citation" not in content:
        return
    if not content["citation"].get("citation-type"):
        raise _not_listed("citation type", ())
    if not content["citation"].get("citation-value", "").strip():
        raise Refused(9020, "Please specify a citation value")


def _ids(content: Content) -> list[Content]:
    found: list[Content] = content.get("external-ids", {}).get("external-id", [])
    return found


def has_external_id(content: Content) -> None:
    if not _ids(content):
        raise Refused(9023)


def funded_by(content: Content) -> None:
    for one in _ids(content):
        if (
            one.get("external-id-relationship") == "funded-by"
            and one.get("external-id-type", "").lower() not in FUNDED_BY_TYPES
        ):
            allowed = ", ".join(FUNDED_BY_TYPES)
            raise Refused(9020, f"Invalid external-id-type for funded-by, allowed: {allowed}")


def contributors(content: Content) -> None:
    for one in content.get("contributors", {}).get("contributor", []):
        orcid = one.get("contributor-orcid", {})
        uri, path = orcid.get("uri"), orcid.get("path")
        if (uri is not None and not _ID_URI.fullmatch(uri)) or (
            path is not None and not _ID_PATH.fullmatch(path)
        ):
            raise Refused(9020, f"Invalid contributor-orcid: {uri or path}")
        if "credit-name" in one and not (_text(one, "credit-name") or "").strip():
            raise Refused(9020, "Invalid contributor: credit-name is empty")
        if "contributor-email" in one and not one["contributor-email"].strip():
            raise Refused(9020, "Invalid contributor: contributor-email is empty")


def external_ids(content: Content) -> None:
    for one in _ids(content):
        kind = one.get("external-id-type")
        if kind is None:
            raise Refused(9008, "java.lang.NullPointerException")
        if kind.lower() not in IDENTIFIER_TYPES:
            raise Refused(9023, f"Invalid external-id {kind}")
        if not one.get("external-id-value", "").strip():
            raise Refused(9023, "Invalid external-id : value")
        if "external-id-relationship" not in one:
            raise Refused(9023, "Invalid external-id : relationship")
    if not any(one["external-id-relationship"] == "self" for one in _ids(content)):
        raise Refused(9023, "Invalid external-id : a self relationship is required")


BEFORE_PUT_CODE: Final[tuple[Rule, ...]] = (
    title,
    country,
    translated_title,
    work_type,
    language,
    publication_date,
    citation,
    has_external_id,
    funded_by,
    contributors,
)


def validate(content: Content, *, stored_visibility: str | None) -> None:
    """Raise Refused for the first broken rule; `stored_visibility` is None for a new work."""
    for rule in BEFORE_PUT_CODE:
        rule(content)
    if stored_visibility is None and "put-code" in content:
        raise Refused(9024)
    if stored_visibility is not None and content.get("visibility", stored_visibility) != (
        stored_visibility
    ):
        raise Refused(9035)
    external_ids(content)


def contributor_roles(content: Content) -> None:
    """Checked only after the duplicates."""
    for one in content.get("contributors", {}).get("contributor", []):
        role = one.get("contributor-attributes", {}).get("contributor-role")
        if role is not None and role not in CONTRIBUTOR_ROLES:
            raise Refused(9058, role, values=", ".join(CONTRIBUTOR_ROLES))


# Columns of ORCID's database: JSON meets no schema, so what is too long ends as a 500.
COLUMNS: Final = (
    (("title", "title", "value"), 1000),
    (("title", "subtitle", "value"), 1000),
    (("title", "translated-title", "value"), 1000),
    (("journal-title", "value"), 1000),
    (("short-description",), 5000),
)


def fits_database(content: Content) -> None:
    for path, limit in COLUMNS:
        part: Any = content
        for name in path:
            part = part.get(name) if isinstance(part, dict) else None
        if isinstance(part, str) and len(part) > limit:
            raise Refused(9008, f"Data too long for column '{path[0]}'")
