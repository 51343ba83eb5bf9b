"""People, permissions, metadata and claims by the thousand, written with SQL. Wants Django set up.

The owners of these tables write one row at a time, which takes too long here. Which columns there
are, and what stands in those that do not matter here, is asked of the models.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from django.apps import apps
from django.db import connection, transaction

from ... import conversion
from ...claims import metadata
from ...errors import NotConvertible
from ...people import wiring
from ...people.permissions import Purpose
from ...people.sealing import Secret
from ...simulator.datacite.samples import Sample, Who, samples
from ...sources.datacite import reading
from ...values import doi
from ...values.doi import Doi
from ...values.orcid_id import OrcidId
from ...values.work import Title, Work
from .stand_ins import SCOPE

CARBERRY = OrcidId("0000-0002-1825-0097")  # in the templates, whose work it is
PLACE = doi.parse("10.5555/place")  # in the templates, the work's DOI


def insert(table: str, source: str, columns: Mapping[str, str], values: Sequence[Any] = ()) -> int:
    """INSERT of these SQL expressions, for each row of a source. How many rows.

    A column without an expression gets what the model gives a new row. `values` are the source's.
    """
    fields = apps.get_model(table)._meta.local_concrete_fields
    expressions = {
        field.column: columns.get(field.column, "now()" if _is_now(field) else "%s")
        for field in fields
        if field.column in columns or field.column != "id"
    }
    defaults = [
        field.get_db_prep_save(field.get_default(), connection)
        for field in fields
        if expressions.get(field.column) == "%s"
    ]
    into, chosen = ", ".join(expressions), ", ".join(expressions.values())
    statement = f"INSERT INTO {table.replace('.', '_')} ({into}) SELECT {chosen} FROM {source}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [*defaults, *values])
        return int(cursor.rowcount)


def _is_now(field: object) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def people(known: Sequence[tuple[str, str]]) -> None:
    """Accounts with auto-update on and ORCID's permission, for these iDs and tokens."""
    sealer, ids = wiring.sealer(), [uuid.uuid4() for _ in known]
    sealed = [
        sealer.seal(Secret(token), context=f"grant:{grant}")
        for grant, (_, token) in zip(ids, known, strict=True)
    ]
    orcids = [orcid for orcid, _ in known]
    with transaction.atomic():
        insert(
            "people.person",
            "unnest(%s::text[]) AS orcid",
            {"orcid": "orcid", "sub": "gen_random_uuid()", "auto_update": "true"},
            [orcids],
        )
        insert(
            "people.grant",
            "unnest(%s::uuid[], %s::text[], %s::text[]) AS given (id, orcid, sealed) "
            "JOIN people_person USING (orcid)",
            {
                "id": "given.id",
                "person_id": "people_person.id",
                "orcid": "given.orcid",
                "purpose": f"'{Purpose.AUTO_UPDATE}'",
                "api_client": f"'{wiring.client_id(Purpose.AUTO_UPDATE)}'",
                "sealed_access_token": "given.sealed",
                "fingerprint": "left(given.sealed, 16)",
                "scope": f"'{SCOPE}'",
                "granted_at": "now()",
                "compared_at": "now()",  # or they would be compared with their records meanwhile
            },
            [ids, orcids, sealed],
        )


def dois(part: str, *, of: int, works: int) -> list[Doi]:
    """A person's DOIs, by the person's number."""
    return [Doi(f"10.5555/{part}.{of}.{number}") for number in range(works)]


_EACH = """
unnest(%s::text[]) WITH ORDINALITY AS person (orcid, number)
CROSS JOIN generate_series(0, %s - 1) AS work
CROSS JOIN LATERAL (SELECT '10.5555/' || %s || '.' || number - 1 || '.' || work AS doi) AS named
"""


def claims(orcids: Sequence[str], *, part: str, works: int) -> int:
    """So many new DOIs of each person, with their metadata, waiting to be added. How many claims."""
    templates = [msgspec.json.encode(work).decode() for work in template_works()]
    source = _EACH + "CROSS JOIN LATERAL (SELECT (%s::text[])[1 + (number + work) %% %s] AS text) t"
    content = f"replace(replace(text, '{PLACE}', doi), '{CARBERRY}', orcid)"
    given: list[Any] = [list(orcids), works, part]
    with transaction.atomic():
        insert(
            "claims.storedwork",
            source,
            {"doi": "doi", "title": "doi", "content": f"convert_to({content}, 'UTF8')"},
            [*given, templates, len(templates)],
        )
        return insert(
            "claims.claim",
            _EACH,
            {
                "uuid": "gen_random_uuid()",
                "orcid": "orcid",
                "doi": "doi",
                "origin": "'auto_update'",
                "state": "'waiting'",
                "due_at": "now()",
                "work_version": "'1'",
            },
            given,
        )


def failed(wanted: Sequence[tuple[OrcidId, Doi]]) -> None:
    """Claims that the person may try again."""
    with transaction.atomic():
        for orcid, found in wanted:
            metadata.record_work(work_of(orcid, found), title=found)
        insert(
            "claims.claim",
            "unnest(%s::text[], %s::text[]) AS failed (orcid, doi)",
            {
                "uuid": "gen_random_uuid()",
                "orcid": "orcid",
                "doi": "doi",
                "origin": "'auto_update'",
                "state": "'failed'",
                "reason": "'refused'",
            },
            [[orcid for orcid, _ in wanted], [found for _, found in wanted]],
        )


def template_works() -> list[Work]:
    """Varied works of Carberry, as DataCite tells them, none of them bound up with another."""
    five = [Who("Josiah", "Carberry", CARBERRY)] * 5
    return [work for sample in samples(five) if (work := _template(sample)) is not None]


def _template(sample: Sample) -> Work | None:
    read = reading.read(msgspec.json.encode({**sample.record, "doi": PLACE}))
    work = msgspec.structs.replace(read, titles=(Title(f"Work {PLACE}"), *read.titles[1:]))
    try:
        conversion.convert(work)
    except NotConvertible:
        return None
    return None if work.related else work


def work_of(orcid: str, found: Doi) -> Work:
    """One of those works, as this person's with this DOI."""
    text = msgspec.json.encode(template_works()[0]).decode()
    return msgspec.json.decode(text.replace(PLACE, found).replace(CARBERRY, orcid), type=Work)


def empty() -> None:
    """As before the first claim; people and permissions stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE claims_claim, claims_change, claims_attempt, claims_storedwork, "
            "delivery_pace, procrastinate_jobs, procrastinate_events, procrastinate_workers CASCADE"
        )


def analyze() -> None:
    """Statistics as they are after a while."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
