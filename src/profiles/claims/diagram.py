"""The picture of a claim's life, drawn from the table so that it cannot lie."""

from __future__ import annotations

from collections import defaultdict

from .states import TRANSITIONS, State

BEGIN, END = "<!-- states: drawn from claims/states.py -->", "<!-- end of states -->"


def mermaid() -> str:
    """A Mermaid state diagram; events that lead the same way share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = defaultdict(list)
    for (start, event), end in TRANSITIONS.items():
        if start != end:
            arrows[start, end].append(event)
    lines = [
        f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> waiting", *lines, "```"])
