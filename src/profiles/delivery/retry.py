"""When to try again. Pure: chance comes in as an argument."""

from __future__ import annotations

from datetime import timedelta

# Four failures in a row, one short of what the breaker counts, are over within half a minute.
FIRST = timedelta(seconds=3)
LONGEST = timedelta(hours=6)
TRIES = 17  # between 12 and 25 hours in all until a person has to look


def delay(
    tries: int, *, chance: float, retry_after: float | None = None, enough: int = TRIES
) -> timedelta | None:
    """How long to wait after `tries` failed tries (1 = the first); None after `enough` of them.

    Doubling with full jitter in the upper half, `chance` in 0…1. The other side's Retry-After
    (seconds) is obeyed where it is longer.
    """
    if tries >= enough:
        return None
    doubled: timedelta = FIRST * 2 ** min(tries - 1, 20)  # no number of tries is too large
    backoff = min(doubled, LONGEST) * (0.5 + chance / 2)
    asked = timedelta(seconds=min(retry_after or 0, LONGEST.total_seconds()))
    return max(backoff, asked)
