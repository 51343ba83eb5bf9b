"""DOIs hidden and shown again, over the wire: noticed, marked, taken off, brought back; never guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx2
import msgspec
import pytest
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from profiles.claims import metadata, queries
from profiles.claims import presence as kept
from profiles.claims.models import Change, Claim, StoredWork
from profiles.claims.states import Mark, Origin, State, Wanted
from profiles.errors import UnexpectedAnswer, Unreachable
from profiles.people.models import Person
from profiles.people.preferences import Versions, Withdrawn
from profiles.pipeline import presence, revising, wishes, withdrawn
from profiles.pipeline.deliver import deliver
from profiles.pipeline.harvest import harvest
from profiles.pipeline.jobs import presence_job
from profiles.pipeline.match import accept
from profiles.pipeline.presence import REQUESTS, look
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services, build
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .people import ALICE, BOB
from .test_auto_update import creator
from .test_deliver import CLIENT, alice, claim, real, titles, verbs
from .test_reconcile import work as orcid_work

__all__ = ["alice", "real"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

DOI = Doi("10.5555/tides")
OTHER = Doi("10.5555/other")  # somebody else's, public throughout


@pytest.fixture
def tides(alice: Simulation, real: Services) -> Simulation:
    """A work on Alice's record, and another DOI that is none of hers."""
    register(alice, OTHER, creators=[creator(BOB)])
    register(alice)
    go_round(real)
    assert titles(alice) == [DOI]
    return alice


def register(
    simulation: Simulation, doi: Doi = DOI, agency: str = "datacite", **changes: object
) -> None:
    simulation.datacite.register(
        {
            "doi": doi,
            "titles": [{"title": doi}],
            "creators": [creator()],
            "types": {"resourceTypeGeneral": "Dataset"},
            **changes,
        },
        agency=agency,
    )


def two_weeks_later(real: Services) -> None:
    """What was hidden has been seen so twice."""
    a_week_later(real)
    a_week_later(real)


def go_round(real: Services) -> None:
    """What the worker does all the time."""
    harvest(real, since=timezone.now() - timedelta(hours=1))
    deliver(ALICE, real)


def a_week_later(real: Services) -> presence.Looked:
    """All are due to be looked at, and every mark is a week old."""
    week = timedelta(days=7, minutes=1)
    for each in StoredWork.objects.all():
        StoredWork.objects.filter(pk=each.pk).update(
            checked_at=each.checked_at and each.checked_at - week,
            hidden_since=each.hidden_since and each.hidden_since - week,
        )
    found = look(real)
    deliver(ALICE, real)
    return found


def show(simulation: Simulation) -> None:
    """So long after it was hidden that DataCite's time, in whole seconds, tells."""
    for each in StoredWork.objects.filter(hidden_since__isnull=False):
        since = (each.hidden_since or timezone.now()) - timedelta(hours=1)
        StoredWork.objects.filter(pk=each.pk).update(hidden_since=since)
    simulation.datacite.show(DOI)


def prefer(choice: Withdrawn) -> int:
    """How many claims that gives something to do."""
    Person.objects.update(withdrawn=choice)
    waiting = Claim.objects.filter(state=State.WAITING)
    before = set(waiting.values_list("pk", "serial"))
    revising.begin(ALICE)
    return len(set(waiting.values_list("pk", "serial")) - before)


def marked() -> bool:
    return StoredWork.objects.get(doi=DOI).hidden_since is not None


def history() -> list[str]:
    marks = Change.objects.filter(event__in=list(Mark)).order_by("pk")
    return list(marks.values_list("event", flat=True))


# ---- noticed and marked


def test_what_came_lately_is_not_looked_at(tides: Simulation, real: Services) -> None:
    assert look(real) == presence.Looked(dois=0, hidden=0, requests=0)


def test_in_a_week_each_is_looked_at_once(tides: Simulation, real: Services) -> None:
    assert a_week_later(real) == presence.Looked(dois=1, hidden=0, requests=1)
    assert look(real).requests == 0
    assert not marked()


def test_a_hidden_doi_is_marked_and_stays(tides: Simulation, real: Services) -> None:
    tides.datacite.hide(DOI)
    go_round(real)
    assert not marked()  # the feed does not tell
    found = a_week_later(real)
    assert (found.dois, found.hidden) == (1, 1)
    assert marked()
    assert (titles(tides), verbs(tides)) == ([DOI], ["POST"])
    assert (claim().state, claim().wanted) == (State.DONE, Wanted.PRESENT)
    assert history() == [Mark.HIDDEN]
    assert queries.find(orcid=ALICE, doi=DOI).row.hidden_since is not None
    a_week_later(real)
    assert history() == [Mark.HIDDEN]  # told once


def test_shown_again_it_is_unmarked_by_the_feed(tides: Simulation, real: Services) -> None:
    tides.datacite.hide(DOI)
    a_week_later(real)
    show(tides)
    go_round(real)
    assert not marked()
    assert history() == [Mark.HIDDEN, Mark.PUBLIC]
    assert verbs(tides) == ["POST"]


def test_shown_again_it_is_unmarked_by_a_look(tides: Simulation, real: Services) -> None:
    tides.datacite.hide(DOI)
    a_week_later(real)
    tides.datacite.show(DOI)
    a_week_later(real)
    assert not marked()
    assert history() == [Mark.HIDDEN, Mark.PUBLIC]


def test_metadata_from_before_it_was_hidden_do_not_unmark_it(
    tides: Simulation, real: Services
) -> None:
    """As when DataCite's search lags behind: the feed brings what was public a moment ago."""
    prefer(Withdrawn.REMOVE)
    tides.datacite.hide(DOI)
    two_weeks_later(real)
    StoredWork.objects.update(hidden_since=timezone.now() + timedelta(minutes=1))
    tides.datacite.show(DOI)  # as it stood
    go_round(real)
    assert (marked(), titles(tides)) == (True, [])
    assert look(real).dois == 1  # but it is looked at soon
    deliver(ALICE, real)
    assert (marked(), titles(tides)) == (False, [DOI])


def test_new_metadata_that_the_feed_did_not_bring_are_taken_on_the_way(
    tides: Simulation, real: Services
) -> None:
    tides.datacite.update(DOI, {"titles": [{"title": "High tides"}]})
    a_week_later(real)
    assert titles(tides) == ["High tides"]


def test_works_that_were_there_before_us_get_their_metadata_and_follow_them(
    alice: Simulation, real: Services
) -> None:
    put_code = alice.orcid.add_work(ALICE, orcid_work(DOI), client_id=CLIENT).put_code
    register(alice, creators=[creator(BOB)])
    reconcile(ALICE, real)
    assert queries.find(orcid=ALICE, doi=DOI).row.title == ""
    assert look(real).dois == 1
    deliver(ALICE, real)
    assert queries.find(orcid=ALICE, doi=DOI).row.title == DOI
    assert (verbs(alice), titles(alice)) == ([], ["Theirs"])  # nothing changed yet
    alice.datacite.update(DOI, {"titles": [{"title": "High tides"}]})
    go_round(real)
    assert (titles(alice), claim().put_code) == (["High tides"], put_code)


def test_a_work_that_was_there_before_us_and_is_hidden_stays_with_a_mark(
    alice: Simulation, real: Services
) -> None:
    alice.orcid.add_work(ALICE, orcid_work(DOI), client_id=CLIENT)
    register(alice, OTHER)
    register(alice)
    prefer(Withdrawn.REMOVE)
    reconcile(ALICE, real)
    look(real)
    alice.datacite.hide(DOI)
    assert a_week_later(real).hidden == 1
    assert (marked(), titles(alice)) == (True, ["Theirs"])


def test_what_we_never_saw_public_is_not_called_hidden(alice: Simulation, real: Services) -> None:
    """It may be of another agency: who has used DataCite for long may have such works."""
    alice.orcid.add_work(ALICE, orcid_work(DOI), client_id=CLIENT)
    register(alice, agency="crossref")
    register(alice, OTHER)
    reconcile(ALICE, real)
    for _ in range(2):
        assert a_week_later(real).requests > 0
        assert (marked(), history(), titles(alice)) == (False, [], ["Theirs"])
    assert look(real).requests == 0


# ---- taken off and brought back


def test_by_preference_it_leaves_and_comes_back(tides: Simulation, real: Services) -> None:
    prefer(Withdrawn.REMOVE)
    tides.datacite.hide(DOI)
    two_weeks_later(real)
    assert (titles(tides), claim().state, claim().reason) == ([], State.REMOVED, "doi_hidden")
    lines = [line.what for line in queries.find(orcid=ALICE, doi=DOI).history]
    assert {Mark.HIDDEN, "unwant", "clear"} <= set(lines)
    show(tides)
    go_round(real)
    assert (titles(tides), claim().state, marked()) == ([DOI], State.DONE, False)
    assert history() == [Mark.HIDDEN]  # it was off when it was shown: that it is wanted says more


def test_what_left_comes_back_by_a_look_where_the_feed_missed_it(
    tides: Simulation, real: Services
) -> None:
    prefer(Withdrawn.REMOVE)
    tides.datacite.hide(DOI)
    a_week_later(real)
    tides.datacite.show(DOI)
    a_week_later(real)
    assert (titles(tides), marked()) == ([DOI], False)


def test_a_single_answer_takes_nothing_off_and_is_asked_again_a_day_later(
    tides: Simulation, real: Services
) -> None:
    prefer(Withdrawn.REMOVE)
    tides.datacite.hide(DOI)
    a_week_later(real)
    assert (marked(), titles(tides)) == (True, [DOI])
    assert prefer(Withdrawn.REMOVE) == 0  # nor does the choice
    due = StoredWork.objects.get(doi=DOI).checked_at
    assert due is not None
    assert abs(due + presence.EVERY - timezone.now() - presence.AGAIN) < timedelta(minutes=1)
    a_week_later(real)
    assert titles(tides) == []
    assert history().count(Mark.HIDDEN) == 1


def test_the_preference_can_be_changed_afterwards(tides: Simulation, real: Services) -> None:
    tides.datacite.hide(DOI)
    two_weeks_later(real)
    assert prefer(Withdrawn.REMOVE) == 1
    deliver(ALICE, real)
    assert (titles(tides), claim().reason) == ([], "doi_hidden")
    assert prefer(Withdrawn.REMOVE) == 0
    assert prefer(Withdrawn.KEEP) == 1
    deliver(ALICE, real)
    assert (titles(tides), marked()) == ([DOI], True)
    assert prefer(Withdrawn.MARK) == 0


def test_what_the_person_took_off_no_preference_brings_back(
    tides: Simulation, real: Services
) -> None:
    tides.datacite.hide(DOI)
    a_week_later(real)
    wishes.remove(ALICE, DOI)
    deliver(ALICE, real)
    assert prefer(Withdrawn.KEEP) == 0
    show(tides)
    go_round(real)
    assert titles(tides) == []


def test_what_the_person_restored_stays(tides: Simulation, real: Services) -> None:
    prefer(Withdrawn.REMOVE)
    tides.datacite.hide(DOI)
    two_weeks_later(real)
    wishes.restore(ALICE, DOI)
    deliver(ALICE, real)
    for _ in range(2):
        a_week_later(real)
        assert (titles(tides), marked()) == ([DOI], True)
    assert prefer(Withdrawn.REMOVE) == 0


def test_what_was_added_by_hand_is_marked_and_never_taken_off(
    tides: Simulation, real: Services
) -> None:
    prefer(Withdrawn.REMOVE)
    Claim.objects.update(origin=Origin.SEARCH_AND_LINK)
    tides.datacite.hide(DOI)
    a_week_later(real)
    assert (titles(tides), marked(), history()) == ([DOI], True, [Mark.HIDDEN])


def test_what_waits_for_permission_is_not_added_while_hidden(
    tides: Simulation, real: Services
) -> None:
    waits = Doi("10.5555/waits")
    register(tides, waits)
    harvest(real, since=timezone.now() - timedelta(hours=1))
    tides.datacite.hide(waits)
    a_week_later(real)
    assert (claim(waits).state, claim(waits).reason) == (State.REMOVED, "doi_hidden")
    assert prefer(Withdrawn.KEEP) == 0
    StoredWork.objects.update(hidden_since=timezone.now() - timedelta(hours=1))
    tides.datacite.show(waits)
    go_round(real)
    assert claim(waits).state == State.DONE


def test_with_auto_update_off_it_is_only_marked(tides: Simulation, real: Services) -> None:
    prefer(Withdrawn.REMOVE)
    Person.objects.update(auto_update=False)
    tides.datacite.hide(DOI)
    a_week_later(real)
    assert (titles(tides), marked()) == ([DOI], True)


def test_when_the_newest_version_is_hidden_and_leaves_the_next_takes_its_place(
    tides: Simulation, real: Services
) -> None:
    newer = Doi("10.5555/tides.v2")
    of = {
        "relatedIdentifierType": "DOI",
        "relatedIdentifier": DOI,
        "relationType": "IsNewVersionOf",
    }
    Person.objects.update(versions=Versions.NEWEST)
    prefer(Withdrawn.REMOVE)
    register(tides, newer, relatedIdentifiers=[of])
    go_round(real)
    assert titles(tides) == [newer]
    tides.datacite.hide(newer)
    two_weeks_later(real)
    assert titles(tides) == [DOI]
    assert prefer(Withdrawn.MARK) == 1  # the older one stays until the newer one is there again
    deliver(ALICE, real)
    assert titles(tides) == [newer]  # marked
    prefer(Withdrawn.REMOVE)
    deliver(ALICE, real)
    assert titles(tides) == [DOI]
    StoredWork.objects.update(hidden_since=timezone.now() - timedelta(hours=1))
    tides.datacite.show(newer)
    go_round(real)
    assert titles(tides) == [newer]


# ---- the iD is gone


def test_by_preference_a_work_that_no_longer_names_the_person_is_kept_and_marked(
    tides: Simulation, real: Services
) -> None:
    prefer(Withdrawn.KEEP)
    tides.datacite.update(DOI, {"creators": [creator(BOB)]})
    go_round(real)
    assert titles(tides) == [DOI]
    assert queries.find(orcid=ALICE, doi=DOI).row.unnamed_since is not None
    assert history() == [Mark.UNNAMED]
    tides.datacite.update(DOI, {"titles": [{"title": "High tides"}]})
    go_round(real)
    assert (titles(tides), history()) == (["High tides"], [Mark.UNNAMED])  # it still follows
    assert prefer(Withdrawn.MARK) == 1
    deliver(ALICE, real)
    assert (titles(tides), claim().reason) == ([], "left_metadata")


def test_a_work_that_is_hidden_and_no_longer_names_the_person_leaves_for_either(
    tides: Simulation, real: Services
) -> None:
    prefer(Withdrawn.KEEP)
    tides.datacite.update(DOI, {"creators": [creator(BOB)]})
    go_round(real)
    tides.datacite.hide(DOI)
    two_weeks_later(real)
    assert (titles(tides), history()) == ([DOI], [Mark.UNNAMED, Mark.HIDDEN])
    assert prefer(Withdrawn.REMOVE) == 1
    deliver(ALICE, real)
    assert (titles(tides), claim().reason) == ([], "left_metadata")
    assert prefer(Withdrawn.MARK) == 0


def test_a_kept_work_that_names_the_person_again_loses_its_mark(
    tides: Simulation, real: Services
) -> None:
    prefer(Withdrawn.KEEP)
    tides.datacite.update(DOI, {"creators": [creator(BOB)]})
    go_round(real)
    tides.datacite.update(DOI, {"creators": [creator()]})
    go_round(real)
    assert queries.find(orcid=ALICE, doi=DOI).row.unnamed_since is None
    assert history() == [Mark.UNNAMED, Mark.NAMED]
    assert prefer(Withdrawn.MARK) == 0


# ---- DataCite in trouble


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": "before"}, {"status": 429}])
def test_a_datacite_that_does_not_answer_marks_nothing(
    tides: Simulation, fault: dict[str, object]
) -> None:
    with httpx2.Client(timeout=5) as http:
        real = build(settings.PROFILES, http)
        StoredWork.objects.update(checked_at=None)
        tides.datacite.hide(DOI)
        tides.datacite.faults.add(path_prefix="/dois", times=None, **fault)  # type: ignore[arg-type]
        with pytest.raises(Unreachable):
            look(real)
        assert (marked(), history()) == (False, [])
        tides.datacite.faults.clear()
        assert look(real).hidden == 1  # it is the first to be looked at again


def test_an_empty_datacite_marks_nothing(tides: Simulation, real: Services) -> None:
    """As while its index is built anew: all are missing, and it says so politely."""
    for doi in tides.datacite.store.entries:
        tides.datacite.hide(doi)
    with pytest.raises(UnexpectedAnswer, match="lists no DOI at all"):
        a_week_later(real)
    assert not marked()


def test_a_doi_that_only_the_search_lacks_is_public(tides: Simulation, real: Services) -> None:
    entry = tides.datacite.store.entries[DOI]
    tides.datacite.store.order.remove(entry.place)
    found = a_week_later(real)
    assert (found.dois, found.hidden, marked()) == (1, 0, False)


def test_a_doi_that_always_fails_does_not_keep_others_from_being_looked_at(
    tides: Simulation, real: Services
) -> None:
    bad = Doi("10.5555/bad")
    register(tides, bad)
    go_round(real)
    for doi in (bad, DOI):
        tides.datacite.hide(doi)
    tides.datacite.faults.add(path_prefix=f"/dois/{bad}", times=None, status=500)
    StoredWork.objects.filter(doi=bad).update(checked_at=timezone.now() - timedelta(days=9))
    StoredWork.objects.filter(doi=DOI).update(checked_at=timezone.now() - timedelta(days=8))
    assert "500" in look(real).trouble
    assert not marked()
    assert look(real).hidden == 1
    assert marked()
    assert StoredWork.objects.get(doi=bad).hidden_since is None
    again = StoredWork.objects.get(doi=bad).checked_at
    assert again
    assert timedelta(days=5) < timezone.now() - again < timedelta(days=7)  # tomorrow


def test_metadata_that_came_while_we_asked_are_believed(tides: Simulation, real: Services) -> None:
    """It was hidden when we asked, and shown before we had written that down."""
    asked_at = timezone.now() - timedelta(minutes=1)
    tides.datacite.update(DOI, {"titles": [{"title": "High tides"}]})
    go_round(real)
    assert withdrawn.hidden(DOI, asked_at=asked_at, now=timezone.now()) == 0
    assert not marked()


def test_metadata_of_a_hidden_doi_that_come_by_another_way_make_it_looked_at(
    tides: Simulation, real: Services
) -> None:
    """As when the person finds it by a search that lags behind."""
    tides.datacite.hide(DOI)
    a_week_later(real)
    found = metadata.work(DOI)
    assert found
    wishes.add(ALICE, found)
    assert look(real).dois == 1
    assert marked()


# ---- with an account


def test_an_account_is_told_that_a_doi_is_hidden(tides: Simulation) -> None:
    """Then the feed tells, and at once."""
    account = replace(settings.PROFILES, datacite_username="EXAMPLE", datacite_password="secret")
    with httpx2.Client(timeout=5) as http:
        real = build(account, http)
        tides.datacite.hide(DOI)
        go_round(real)
        assert (marked(), titles(tides)) == (True, [DOI])
        go_round(real)
        assert history() == [Mark.HIDDEN]
        show(tides)
        go_round(real)
        assert not marked()
        tides.datacite.hide(DOI)
        found = a_week_later(real)
        assert (found.hidden, marked()) == (1, True)


def test_that_it_was_hidden_before_what_we_know_says_nothing(
    tides: Simulation, real: Services
) -> None:
    tides.datacite.update(DOI, {})
    go_round(real)
    known = metadata.work(DOI)
    assert known
    assert known.metadata_version
    for version, hidden in [
        (known.metadata_version - 1, False),
        (known.metadata_version + 1, True),
    ]:
        told = msgspec.structs.replace(known, state="registered", metadata_version=version)
        accept(told, policy=real.policy, now=timezone.now())
        assert marked() == hidden


def test_hidden_dois_that_nobody_has_leave_no_trace(tides: Simulation) -> None:
    account = replace(settings.PROFILES, datacite_username="EXAMPLE", datacite_password="secret")
    with httpx2.Client(timeout=5) as http:
        tides.datacite.hide(OTHER)
        go_round(build(account, http))
    assert not StoredWork.objects.filter(doi=OTHER).exists()


# ---- in slices


def with_many(simulation: Simulation, real: Services, count: int) -> list[Doi]:
    dois = [Doi(f"10.5555/many-{number:03}") for number in range(count)]
    for doi in dois:
        register(simulation, doi)
    harvest(real, since=timezone.now() - timedelta(hours=1))
    Claim.objects.update(state=State.DONE, due_at=None, put_code=1, sent_at=timezone.now())
    return dois


def test_an_interrupted_round_goes_on_where_it_stopped(
    tides: Simulation, real: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "AT_ONCE", 10)
    with_many(tides, real, 29)  # and the one
    StoredWork.objects.update(checked_at=None)
    tides.datacite.faults.add(path_prefix="/dois", times=None, skip=2, status=503)
    with pytest.raises(Unreachable):
        look(real)
    assert StoredWork.objects.filter(checked_at=None).count() == 10
    tides.datacite.faults.clear()
    assert look(real) == presence.Looked(dois=10, hidden=0, requests=1)
    assert StoredWork.objects.filter(checked_at=None).count() == 0


@pytest.mark.parametrize("at_once", [100, 10])
def test_one_go_asks_no_more_than_its_share(
    tides: Simulation, real: Services, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(presence, "AT_ONCE", at_once)
    dois = with_many(tides, real, 40)
    for doi in dois:
        tides.datacite.hide(doi)
    StoredWork.objects.update(checked_at=None)
    before = len(tides.datacite.log)
    first = look(real)
    assert first.requests == len(tides.datacite.log) - before <= REQUESTS
    second = look(real)
    assert first.hidden + second.hidden == 40
    assert StoredWork.objects.filter(hidden_since__isnull=False).count() == 40


def test_what_nobody_has_any_more_costs_no_request(tides: Simulation, real: Services) -> None:
    wishes.remove(ALICE, DOI)
    deliver(ALICE, real)
    assert a_week_later(real) == presence.Looked(dois=0, hidden=0, requests=0)
    assert StoredWork.objects.get(doi=DOI).checked_at is not None


def test_a_lost_answer_in_the_middle_leaves_each_marked_once(
    tides: Simulation, real: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the marks and before the slice was written down: it is looked at again."""
    tides.datacite.hide(DOI)
    prefer(Withdrawn.REMOVE)
    StoredWork.objects.update(checked_at=None)

    def killed(dois: list[Doi], **_: object) -> None:
        if dois:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kept, "checked", killed)
        with pytest.raises(KeyboardInterrupt):
            look(real)
    look(real)
    deliver(ALICE, real)
    assert (marked(), titles(tides), history()) == (True, [], [Mark.HIDDEN])
    assert verbs(tides) == ["POST", "DELETE"]


# ---- the job


def test_the_worker_looks_every_minute_and_takes_trouble_for_what_it_is(
    tides: Simulation, caplog: pytest.LogCaptureFixture
) -> None:
    periodic = app.periodic_registry.periodic_tasks
    assert periodic["presence", ""].cron == "* * * * *"
    tides.datacite.hide(DOI)
    StoredWork.objects.update(checked_at=None)
    tides.datacite.faults.add(path_prefix="/dois", times=2, status=503)
    presence_job(timestamp=0)
    assert "presence: " in caplog.text
    assert not marked()
    presence_job(timestamp=60)
    assert marked()
