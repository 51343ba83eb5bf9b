"""Asking persons who have not signed up: when, when again, in which words. And when a call is heeded."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from profiles.delivery.outcomes import Answer
from profiles.pipeline import inviting, listening
from profiles.pipeline.inviting import TABLE, Event, State, Told, Waiting, after, judge
from profiles.pipeline.listening import Done
from profiles.values.doi import Doi

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)

LIVES = [
    # what happens, one after the other; where it ends, and after how many days it is looked at again
    ([Event.FOUND], State.COLLECTING, 1),  # others may come with it
    ([Event.FOUND, Event.FOUND], State.COLLECTING, 1),  # they do not put it off
    ([Event.FOUND, Event.EMPTY], State.QUIET, None),  # the DOI was withdrawn meanwhile
    ([Event.FOUND, Event.BEGIN], State.SENDING, 5 / 24 / 60),  # then it is looked for
    ([Event.FOUND, Event.BEGIN, Event.BEGIN], State.SENDING, 5 / 24 / 60),
    ([Event.FOUND, Event.BEGIN, Event.SENT], State.ASKED, 60),
    (
        [Event.FOUND, Event.BEGIN, Event.SENT, Event.FOUND],
        State.ASKED,
        60,
    ),  # waits for the next message
    ([Event.FOUND, Event.BEGIN, Event.SENT, Event.DENY], State.DENIED, 180),
    (
        [Event.FOUND, Event.BEGIN, Event.DENY],
        State.DENIED,
        180,
    ),  # answered before we knew that it was sent
    ([Event.FOUND, Event.BEGIN, Event.DENY, Event.SENT], State.DENIED, 180),  # and it stays a no
    ([Event.FOUND, Event.BEGIN, Event.SENT, Event.DENY, Event.DENY], State.DENIED, 180),
    (
        [Event.FOUND, Event.BEGIN, Event.SENT, Event.REST_OVER],
        State.QUIET,
        None,
    ),  # nothing new
    ([Event.FOUND, Event.BEGIN, Event.SENT, Event.REST_OVER_WITH_NEWS], State.COLLECTING, 0),
    (
        [Event.FOUND, Event.BEGIN, Event.SENT, Event.REST_OVER, Event.DENY],
        State.DENIED,
        180,
    ),  # a late no
    ([Event.FOUND, Event.BEGIN, Event.SENT, Event.REST_OVER, Event.FOUND], State.COLLECTING, 1),
    ([Event.FOUND, Event.BEGIN, Event.SENT, Event.DENY, Event.REST_OVER], State.QUIET, None),
    (
        [Event.FOUND, Event.BEGIN, Event.SENT, Event.DENY, Event.REST_OVER_WITH_NEWS],
        State.COLLECTING,
        0,
    ),
    ([Event.FOUND, Event.BEGIN, Event.REFUSED], State.CLOSED, 365),
    (
        [Event.FOUND, Event.BEGIN, Event.REFUSED, Event.REST_OVER],
        State.COLLECTING,
        0,
    ),  # nobody was told
    ([Event.FOUND, Event.BEGIN, Event.SENT, Event.JOIN], State.JOINED, 0),
    (
        [Event.FOUND, Event.BEGIN, Event.SENT, Event.DENY, Event.JOIN],
        State.JOINED,
        0,
    ),  # changed their mind
    ([Event.FOUND, Event.JOIN, Event.DENY], State.JOINED, 0),  # an account is no place for a no
    ([Event.JOIN, Event.LATER], State.JOINED, 1),  # auto-update is off as yet
    ([Event.JOIN, Event.SENT], State.JOINED, 0),
]


@pytest.mark.parametrize(("events", "state", "days"), LIVES)
def test_a_life_goes_by_the_table(events: list[Event], state: State, days: float | None) -> None:
    now_at, due = State.QUIET, None
    for event in events:
        now_at, due = after(now_at, event, now=NOON) or (now_at, due)
    assert now_at == state
    assert due == (None if days is None else NOON + days * DAY)


def test_every_state_is_left_and_every_event_does_something() -> None:
    assert {state for state, _ in TABLE} == set(State)
    assert {event for _, event in TABLE} == set(Event)


def test_whoever_has_been_asked_is_never_asked_again_at_once() -> None:
    """Only the end of a pause leads back to asking."""
    for (state, event), (new, _) in TABLE.items():
        if state in (State.ASKED, State.DENIED, State.CLOSED) and new == State.COLLECTING:
            assert event in (Event.REST_OVER, Event.REST_OVER_WITH_NEWS)


def test_architecture_shows_the_present_table() -> None:
    text = (Path(__file__).parents[3] / "ARCHITECTURE.md").read_text()
    shown = text.partition("<!-- invitations: drawn from pipeline/inviting.py -->")[2]
    shown = shown.partition("<!-- end of invitations -->")[0].strip()
    assert shown == drawn(), f"put this between the marks in ARCHITECTURE.md:\n{drawn()}"


def drawn() -> str:
    """What leads from every state is said in words."""
    arrows: dict[tuple[State, State], list[str]] = defaultdict(list)
    for (start, event), (end, _) in TABLE.items():
        if start != end and event not in (Event.DENY, Event.JOIN):
            arrows[start, end].append(event)
    lines = [
        f"    {start} --> {end}: {', '.join(events)}" for (start, end), events in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> quiet", *lines, "```"])


ANSWERS = [
    # status, ORCID's code, what it means                        # remark
    (201, None, Event.SENT),
    (404, 9016, Event.REFUSED),  # no such record
    (409, 9018, Event.REFUSED),  # locked
    (409, 9032, Event.REFUSED),  # takes no notifications
    (409, 9036, Event.REFUSED),  # unclaimed
    (409, 9044, Event.REFUSED),  # deactivated
    (409, 9007, Event.REFUSED),  # merged
    (301, 9007, Event.REFUSED),
    (200, None, Event.LATER),  # not how ORCID says that it has it
    (302, None, Event.LATER),
    (400, 9020, Event.LATER),  # our message: somebody has to look
    (401, None, Event.LATER),
    (403, 9038, Event.LATER),  # our scope
    (404, 9001, Event.LATER),
    (409, 9057, Event.LATER),  # our client is locked
    (429, None, Event.LATER),
    (500, 9008, Event.LATER),
    (503, None, Event.LATER),
    (None, None, Event.LATER),
]


@pytest.mark.parametrize(("status", "code", "event"), ANSWERS)
def test_what_orcid_answers(status: int | None, code: int | None, event: Event) -> None:
    told = judge(Answer(verb="POST", status=status, error_code=code))
    assert told.event == event
    at_fault = status is not None and 200 <= status < 500 and status != 429
    assert told.ours == (event == Event.LATER and at_fault)
    assert told.failing == (event == Event.LATER and not at_fault)


def test_a_list_that_could_be_read_is_no_message_that_was_sent() -> None:
    assert judge(Answer(verb="GET", status=200)).event == Event.LATER


TAKEN_BACK = [
    (200, None, True),
    (404, 9029, True),  # there is none
    (403, 9009, True),  # read: it stays, and nothing hangs on it
    (409, 9044, True),  # the record is deactivated
    (403, 9038, False),  # our scope
    (404, 9001, False),
    (401, None, False),
    (503, None, False),
    (None, None, False),
]


@pytest.mark.parametrize(("status", "code", "gone"), TAKEN_BACK)
def test_when_a_message_is_no_longer_to_be_taken_back(
    status: int | None, code: int | None, gone: bool
) -> None:
    assert inviting.is_gone(Answer(verb="DELETE", status=status, error_code=code)) == gone


def test_tries_are_further_and_further_apart() -> None:
    told = Told(Event.LATER, inviting.BUSY)
    waits = [inviting.again_after(told, tries=tries) / inviting.BUSY for tries in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    patient = Told(Event.LATER, timedelta(days=1))
    assert inviting.again_after(patient, tries=3) == timedelta(days=1)  # as ORCID asked


def test_orcids_wish_to_wait_is_obeyed() -> None:
    asked = judge(Answer(verb="POST", status=503, retry_after=7200))
    assert asked.wait == timedelta(hours=2)


def body(count: int) -> dict[str, object]:
    works = [Waiting(Doi(f"10.5555/{number}"), f"Title {number}") for number in range(count)]
    sent: dict[str, object] = json.loads(
        inviting.message(works, count=count, address="https://orcid.org/oauth/authorize?a=b")
    )
    return sent


def test_a_work_without_a_title_goes_by_its_doi() -> None:
    sent = json.loads(inviting.message([Waiting(Doi("10.5555/x"), "")], count=1, address="a"))
    assert sent["items"]["item"][0]["item-name"] == "10.5555/x"


@pytest.mark.parametrize("count", [1, 2, 100, 101, 25_000])
def test_the_message_is_as_the_schema_has_it(shared: Path, count: int) -> None:
    sent = body(count)
    assert len(sent["items"]["item"]) == min(count, 100)  # type: ignore[index]
    assert len(str(sent["notification-intro"])) <= 1000
    schema = etree.XMLSchema(
        etree.parse(shared / "data/orcid/xsd/notification_3.0/notification-permission-3.0.xsd")
    )
    schema.assertValid(etree.fromstring(as_xml(sent)))


def as_xml(sent: object) -> bytes:
    """ORCID's JSON is the XML, element by element; only external-id is of another name space."""
    root = etree.Element("{http://www.orcid.org/ns/notification}notification")
    _fill(root, sent)
    return etree.tostring(root)


def _fill(parent: etree._Element, content: object) -> None:
    if not isinstance(content, dict):
        parent.text = str(content)
        return
    for name, value in content.items():
        if set(value) == {"value"} if isinstance(value, dict) else False:
            value = value["value"]
        for each in value if isinstance(value, list) else [value]:
            space = "common" if name.startswith("external-id") else "notification"
            _fill(etree.SubElement(parent, f"{{http://www.orcid.org/ns/{space}}}{name}"), each)


def test_the_address_asks_for_what_auto_update_needs() -> None:
    address = inviting.authorize_address(
        endpoint="https://orcid.org/oauth/authorize",
        client_id="APP-1",
        scope="openid /read-limited /activities/update",
        redirect_uri="https://profiles.example.org/orcid/auto_update/callback",
        state="a:b",
    )
    assert parse_qs(urlsplit(address).query) == {
        "client_id": ["APP-1"],
        "response_type": ["code"],
        "scope": ["openid /read-limited /activities/update"],
        "redirect_uri": ["https://profiles.example.org/orcid/auto_update/callback"],
        "state": ["a:b"],
    }


# --- webhooks -------------------------------------------------------------------------------------

CALLS = [
    # minutes since the last reading, since our last writing; minutes until it is looked at
    (None, None, 0),  # nothing is known of it
    (60, 60, 0),
    (2, None, 8),  # read lately
    (None, 1, 5),  # it may be ours
    (2, 1, 8),
    (9, 1, 5),
    (11, 7, 0),
]


@pytest.mark.parametrize(("read", "wrote", "wait"), CALLS)
def test_when_a_changed_record_is_looked_at(read: int | None, wrote: int | None, wait: int) -> None:
    def ago(minutes: int | None) -> datetime | None:
        return None if minutes is None else NOON - timedelta(minutes=minutes)

    at = listening.look_at(now=NOON, compared=ago(read), wrote=ago(wrote))
    assert at == NOON + timedelta(minutes=wait)


TOLD = [
    ("PUT", 201, None, Done.DONE),
    ("PUT", 204, None, Done.DONE),
    ("PUT", 404, 9016, Done.NEVER),  # no such record
    ("PUT", 409, 9044, Done.NEVER),
    ("PUT", 409, 9018, Done.LATER),  # locked: it may be opened again
    ("PUT", 403, 9038, Done.LATER),  # our scope
    ("PUT", 503, None, Done.LATER),
    ("PUT", None, None, Done.LATER),
    ("DELETE", 204, None, Done.DONE),
    ("DELETE", 404, 9028, Done.DONE),  # it was not there
    ("DELETE", 404, 9016, Done.DONE),
    ("DELETE", 403, 9014, Done.DONE),  # another client's, which we cannot give up
    ("DELETE", 503, None, Done.LATER),
]


@pytest.mark.parametrize(("verb", "status", "code", "done"), TOLD)
def test_what_orcid_answers_to_webhooks(
    verb: str, status: int | None, code: int | None, done: Done
) -> None:
    answer = Answer(verb=verb, status=status, error_code=code)  # type: ignore[arg-type]
    assert listening.judge(answer) == done


def test_pauses_double_up_to_six_hours() -> None:
    minutes = [listening.pause(tries) / timedelta(minutes=1) for tries in (0, 1, 2, 3, 9, 50)]
    assert minutes == [1, 1, 2, 4, 256, 360]
    in_all = sum((listening.pause(n) for n in range(1, listening.TRIES)), timedelta())
    assert timedelta(hours=20) < in_all < timedelta(days=3)
