"""Finding our own works on a record, from the summaries of `GET /works`. Pure.

Needed when ORCID says "duplicate", when an answer was lost, and when the ledger is compared with
the record: the record itself tells what is there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from ..errors import NotADoi
from ..values import doi as dois
from ..values.doi import Doi

# Of one record, whoever put them there (ORCID-Source, WorkManagerImpl; facts on ORCID, 1.8).
MOST_WORKS = 10_000


class _Value(msgspec.Struct, frozen=True):
    value: str | None = None


class _ExternalId(msgspec.Struct, frozen=True):
    kind: str | None = msgspec.field(default=None, name="external-id-type")
    relationship: str | None = msgspec.field(default=None, name="external-id-relationship")
    value: str | None = msgspec.field(default=None, name="external-id-value")
    normalized: _Value | None = msgspec.field(default=None, name="external-id-normalized")


class _ExternalIds(msgspec.Struct, frozen=True):
    ids: list[_ExternalId] | None = msgspec.field(default=None, name="external-id")


class _Client(msgspec.Struct, frozen=True):
    path: str | None = None


class _Source(msgspec.Struct, frozen=True):
    client: _Client | None = msgspec.field(default=None, name="source-client-id")


class _Summary(msgspec.Struct, frozen=True):
    put_code: int | None = msgspec.field(default=None, name="put-code")
    source: _Source | None = None
    external_ids: _ExternalIds | None = msgspec.field(default=None, name="external-ids")


class _Group(msgspec.Struct, frozen=True):
    summaries: list[_Summary] | None = msgspec.field(default=None, name="work-summary")


class Works(msgspec.Struct, frozen=True):
    """What a record shows of its works, as far as we ask: a full one has 15 MB of summaries."""

    group: list[_Group]


class OwnWork(msgspec.Struct, frozen=True):
    """A work that one of our clients put on a record."""

    put_code: int
    api_client: str
    dois: tuple[Doi, ...]  # which it calls its own; none where ORCID's cannot be read


_DECODER = msgspec.json.Decoder(Works, strict=False)


def read(body: bytes) -> Works | None:
    """None where the body is none of ORCID's readings."""
    try:
        return _DECODER.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError:
        return None


def put_codes(works: Works, *, doi: Doi, api_client: str) -> tuple[int, ...]:
    """Of the works that this API client put there and that call this DOI their own."""
    mine = own_works(works, api_clients=(api_client,))
    return tuple(own.put_code for own in mine if doi in own.dois)


def own_works(works: Works, *, api_clients: Collection[str]) -> Iterator[OwnWork]:
    """What these API clients put there.

    Each work speaks for itself: a group's own ids are those of all its works together, also of
    those that the person combined.
    """
    for summary in _summaries(works):
        client = summary.source.client if summary.source else None
        path = client.path if client else None
        if path in api_clients and path is not None and summary.put_code is not None:
            yield OwnWork(summary.put_code, path, _own_dois(summary))


def is_full(works: Works) -> bool:
    """Whether ORCID takes no further work. We may not see all of them."""
    return sum(1 for _ in _summaries(works)) >= MOST_WORKS


def _summaries(works: Works) -> Iterator[_Summary]:
    for group in works.group:
        yield from group.summaries or ()


def _own_dois(summary: _Summary) -> tuple[Doi, ...]:
    external_ids = (summary.external_ids.ids if summary.external_ids else None) or ()
    return tuple(dict.fromkeys(doi for each in external_ids if (doi := _own_doi(each))))


def _own_doi(external_id: _ExternalId) -> Doi | None:
    if (external_id.kind, external_id.relationship) != ("doi", "self"):
        return None
    normalized = external_id.normalized.value if external_id.normalized else None
    try:
        return dois.parse(normalized or external_id.value or "")
    except NotADoi:
        return None
