"""What ORCID's answers mean: the table is complete and its rows are right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiles.claims.reasons import REASONS
from profiles.claims.states import State
from profiles.delivery.client import read_answer
from profiles.delivery.outcomes import OAUTH, TABLE, Answer, Kind, judge

# Codes of ORCID's table that no call for a work can meet.
NOT_OF_WORKS = frozenset(
    {9000, 9003, 9059}  # have a text but no status: never sent
    | {9025, 9026, 9030, 9031, 9033, 9040, 9041, 9053, 9054}  # groups, other sections
    | {9045, 9046, 9050, 9055, 9060, 9061, 9062}  # affiliations
    | {9009, 9027, 9028, 9029, 9032}  # webhooks and notifications
    | {9011, 9039, 9043, 9052}  # public API, search, old versions
)


@pytest.mark.parametrize(
    ("verb", "status", "code", "kind", "reason"),
    [
        ("POST", 201, None, Kind.DONE, ""),
        ("PUT", 200, None, Kind.DONE, ""),
        ("DELETE", 204, None, Kind.GONE, ""),
        ("POST", 409, 9021, Kind.ADOPT, ""),
        ("PUT", 409, 9021, Kind.FAIL, "refused"),  # another work of ours holds the identifier
        ("PUT", 404, 9016, Kind.GONE, "removed_at_orcid"),  # the person's will
        ("DELETE", 404, 9016, Kind.GONE, ""),  # somebody was faster: as wanted
        ("POST", 404, 9016, Kind.FAIL, "refused"),  # no such record
        ("POST", 401, 9017, Kind.GRANT_ENDED, "permission_ended"),
        ("POST", 403, 9038, Kind.GRANT_ENDED, "scope_missing"),
        ("PUT", 403, 9010, Kind.FAIL, "not_ours"),
        ("POST", 409, 9007, Kind.HOLD, "record_deprecated"),
        ("POST", 409, 9018, Kind.HOLD, "record_locked"),
        ("POST", 409, 9044, Kind.HOLD, "record_deactivated"),
        ("POST", 409, 9036, Kind.HOLD, "record_unclaimed"),
        ("POST", 409, 9048, Kind.HOLD, "record_full"),
        ("POST", 409, 9057, Kind.BUSY, ""),  # our client is locked: nobody's work is at fault
        ("POST", 400, 9022, Kind.FAIL, "refused"),
        ("POST", 429, None, Kind.BUSY, ""),
        ("POST", 500, 9008, Kind.LATER, ""),  # may be this one work's doing
        ("POST", 500, None, Kind.BUSY, ""),
        ("POST", 502, None, Kind.BUSY, ""),
        ("POST", 503, None, Kind.BUSY, ""),
        ("POST", 529, None, Kind.BUSY, ""),  # an edge network's own 5xx
        ("POST", 418, None, Kind.FAIL, "unknown_answer"),  # never swallowed
        ("POST", 400, 9999, Kind.FAIL, "unknown_answer"),
        ("POST", 200, None, Kind.FAIL, "unknown_answer"),  # a 200 is no proof of a new work
    ],
)
def test_orcid_shaped(verb: str, status: int, code: int | None, kind: Kind, reason: str) -> None:
    outcome = judge(Answer(verb=verb, status=status, error_code=code, text="words"))
    assert (outcome.kind, outcome.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("status", "oauth", "kind", "reason"),
    [
        (401, "invalid_token", Kind.GRANT_ENDED, "permission_ended"),
        (403, "forbidden", Kind.GRANT_ENDED, "permission_ended"),
        (401, "server_error", Kind.BUSY, ""),  # orcid.org cannot reach its own auth server
        (401, "invalid_client", Kind.BUSY, ""),
    ],
)
def test_oauth_shaped(status: int, oauth: str, kind: Kind, reason: str) -> None:
    outcome = judge(Answer(verb="PUT", status=status, oauth_error=oauth))
    assert (outcome.kind, outcome.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("answer", "unsure"),
    [
        (Answer(verb="POST", status=None, text="reset"), True),  # it may have been done
        (Answer(verb="POST", status=504), True),  # an edge gave up waiting
        (Answer(verb="POST", status=500, error_code=9008), True),
        (Answer(verb="POST", status=None, sent=False), False),  # no connection: it was not
        (Answer(verb="POST", status=429), False),
        (Answer(verb="POST", status=400, error_code=9022), False),
    ],
)
def test_whether_it_may_have_been_done_all_the_same(answer: Answer, unsure: bool) -> None:
    assert judge(answer).unsure is unsure


@pytest.mark.parametrize(
    ("text", "put_code"),
    [
        ("… please see element with put-code 1001. If you are trying …", 1001),
        ("409 Conflict: You have already added this activity.", None),  # older texts name none
    ],
)
def test_a_duplicate_names_its_put_code(text: str, put_code: int | None) -> None:
    outcome = judge(Answer(verb="POST", status=409, error_code=9021, text=text))
    assert outcome.put_code == put_code


def test_a_missing_record_is_not_a_removed_work() -> None:
    text = "404 Not Found: The resource was not found. ORCID iD 0000-0001-5000-0007 not found"
    outcome = judge(Answer(verb="PUT", status=404, error_code=9016, text=text))
    assert outcome.kind is Kind.FAIL


def test_every_reason_of_the_table_is_known_to_the_ledger() -> None:
    states = {Kind.HOLD: State.HELD, Kind.GRANT_ENDED: State.HELD, Kind.FAIL: State.FAILED}
    for kind, reason in [*TABLE.values(), *OAUTH.values()]:
        if kind in states:
            assert REASONS[reason].state is states[kind], reason
        elif reason:
            assert REASONS[reason].state is State.REMOVED, reason


def test_every_error_code_that_a_works_client_can_meet_has_a_row(shared: Path) -> None:
    table = json.loads((shared / "data/orcid/messages/error-codes.json").read_text())
    codes = {int(code) for code in table["codes"]}
    ours = {code for _, _, code in TABLE if code}
    assert codes - ours - NOT_OF_WORKS == set()
    assert ours <= codes


def test_the_token_never_stands_in_an_answer() -> None:
    token = "8f1c-secret"
    body = b'{"error":"invalid_token","error_description":"Invalid access token: 8f1c-secret"}'
    answer = read_answer("POST", 401, {}, body, token=token)
    assert token not in repr(answer)
    assert "Invalid access token" in answer.text
    # even one that is not ours
    assert token not in repr(read_answer("POST", 401, {}, body))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),  # empty
        (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),  # a page of the edge network
        (b'{"developer-message": "cut of', '{"developer-message": "cut of'),  # truncated
        (b"[1]", "[1]"),  # JSON, but not an object
        (b"\xff\xfe", "��"),  # not UTF-8
    ],
)
def test_a_body_that_is_no_error_of_orcids_is_kept_as_text(body: bytes, text: str) -> None:
    answer = read_answer("POST", 502, {}, body)
    assert (answer.error_code, answer.text) == (None, text)


@pytest.mark.parametrize(
    ("location", "put_code"),
    [
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/work/1256188", 1256188),
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/work/1256188/", 1256188),
        ("", None),
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/works", None),
    ],
)
def test_the_put_code_is_the_last_segment_of_location(location: str, put_code: int | None) -> None:
    assert read_answer("POST", 201, {"Location": location}, b"").put_code == put_code
