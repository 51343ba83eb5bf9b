"""Changing works: the steps after the access checks, in ORCID's order."""

from __future__ import annotations

from typing import Any, Final

from . import duplicates, validation
from .refusal import Refused, shape
from .state import Client, Person, Record, Registry, Work, pack

MOST_IN_BULK: Final = 100


def source_of(client: Client, person: Person) -> tuple[str, str]:
    return client.id, person.orcid if client.on_behalf_of_user else ""


def check_new(registry: Registry, person: Person, client: Client, content: dict[str, Any]) -> None:
    """Steps 8 to 10 of a POST."""
    validation.validate(content, stored_visibility=None)
    _refuse_on_demand(registry, content)
    record = registry.records[person.orcid]
    if len(record.works) >= registry.most_works:
        raise Refused(9048)
    _refuse_duplicate(record, person, client, content, against=("self",))
    validation.contributor_roles(content)
    validation.fits_database(content)


def _refuse_on_demand(registry: Registry, content: dict[str, Any]) -> None:
    """Whatever it holds: as ORCID's rules may change."""
    code = registry.refused.get(title_of(content)) if registry.refused else None
    if code is not None:
        raise Refused(code)


def _refuse_duplicate(
    record: Record,
    person: Person,
    client: Client,
    content: dict[str, Any],
    *,
    against: tuple[str, ...],
    but: int = 0,
) -> None:
    same = duplicates.duplicate_of(
        duplicates.identifiers(content),
        record=record,
        source=source_of(client, person),
        against=against,
        but=but,
    )
    if same is not None:
        raise Refused(9021, str(same.put_code))


def store_new(
    registry: Registry,
    person: Person,
    client: Client,
    content: dict[str, Any],
    *,
    told: bool = True,
) -> Work:
    now = registry.clock.millis()
    client_id, origin = source_of(client, person)
    work = Work(
        put_code=next(registry.put_codes),
        client_id=client_id,
        assertion_origin=origin,
        created=now,
        modified=now,
        # A claimed record's own default overwrites what was sent.
        visibility=content.get("visibility", "private")
        if person.state == "unclaimed"
        else person.default_visibility,
        display_index="0",
        packed=pack(duplicates.kept(content)),
        ids=duplicates.identifiers(content),
    )
    registry.records[person.orcid].put(work)
    if told:
        registry.notify(
            person.orcid,
            client=client,
            subject=f"{client.name} added a work to your record",
            items=(title_of(content),),
        )
    return work


def title_of(content: dict[str, Any]) -> str:
    title: str = content["title"]["title"]["value"]
    return title


def add_all(
    registry: Registry, person: Person, client: Client, contents: list[dict[str, Any]]
) -> list[Work | dict[str, Any]]:
    """A bulk: every item on its own, a Work or an error; one message covers all.

    The limit on works comes before the limit on items, and refuses the whole request.
    """
    record = registry.records[person.orcid]
    if len(record.works) + len(contents) > registry.most_works:
        raise Refused(9048)
    if len(contents) > MOST_IN_BULK:
        raise Refused(9006, f"You are allowed to add up to {MOST_IN_BULK} elements per request")
    answers: list[Work | dict[str, Any]] = []
    for content in contents:
        try:
            validation.validate(content, stored_visibility=None)
            _refuse_on_demand(registry, content)
            _refuse_duplicate(record, person, client, content, against=("self", "version-of"))
            validation.contributor_roles(content)
            validation.fits_database(content)
        except Refused as refused:
            answers.append(shape(refused, client=client.name))
        else:
            answers.append(store_new(registry, person, client, content, told=False))
    added = tuple(title_of(one.content) for one in answers if isinstance(one, Work))
    if added:
        subject = f"{client.name} added {len(added)} works to your record"
        registry.notify(person.orcid, client=client, subject=subject, items=added)
    return answers


def change(
    registry: Registry,
    person: Person,
    client: Client,
    content: dict[str, Any],
    *,
    put_code: int,
) -> Work:
    """Steps 6 to 11 of a PUT. A PUT that changes nothing stores and tells nothing."""
    if content.get("put-code") != put_code:
        raise Refused(9019, url=str(put_code), body=str(content.get("put-code")))
    record = registry.records[person.orcid]
    work = found(record, put_code)
    own = work.source == source_of(client, person)
    new = duplicates.kept(content) | {k: content[k] for k in ("visibility",) if k in content}
    if duplicates.unchanged(new, work.content, visibility=work.visibility):
        if not own:
            raise Refused(9014, "work", worded_as=9010)
        return work
    validation.validate(content, stored_visibility=work.visibility)
    _refuse_on_demand(registry, content)
    _refuse_duplicate(record, person, client, content, against=("self",), but=put_code)
    validation.contributor_roles(content)
    if not own:
        raise Refused(9010, "work")
    validation.fits_database(content)
    changed = Work(
        put_code=put_code,
        client_id=work.client_id,
        assertion_origin=work.assertion_origin,
        created=work.created,
        modified=registry.clock.millis(),
        visibility=work.visibility,
        display_index=work.display_index,
        packed=pack(duplicates.kept(content)),
        ids=duplicates.identifiers(content),
    )
    record.put(changed)
    registry.notify(
        person.orcid,
        client=client,
        subject=f"{client.name} changed a work on your record",
        items=(title_of(content),),
    )
    return changed


def remove(registry: Registry, person: Person, client: Client, *, put_code: int) -> None:
    record = registry.records[person.orcid]
    work = found(record, put_code)
    if work.source != source_of(client, person):
        raise Refused(9010, "work")
    record.take(put_code)
    record.modified = registry.clock.millis()
    registry.notify(
        person.orcid,
        client=client,
        subject=f"{client.name} removed a work from your record",
        items=(title_of(work.content),),
    )


def found(record: Record, put_code: int) -> Work:
    work = record.works.get(put_code)
    if work is None:
        raise Refused(9016, "No entity found for query")
    return work
