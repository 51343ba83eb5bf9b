"""Millions of claims, as a table holds them after years. Wants Django set up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command
from django.db import connection

from . import seeding

MANY = "0000-0003"  # the first half of these persons' iDs
FINGERPRINT = "0" * 64

# What has become of claims in the long run, in thousandths: most are on their record.
SHARES = {"done": 930, "waiting": 30, "held": 20, "failed": 10, "removed": 10}

# Persons in no order, as iDs are, and what one of them has lies scattered over the table.
_SPREAD, _PRIME = 48271, 99_999_989
_NUMBERED = f"""
generate_series(%s::bigint, %s) AS number
CROSS JOIN LATERAL (
    SELECT lpad(mod(mod(number, %s) * {_SPREAD}, {_PRIME})::text, 8, '0') AS digits,
           mod(abs(hashint8(number)::bigint), 1000) AS share
) AS drawn
CROSS JOIN LATERAL (SELECT {{states}} AS state) AS standing
"""
_ORCID = "'{block}-' || left(digits, 4) || '-' || right(digits, 4)"


def begin(size: int) -> None:
    """An empty ledger of its own for this size, beside the others."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA of_{size}")
    use(size)
    call_command("migrate", interactive=False, verbosity=0)


def use(size: int) -> None:
    """From now on the ledger of this size is the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path TO of_{size}")


def digits(number: int) -> str:
    """The second half of the iD of the person with this number."""
    half = f"{number * _SPREAD % _PRIME:08}"
    return f"{half[:4]}-{half[4:]}"


def waiting(block: str, *, first: int, persons: int, each: int) -> int:
    """Claims that are due, so many of each person. How many."""
    last = first + persons * each - 1
    return _insert(block, first=first, last=last, persons=persons, states="'waiting'")


def fill(first: int, size: int) -> int:
    """As many claims as are missing, each with a line of history. How many."""
    with _bare("claims_claim"):
        made = _insert(MANY, first=first, last=size - 1, persons=size // 10, states=_drawn())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) claims_claim, claims_change")
        cursor.execute("CHECKPOINT")
    return made


_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), conname, pg_get_constraintdef(made.oid)
  FROM pg_index LEFT JOIN pg_constraint AS made ON conindid = indexrelid AND conrelid = indrelid
 WHERE indrelid = %s::regclass AND NOT indisprimary
"""


@contextmanager
def _bare(table: str) -> Iterator[None]:
    """Without its indexes, which are made anew at the end, and with no foreign keys checked: millions
    of rows take minutes so, and not hours."""
    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '256MB'")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_INDEXES, [table])
        found = cursor.fetchall()
        for index, _, constraint, _ in found:
            cursor.execute(
                f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
                if constraint
                else f"DROP INDEX {index}"
            )
        yield
        for _, definition, constraint, rule in found:
            cursor.execute(
                f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {rule}"
                if constraint
                else definition
            )
        cursor.execute("RESET session_replication_role")


def _drawn() -> str:
    """SQL: a state for each, by chance."""
    words, upto = [], 0
    for state, share in SHARES.items():
        upto += share
        words.append(f"WHEN share < {upto} THEN '{state}'")
    return f"CASE {' '.join(words)} END"


def _insert(block: str, *, first: int, last: int, persons: int, states: str) -> int:
    before = _highest()
    on_record = "state = 'done'"
    made = seeding.insert(
        "claims.claim",
        _NUMBERED.format(states=states),
        {
            "uuid": "gen_random_uuid()",
            "orcid": _ORCID.format(block=block),
            "doi": f"'10.5555/{block}.' || number",
            "origin": "'auto_update'",
            "state": "state",
            "wanted": "CASE state WHEN 'removed' THEN 'absent' ELSE 'present' END",
            "reason": "CASE state WHEN 'held' THEN 'permission_ended' WHEN 'failed' THEN 'refused'"
            " WHEN 'removed' THEN 'removed_by_person' ELSE '' END",
            # Half of those that wait are not due yet.
            "due_at": "CASE WHEN state = 'waiting' THEN now() - interval '1 hour'"
            f" + mod(share, 2) * (CASE '{block}' WHEN '{MANY}' THEN 1 ELSE 0 END) * interval '1 day' END",
            "put_code": f"CASE WHEN {on_record} THEN number + 1 END",
            "fingerprint": f"CASE WHEN {on_record} THEN '{FINGERPRINT}' ELSE '' END",
            "api_client": f"CASE WHEN {on_record} THEN 'APP-BENCHMARK' ELSE '' END",
            "sent_at": f"CASE WHEN {on_record} THEN now() END",
        },
        [first, last, persons],
    )
    seeding.insert(
        "claims.change",
        "claims_claim WHERE id > %s",
        {
            "claim_id": "id",
            "at": "now()",
            "event": "'want'",
            "state": "state",
            "by": "'auto-update'",
        },
        [before],
    )
    return made


def _highest() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM claims_claim")
        return int(cursor.fetchone()[0])
