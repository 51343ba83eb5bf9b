"""Faults on demand: refusals, slowness, broken connections. Rules are tried in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, Unpack

Reset = Literal["", "before", "after"]


class What(TypedDict, total=False):
    """What a fault does; see Fault."""

    method: str
    status: int
    error_code: int
    body: str | dict[str, Any]
    content_type: str
    headers: dict[str, str]
    delay: float
    reset: Reset
    truncate: bool
    skip: int


@dataclass(slots=True)
class Fault:
    """What to do to a request that matches.

    `reset="before"` closes the connection unread; `"after"` lets the handler do its work first,
    so that the caller cannot know the outcome. `times=None` means for ever.
    """

    method: str = ""
    path: str = ""  # a regular expression, searched from the path's start
    status: int = 0  # 0: the real answer
    error_code: int = 0
    body: str | dict[str, Any] = ""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    reset: Reset = ""
    truncate: bool = False
    skip: int = 0  # matching requests to let through first
    times: int | None = 1
    used: int = 0

    def fits(self, method: str, path: str) -> bool:
        return (not self.method or self.method.upper() == method) and (
            not self.path or re.match(self.path, path) is not None
        )


class Faults:
    def __init__(self) -> None:
        self.rules: list[Fault] = []

    def add(
        self, *, path_prefix: str = "", regex: str = "", times: int | None = 1, **what: Unpack[What]
    ) -> Fault:
        """Add a rule; `path_prefix` is literal, `regex` is not. Other names are Fault's."""
        fault = Fault(path=regex or re.escape(path_prefix), times=times, **what)
        self.rules.append(fault)
        return fault

    def clear(self) -> None:
        self.rules.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The rule for this request, counted as used; spent rules are dropped."""
        for fault in self.rules:
            if not fault.fits(method, path):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.used += 1
            if fault.times is not None and fault.used >= fault.times:
                self.rules.remove(fault)
            return fault
        return None
