"""The calls to ORCID that are about a whole record, and how long all of them are kept.

Calls about single claims are written where those are settled (`leases`).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
from django.db import connection

from ..values.orcid_id import OrcidId
from .leases import Try
from .models import Attempt

SLICE = 10_000  # rows in one transaction


def record(orcid: OrcidId, call: Try, *, claim: int | None = None) -> None:
    Attempt.objects.create(orcid=orcid, claim_id=claim, **msgspec.structs.asdict(call))


def forget(orcids: Collection[OrcidId]) -> None:
    """The calls that were about these records as a whole."""
    Attempt.objects.filter(orcid__in=orcids, claim=None).delete()


# Rows are written in the order of time, so their numbers are in it too, but for those that were
# written at the same moment. The index of blocks finds where the old ones end; the primary key
# leads through them, so that no slice looks again at what an earlier one took. (Of `max(id)` alone
# PostgreSQL would think that it had best go back through all that is newer.)
_LAST = "SELECT max(id + 0) FROM claims_attempt WHERE at < %(moment)s"
_DROP = """
WITH old AS (
    SELECT id, at FROM claims_attempt WHERE id > %(after)s AND id <= %(last)s
     ORDER BY id LIMIT %(slice)s
), gone AS (
    DELETE FROM claims_attempt USING old
     WHERE claims_attempt.id = old.id AND old.at < %(moment)s RETURNING 1
)
SELECT max(id), (SELECT count(*) FROM gone) FROM old
"""


def drop_before(moment: datetime, *, slice_of: int = SLICE) -> int:
    """Forget older calls, some at a time; the changes of claims stay. How many.

    Safe to break off and to repeat.
    """
    dropped = 0
    values: dict[str, datetime | int | None] = {"moment": moment, "after": 0, "slice": slice_of}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, values)
        (values["last"],) = cursor.fetchone()
        while values["last"] is not None:
            cursor.execute(_DROP, values)
            reached, count = cursor.fetchone()
            if reached is None:
                break
            values["after"] = reached
            dropped += count
    return dropped
