"""The diagram in ARCHITECTURE.md is the one that the table draws."""

from __future__ import annotations

from pathlib import Path

from profiles.claims.diagram import BEGIN, END, mermaid
from profiles.claims.states import State

ARCHITECTURE = Path(__file__).parents[3] / "ARCHITECTURE.md"


def test_architecture_shows_the_present_table() -> None:
    text = ARCHITECTURE.read_text()
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == mermaid(), f"put this between the marks in ARCHITECTURE.md:\n{mermaid()}"


def test_every_state_is_in_the_picture() -> None:
    assert all(f" {state}" in mermaid() for state in State)
