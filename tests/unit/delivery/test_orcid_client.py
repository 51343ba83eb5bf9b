"""The wire at its worst: each failure is one answer, and unsure exactly where ORCID may have acted."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator

import httpx2
import pytest
from tests.misbehaving import (
    Behaviour,
    falls_silent,
    never_ends,
    resets,
    resets_after,
    says,
    serving,
)

from profiles.delivery.adoption import Works
from profiles.delivery.client import OrcidApi
from profiles.delivery.outcomes import Answer, Kind, judge
from profiles.delivery.refusals import RefusedReading
from profiles.errors import UnexpectedAnswer, Unreachable
from profiles.values import orcid_id

ALICE = orcid_id.parse("0000-0002-1825-0097")
PRIMARY = orcid_id.parse("0000-0001-5109-3700")
TOKEN = "4f2a8c1e-0b7d-4d0e-9a3b-5c6d7e8f9a0b"
TIMEOUT = httpx2.Timeout(0.4, connect=0.3)


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=TIMEOUT, trust_env=False) as client:
        yield client


def api(http: httpx2.Client, url: str) -> OrcidApi:
    return OrcidApi(http, api_url=url, largest_body=200_000, longest_body=0.5)


def answered(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


ERROR = json.dumps(
    {"response-code": 409, "developer-message": "words", "error-code": 9018}
).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CREATED = f"Location: http://api.orcid.org/v3.0/{ALICE}/work/7"

# behaviour, kind, unsure, remark
AFTER_IT_WAS_SENT: list[tuple[Behaviour, Kind, bool, str]] = [
    (says(b""), Kind.BUSY, True, "hung up"),
    (resets, Kind.BUSY, True, "reset"),
    (falls_silent(), Kind.BUSY, True, "read time-out"),
    (falls_silent(b"HTTP/1.1 201 Cre"), Kind.BUSY, True, "silent in the middle of the head"),
    (says(b"HTTP/1.1 201 Created\r\nLocation: htt"), Kind.BUSY, True, "hung up in the head"),
    (says(b"SSH-2.0-OpenSSH_9.9\r\n"), Kind.BUSY, True, "another protocol"),
    (says(b"HTTP/1.1 banana\r\n\r\n"), Kind.BUSY, True, "no status"),
    (says(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 500_000), Kind.BUSY, True, "endless head"),
    # the head came, and the body did not
    (says(answered("201 Created", b"", CREATED)), Kind.DONE, False, "well"),
    (says(b"HTTP/1.1 201 Created\r\n" + CREATED.encode() + b"\r\nContent-Length: 9\r\n\r\nx"),
     Kind.DONE, False, "the head says it, whatever became of the body"),
    (says(b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\nx"), Kind.LATER, True, "but not where"),
    (says(answered("409 Conflict", ERROR)), Kind.HOLD, False, "well"),
    (says(b"HTTP/1.1 409 C\r\nContent-Length: 999\r\n\r\n" + ERROR[:40]),
     Kind.LATER, False, "refused, and the reason lost"),
    (resets_after(b"HTTP/1.1 409 C\r\nContent-Length: 999\r\n\r\n" + ERROR[:40]),
     Kind.LATER, False, "refused, and reset"),
    (falls_silent(b"HTTP/1.1 409 C\r\nContent-Length: 999\r\n\r\n" + ERROR[:40]),
     Kind.LATER, False, "refused, and silent"),
    (says(b"HTTP/1.1 503 S\r\nRetry-After: 7\r\nContent-Length: 9\r\n\r\nx"),
     Kind.BUSY, True, "the status is enough"),
    (says(CHUNKED + b"5\r\nhello\r\nbanana\r\n"), Kind.LATER, True, "wrong chunks"),
    (says(answered("200 OK", b"not gzip", "Content-Encoding: gzip")), Kind.LATER, True, "no gzip"),
    (says(answered("409 Conflict", gzip.compress(ERROR)[:-9], "Content-Encoding: gzip")),
     Kind.LATER, False, "half a gzip"),
    (says(answered("409 Conflict", gzip.compress(ERROR), "Content-Encoding: gzip")),
     Kind.HOLD, False, "a whole one"),
    (never_ends(CHUNKED, b"400\r\n" + b"x" * 1024 + b"\r\n"), Kind.LATER, True, "endless"),
    (never_ends(CHUNKED, b"1\r\nx\r\n", pause=0.05), Kind.LATER, True, "drop by drop"),
    (says(answered("200 OK", gzip.compress(b" " * 50_000_000), "Content-Encoding: gzip")),
     Kind.LATER, True, "small on the wire, and large here"),
]  # fmt: skip
BEHAVIOURS = [(row[0], row[3]) for row in AFTER_IT_WAS_SENT]


@pytest.mark.parametrize(
    ("behave", "kind", "unsure", "remark"), AFTER_IT_WAS_SENT, ids=[r[3] for r in AFTER_IT_WAS_SENT]
)
def test_what_becomes_of_an_addition(
    http: httpx2.Client, behave: Behaviour, kind: Kind, unsure: bool, remark: str
) -> None:
    with serving(behave) as server:
        answer = api(http, server.url).add(ALICE, b"{}", token=TOKEN)
    outcome = judge(answer)
    assert (outcome.kind, outcome.unsure) == (kind, unsure), remark
    assert len(server.requests) == 1  # nobody tries by himself
    assert TOKEN not in repr(answer)
    assert TOKEN not in repr(outcome)


@pytest.mark.parametrize(
    ("behave", "remark"),
    [(row[0], row[3]) for row in AFTER_IT_WAS_SENT],
    ids=[r[3] for r in AFTER_IT_WAS_SENT],
)
def test_what_becomes_of_many_additions(
    http: httpx2.Client, behave: Behaviour, remark: str
) -> None:
    """None of these speaks of each work: whatever was not refused is to be looked up."""
    with serving(behave) as server:
        whole, each = api(http, server.url).add_many(ALICE, [b"{}", b"{}"], token=TOKEN)
    outcome = judge(whole)
    assert each == ()
    assert outcome.unsure is (whole.status is None or not 300 <= whole.status < 500), remark


@pytest.mark.parametrize(
    ("behave", "remark"),
    [(row[0], row[3]) for row in AFTER_IT_WAS_SENT],
    ids=[r[3] for r in AFTER_IT_WAS_SENT],
)
def test_what_becomes_of_a_reading(http: httpx2.Client, behave: Behaviour, remark: str) -> None:
    with (
        serving(behave) as server,
        pytest.raises((Unreachable, UnexpectedAnswer)) as caught,
    ):
        api(http, server.url).works(ALICE, token=TOKEN)
    assert TOKEN not in caught.value.message, remark


def test_no_more_is_read_than_fits(http: httpx2.Client) -> None:
    long = b'{"more": "' + b"x" * 300_000 + b'", ' + ERROR[1:]
    with serving(says(answered("409 Conflict", long))) as server:
        answer = api(http, server.url).add(ALICE, b"{}", token=TOKEN)
        assert judge(answer).kind is Kind.LATER  # refused, and the reason not read to its end
        roomy = OrcidApi(http, api_url=server.url)
        assert judge(roomy.add(ALICE, b"{}", token=TOKEN)).kind is Kind.HOLD


def test_a_bulk_that_broke_off_says_nothing_however_whole_it_looks(http: httpx2.Client) -> None:
    body = b'{"bulk": [{"work": {"put-code": 7}}]}'
    with serving(says(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + body)) as server:
        whole, each = api(http, server.url).add_many(ALICE, [b"{}"], token=TOKEN)
    assert each == ()
    assert judge(whole).unsure


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def never_reached() -> Iterator[tuple[str, str]]:
    yield f"http://127.0.0.1:{unused_port()}", "connection refused"
    yield "http://no-such-host.invalid", "no such host"
    yield "http://[::1%25nowhere]:1", "no such network"


@pytest.mark.parametrize(("url", "remark"), list(never_reached()))
def test_what_never_reached_orcid_was_not_done(http: httpx2.Client, url: str, remark: str) -> None:
    answer = api(http, url).add(ALICE, b"{}", token=TOKEN)
    assert (answer.status, answer.sent) == (None, False), remark
    outcome = judge(answer)
    assert (outcome.kind, outcome.unsure) == (Kind.BUSY, False)
    assert "no connection" in outcome.message
    with pytest.raises(Unreachable):
        api(http, url).works(ALICE, token=TOKEN)


def test_a_server_without_tls_was_not_asked(http: httpx2.Client) -> None:
    with serving(says(b"HTTP/1.1 400 This is plain HTTP\r\n\r\n"), read=False) as server:
        url = server.url.replace("http://", "https://")
        answer = api(http, url).add(ALICE, b"{}", token=TOKEN)
    assert (answer.status, answer.sent) == (None, False)


def test_a_connection_that_is_never_taken_up_was_not_asked(http: httpx2.Client) -> None:
    """A full backlog: the handshake gets no answer."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        try:
            for each in waiting:
                each.setblocking(False)
                each.connect_ex(address)
            url = f"http://127.0.0.1:{address[1]}"
            answer = api(http, url).add(ALICE, b"{}", token=TOKEN)
        finally:
            for each in waiting:
                each.close()
    assert (answer.status, answer.sent) == (None, False)
    assert "ConnectTimeout" in answer.text


def test_waiting_in_our_own_queue_is_not_asking() -> None:
    limits = httpx2.Limits(max_connections=1)
    timeout = httpx2.Timeout(1.0, pool=0.1)
    with (
        httpx2.Client(timeout=timeout, limits=limits, trust_env=False) as http,
        serving(falls_silent(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")) as server,
        http.stream("GET", server.url),
    ):
        answer = api(http, server.url).add(ALICE, b"{}", token=TOKEN)
    assert (answer.status, answer.sent) == (None, False)
    assert "PoolTimeout" in answer.text


def test_a_request_that_nobody_takes_off_the_wire_may_have_arrived(http: httpx2.Client) -> None:
    """A write time-out: how much of it is on the other side is not known."""
    with serving(falls_silent(), read=False) as server:
        answer = api(http, server.url).add(ALICE, b"x" * 30_000_000, token=TOKEN)
    assert (answer.status, answer.sent) == (None, True)


def test_a_token_that_no_header_takes_is_not_shown() -> None:
    secret = "a secret\nof two lines"
    with httpx2.Client(timeout=TIMEOUT, trust_env=False) as http, serving(resets) as server:
        answer = api(http, server.url).add(ALICE, b"{}", token=secret)
    assert answer.sent is False
    assert answer.text == "no connection to ORCID (LocalProtocolError)"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int) -> None:
    """The token would be sent to whatever address it names."""
    with (
        httpx2.Client(timeout=TIMEOUT, trust_env=False, follow_redirects=True) as http,
        serving(says(b"")) as elsewhere,
        serving(says(answered(f"{status} M", b"", f"Location: {elsewhere.url}/x"))) as server,
    ):
        outcome = judge(api(http, server.url).add(ALICE, b"{}", token=TOKEN))
        with pytest.raises(Unreachable):
            api(http, server.url).works(ALICE, token=TOKEN)
    assert (outcome.kind, outcome.unsure) == (Kind.BUSY, False)
    assert elsewhere.requests == []


# What ORCID says to reading: status line, body, headers → what is raised, and its outcome
READINGS: list[tuple[bytes, type[Exception], Kind | None, str, str]] = [
    (answered("401 U", b'{"error":"invalid_token","error_description":"Invalid access token: x"}'),
     RefusedReading, Kind.GRANT_ENDED, "permission_ended", "revoked"),
    (answered("403 F", b'{"error":"forbidden"}'),
     RefusedReading, Kind.GRANT_ENDED, "permission_ended", "no token arrived"),
    (answered("401 U", b'{"error-code":9017}'),
     RefusedReading, Kind.GRANT_ENDED, "permission_ended", "another record's token"),
    (answered("403 F", b'{"error-code":9038}'),
     RefusedReading, Kind.GRANT_ENDED, "scope_missing", "not with this scope"),
    (answered("301 M", b'{"error-code":9007}',
              f"Location: https://api.orcid.org/v3.0/{PRIMARY}/works"),
     RefusedReading, Kind.HOLD, "record_deprecated", "merged"),
    (answered("409 C", b'{"error-code":9007}'),
     RefusedReading, Kind.HOLD, "record_deprecated", "merged, said as on writing"),
    (answered("409 C", b'{"error-code":9018}'),
     RefusedReading, Kind.HOLD, "record_locked", "locked"),
    (answered("409 C", b'{"error-code":9044}'),
     RefusedReading, Kind.HOLD, "record_deactivated", "closed"),
    (answered("409 C", b'{"error-code":9036}'),
     RefusedReading, Kind.HOLD, "record_unclaimed", "not activated"),
    (answered("404 N", b'{"error-code":9016}'),
     RefusedReading, Kind.FAIL, "no_record", "no such record"),
    (answered("400 B", b'{"error-code":9999}'),
     RefusedReading, Kind.FAIL, "unknown_answer", "a code that is new"),
    (answered("500 S", b'{"error-code":9008}'), UnexpectedAnswer, None, "", "an accident there"),
    (answered("403 F", b"<html>no</html>"), UnexpectedAnswer, None, "", "a firewall"),
    (answered("200 OK", b"<html>soon</html>"), UnexpectedAnswer, None, "", "a page"),
    (answered("200 OK", b'{"path":"/x"}'), UnexpectedAnswer, None, "", "no works in it"),
    (answered("200 OK", b'{"group":nul'), UnexpectedAnswer, None, "", "half of them"),
    (answered("429 T", b"Too Many Requests"), Unreachable, None, "", "too fast"),
    (answered("503 S", b""), Unreachable, None, "", "busy"),
    (answered("409 C", b'{"error-code":9057}'), Unreachable, None, "", "our client is locked"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "error", "kind", "reason", "remark"), READINGS, ids=[r[4] for r in READINGS]
)
def test_a_reading_that_is_refused(
    http: httpx2.Client,
    raw: bytes,
    error: type[Exception],
    kind: Kind | None,
    reason: str,
    remark: str,
) -> None:
    with serving(says(raw)) as server, pytest.raises((Unreachable, UnexpectedAnswer)) as caught:
        api(http, server.url).works(ALICE, token=TOKEN)
    assert type(caught.value) is error, remark
    if isinstance(caught.value, RefusedReading):
        refused = caught.value
        assert (refused.outcome.kind, refused.outcome.reason) == (kind, reason)
        assert refused.outcome.unsure is False
        assert refused.status == int(raw.split()[1])


def test_a_reading_tells_where_the_record_went(http: httpx2.Client) -> None:
    location = f"Location: https://api.orcid.org/v3.0/{PRIMARY}/works"
    with (
        serving(says(answered("301 M", b"", location))) as server,
        pytest.raises(RefusedReading) as caught,
    ):
        api(http, server.url).works(ALICE, token=TOKEN)
    assert caught.value.outcome.primary == PRIMARY


def test_a_reading_says_how_long_to_wait(http: httpx2.Client) -> None:
    raw = answered("503 S", b"", "Retry-After: 7")
    with serving(says(raw)) as server, pytest.raises(Unreachable) as caught:
        api(http, server.url).works(ALICE, token=TOKEN)
    assert caught.value.retry_after == 7.0


def test_a_reading_that_goes_well(http: httpx2.Client) -> None:
    body = gzip.compress(b'{"group": [], "path": "/x"}')
    with serving(says(answered("200 OK", body, "Content-Encoding: gzip"))) as server:
        works = api(http, server.url).works(ALICE, token=TOKEN)
    assert works == Works(group=[])
    (request,) = server.requests
    assert request.startswith(f"GET /v3.0/{ALICE}/works HTTP/1.1\r\n".encode())
    assert b"accept: application/vnd.orcid+json" in request.lower()
    assert f"Authorization: Bearer {TOKEN}".encode() in request


def test_many_additions_that_go_well(http: httpx2.Client) -> None:
    items = [{"work": {"put-code": 7}}, {"error": {"response-code": 400, "error-code": 9022}}]
    raw = answered("200 OK", json.dumps({"bulk": items}).encode())
    with serving(says(raw)) as server:
        whole, each = api(http, server.url).add_many(ALICE, [b'{"a":1}', b'{"b":2}'], token=TOKEN)
    assert judge(whole).kind is Kind.DONE
    assert [judge(one).kind for one in each] == [Kind.DONE, Kind.FAIL]
    (request,) = server.requests
    assert request.endswith(b'{"bulk":[{"work":{"a":1}},{"work":{"b":2}}]}')


def test_an_update_and_a_removal_that_go_well(http: httpx2.Client) -> None:
    with serving(says(answered("200 OK", b'{"put-code":7}'))) as server:
        updated = api(http, server.url).update(ALICE, 7, b"{}", token=TOKEN)
    assert judge(updated).kind is Kind.DONE
    assert server.requests[0].startswith(f"PUT /v3.0/{ALICE}/work/7 ".encode())
    with serving(says(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        removed: Answer = api(http, server.url).remove(ALICE, 7, token=TOKEN)
    assert judge(removed).kind is Kind.GONE
    assert server.requests[0].startswith(f"DELETE /v3.0/{ALICE}/work/7 ".encode())
