"""PostgreSQL's plans, shortened to the tables and indexes that they touch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.db import connection


def plan(sql: str, values: Any) -> str:  # noqa: ANN401 (as an execute wrapper gets them)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        (found,) = cursor.fetchone()
    whole = orjson.loads(found) if isinstance(found, str) else found
    return " ← ".join(nodes(whole[0]["Plan"]))


def nodes(node: Mapping[str, Any]) -> Iterator[str]:
    """Those that touch a table, the outermost first."""
    kind, table, index = (node.get(key, "") for key in ("Node Type", "Relation Name", "Index Name"))
    if kind == "ModifyTable":
        yield f"{node['Operation']} {table}"
    elif index:
        yield f"{kind} {index}"
    elif table and kind != "Bitmap Heap Scan":
        yield f"{kind} on {table}"
    for child in node.get("Plans", ()):
        yield from nodes(child)
