"""The simulators' time, which tests can move."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.time() + self._ahead

    def millis(self) -> int:
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        self._ahead += seconds

    def set(self, timestamp: float) -> None:
        self._ahead = timestamp - time.time()


def iso_seconds(timestamp: float) -> str:
    """2026-06-01T12:00:00Z, as DataCite prints times."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(millis: int) -> str:
    """2026-06-01T12:00:00.000Z, as ORCID prints times in XML."""
    moment = datetime.fromtimestamp(millis / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{millis % 1000:03d}Z"
