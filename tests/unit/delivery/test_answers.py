"""What comes over the wire as a value: read by what it is, not by what it says it is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from profiles.delivery import answers
from profiles.delivery.outcomes import Answer, Verb
from profiles.values import orcid_id

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALICE = orcid_id.parse("0000-0002-1825-0097")
PRIMARY = orcid_id.parse("0000-0001-5109-3700")
TOKEN = "4f2a8c1e-0b7d-4d0e-9a3b-5c6d7e8f9a0b"


def read(
    status: int,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    *,
    verb: Verb = "POST",
    complete: bool = True,
) -> Answer:
    return answers.read(
        verb,
        status,
        headers or {},
        body,
        token=TOKEN,
        now=NOW,
        orcid=ALICE,
        complete=complete,
    )


ERROR = {"response-code": 409, "developer-message": "words", "error-code": 9018}


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "text/xml", "", "x"])
def test_the_content_type_does_not_matter(content_type: str) -> None:
    answer = read(409, json.dumps(ERROR).encode(), {"Content-Type": content_type})
    assert (answer.error_code, answer.text, answer.foreign) == (9018, "words", False)


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        (b"", None, ""),
        (b"<html><body>Bad   <b>gateway</b></body></html>", None, "Bad gateway"),
        (b"<html><script>if (a<b) x()</script><p>Just a moment&hellip;", None, "Just a moment…"),
        (b'{"developer-message": "cut of', None, '{"developer-message": "cut of'),
        (b"[1]", None, "[1]"),
        (b"null", None, "null"),
        (b"{}", None, "{}"),
        (b"\xff\xfe", None, "\ufffd\ufffd"),
        (b"\xef\xbb\xbf" + json.dumps(ERROR).encode(), 9018, "words"),  # a byte order mark
        (b'{"error-code": "9018"}', 9018, '{"error-code": "9018"}'),
        (b'{"error-code": 9018.0}', None, '{"error-code": 9018.0}'),
        (b'{"error-code": true}', None, '{"error-code": true}'),
        (b'{"error-code": ' + b"9" * 5000 + b"}", None, '{"error-code": ' + "9" * 985),
        (b'{"error-code": 9018, "developer-message": "a\\u0000b\\nc"}', 9018, "a b c"),
        (b'{"error-code": 9018, "developer-message": {"a": 1}}', 9018,
         '{"error-code": 9018, "developer-message": {"a": 1}}'),
        (b"[" * 100_000, None, "[" * 1000),  # deeper than any reader goes
    ],
)  # fmt: skip
def test_bodies(body: bytes, code: int | None, text: str) -> None:
    answer = read(409, body)
    assert (answer.error_code, answer.text) == (code, text)
    assert answer.foreign is (code is None)


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPACE = 'xmlns{}="http://www.orcid.org/ns/error"'


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ((f"{XML}<error {SPACE.format('')}>\n <developer-message>a &lt;b&gt; c</developer-message>"
         "<error-code>9018</error-code></error>"), 9018, "a <b> c"),
        (f"<e:error {SPACE.format(':e')}><e:error-code >9018</e:error-code></e:error>", 9018,
         "9018"),
        # its text speaks of another code: that is text
        ((f"{XML}<error {SPACE.format('')}><developer-message>&lt;error-code&gt;9016&lt;/error-code"
         "&gt;</developer-message><error-code>9018</error-code></error>"), 9018,
         "<error-code>9016</error-code>"),
        # a bulk is no error, even where it holds one
        ((f'{XML}<bulk:bulk xmlns:bulk="http://www.orcid.org/ns/bulk"><error {SPACE.format("")}>'
         "<error-code>9018</error-code></error></bulk:bulk>"), None, "9018"),
        # nobody's error but ORCID's
        ("<error><error-code>9018</error-code></error>", None, "9018"),
        # entities are not expanded, and files not read
        ((f'<?xml version="1.0"?><!DOCTYPE error [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
         f"<error {SPACE.format('')}><error-code>&a;</error-code></error>"), None, "]> &a;"),
        (f"{XML}<error {SPACE.format('')}><developer-message>cut of", None, "cut of"),
    ],
)  # fmt: skip
def test_xml(body: str, code: int | None, text: str) -> None:
    answer = read(409, body.encode())
    assert (answer.error_code, answer.text) == (code, text)


def test_a_recorded_answer_in_xml(shared: Path) -> None:
    recorded = json.loads((shared / "data/orcid/wire-captures/delete-403-9038.json").read_text())[
        "response"
    ]
    answer = read(recorded["status"]["code"], recorded["body"].encode(), verb="DELETE")
    assert (answer.status, answer.error_code) == (403, 9038)
    assert answer.text.startswith("409 Conflict: The item has a limited or private visibility")


def test_all_answers_that_were_seen_on_the_wire_are_read(shared: Path) -> None:
    seen = json.loads((shared / "data/orcid/error-responses.json").read_text())["responses"]
    whole = [each for each in seen if each["shape"] != "inside-bulk"]
    assert whole
    for each in whole:
        if each["shape"] == "oauth":
            body = {"error": each["oauth_error"], "error_description": each["message"]}
        else:
            body = {"error-code": each["error_code"], "developer-message": each["message"]}
        answer = read(each["status"], json.dumps(body).encode())
        assert (answer.error_code, answer.oauth_error, answer.foreign) == (
            each["error_code"],
            each.get("oauth_error", ""),
            False,
        )


@pytest.mark.parametrize(
    ("location", "put_code"),
    [
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/work/1256188", 1256188),
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/work/1256188/", 1256188),
        ("/v3.0/0000-0002-1825-0097/work/7", 7),
        ("", None),
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/works", None),
        ("https://gate.example.org/sign-in/7", None),  # somebody else's address
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/work/" + "7" * 30, None),
        ("http://api.orcid.org/v3.0/0000-0002-1825-0097/work/٧", None),
    ],
)
def test_the_put_code_is_the_last_segment_of_location(location: str, put_code: int | None) -> None:
    assert read(201, b"", {"Location": location}).put_code == put_code


@pytest.mark.parametrize(
    ("location", "said", "primary"),
    [
        (f"https://api.orcid.org/v3.0/{PRIMARY}/works", "", PRIMARY),
        (f"https://orcid.org/{PRIMARY}", "", PRIMARY),
        ("", f"This account is deprecated. Please refer to account: {PRIMARY}. ORCID {ALICE}",
         PRIMARY),
        ("", f"Please refer to account: https://orcid.org/{PRIMARY}. ORCID {ALICE}", PRIMARY),
        (f"https://other.example/v3.0/{ALICE}/works", "", None),  # the same record elsewhere
        ("https://api.orcid.org/v3.0/0000-0001-5109-3701/works", "", None),  # check digit
        ("https://api.orcid.org/v3.0/works", "", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_a_merged_record_names_its_primary(location: str, said: str, primary: str | None) -> None:
    body = json.dumps({"error-code": 9007, "developer-message": said}).encode()
    assert read(409, body, {"Location": location}).primary == primary


def test_the_address_of_a_new_work_is_no_primary() -> None:
    location = f"http://api.orcid.org/v3.0/{PRIMARY}/work/7"
    assert read(201, b"", {"Location": location}).primary is None


@pytest.mark.parametrize(
    ("asked", "date", "seconds", "remark"),
    [
        ("30", "", 30.0, "seconds"),
        (" 30 ", "", 30.0, "with spaces"),
        ("0", "", 0.0, "at once"),
        ("999999999", "", 86_400.0, "more than a day is not meant"),
        ("9" * 5000, "", None, "no number"),
        ("-5", "", None, "nonsense"),
        ("1.5", "", None, "not what the standard knows"),
        ("soon", "", None, "nonsense"),
        ("", "", None, "not given"),
        ("Sun, 22 Nov 2026 12:01:00 GMT", "", 60.0, "a time, by our clock"),
        ("Sun, 22 Nov 2026 13:01:00 GMT", "Sun, 22 Nov 2026 13:00:30 GMT", 30.0, "by theirs"),
        ("Sun, 22 Nov 2026 12:01:00 GMT", "nonsense", 60.0, "theirs cannot be read"),
        ("Sun, 22 Nov 2026 12:01:00 -0000", "", 60.0, "a zone that is not told is UTC"),
        ("Sun, 22 Nov 2026 11:00:00 GMT", "", 0.0, "past"),
        ("Sun, 22 Nov 2099 12:00:00 GMT", "", 86_400.0, "far away"),
        ("Sun, 99 Foo 99999 12:00:00 GMT", "", None, "no time"),
    ],
)
def test_retry_after(asked: str, date: str, seconds: float | None, remark: str) -> None:
    headers = {"Retry-After": asked, "Date": date}
    assert read(503, b"", headers).retry_after == seconds, remark


@pytest.mark.parametrize("status", [201, 401, 403, 502])
@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"invalid_token","error_description":"Invalid access token: %s"}',
        b'{"error":"%s"}',
        b'{"error-code": 9002, "developer-message": "%s"}',
        b"<html>Request: Authorization: Bearer %s</html>",
        b"x" * 990 + b"%s",  # across the end of what is kept
        b"<p>" + b" " * 65_500 + b"%s",  # across the end of what is read
    ],
)
def test_the_token_never_stands_in_an_answer(status: int, body: bytes) -> None:
    header = f'Bearer error="invalid_token", error_description="{TOKEN}"'
    answer = read(status, body % TOKEN.encode(), {"WWW-Authenticate": header})
    assert TOKEN[:8] not in repr(answer)


def test_nor_in_what_says_why_no_answer_came() -> None:
    why = f"LocalProtocolError(\"Illegal header value b'Bearer {TOKEN}'\")"
    assert TOKEN not in repr(answers.lost("POST", why, token=TOKEN, sent=False))


@pytest.mark.parametrize("kept", range(4, 36))
def test_nor_its_beginning_where_the_body_broke_off(kept: int) -> None:
    answer = read(403, b"<p>You sent " + TOKEN[:kept].encode(), complete=False)
    assert TOKEN[:4] not in answer.text
    assert answer.foreign


WORK = {"work": {"put-code": 1001, "title": {"title": {"value": "One"}}}}
REFUSAL = {"error": {"response-code": 400, "developer-message": "400 words", "error-code": 9022}}


def bulk(*items: object) -> tuple[Answer, ...]:
    body = json.dumps({"bulk": list(items)}).encode()
    return answers.read_bulk(body, count=2, token=TOKEN)


def test_a_bulk_answers_for_each_in_order() -> None:
    assert bulk(WORK, REFUSAL) == (
        Answer(verb="POST", status=201, put_code=1001),
        Answer(verb="POST", status=400, error_code=9022, text="400 words"),
    )
    assert [each.put_code for each in bulk(REFUSAL, WORK)] == [None, 1001]


@pytest.mark.parametrize(
    ("items", "remark"),
    [
        ((), "none"),
        ((WORK,), "too few"),
        ((WORK, WORK, WORK), "too many"),
        ((WORK, {}), "one that says nothing"),
        ((WORK, "x"), "one that is no object"),
        ((WORK, {"work": {"put-code": None}}), "a work without its put-code"),
        ((WORK, {"work": {"put-code": "9" * 40}}), "a put-code that is none"),
        ((WORK, {"error": {"response-code": 201}}), "an error that says all is well"),
        ((WORK, {"error": {"error-code": 9022}}), "an error without its status"),
    ],
)
def test_a_bulk_that_does_not_speak_of_each_says_nothing(
    items: tuple[object, ...], remark: str
) -> None:
    assert bulk(*items) == (), remark


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"bulk": [', b'{"bulk": {}}', b"[]", b"null"])
def test_what_is_no_bulk_says_nothing(body: bytes) -> None:
    assert answers.read_bulk(body, count=2, token=TOKEN) == ()


def test_the_token_never_stands_in_a_part_of_a_bulk() -> None:
    refusal = {"error": {"response-code": 401, "developer-message": f"Invalid: {TOKEN}"}}
    assert TOKEN not in repr(bulk(WORK, refusal))
    without_words = {"error": {"response-code": 401, "anything": [TOKEN]}}
    assert TOKEN not in repr(bulk(WORK, without_words))


def test_times_are_measured_to_the_second() -> None:
    later = (NOW + timedelta(seconds=90)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert answers.seconds(later, "", now=NOW) == 90.0
