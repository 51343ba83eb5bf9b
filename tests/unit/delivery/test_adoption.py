"""Whose works a reading shows, and for which DOIs."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from profiles.delivery import adoption
from profiles.delivery.adoption import OwnWork

OURS, THEIRS = "APP-OURS", "APP-THEIRS"


def summary(put_code: object = 7, *, client: str | None = OURS, **first: object) -> dict[str, Any]:
    """As ORCID prints it, nulls included."""
    own = {
        "external-id-type": "doi",
        "external-id-value": "https://doi.org/10.5555/TIDES",
        "external-id-normalized": {"value": "10.5555/tides", "transient": True},
        "external-id-normalized-error": None,
        "external-id-url": None,
        "external-id-relationship": "self",
        **first,
    }
    part = {**own, "external-id-relationship": "part-of"}
    return {
        "put-code": put_code,
        "source": {
            "source-orcid": None,
            "source-client-id": {"uri": "x", "path": client, "host": "orcid.org"}
            if client
            else None,
        },
        "title": {"title": {"value": "Tides"}, "subtitle": None},
        "external-ids": {"external-id": [own, part]},
        "url": None,
        "display-index": "0",
    }


def works(*summaries: dict[str, Any]) -> adoption.Works:
    groups = [{"external-ids": None, "work-summary": [each]} for each in summaries]
    read = adoption.read(json.dumps({"last-modified-date": None, "group": groups}).encode())
    assert read is not None
    return read


def test_our_works_and_the_dois_that_they_call_their_own() -> None:
    read = works(summary(), summary(8, client=THEIRS), summary(9, client=None))
    assert list(adoption.own_works(read, api_clients=(OURS,))) == [
        OwnWork(7, OURS, ("10.5555/tides",))
    ]
    assert adoption.put_codes(read, doi="10.5555/tides", api_client=THEIRS) == (8,)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "dois"),
    [
        ({"external-id-normalized": None}, ("10.5555/tides",)),  # as we sent it, then
        ({"external-id-type": "uri"}, ()),
        ({"external-id-value": None, "external-id-normalized": None}, ()),
        ({"external-id-value": "x", "external-id-normalized": {"value": "x"}}, ()),
    ],
)
def test_an_identifier_that_is_no_doi_is_none(first: dict[str, Any], dois: tuple[str, ...]) -> None:
    (own,) = adoption.own_works(works(summary(**first)), api_clients=(OURS,))
    assert own.dois == dois


def test_numbers_may_come_as_text_and_parts_may_be_missing() -> None:
    bare = {"put-code": "12", "source": {"source-client-id": {"path": OURS}}}
    (own,) = adoption.own_works(works(bare, {"put-code": 13}, {}), api_clients=(OURS,))
    assert own == OwnWork(12, OURS, ())


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"group": null}', b"<html>", b"[]", b'{"group": [7]}']
)
def test_what_is_no_reading_is_none(body: bytes) -> None:
    """Never an empty record: everything would be taken for removed."""
    assert adoption.read(body) is None


def test_a_full_record_is_told_and_kept_small() -> None:
    full = works(*(summary(number + 1) for number in range(adoption.MOST_WORKS)))
    assert adoption.is_full(full)
    assert not adoption.is_full(works(summary()))
    one = full.group[0].summaries
    assert one is not None
    assert sys.getsizeof(one[0]) < 100  # bytes; no dictionary of all that ORCID tells
