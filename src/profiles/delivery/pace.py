"""The pace of one ORCID client, kept in the database, so that any number of workers keep it together.

GCRA in one statement: the row holds the theoretical arrival time of the next request. A request
may go when that is not further ahead than the burst allows, and moves it on by one interval. The
row's lock makes it exact, and the database's clock is the only one.

The same row is the circuit breaker. When ORCID fails again and again everybody waits; then one
request at a time may try, and its success opens the way for all.
"""

from __future__ import annotations

import time

import msgspec
from django.db import connection

FAILURES = 5  # in a row, of all workers together, until the breaker opens
# Seconds, doubled with every probe that fails. However long ORCID was down, we are back soon after.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 20.0
LONGEST_ASKED = 3600.0  # seconds that ORCID may ask us to wait
PROBE = 40.0  # seconds until a probe without an answer counts as lost: longer than most calls take
# Of the burst: what is in the background leaves the rest to people who wait, and nobody uses the
# last bit, for two requests may meet on their way that did not start together.
BACKGROUND_SHARE, CLICK_SHARE = 0.5, 0.9
AHEAD = 0.25  # of the burst: how far ahead places in the queue are given away


class Rate(msgspec.Struct, frozen=True):
    per_second: float
    burst: int  # how many may go at once after a rest


class Wait(msgspec.Struct, frozen=True):
    """Nothing may be sent before."""

    seconds: float
    broken: bool  # because ORCID is failing, not because of the pace


_BEGIN = """
INSERT INTO delivery_pace (api_client, tat, failures, probing)
VALUES (%(client)s, clock_timestamp(), 0, false) ON CONFLICT DO NOTHING
"""

# Failures enough, but the pause is over: whoever goes is the probe, and the others wait for it.
_ASK = """
UPDATE delivery_pace
   SET tat = GREATEST(tat, clock_timestamp()) + make_interval(secs => %(interval)s),
       probing = failures >= %(failures)s,
       open_until = CASE WHEN failures >= %(failures)s
                         THEN clock_timestamp() + make_interval(secs => %(probe)s) END
 WHERE api_client = %(client)s
   AND tat <= clock_timestamp() + make_interval(secs => %(room)s + %(ahead)s)
   AND (open_until IS NULL OR open_until <= clock_timestamp())
RETURNING EXTRACT(EPOCH FROM tat - clock_timestamp())::float - %(interval)s - %(room)s
"""

_HOW_LONG = """
SELECT EXTRACT(EPOCH FROM tat - clock_timestamp())::float - %(room)s - %(ahead)s,
       COALESCE(EXTRACT(EPOCH FROM open_until - clock_timestamp())::float, 0)
  FROM delivery_pace WHERE api_client = %(client)s
"""

# While the breaker is open, or ORCID has asked us to wait, only the probe's success counts, too.
_WELL = """
UPDATE delivery_pace SET failures = 0, probing = false, open_until = NULL
 WHERE api_client = %(client)s AND failures > 0
   AND (open_until IS NULL OR open_until <= clock_timestamp() OR probing)
"""

# While the breaker is open only the probe's failure counts: the others were sent before it opened.
_FAILING = """
UPDATE delivery_pace
   SET failures = failures + 1,
       probing = false,
       open_until = CASE WHEN failures + 1 >= %(failures)s OR %(asked)s > 0
           THEN clock_timestamp() + make_interval(secs => GREATEST(%(asked)s, LEAST(
                %(first)s * 2 ^ LEAST(GREATEST(failures + 1 - %(failures)s, 0), 30), %(longest)s)))
           END
 WHERE api_client = %(client)s
   AND (open_until IS NULL OR open_until <= clock_timestamp() OR probing)
"""

_OPEN = """
SELECT COALESCE(EXTRACT(EPOCH FROM open_until - clock_timestamp())::float, 0)
  FROM delivery_pace WHERE api_client = %(client)s
"""


def enter(api_client: str, rate: Rate, *, background: bool, patience: float) -> Wait | None:
    """Wait for one request's place in the queue. None: it may go now, and is counted.

    A Wait where that takes longer than `patience` seconds, or where ORCID is failing.
    """
    end = time.monotonic() + patience
    while True:
        place = _place(api_client, rate, background=background, ahead=AHEAD)
        if isinstance(place, float):
            time.sleep(max(place, 0.0))
            return None
        if place.broken or time.monotonic() + place.seconds > end:
            return place
        time.sleep(place.seconds)


def ask(api_client: str, rate: Rate, *, background: bool) -> Wait | None:
    """May one request go now? None: yes, and it is counted. Otherwise ask again after the wait."""
    place = _place(api_client, rate, background=background, ahead=0.0)
    return place if isinstance(place, Wait) else None


def _place(api_client: str, rate: Rate, *, background: bool, ahead: float) -> Wait | float:
    """The place that is the request's now, as seconds until then; or how long until there is one."""
    interval = 1 / rate.per_second
    share = BACKGROUND_SHARE if background else CLICK_SHARE
    values: dict[str, str | int | float] = {
        "client": api_client,
        "interval": interval,
        # The first of a burst needs no room ahead of it.
        "room": max(interval * (rate.burst * share - 1), 0.0),
        "ahead": interval * rate.burst * ahead,
        "failures": FAILURES,
        "probe": PROBE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ASK, values)
        if given := cursor.fetchone():
            return float(given[0])
        cursor.execute(_BEGIN, values)
        if cursor.rowcount:  # the first request ever
            cursor.execute(_ASK, values)
            if given := cursor.fetchone():
                return float(given[0])
        cursor.execute(_HOW_LONG, values)
        pace, pause = cursor.fetchone()
    if pause > 0:
        return Wait(pause, broken=True)
    return Wait(max(pace, min(interval / 2, 1.0)), broken=False)


def well(api_client: str) -> None:
    """ORCID answered: the breaker closes."""
    with connection.cursor() as cursor:
        cursor.execute(_WELL, {"client": api_client})


def failing(api_client: str, *, retry_after: float | None = None) -> float:
    """ORCID is busy, broken or out of reach. Where it says for how long, that is obeyed at once.

    The seconds for which everybody waits now; 0 where it may have been this one request's bad luck.
    """
    values: dict[str, str | int | float] = {
        "client": api_client,
        "failures": FAILURES,
        "first": FIRST_PAUSE,
        "longest": LONGEST_PAUSE,
        "asked": min(retry_after or 0.0, LONGEST_ASKED),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FAILING, values)
        cursor.execute(_OPEN, values)
        found = cursor.fetchone()
    return max(found[0], 0.0) if found else 0.0
