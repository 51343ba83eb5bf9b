"""Permission rounds: what is asked of ORCID, what the way back says, and who may finish one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from profiles.people.permissions import NEEDED_SCOPES, Purpose, missing_scopes, requested_scope
from profiles.people.rounds import (
    AT_ONCE,
    LIFETIME,
    Round,
    authorize_url,
    callback_path,
    is_answered_by,
    keep,
    read_answer,
)
from profiles.values.orcid_id import OrcidId

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def asked(state: str = "s", *, at: datetime = NOON) -> Round:
    return Round(
        state=state,
        nonce="n",
        purpose=Purpose.AUTO_UPDATE,
        person_sub="alice",
        orcid=OrcidId("0000-0002-1825-0097"),
        return_to="/settings",
        expires_at=at + LIFETIME,
    )


def test_what_is_asked_of_orcid() -> None:
    url = authorize_url(
        asked(),
        endpoint="https://orcid.example/oauth/authorize",
        client_id="APP-1",
        redirect_uri="https://profiles.example/orcid/auto_update/callback",
    )
    assert urlsplit(url).netloc == "orcid.example"
    assert parse_qs(urlsplit(url).query) == {
        "client_id": ["APP-1"],
        "response_type": ["code"],
        "scope": ["openid /read-limited /activities/update"],
        "redirect_uri": ["https://profiles.example/orcid/auto_update/callback"],
        "state": ["s"],
        "nonce": ["n"],
        "orcid": ["0000-0002-1825-0097"],
    }


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"code": "AbC123", "state": "s"}, "code"),
        (
            {"error": "access_denied", "error_description": "User denied access", "state": "s"},
            "denied",
        ),
        ({"error": "invalid_scope", "state": "s"}, "error"),
        ({"error": "access_denied", "code": "AbC123", "state": "s"}, "denied"),  # an error wins
        ({"code": "AbC123"}, "uninvited"),  # ORCID's own wizard
        ({}, "empty"),  # the error stands in the fragment, which stays in the browser
        ({"state": "s"}, "empty"),
    ],
)
def test_what_the_way_back_says(query: dict[str, str], kind: str) -> None:
    assert read_answer(query).kind == kind


@pytest.mark.parametrize(
    ("purpose", "sub", "after", "answered"),
    [
        (Purpose.AUTO_UPDATE, "alice", timedelta(0), True),
        (Purpose.AUTO_UPDATE, "alice", timedelta(minutes=9, seconds=59), True),
        (Purpose.AUTO_UPDATE, "alice", timedelta(minutes=10), False),  # too late
        (Purpose.AUTO_UPDATE, "bob", timedelta(0), False),  # somebody else signed in meanwhile
        (Purpose.SEARCH_AND_LINK, "alice", timedelta(0), False),  # through the other door
    ],
)
def test_who_may_finish_a_round(
    purpose: Purpose, sub: str, after: timedelta, answered: bool
) -> None:
    assert is_answered_by(asked(), purpose=purpose, person_sub=sub, now=NOON + after) is answered


def test_open_rounds_are_few_and_the_oldest_gives_way() -> None:
    kept: dict[str, Round] = {}
    for number in range(AT_ONCE + 2):
        at = NOON + timedelta(seconds=number)
        kept = keep(kept, asked(f"s{number}", at=at), now=at)
    assert sorted(kept) == [f"s{number}" for number in range(2, AT_ONCE + 2)]


def test_expired_rounds_leave() -> None:
    kept = keep({"old": asked("old")}, asked("new", at=NOON + LIFETIME), now=NOON + LIFETIME)
    assert list(kept) == ["new"]


def test_a_round_survives_the_session() -> None:
    plain = msgspec.to_builtins({"s": asked()})
    assert msgspec.convert(plain, dict[str, Round]) == {"s": asked()}


def test_each_purpose_has_its_scopes_and_its_way_back() -> None:
    assert set(NEEDED_SCOPES) == set(Purpose)
    assert {callback_path(purpose) for purpose in Purpose} == {
        "/orcid/auto_update/callback",
        "/orcid/search_and_link/callback",
    }
    assert all(requested_scope(purpose).startswith("openid ") for purpose in Purpose)


@pytest.mark.parametrize(
    ("returned", "missing"),
    [
        ("openid /read-limited /activities/update", ()),
        ("/activities/update /read-limited", ()),  # the order is ORCID's
        ("openid /read-limited", ("/activities/update",)),
        ("", ("/read-limited", "/activities/update")),
        ("/activities/updated /read-limited", ("/activities/update",)),  # whole words only
    ],
)
def test_the_scope_that_came_back_decides(returned: str, missing: tuple[str, ...]) -> None:
    assert missing_scopes(Purpose.AUTO_UPDATE, returned) == missing
