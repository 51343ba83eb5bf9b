"""What ORCID's answers mean: the table is complete and its rows are right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from profiles.claims.reasons import REASONS
from profiles.claims.states import State
from profiles.delivery import answers
from profiles.delivery.outcomes import OAUTH, TABLE, Answer, Kind, Outcome, Verb, judge
from profiles.values import orcid_id

VERBS: tuple[Verb, ...] = get_args(Verb)

DONE, GONE, ADOPT, BUSY = "done", "gone", "adopt", "busy"
LATER = "later refused"
REFUSED, UNKNOWN, NOT_OURS = "fail refused", "fail unknown_answer", "fail not_ours"
NO_RECORD = "fail no_record"
ENDED, NO_SCOPE = "grant_ended permission_ended", "grant_ended scope_missing"


class Row(NamedTuple):
    """The outcome for every verb and for a bulk's items, but for those that differ."""

    code: int
    status: int
    any: str
    remark: str
    but: dict[str, str] = {}  # noqa: RUF012 (never changed)


ROWS = (
    Row(9000, 503, BUSY, "no exception sends it: ORCID could not reach itself"),
    Row(9001, 400, REFUSED, "malformed: our mapping is wrong"),
    Row(9001, 404, REFUSED, "an address that ORCID does not have: no work that was taken off"),
    Row(9001, 405, REFUSED, "not this method there"),
    Row(9001, 406, REFUSED, "not in this format"),
    Row(9001, 415, REFUSED, "neither JSON nor XML"),
    Row(9002, 401, ENDED, "our client may not, with this token"),
    Row(9003, 401, UNKNOWN, "a text that nothing sends"),
    Row(9004, 403, ENDED, "wrong scope, as its text says"),
    Row(9005, 403, ENDED, "the same text from another exception"),
    Row(9006, 400, REFUSED, "bad argument, such as more than 100 works"),
    Row(9007, 301, "hold record_deprecated", "merged: on reading"),
    Row(9007, 409, "hold record_deprecated", "merged: on writing"),
    Row(9008, 500, LATER, "any accident there: may be this one work's doing"),
    Row(9009, 403, UNKNOWN, "a notification that was read"),
    Row(9010, 403, NOT_OURS, "somebody else's work"),
    Row(9011, 404, UNKNOWN, "never a work: above all nobody took one off"),
    Row(9012, 400, REFUSED, "bad request, such as no https"),
    Row(9013, 403, NOT_OURS, "private, of another source"),
    Row(9014, 403, NOT_OURS, "a PUT without a change to somebody else's work"),
    Row(9015, 401, NO_SCOPE, "a scope that is none"),
    Row(
        9016,
        404,
        NO_RECORD,
        "not found: a work that the person took off, else the record",
        {"PUT": "gone removed_at_orcid", "DELETE": GONE},
    ),
    Row(9017, 401, ENDED, "the token is another record's"),
    Row(9018, 409, "hold record_locked", "locked by ORCID"),
    Row(9019, 400, REFUSED, "put-codes of address and body differ"),
    Row(9020, 400, REFUSED, "a value that ORCID does not take"),
    Row(
        9021,
        409,
        UNKNOWN,
        "duplicate: ours already; on an update another work of ours holds the identifier",
        {"POST": ADOPT, "item": ADOPT, "PUT": ADOPT},
    ),
    Row(9022, 400, REFUSED, "no title"),
    Row(9023, 400, REFUSED, "no identifier"),
    Row(9024, 400, REFUSED, "a put-code on a new work"),
    Row(9025, 409, UNKNOWN, "peer-review groups"),
    Row(9026, 400, UNKNOWN, "peer-review groups"),
    Row(9027, 404, BUSY, "our client is unknown: nobody's work is at fault"),
    Row(9028, 404, UNKNOWN, "webhooks"),
    Row(9029, 404, UNKNOWN, "notifications"),
    Row(9030, 409, UNKNOWN, "elements of the person"),
    Row(9031, 409, UNKNOWN, "elements of the person"),
    Row(9032, 409, UNKNOWN, "notifications"),
    Row(9033, 400, UNKNOWN, "other names"),
    Row(9034, 400, REFUSED, "a put-code that is none"),
    Row(9035, 403, REFUSED, "a visibility was sent"),
    Row(9036, 409, "hold record_unclaimed", "not activated yet"),
    Row(9037, 400, REFUSED, "a value that is not in ORCID's list"),
    Row(9038, 403, NO_SCOPE, "its text says 409, its status 403"),
    Row(9039, 403, UNKNOWN, "of the public API"),
    Row(9040, 409, UNKNOWN, "elements of the person"),
    Row(9041, 404, UNKNOWN, "biographies"),
    Row(9042, 400, REFUSED, "more than 100 put-codes"),
    Row(9043, 400, UNKNOWN, "search"),
    Row(9044, 409, "hold record_deactivated", "closed by the person"),
    Row(9045, 400, UNKNOWN, "affiliations"),
    Row(9046, 400, UNKNOWN, "affiliations"),
    Row(9047, 400, REFUSED, "not the JSON that ORCID reads"),
    Row(9048, 409, "hold record_full", "10,000 works"),
    Row(9049, 400, REFUSED, "not a date"),
    Row(9050, 400, UNKNOWN, "affiliations"),
    Row(9051, 400, REFUSED, "not a value of the enumeration"),
    Row(9052, 403, UNKNOWN, "clients acting for a member"),
    Row(9053, 400, UNKNOWN, "peer-review groups"),
    Row(9054, 400, UNKNOWN, "funding"),
    Row(9055, 400, UNKNOWN, "affiliations"),
    Row(9056, 308, BUSY, "a version that is no more: our address is wrong"),
    Row(9057, 409, BUSY, "our client is locked: nobody's work is at fault"),
    Row(9058, 400, REFUSED, "a role that ORCID does not have"),
    Row(9059, 308, BUSY, "as 9056; nothing sends it"),
    Row(9060, 400, UNKNOWN, "affiliations"),
    Row(9061, 400, UNKNOWN, "affiliations"),
    Row(9062, 400, UNKNOWN, "affiliations"),
)


def words(outcome: Outcome) -> str:
    return f"{outcome.kind} {outcome.reason}".strip()


def over_the_wire(row: Row, verb: Verb) -> Answer:
    body = {"response-code": row.status, "error-code": row.code, "developer-message": "words"}
    return wire(verb, row.status, json.dumps(body).encode())


def wire(verb: Verb, status: int, body: bytes = b"", **headers: str) -> Answer:
    spelled = {name.replace("_", "-"): value for name, value in headers.items()}
    return answers.read(verb, status, spelled, body, token="a-token", now=NOW)


NOW = answers._http_date("Sun, 22 Nov 2026 12:00:00 GMT")
assert NOW is not None


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.status}")
def test_every_code_of_orcids(row: Row, verb: Verb) -> None:
    outcome = judge(over_the_wire(row, verb))
    assert words(outcome) == row.but.get(verb, row.any), row.remark
    # its own words are kept with everything that somebody may have to look at
    assert outcome.message == ("" if outcome.kind in (Kind.DONE, Kind.GONE) else "words")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.status}")
def test_every_code_inside_a_bulk(row: Row) -> None:
    error = {"response-code": row.status, "error-code": row.code, "developer-message": "words"}
    body = json.dumps({"bulk": [{"error": error}]}).encode()
    (answer,) = answers.read_bulk(body, count=1, token="a-token")
    assert words(judge(answer)) == row.but.get("item", row.any), row.remark


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.code}-{row.status}")
def test_every_code_in_xml(row: Row) -> None:
    """ORCID answers in XML where it does not heed what we accept."""
    body = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<error xmlns="http://www.orcid.org/ns/error">'
        f"<response-code>{row.status}</response-code><developer-message>words</developer-message>"
        f"<user-message>other</user-message><error-code>{row.code}</error-code></error>"
    )
    outcome = judge(wire("POST", row.status, body.encode()))
    assert words(outcome) == row.but.get("POST", row.any), row.remark
    assert outcome.message == "words"


def test_every_code_that_orcid_has_is_decided_in_the_table(shared: Path) -> None:
    """For each verb; not by falling through to what is done with unknown ones."""
    codes = json.loads((shared / "data/orcid/messages/error-codes.json").read_text())["codes"]
    assert len(codes) == 63
    for code, about in codes.items():
        for verb in VERBS:
            status = about["status"] or "*"
            assert {(verb, status, int(code)), ("*", status, int(code))} & TABLE.keys(), code
    assert {int(code) for code in codes} == {row.code for row in ROWS}
    assert {int(code) for code in codes} == {code for _, _, code in TABLE if code}
    assert {(row.code, row.status) for row in ROWS} >= {
        (int(code), about["status"]) for code, about in codes.items() if about["status"]
    }


def test_no_row_of_the_table_goes_untested() -> None:
    tested = {(row.status, row.code) for row in ROWS}
    for _, status, code in TABLE:
        if code is not None:
            assert (status, code) in tested or status == "*", code


OAUTH_ROWS = [
    (401, "invalid_token", ENDED, "revoked, expired or wrong"),
    (403, "invalid_token", ENDED, "the name says it, whatever the status"),
    (403, "forbidden", ENDED, "no token arrived"),
    (401, "forbidden", UNKNOWN, "only with its own status"),
    (403, "insufficient_scope", NO_SCOPE, "RFC 6750, 3.1"),
    (401, "invalid_client", BUSY, "our client's secret: nobody's work is at fault"),
    (400, "unauthorized_client", BUSY, "our client is locked"),
    (401, "server_error", BUSY, "orcid.org cannot reach its own sign-in server"),
    (503, "temporarily_unavailable", BUSY, "RFC 6749, 4.1.2.1"),
    (400, "invalid_request", UNKNOWN, "never seen there"),
    (401, "something_new", UNKNOWN, "an unknown name ends no permission"),
    (500, "something_new", BUSY, "the status says enough"),
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("status", "error", "expected", "remark"), OAUTH_ROWS)
def test_oauth_shaped(status: int, error: str, expected: str, remark: str, verb: Verb) -> None:
    body = json.dumps({"error": error, "error_description": "words"}).encode()
    outcome = judge(wire(verb, status, body))
    assert words(outcome) == expected, remark
    assert outcome.message == "words"


def test_every_oauth_row_is_tested() -> None:
    tested = {error for _, error, _, _ in OAUTH_ROWS}
    assert {error for _, error in OAUTH} <= tested


def test_an_empty_401_is_told_apart_by_its_header() -> None:
    header = 'Bearer realm="ORCID T2 API", error="invalid_token", error_description="a-token"'
    assert words(judge(wire("PUT", 401, WWW_Authenticate=header))) == ENDED
    # another realm's question is not ORCID's: it ends no permission
    assert words(judge(wire("PUT", 401, WWW_Authenticate='Basic realm="x"'))) == UNCLEAR


HTML = b"<!DOCTYPE html><html><head><title>t</title></head><body><h1>Sorry</h1></body></html>"
UNCLEAR = "later unknown_answer"
LOCATION = "http://api.orcid.org/v3.0/0000-0002-1825-0097/work/7"
WORK = b'{"put-code": 7, "title": {"title": {"value": "One"}}}'
XML_WORK = b'<?xml version="1.0"?><work:work xmlns:work="http://www.orcid.org/ns/work"/>'


class Odd(NamedTuple):
    verb: Verb
    status: int
    body: bytes
    location: str
    expected: str
    unsure: bool
    remark: str


ODD = (
    # two hundreds
    Odd("POST", 201, b"", LOCATION, DONE, False, "as it should be"),
    Odd("POST", 201, b"", "", DONE, False, "it is there; where must be looked up"),
    Odd("POST", 201, HTML, LOCATION, DONE, False, "it says where the work is"),
    Odd("POST", 201, HTML, "", UNCLEAR, True, "somebody else's page"),
    Odd("POST", 200, b"", "", UNCLEAR, True, "no proof of a new work, and none that there is none"),
    Odd("POST", 200, WORK, LOCATION, DONE, False, "it says where the work is"),
    Odd("POST", 202, b"", "", UNCLEAR, True, "accepted is not done"),
    Odd("POST", 204, b"", "", UNCLEAR, True, "says nothing"),
    Odd("PUT", 200, WORK, "", DONE, False, "as it should be"),
    Odd("PUT", 200, XML_WORK, "", DONE, False, "in XML, but the work"),
    Odd("PUT", 200, b"", "", DONE, False, "nothing to say"),
    Odd("PUT", 200, b"{}", "", UNCLEAR, True, "an object, but no work"),
    Odd("PUT", 200, HTML, "", UNCLEAR, True, "a page with a 200: a gate in between"),
    Odd("PUT", 200, WORK[:20], "", UNCLEAR, True, "half a work"),
    Odd("PUT", 200, b'{"error": "invalid_token"}', "", UNCLEAR, True, "says no and yes"),
    Odd("PUT", 204, b"", "", DONE, False, "done, and nothing to say"),
    Odd("PUT", 201, b"", "", UNCLEAR, True, "an update makes nothing new"),
    Odd("DELETE", 204, b"", "", GONE, False, "as it should be"),
    Odd("DELETE", 200, WORK, "", GONE, False, "gone, and what it was"),
    Odd("DELETE", 200, HTML, "", UNCLEAR, True, "a page with a 200"),
    Odd("DELETE", 202, b"", "", UNCLEAR, True, "accepted is not done"),
    Odd("GET", 200, b'{"group": []}', "", DONE, False, "as it should be"),
    Odd("GET", 204, b"", "", UNCLEAR, False, "no works, or no answer"),
    # redirects
    Odd("PUT", 301, HTML, "https://api.orcid.org/v3.0/0000-0002-1825-0097/works", BUSY, False,
        "to the same record at another address: ours is wrong"),
    Odd("POST", 302, HTML, "https://example.org/maintenance", BUSY, False, "a maintenance page"),
    Odd("POST", 307, b"", "https://example.org/", BUSY, False, "never followed"),
    Odd("POST", 308, b"", "https://example.org/", BUSY, False, "never followed"),
    Odd("GET", 304, b"", "", BUSY, False, "nobody asked whether it changed"),
    # somebody between us and ORCID, or ORCID with nothing to say
    Odd("POST", 400, HTML, "", UNCLEAR, False, "a page: what it holds against this one may pass"),
    Odd("POST", 400, b"", "", UNCLEAR, False, "no reason given"),
    Odd("PUT", 401, HTML, "", UNCLEAR, False, "somebody else's sign-in: ends no permission"),
    Odd("PUT", 403, HTML, "", UNCLEAR, False, "a firewall that dislikes this one text"),
    Odd("PUT", 404, HTML, "", UNCLEAR, False, "no word of ORCID's that somebody took it off"),
    Odd("PUT", 404, b"", "", UNCLEAR, False, "nor this"),
    Odd("DELETE", 404, b"", "", UNCLEAR, False, "nor this"),
    Odd("POST", 409, b'{"error-code": 90', "", UNCLEAR, False, "cut off"),
    Odd("POST", 409, b"[1]", "", UNCLEAR, False, "JSON, but no error of ORCID's"),
    Odd("POST", 413, HTML, "", UNCLEAR, False, "too large for somebody"),
    Odd("POST", 404, b'{"status":404,"error":"Not Found"}', "", UNKNOWN, False, "a framework's own"),
    Odd("POST", 400, b'{"error-code": 9999}', "", UNKNOWN, False, "a code that is new"),
    Odd("POST", 400, b'{"error-code": "9016"}', "", UNKNOWN, False, "a code with a wrong status"),
    Odd("POST", 400, b'{"error-code": "9022"}', "", REFUSED, False, "a number in quotes"),
    # pace and trouble
    Odd("POST", 407, HTML, "", BUSY, False, "our own proxy"),
    Odd("POST", 408, HTML, "", BUSY, False, "the request did not come through"),
    Odd("POST", 421, HTML, "", BUSY, False, "another server's business"),
    Odd("POST", 425, HTML, "", BUSY, False, "too early"),
    Odd("POST", 429, b"Too Many Requests", "", BUSY, False, "refused before anything was done"),
    Odd("POST", 500, b"", "", BUSY, True, "an accident of the whole"),
    Odd("POST", 500, b'{"error-code": 9020}', "", LATER, True, "an accident over one work"),
    Odd("PUT", 502, HTML, "", BUSY, True, "the proxy heard no answer"),
    Odd("POST", 503, HTML, "", BUSY, True, "the pace, or a proxy that lost the connection"),
    Odd("POST", 504, HTML, "", BUSY, True, "the proxy gave up waiting"),
    Odd("POST", 520, HTML, "", BUSY, True, "Cloudflare did not understand ORCID's answer"),
    Odd("POST", 521, HTML, "", BUSY, False, "ORCID refused Cloudflare's connection"),
    Odd("POST", 522, HTML, "", BUSY, True, "ORCID fell silent, perhaps after the request"),
    Odd("POST", 523, HTML, "", BUSY, False, "no way to ORCID"),
    Odd("POST", 524, HTML, "", BUSY, True, "connected, and no answer in time"),
    Odd("POST", 525, HTML, "", BUSY, False, "no TLS with ORCID"),
    Odd("POST", 526, HTML, "", BUSY, False, "no trust in ORCID's certificate"),
    Odd("POST", 527, HTML, "", BUSY, True, "lost on the way"),
    Odd("POST", 599, b"", "", BUSY, True, "whatever it is"),
    Odd("GET", 503, HTML, "", BUSY, False, "reading does nothing"),
)  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{odd.verb}-{odd.status}-{odd.remark}")
def test_odd_answers(odd: Odd) -> None:
    outcome = judge(
        answers.read(
            odd.verb,
            odd.status,
            {"Location": odd.location},
            odd.body,
            token="a-token",
            now=NOW,
            orcid=orcid_id.parse("0000-0002-1825-0097"),
        )
    )
    assert (words(outcome), outcome.unsure) == (odd.expected, odd.unsure), odd.remark


def every_status() -> Iterator[tuple[Verb, int]]:
    for verb in VERBS:
        for status in range(200, 600):
            yield verb, status


def test_every_status_has_an_outcome_with_words_for_it() -> None:
    states = {Kind.HOLD: State.HELD, Kind.GRANT_ENDED: State.HELD, Kind.FAIL: State.FAILED}
    for verb, status in every_status():
        for body in (b"", HTML, b"{}", b'{"error-code": 9999}', b'{"error": "x"}', WORK):
            outcome = judge(wire(verb, status, body))
            assert outcome.kind in Kind
            if outcome.kind in states:
                assert REASONS[outcome.reason].state is states[outcome.kind]
            if outcome.kind is Kind.DONE:
                assert status < 300
            if outcome.kind in (Kind.GRANT_ENDED, Kind.HOLD):
                pytest.fail(f"{verb} {status} {body!r} ends or holds without a word of ORCID's")


def test_every_reason_of_the_table_is_known_to_the_ledger() -> None:
    states = {
        Kind.HOLD: State.HELD,
        Kind.GRANT_ENDED: State.HELD,
        Kind.FAIL: State.FAILED,
        Kind.LATER: State.FAILED,  # once it was tried often enough
        Kind.GONE: State.REMOVED,
    }
    for kind, reason in [*TABLE.values(), *OAUTH.values()]:
        if reason:
            assert REASONS[reason].state is states[kind], reason
        else:
            assert kind in (Kind.DONE, Kind.GONE, Kind.ADOPT, Kind.BUSY)


@pytest.mark.parametrize(
    ("answer", "unsure", "remark"),
    [
        (Answer(verb="POST", status=None), True, "sent, and no answer"),
        (Answer(verb="DELETE", status=None), True, "sent, and no answer"),
        (Answer(verb="POST", status=None, sent=False), False, "no connection"),
        (Answer(verb="GET", status=None), False, "reading does nothing"),
        (Answer(verb="POST", status=500, error_code=9008), True, "an accident there"),
        (Answer(verb="POST", status=400, error_code=9022), False, "refused"),
        (Answer(verb="POST", status=429), False, "refused"),
        (Answer(verb="POST", status=201), False, "done"),
    ],
)
def test_whether_it_may_have_been_done_all_the_same(
    answer: Answer, unsure: bool, remark: str
) -> None:
    assert judge(answer).unsure is unsure, remark


@pytest.mark.parametrize(
    ("text", "put_code"),
    [
        ("… please see element with put-code 1001. If you are trying …", 1001),
        ("409 Conflict: You have already added this activity.", None),  # older texts name none
        ("… put-code " + "9" * 40, None),  # no number that a database could hold
    ],
)
def test_a_duplicate_names_its_put_code(text: str, put_code: int | None) -> None:
    outcome = judge(Answer(verb="POST", status=409, error_code=9021, text=text))
    assert outcome.put_code == put_code


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
def test_a_missing_record_is_not_a_removed_work(verb: Verb) -> None:
    text = "404 Not Found: The resource was not found. ORCID iD 0000-0001-5000-0007 not found"
    outcome = judge(Answer(verb=verb, status=404, error_code=9016, text=text))
    assert words(outcome) == NO_RECORD


def test_a_merged_record_names_the_one_it_was_merged_into() -> None:
    primary = orcid_id.parse("0000-0001-5109-3700")
    moved = wire("GET", 301, HTML, Location=f"https://api.orcid.org/v3.0/{primary}/works")
    outcome = judge(moved)  # on reading the address alone says it
    assert (words(outcome), outcome.primary) == ("hold record_deprecated", primary)


def test_the_whole_of_a_bulk_is_done_only_when_it_speaks_of_each() -> None:
    whole = Answer(verb="POST", status=200, text="")
    each = (Answer(verb="POST", status=201, put_code=7),)
    assert words(judge(answers.of_whole_bulk(whole, each))) == DONE
    outcome = judge(answers.of_whole_bulk(whole, ()))
    assert (words(outcome), outcome.unsure) == (UNCLEAR, True)
    assert outcome.message
