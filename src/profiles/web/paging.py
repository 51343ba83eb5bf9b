"""The page of a list that is asked for."""

from __future__ import annotations

from django.http import QueryDict


def number(query: QueryDict) -> int:
    """What is no number asks for the first page."""
    text = query.get("page", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
