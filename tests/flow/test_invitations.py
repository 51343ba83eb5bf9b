"""Persons who have not signed up, asked in their ORCID inbox: the whole round, and each way it can end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from django.conf import settings
from django.core import signing
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from profiles.claims.models import Attempt, Claim
from profiles.delivery import pace
from profiles.delivery.models import Pace
from profiles.people import accounts, client_tokens
from profiles.people.models import Grant, Person
from profiles.pipeline import asking, erasure, invitations, inviting, match
from profiles.pipeline.deliver import deliver
from profiles.pipeline.inviting import State
from profiles.pipeline.models import Invitation, LeftAlone, WaitingDoi
from profiles.pipeline.services import Services, build
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId

from .browser import Browser
from .people import person
from .test_auto_update import creator, register, turn_auto_update_on, works
from .test_sign_in import at_orcid, is_signed_in, sign_in_with_orcid

pytestmark = pytest.mark.django_db(transaction=True)

JOSIAH = OrcidId("0000-0002-1825-0097")
LAURA = OrcidId("0000-0001-5109-3700")
NOBODY = OrcidId("0000-0002-1694-233X")
MEMBER = OrcidId("0000-0001-5000-0007")
DOI = Doi("10.5555/flow-test")
OTHER = Doi("10.5555/other")
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    switch(monkeypatch, on=True)


def switch(monkeypatch: pytest.MonkeyPatch, *, on: bool) -> None:
    monkeypatch.setattr(settings, "PROFILES", replace(settings.PROFILES, orcid_notifications=on))


@pytest.fixture
def real(simulation: Simulation) -> Iterator[Services]:
    client_tokens._kept.clear()  # as after a start
    with httpx2.Client(timeout=2) as http:
        yield build(settings.PROFILES, http)


class Days:
    """A calendar to turn: what the worker does each day, and what the person finds in the inbox."""

    def __init__(self, simulation: Simulation, services: Services) -> None:
        self.simulation = simulation
        self.services = services
        self.now = timezone.now()

    def found(self, doi: Doi = DOI, *orcids: OrcidId, title: str = "Cracked pots") -> None:
        """A DOI is registered and harvested."""
        creators = [creator(orcid) for orcid in orcids or (JOSIAH,)]
        register(self.simulation, doi=doi, creators=creators, titles=[{"title": title}])
        self.harvest(doi)

    def harvest(self, doi: Doi = DOI) -> None:
        work = self.services.datacite.work(doi)
        match.accept(work, policy=self.services.policy, now=self.now)

    def passes(self, days: float = 1, *, orcid: OrcidId = JOSIAH) -> None:
        """The time passes, and then the worker comes by twice: one turn may make the next one due."""
        self.now += days * DAY
        for _ in range(2):
            if orcid in invitations.due(now=self.now, limit=10):
                self.turn(orcid)

    def turn(self, orcid: OrcidId = JOSIAH) -> None:
        while asking.turn(orcid, self.services, now=self.now):
            pass

    @property
    def inbox(self) -> list[dict[str, Any]]:
        return self.simulation.orcid.inbox(JOSIAH)

    @property
    def states(self) -> list[str]:
        """Of the links in the inbox."""
        links = [each["authorization-url"]["uri"] for each in self.inbox]
        return [parse_qs(urlsplit(link).query)["state"][0] for link in links]

    @property
    def dois(self) -> list[list[str]]:
        """Of each notification in the inbox."""
        return [
            [item["external-id"]["external-id-value"] for item in each["items"]["item"]]
            for each in self.inbox
        ]


@pytest.fixture
def days(simulation: Simulation, real: Services) -> Days:
    return Days(simulation, real)


def state(orcid: OrcidId = JOSIAH) -> str:
    return Invitation.objects.get(orcid=orcid).state


def in_inbox(browser: Browser, simulation: Simulation) -> Browser:
    """Signed in at ORCID, not here, and looking at the inbox."""
    browser.go(f"{simulation.orcid.url}/signin").press("Josiah Carberry")
    return browser.go(f"{simulation.orcid.url}/inbox")


def calls(simulation: Simulation, method: str) -> int:
    """For notifications."""
    log = simulation.orcid.log
    return sum(each.method == method and "notification" in each.path for each in log)


# --- the way it should go -------------------------------------------------------------------------


def test_the_whole_round_from_an_unknown_persons_doi_to_the_record(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    days.found()
    days.passes(0.9)
    assert days.inbox == []  # others may still come
    days.found(OTHER, title="Old pots")
    days.passes(0.2)
    assert days.dois == [[OTHER, DOI]]  # one message, the newest first
    in_inbox(browser, simulation)
    assert "DataCite Profiles asks for permission: your works with DOIs" in browser.words
    assert "2 works registered with DataCite carry your ORCID iD" in browser.words
    assert "Cracked pots DOI 10.5555/flow-test" in browser.words

    browser.go(f"{simulation.orcid.url}{browser.link('Grant permission to DataCite Profiles')}")
    browser.press("authorize-button")
    assert browser.path == "/sign-in"
    assert "sign in with ORCID to go on" in browser.words
    assert not is_signed_in(browser)
    at_orcid(browser.press("Sign in with ORCID"), "Josiah Carberry")
    assert browser.heading == "One more step: your permission"
    at_orcid(browser.press("turn-on"), "Josiah Carberry")
    assert (browser.path, browser.status) == ("/works", 200)
    assert "You gave permission. Thank you!" in browser.words
    assert Person.objects.get().auto_update

    days.now = timezone.now()  # the works are due now
    days.turn()
    deliver(JOSIAH, days.services)
    assert sorted(works(simulation)) == ["Cracked pots", "Old pots"]
    assert not Invitation.objects.exists()
    assert not WaitingDoi.objects.exists()


def test_the_code_from_the_inbox_is_never_used(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    """Else whoever makes somebody open an address would sign them in as whom he likes."""
    days.found()
    days.passes()
    in_inbox(browser, simulation)
    browser.go(f"{simulation.orcid.url}{browser.link('Grant permission to DataCite Profiles')}")
    browser.press("authorize-button")
    assert all(not code.used for code in simulation.orcid.registry.codes.values())
    assert simulation.orcid.registry.live_tokens(JOSIAH) == []
    assert not is_signed_in(browser)
    assert not Person.objects.exists()


def test_no_address_that_one_is_led_to_turns_auto_update_on(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    """ORCID asks nothing twice, so that a whole round may pass without a click."""
    days.found()
    days.passes()
    state_of = days.states[0]
    sign_in_with_orcid(browser).press("Get ORCID Token").press("authorize-button")
    browser.go(f"/orcid/auto_update/callback?code=abcdef&state={state_of}")
    assert len(browser.way) == 1  # nothing was asked at ORCID
    assert not Person.objects.get().auto_update
    assert Grant.objects.count() == 1
    browser.press("turn-on")
    assert Person.objects.get().auto_update


def test_who_is_signed_in_here_as_somebody_else_gives_nothing_away(
    new_browser: Callable[[], Browser], simulation: Simulation, days: Days
) -> None:
    """Laura opens the address that Josiah was sent: the round is hers, and asks her."""
    days.found()
    days.passes()
    (state_of,) = days.states
    laura = sign_in_with_orcid(new_browser(), "Laura Sample")
    laura.go(f"/orcid/auto_update/callback?code=abcdef&state={state_of}").press("turn-on")
    assert "authorize-button" in laura.ids
    assert "Laura Sample" in laura.words
    laura.press("authorize-button")
    assert [each.orcid for each in simulation.orcid.registry.live_tokens(LAURA)] == [LAURA] * 2
    assert simulation.orcid.registry.live_tokens(JOSIAH) == []
    assert state() == State.ASKED


def test_one_who_signs_up_another_way_gets_the_works_too_and_no_message(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    days.found()
    sign_in_with_orcid(browser).press("Get ORCID Token").press("authorize-button")
    days.passes()
    assert (days.inbox, state()) == ([], State.JOINED)
    assert not Claim.objects.exists()  # auto-update is off: nothing without the person's wish
    turn_auto_update_on(browser)
    job = ProcrastinateJob.objects.get(task_name="invite", status="todo")
    assert (job.args, job.priority) == ({"orcid": JOSIAH}, 10)
    days.now = timezone.now()
    days.turn()
    deliver(JOSIAH, days.services)
    assert works(simulation) == ["Cracked pots"]
    assert not Invitation.objects.exists()


def test_a_message_that_was_not_read_leaves_the_inbox_when_its_reader_signs_up(
    browser: Browser, days: Days
) -> None:
    days.found()
    days.passes()
    assert len(days.inbox) == 1
    turn_auto_update_on(sign_in_with_orcid(browser))
    days.turn()
    assert days.inbox == []


def test_auto_update_that_is_switched_on_later_is_noticed_the_day_after(
    browser: Browser, days: Days
) -> None:
    days.found()
    sign_in_with_orcid(browser)
    days.passes()
    Person.objects.update(auto_update=True)  # as by support staff
    days.passes(1.1)
    assert Claim.objects.get().doi == DOI


def busy(simulation: Simulation, method: str = "DELETE", *, times: int | None = 1) -> None:
    prefix = f"/v3.0/{JOSIAH}/notification"
    simulation.orcid.faults.add(method=method, path_prefix=prefix, status=503, times=times)


def test_a_message_that_cannot_be_taken_back_at_once_is_taken_back_later(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    days.found()
    days.passes()
    busy(simulation, times=2)
    turn_auto_update_on(sign_in_with_orcid(browser))
    days.turn()
    assert Claim.objects.get().doi == DOI  # the works do not wait for it
    assert len(days.inbox) == 1
    days.passes(0.1)
    days.passes(0.1)
    assert (days.inbox, Invitation.objects.count()) == ([], 0)


def without_room(services: Services) -> Services:
    """Somebody has just taken the only place for minutes."""
    slow = services._replace(rate=type(services.rate)(per_second=0.01, burst=1))
    pace.ask(seed.ORCID_CLIENT[0], slow.rate, background=True)
    return slow


def test_where_there_is_no_room_for_a_call_the_message_is_taken_back_later(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    days.found()
    days.passes()
    turn_auto_update_on(sign_in_with_orcid(browser))
    room = days.services
    days.services = without_room(room)
    days.turn()
    assert Claim.objects.get().doi == DOI
    days.services = room
    Pace.objects.all().delete()  # the minutes are over
    days.passes(0.1)
    assert (days.inbox, Invitation.objects.count()) == ([], 0)


def test_a_message_that_orcid_never_takes_back_does_not_keep_a_member_here_for_ever(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    days.found()
    days.passes()
    busy(simulation, times=None)
    turn_auto_update_on(sign_in_with_orcid(browser))
    for _ in range(20):
        days.passes(0.3)
    assert not Invitation.objects.exists()


# --- who is asked, and for what -------------------------------------------------------------------


def test_nothing_is_kept_while_it_is_off(monkeypatch: pytest.MonkeyPatch, days: Days) -> None:
    switch(monkeypatch, on=False)
    days.found()
    assert not Invitation.objects.exists()
    assert not WaitingDoi.objects.exists()


def test_switched_off_nobody_is_asked_but_who_joined_is_served(
    monkeypatch: pytest.MonkeyPatch, days: Days
) -> None:
    days.found()
    switch(monkeypatch, on=False)
    assert invitations.due(now=days.now + 2 * DAY, limit=5) == ()
    person(JOSIAH)
    invitations.joined(JOSIAH, now=days.now)
    assert invitations.due(now=days.now, limit=5) == (JOSIAH,)


def test_who_has_an_account_is_not_asked_whatever_they_have_allowed(days: Days) -> None:
    person(JOSIAH, auto_update=False)
    days.found(DOI, JOSIAH, LAURA)
    assert list(Invitation.objects.values_list("orcid", flat=True)) == [LAURA]


@pytest.mark.parametrize(
    "changes",
    [
        {"creators": [{"name": "Nobody"}]},  # the iD left
        {"types": {"resourceTypeGeneral": "Dataset"}, "titles": []},  # what matching refuses
    ],
)
def test_a_doi_that_no_longer_qualifies_is_not_asked_for(
    days: Days, simulation: Simulation, changes: dict[str, object]
) -> None:
    days.found()
    simulation.datacite.update(DOI, changes)
    days.harvest()
    assert not WaitingDoi.objects.exists()
    days.passes()
    assert (days.inbox, state()) == ([], State.QUIET)


def test_the_same_metadata_twice_are_no_news(days: Days) -> None:
    days.found()
    days.now += timedelta(hours=20)
    days.harvest()
    days.now -= timedelta(hours=20)
    days.passes()
    assert days.dois == [[DOI]]


def test_a_hundred_works_are_listed_and_all_are_counted(days: Days) -> None:
    days.found()
    row = Invitation.objects.get()
    WaitingDoi.objects.bulk_create(
        WaitingDoi(invitation=row, doi=f"10.5555/{number}", title="x" * 2000, found_at=days.now)
        for number in range(150)
    )
    days.passes()
    (found,) = days.inbox
    assert len(found["items"]["item"]) == inviting.MOST_ITEMS
    assert found["items"]["item"][0]["external-id"]["external-id-value"] == "10.5555/149"
    assert "151 works registered" in found["notification-intro"]
    assert "The newest 100 are listed here." in found["notification-intro"]
    assert not WaitingDoi.objects.filter(told=False).exists()


def test_who_closes_the_account_leaves_nothing_here_and_is_not_asked_back(days: Days) -> None:
    days.found()
    person(JOSIAH)
    erasure.close(JOSIAH, remove_works=False)
    erasure.go_on(JOSIAH, days.services)
    assert not Person.objects.exists()
    assert not Invitation.objects.exists()
    assert not WaitingDoi.objects.exists()
    assert JOSIAH not in LeftAlone.objects.get().digest
    days.found(OTHER)
    days.passes(170)
    days.harvest(OTHER)
    assert (days.inbox, Invitation.objects.count()) == ([], 0)
    days.passes(11)
    invitations.clear(now=days.now)
    assert not LeftAlone.objects.exists()
    days.harvest(OTHER)
    days.passes()
    assert days.dois == [[OTHER]]


def test_who_closes_the_account_while_a_doi_of_theirs_comes_in_is_not_asked_back(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever of the two questions is asked when the account goes."""
    person(JOSIAH)

    def close() -> None:
        erasure.close(JOSIAH, remove_works=False)
        erasure.go_on(JOSIAH, days.services)
        connection.close()

    def closes_before_it(orcids: Any) -> frozenset[OrcidId]:
        monkeypatch.setattr(accounts, "having_accounts", having_accounts)
        with ThreadPoolExecutor(1) as another:
            another.submit(close).result()
        return having_accounts(orcids)

    having_accounts = accounts.having_accounts
    monkeypatch.setattr(accounts, "having_accounts", closes_before_it)
    days.found()
    assert not Person.objects.exists()
    assert not Invitation.objects.exists()


def test_who_closed_the_account_is_not_asked_even_where_an_invitation_came_in_between(
    days: Days,
) -> None:
    days.found()
    LeftAlone.objects.create(digest=invitations._digest(JOSIAH), until=days.now + inviting.DENIED)
    days.passes()
    assert (days.inbox, Invitation.objects.count()) == ([], 0)


# --- switched off ---------------------------------------------------------------------------------


def test_a_job_that_was_queued_when_it_was_switched_off_asks_nobody(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    days.found()
    days.now += 2 * DAY
    switch(monkeypatch, on=False)
    days.turn()
    assert (days.inbox, state()) == ([], State.COLLECTING)


def test_switched_off_nobody_who_has_not_signed_up_is_known_here_the_day_after(
    browser: Browser, simulation: Simulation, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    days.found(DOI, JOSIAH, LAURA)
    days.passes()
    deny(browser, simulation)
    days.passes(1, orcid=LAURA)
    days.found(OTHER, NOBODY, MEMBER)
    person(MEMBER)
    invitations.joined(MEMBER, now=days.now)
    switch(monkeypatch, on=False)
    invitations.clear(now=days.now)
    assert list(Invitation.objects.values_list("orcid", flat=True)) == [MEMBER]
    assert list(WaitingDoi.objects.values_list("invitation_id", flat=True)) == [MEMBER]


def test_switched_on_again_a_no_and_a_silence_are_still_heeded(
    browser: Browser, simulation: Simulation, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    days.found(DOI, JOSIAH, LAURA)
    days.passes()
    deny(browser, simulation)
    days.passes(0.1, orcid=LAURA)
    switch(monkeypatch, on=False)
    invitations.clear(now=days.now)
    switch(monkeypatch, on=True)
    known = []
    for wait in (1, 61, 120):
        days.now += wait * DAY
        days.found(Doi(f"10.5555/after-{wait}"), JOSIAH, LAURA)
        known.append(sorted(Invitation.objects.values_list("orcid", flat=True)))
    assert known == [[], [LAURA], [LAURA, JOSIAH]]


def test_whom_no_doi_names_any_more_is_forgotten(days: Days, simulation: Simulation) -> None:
    days.found()
    simulation.datacite.update(DOI, {"creators": [{"name": "Nobody"}]})
    days.harvest()
    days.passes()
    assert state() == State.QUIET
    invitations.clear(now=days.now)
    assert not Invitation.objects.exists()


def test_whom_no_doi_names_any_more_but_who_was_asked_can_still_say_no(
    days: Days, simulation: Simulation
) -> None:
    days.found()
    days.passes()
    simulation.datacite.update(DOI, {"creators": [{"name": "Nobody"}]})
    days.harvest()
    days.passes(61)
    invitations.clear(now=days.now)
    assert state() == State.QUIET
    days.passes(181)
    invitations.clear(now=days.now)
    assert not Invitation.objects.exists()


def test_who_has_dois_that_were_told_of_is_kept_so_as_not_to_be_asked_twice(days: Days) -> None:
    days.found()
    days.passes()
    days.passes(61)
    days.passes(400)
    invitations.clear(now=days.now)
    assert state() == State.QUIET


# --- no, and silence ------------------------------------------------------------------------------


def deny(browser: Browser, simulation: Simulation) -> Browser:
    in_inbox(browser, simulation)
    browser.go(f"{simulation.orcid.url}{browser.link('Grant permission to DataCite Profiles')}")
    return browser.press("deny-button")


def test_who_says_no_is_left_alone_for_half_a_year(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    days.found()
    days.passes()
    deny(browser, simulation)
    assert (browser.status, browser.heading) == (200, "You did not give permission")
    assert "do not ask again for half a year" in browser.words
    assert state() == State.DENIED
    days.found(OTHER, title="Old pots")
    days.passes(178)
    assert len(days.inbox) == 1
    days.passes(3)
    assert days.dois == [[DOI], [OTHER, DOI]]  # the first was read: it is theirs
    assert state() == State.ASKED


def test_a_no_that_nobody_heeds_is_not_confirmed(browser: Browser, days: Days) -> None:
    """Its person has joined by another way, where a no means nothing any more."""
    days.found()
    days.passes()
    (state_of,) = days.states
    person(JOSIAH)
    invitations.joined(JOSIAH, now=days.now)
    browser.go(f"/orcid/auto_update/callback?error=access_denied&state={state_of}")
    assert (browser.status, browser.heading) == (400, "This step is no longer valid")
    assert state() == State.JOINED


def test_who_does_not_answer_is_asked_again_after_sixty_days_if_there_is_something_new(
    days: Days,
) -> None:
    days.found()
    days.passes()
    days.found(OTHER)
    days.passes(59)
    assert days.dois == [[DOI]]
    days.passes(1.1)
    assert days.dois == [[OTHER, DOI]]  # the old one, unread, has left the inbox


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": "before"}, {"reset": "after"}])
def test_the_new_message_waits_until_the_old_one_is_gone(
    simulation: Simulation, days: Days, fault: Any
) -> None:
    days.found()
    days.passes()
    days.found(OTHER)
    prefix = f"/v3.0/{JOSIAH}/notification"
    simulation.orcid.faults.add(method="DELETE", path_prefix=prefix, times=1, **fault)
    days.passes(61)
    assert len(days.inbox) <= 1
    assert state() == State.COLLECTING
    days.passes(0.1)
    assert days.dois == [[OTHER, DOI]]
    assert state() == State.ASKED


def test_nobody_is_asked_twice_for_the_same_works(days: Days) -> None:
    days.found()
    days.passes()
    days.passes(61)
    assert (len(days.inbox), state()) == (1, State.QUIET)
    days.passes(400)
    assert len(days.inbox) == 1
    days.found(OTHER)
    days.passes()
    assert len(days.inbox) == 1
    assert days.dois == [[OTHER, DOI]]


def test_a_no_that_comes_late_is_a_no(browser: Browser, simulation: Simulation, days: Days) -> None:
    days.found()
    days.passes()
    days.passes(61)
    deny(browser, simulation)
    assert state() == State.DENIED


@pytest.mark.parametrize(
    "made_up",
    [
        "0" * 32,
        "0" * 32 + ":x",
        signing.Signer(salt="another").sign("0" * 32),
        signing.Signer().sign("0" * 32),
        signing.Signer(salt="profiles.invitation").sign("not a key"),
    ],
)
def test_nobody_else_can_say_no_for_somebody(browser: Browser, days: Days, made_up: str) -> None:
    days.found()
    days.passes()
    browser.go(f"/orcid/auto_update/callback?error=access_denied&state={made_up}")
    assert browser.heading != "You did not give permission"
    assert state() == State.ASKED


def test_the_state_of_a_message_serves_for_no_other_round(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    """Nor does the state of a round say no to a message."""
    days.found()
    days.passes()
    (state_of,) = days.states
    sign_in_with_orcid(browser)
    browser.go(f"/orcid/search_and_link/callback?code=abcdef&state={state_of}")
    assert browser.status == 400
    asked = browser.go("/settings").press("Get ORCID Token", stop_at="/oauth/authorize").left
    ours = parse_qs(urlsplit(asked).query)["state"][0]
    browser.go(f"/orcid/auto_update/callback?error=access_denied&state={ours}")
    assert state() in (State.ASKED, State.JOINED)


# --- what ORCID says ------------------------------------------------------------------------------


def test_a_record_that_takes_no_messages_is_left_alone_for_a_year(
    simulation: Simulation, days: Days
) -> None:
    simulation.orcid.registry.people[JOSIAH].takes_notifications = False
    days.found()
    days.passes()
    assert state() == State.CLOSED
    simulation.orcid.registry.people[JOSIAH].takes_notifications = True
    days.passes(360)
    assert days.inbox == []
    days.passes(6)
    assert len(days.inbox) == 1


@pytest.mark.parametrize("record", ["locked", "deactivated", "deprecated", "unclaimed"])
def test_a_record_that_cannot_be_used_is_left_alone(
    simulation: Simulation, days: Days, record: Any
) -> None:
    simulation.orcid.set_state(JOSIAH, record, deprecated_to=LAURA)
    days.found()
    days.passes()
    assert state() == State.CLOSED
    assert calls(simulation, "POST") == 1


def test_an_id_that_nobody_has_is_left_alone(simulation: Simulation, days: Days) -> None:
    del simulation.orcid.registry.people[JOSIAH]
    days.found()
    days.passes()
    assert state() == State.CLOSED


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500, "error_code": 9008}])
def test_an_orcid_that_fails_is_asked_later(
    simulation: Simulation, days: Days, fault: dict[str, int]
) -> None:
    simulation.orcid.faults.add(
        method="POST", path_prefix=f"/v3.0/{JOSIAH}/notification", times=2, **fault
    )
    days.found()
    days.passes()
    assert (days.inbox, state()) == ([], State.SENDING)
    days.passes(0.1)
    days.passes(0.1)
    assert (len(days.inbox), state()) == (1, State.ASKED)
    assert calls(simulation, "GET") == 2  # before each further try it was looked for


def test_a_lost_answer_never_leads_to_a_second_message(simulation: Simulation, days: Days) -> None:
    """The notification is there, the answer is not, and a worker that comes at once finds nothing."""
    simulation.orcid.faults.add(
        method="POST", path_prefix=f"/v3.0/{JOSIAH}/notification", reset="after", times=1
    )
    days.found()
    days.passes()
    assert (len(days.inbox), state()) == (1, State.SENDING)
    days.turn()
    assert calls(simulation, "GET") == 0  # what is under way is left to end
    days.passes(0.1)
    assert (len(days.inbox), state()) == (1, State.ASKED)
    assert (calls(simulation, "POST"), calls(simulation, "GET")) == (1, 1)
    assert Invitation.objects.get().put_code == days.inbox[0]["put-code"]
    assert not WaitingDoi.objects.filter(told=False).exists()


def test_a_worker_that_dies_while_it_asks_loses_and_doubles_nothing(
    simulation: Simulation, days: Days
) -> None:
    """Killed after ORCID took the message: the next one looks first."""
    days.found()
    days.passes()
    Invitation.objects.update(state=State.SENDING, due_at=days.now + inviting.LOOK, put_code=None)
    WaitingDoi.objects.update(told=False)
    days.passes(0.1)
    assert (len(days.inbox), state()) == (1, State.ASKED)
    assert calls(simulation, "POST") == 1


def test_a_person_who_answers_before_we_know_that_it_was_sent_is_heard(
    browser: Browser, simulation: Simulation, days: Days
) -> None:
    simulation.orcid.faults.add(
        method="POST", path_prefix=f"/v3.0/{JOSIAH}/notification", reset="after", times=1
    )
    days.found()
    days.passes()
    deny(browser, simulation)
    assert state() == State.DENIED
    days.passes(0.1)
    assert (state(), len(days.inbox)) == (State.DENIED, 1)


def test_two_workers_at_once_send_one_message(simulation: Simulation, days: Days) -> None:
    days.found()
    days.now += DAY
    both = threading.Barrier(2)

    def worker(_: int) -> None:
        for second in range(3):  # one may be told that there is no room, and comes again
            both.wait()
            asking.turn(JOSIAH, days.services, now=days.now + timedelta(seconds=second))
        connection.close()

    with ThreadPoolExecutor(2) as workers:
        list(workers.map(worker, range(2)))
    assert (len(days.inbox), calls(simulation, "POST")) == (1, 1)


def test_a_client_without_the_scope_is_told_to_the_operator_and_loses_nothing(
    simulation: Simulation, days: Days, caplog: pytest.LogCaptureFixture
) -> None:
    simulation.orcid.registry.clients[seed.ORCID_CLIENT[0]].kind = "member"
    days.found()
    days.passes()
    assert "invalid_scope" in caplog.text
    assert (days.inbox, state()) == ([], State.SENDING)
    simulation.orcid.registry.clients[seed.ORCID_CLIENT[0]].kind = "premium"
    days.passes(0.5)
    assert len(days.inbox) == 1


def test_a_token_that_orcid_no_longer_takes_is_replaced_at_once(
    simulation: Simulation, days: Days
) -> None:
    days.found()
    days.passes()
    simulation.orcid.registry.tokens.clear()
    days.found(OTHER)
    days.passes(61)
    assert len(days.inbox) == 1
    assert days.dois == [[OTHER, DOI]]


def made() -> list[tuple[object, ...]]:
    """The calls about a record that were written down."""
    rows = Attempt.objects.order_by("pk")
    return list(rows.values_list("orcid", "claim", "verb", "status", "error_code", "outcome"))


def test_each_call_is_written_down(simulation: Simulation, days: Days) -> None:
    busy(simulation, "POST")
    days.found()
    days.passes()
    days.passes(0.1)
    simulation.orcid.registry.tokens.clear()
    days.found(OTHER)
    days.passes(61)
    who = (JOSIAH, None)
    assert made() == [
        (*who, "POST", 503, None, "busy"),
        (*who, "GET", 200, None, "done"),
        (*who, "POST", 201, None, "done"),
        (*who, "DELETE", 401, None, "refused"),
        (*who, "DELETE", 200, None, "done"),
        (*who, "POST", 201, None, "done"),
    ]
    assert set(Attempt.objects.values_list("api_client", flat=True)) == {seed.ORCID_CLIENT[0]}


def test_each_call_has_its_place_also_the_one_that_is_repeated(
    simulation: Simulation, days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two places are there, and three calls would be made."""
    days.found()
    days.passes()
    simulation.orcid.registry.tokens.clear()
    days.found(OTHER)
    Pace.objects.all().delete()
    monkeypatch.setattr(pace, "AHEAD", 0.0)  # nobody sleeps in the queue for minutes
    room = days.services
    days.services = room._replace(rate=type(room.rate)(per_second=0.01, burst=4))
    days.passes(61)
    assert (calls(simulation, "DELETE"), calls(simulation, "POST")) == (2, 1)
    assert state() == State.COLLECTING


def test_of_strangers_who_are_forgotten_no_call_is_remembered(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    days.found()
    days.passes()
    assert made()
    switch(monkeypatch, on=False)
    invitations.clear(now=days.now)
    assert made() == []


def test_one_token_serves_many_messages(simulation: Simulation, days: Days) -> None:
    days.found(DOI, JOSIAH, LAURA)
    days.passes()
    days.turn(LAURA)
    tokens = [each for each in simulation.orcid.log if each.path == "/oauth/token"]
    assert len(tokens) == 1
    assert len(simulation.orcid.inbox(LAURA)) == 1


def test_the_pace_of_all_is_kept(simulation: Simulation, days: Days) -> None:
    """No room now: it waits, and nothing was sent."""
    days.found()
    asking.turn(JOSIAH, without_room(days.services), now=days.now + DAY)
    row = Invitation.objects.get()
    assert row.state == State.COLLECTING
    assert row.due_at is not None
    assert row.due_at > days.now + DAY
    assert days.inbox == []


def test_a_doi_that_datacite_does_not_show_any_more_is_not_handed_over(
    simulation: Simulation, days: Days
) -> None:
    days.found()
    simulation.datacite.hide(DOI)
    person(JOSIAH)
    invitations.joined(JOSIAH, now=days.now)
    days.turn()
    assert not Claim.objects.exists()
    assert not Invitation.objects.exists()


def test_a_datacite_that_fails_is_asked_again(simulation: Simulation, days: Days) -> None:
    days.found()
    person(JOSIAH)
    invitations.joined(JOSIAH, now=days.now)
    simulation.datacite.faults.add(method="GET", path_prefix="/dois", status=401)
    days.turn()
    assert (Claim.objects.count(), state()) == (0, State.JOINED)
    simulation.datacite.faults.clear()
    days.passes(0.1)
    assert Claim.objects.get().doi == DOI
