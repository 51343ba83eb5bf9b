"""Texts of the pure parts that people read in their own language. Pure."""

from __future__ import annotations


def marked(english: str) -> str:
    """The text itself. Written as `_("…")` it is found for the catalogues; pages translate it."""
    return english
