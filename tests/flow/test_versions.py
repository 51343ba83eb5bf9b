"""DOIs that are versions of one another: those that the person chose, whatever came first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import msgspec
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from procrastinate.contrib.django.models import ProcrastinateJob

from profiles.claims import leases, ledger
from profiles.claims.models import Change, Claim, StoredWork
from profiles.claims.reasons import REASONS
from profiles.claims.states import Event, Origin, State, Wanted
from profiles.matching import Policy, evaluate, evaluation_lines
from profiles.people import accounts
from profiles.people.models import Grant, Person
from profiles.people.permissions import Purpose
from profiles.people.preferences import Choices, Versions, Withdrawn
from profiles.people.standing import standings
from profiles.pipeline import (
    explain,
    permissions,
    preferences,
    revising,
    versions,
    wishes,
    withdrawn,
)
from profiles.pipeline.facts import person_facts
from profiles.pipeline.match import accept
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, RelatedId, Title, Work

from .people import ALICE, BOB, NOON, permit, person

pytestmark = pytest.mark.django_db

POLICY = Policy()
GROUPED, NEWEST, CONCEPT = Versions
CREATORS = (ALICE,)


def doi(name: str) -> Doi:
    return Doi(f"10.5555/{name}")


def work(name: str, *related: str, day: int = 1, by: tuple[OrcidId, ...] = CREATORS) -> Work:
    """Relations as "IsVersionOf concept"."""
    relations = [each.split() for each in related]
    return Work(
        doi=doi(name),
        state="findable",
        metadata_version=1,
        registered=f"2026-05-{day:02}T10:00:00Z",
        titles=(Title(name),),
        creators=tuple(Contributor("N.", orcids=(orcid,)) for orcid in by),
        related=tuple(RelatedId(kind, "DOI", doi(to), doi(to)) for kind, to in relations),
    )


def changed(one: Work, **changes: object) -> Work:
    version = (one.metadata_version or 0) + 1
    return msgspec.structs.replace(one, metadata_version=version, **changes)


def take_in(*works: Work) -> int:
    return sum(accept(one, policy=POLICY, now=NOON) for one in works)


KEPT = leases.Settlement(event=Event.KEEP, accepted=True, put_code=7, fingerprint="f")
GONE = leases.Settlement(event=Event.CLEAR)
REFUSED = leases.Settlement(event=Event.FAIL, reason="refused")
FULL = leases.Settlement(event=Event.HOLD, reason="record_full")


def take(orcid: OrcidId = ALICE) -> leases.Taken | None:
    taken = leases.take(orcid, most=1, lease=NOON - NOON, now=timezone.now())
    return next(iter(taken), None)


def on_record(orcid: OrcidId = ALICE, **otherwise: leases.Settlement) -> None:
    """As if a worker had delivered what is waiting, and ORCID taken all but what is named."""
    while taken := take(orcid):
        found = otherwise.get(name(taken.doi), KEPT) if taken.wanted == Wanted.PRESENT else GONE
        with revising.following(orcid, [taken.doi]):
            leases.settle(taken, found, now=NOON)


def deliver_one() -> None:
    taken = take()
    assert taken is not None
    with revising.following(ALICE, [taken.doi]):
        leases.settle(taken, KEPT, now=NOON)


def name(of: Doi) -> str:
    return of.removeprefix("10.5555/")


def there() -> str:
    """The names of the versions that ORCID has."""
    claims = Claim.objects.filter(put_code__isnull=False)
    return " ".join(sorted(name(Doi(claim.doi)) for claim in claims))


def alice(choice: Versions = NEWEST) -> Person:
    who = person(ALICE)
    permit(who)
    choose(who, choice)
    return who


def choose(who: Person, choice: Versions, *, auto_update: bool = True) -> None:
    preferences.save(who, Choices(auto_update, choice))


def wanted(orcid: OrcidId = ALICE) -> str:
    """The names of the versions that shall be on the record."""
    claims = Claim.objects.filter(orcid=orcid, wanted=Wanted.PRESENT)
    return " ".join(sorted(claim.doi.removeprefix("10.5555/") for claim in claims))


def reasons() -> dict[str, str]:
    claims = Claim.objects.filter(wanted=Wanted.ABSENT)
    return {claim.doi.removeprefix("10.5555/"): claim.unwanted_for for claim in claims}


C = work("c", "HasVersion v1", "HasVersion v2", "HasVersion v3")
V1, V2, V3 = (work(f"v{day}", "IsVersionOf c", day=day) for day in (1, 2, 3))
ZENODO = (C, V1, V2, V3)
CHAIN = (
    work("a", day=3),
    work("b", "IsNewVersionOf a", "IsPreviousVersionOf d", day=2),
    work("d", "IsNewVersionOf b", day=1),
)
FIGSHARE = (
    work("f", "IsIdenticalTo f.v1", day=9),
    work("f.v1", "IsIdenticalTo f"),
    work("f.v2", "IsPreviousVersionOf f"),
)
# Each joins only with what comes between.
MERGING = (
    work("m1", "IsVersionOf m"),
    work("n1", "IsVersionOf n"),
    work("both", "IsNewVersionOf m1", "IsNewVersionOf n1"),
)

# remark, works, choice, the versions that go
ARRIVALS = [
    ("zenodo", ZENODO, GROUPED, "c v1 v2 v3"),
    ("zenodo", ZENODO, NEWEST, "v3"),
    ("zenodo", ZENODO, CONCEPT, "c"),
    ("a concept that does not name her", (V1, V2, V3), NEWEST, "v3"),
    ("a concept that does not name her", (V1, V2, V3), CONCEPT, "v3"),
    ("a concept alone", (C,), NEWEST, "c"),
    ("a chain", CHAIN, NEWEST, "d"),
    ("a chain", CHAIN, CONCEPT, "d"),
    ("figshare", FIGSHARE, NEWEST, "f.v2"),
    ("figshare", FIGSHARE, CONCEPT, "f"),
    ("two families that become one", MERGING, NEWEST, "both"),
    ("nothing to do with each other", (work("x"), work("y")), NEWEST, "x y"),
]


@pytest.mark.parametrize(("works", "choice", "expected"), [row[1:] for row in ARRIVALS],
                         ids=[f"{row[2]}: {row[0]}" for row in ARRIVALS])  # fmt: skip
def test_in_any_order_of_arrival_and_again(
    works: tuple[Work, ...], choice: Versions, expected: str
) -> None:
    alice(choice)
    for order in permutations(works):
        Claim.objects.all().delete()
        StoredWork.objects.all().delete()
        take_in(*order)
        assert wanted() == expected
        lines = Change.objects.count()
        on_record()
        assert take_in(*order) == 0  # the same again is nothing new
        assert wanted() == expected
        assert Change.objects.count() == lines + len(expected.split())  # on the record, no more
        assert len(Claim.objects.all()) == len(works)  # whoever wonders finds each of them


names = st.sampled_from(["p", "q", "r", "s"])
relations = st.sampled_from(
    ["IsVersionOf", "HasVersion", "IsNewVersionOf", "IsPreviousVersionOf", "IsIdenticalTo"]
)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Work], list[Work]]:
    """Works, and the order in which they come, some of them more than once."""
    links = st.lists(st.tuples(relations, names), max_size=2)
    works = [
        work(name, *(f"{kind} {to}" for kind, to in draw(links)), day=draw(st.integers(1, 3)))
        for name in sorted(draw(st.sets(names, min_size=2)))
    ]
    again = draw(st.lists(st.sampled_from(works), max_size=4))
    return works, draw(st.permutations([*works, *again]))


@given(arrivals(), st.sampled_from([NEWEST, CONCEPT]), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_comes_first_and_however_often(
    come: tuple[list[Work], list[Work]], choice: Versions, delivered: bool
) -> None:
    for model in (Claim, StoredWork, Grant, Person):
        model.objects.all().delete()
    who = alice(choice)
    works, order = come
    take_in(*works)
    expected = wanted()
    Claim.objects.all().delete()
    StoredWork.objects.all().delete()
    for one in order:
        take_in(one)
        if delivered:
            on_record()
    assert wanted() == expected
    choose(who, GROUPED)
    assert wanted() == " ".join(one.doi.removeprefix("10.5555/") for one in works)
    choose(who, choice)
    assert wanted() == expected


def test_the_older_one_leaves_the_record_with_a_reason_of_its_own() -> None:
    alice()
    take_in(V1)
    on_record()
    assert take_in(V2) == 1
    assert (wanted(), reasons()) == ("v1 v2", {})  # until the newer one is there
    deliver_one()
    assert reasons() == {"v1": "newer_version"}
    claim = Claim.objects.get(doi=V1.doi)
    assert (claim.state, claim.wanted) == (State.WAITING, Wanted.ABSENT)
    on_record()
    assert str(REASONS["newer_version"].words).startswith("You chose to have only one version")


def test_what_never_went_there_is_noted_and_left_out_without_a_call() -> None:
    alice()
    take_in(V2, V1)
    claim = Claim.objects.get(doi=V1.doi)
    assert (claim.state, claim.reason) == (State.REMOVED, "newer_version")


@pytest.mark.parametrize(
    ("remark", "news"),
    [
        ("it no longer names her", changed(V3, creators=())),
        ("it became a part", changed(V3, related=(
            *V3.related, RelatedId("IsPartOf", "DOI", "10.5555/w", Doi("10.5555/w"))))),
        ("it is no version any more", changed(V3, related=())),
    ],
)  # fmt: skip
def test_when_the_newest_goes_the_next_older_one_comes_back(remark: str, news: Work) -> None:
    alice()
    take_in(V1, V2, V3)
    on_record()
    take_in(news)
    assert wanted() == ("v2 v3" if remark == "it is no version any more" else "v2")
    take_in(msgspec.structs.replace(V3, metadata_version=9))
    assert wanted() == "v3"


def test_a_link_that_is_gone_parts_the_others_too() -> None:
    alice()
    take_in(*MERGING)
    assert wanted() == "both"
    take_in(changed(MERGING[2], related=()))
    assert wanted() == "both m1 n1"


@pytest.mark.parametrize(
    ("preference", "expected"),
    [(Withdrawn.MARK, "v3"), (Withdrawn.REMOVE, "v2"), (Withdrawn.KEEP, "v3")],
)
def test_a_newest_that_is_hidden_makes_room_where_it_leaves(
    preference: Withdrawn, expected: str
) -> None:
    who = alice()
    preferences.save(who, Choices(True, NEWEST, preference))
    take_in(V2, V3)
    on_record()
    withdrawn.hidden(V3.doi, asked_at=NOON, now=NOON)
    assert wanted() == expected


def test_what_was_added_by_hand_stays_and_counts() -> None:
    alice()
    wishes.add(ALICE, V1)
    take_in(V2, V1)
    assert wanted() == "v1 v2"
    wishes.add(ALICE, changed(V3, creators=()))  # which no rule would add
    take_in(V2)
    assert wanted() == "v1 v3"


def test_what_was_restored_stays() -> None:
    alice()
    take_in(V2, V1)
    ledger.restore(ALICE, V1.doi, by=ALICE, now=NOON)
    take_in(V1, V2, changed(V1))
    assert wanted() == "v1 v2"


def test_an_older_version_does_not_take_the_place_of_one_that_the_person_took_off() -> None:
    alice()
    take_in(V1, V2, V3)
    on_record()
    wishes.remove(ALICE, V3.doi)
    take_in(V1, V2, V3, changed(V3))
    assert wanted() == ""
    assert Claim.objects.get(doi=V3.doi).unwanted_for == "removed_by_person"
    take_in(work("v4", "IsVersionOf c", day=4))
    assert wanted() == "v4"


@pytest.mark.parametrize(
    ("choice", "blocked", "expected"),
    [(NEWEST, V3, "v2"), (NEWEST, V1, "v3"), (CONCEPT, C, "v3"), (CONCEPT, V3, "c")],
)
def test_when_staff_block_the_one_on_the_record_another_comes_and_goes_with_the_block(
    choice: Versions, blocked: Work, expected: str
) -> None:
    alice(choice)
    take_in(*ZENODO)
    on_record()
    before = there()
    wishes.block(ALICE, blocked.doi, by="staff:x", note="somebody else's")
    on_record()
    assert there() == expected
    take_in(V1)
    assert wanted() == expected
    wishes.unblock(ALICE, blocked.doi, by="staff:x", note="hers after all")
    on_record()
    assert there() == before


@pytest.mark.parametrize("answer", [REFUSED, FULL])
def test_the_older_one_stays_while_orcid_does_not_take_the_newer_one(
    answer: leases.Settlement,
) -> None:
    alice()
    take_in(V1)
    on_record()
    take_in(V2)
    on_record(v2=answer)
    take_in(V1, V2, changed(V1))
    on_record(v2=answer)
    assert there() == "v1"
    wishes.retry(ALICE, V2.doi)
    on_record()
    assert there() == "v2"


def test_the_older_one_goes_where_orcid_refuses_the_newer_one_until_there_is_news_of_it() -> None:
    alice()
    take_in(V1, V2)
    on_record(v2=REFUSED)
    assert there() == "v1"
    take_in(V2)  # the same again
    assert wanted() == "v1 v2"
    assert Claim.objects.get(doi=V2.doi).state == State.FAILED
    take_in(changed(V2))
    on_record()
    assert there() == "v2"


def test_an_update_that_orcid_refuses_does_not_bring_the_older_one_back() -> None:
    alice()
    take_in(V1, V2)
    on_record()
    take_in(changed(V2))
    on_record(v2=msgspec.structs.replace(REFUSED, put_code=7))
    assert (there(), wanted()) == ("v2", "v2")


def test_what_is_removed_by_the_person_takes_no_other_with_it() -> None:
    who = alice(GROUPED)
    take_in(V1, V2)
    on_record()
    wishes.remove(ALICE, V2.doi)
    choose(who, NEWEST)
    on_record()
    assert there() == "v1"


ACTS: dict[str, Callable[[], object]] = {
    "v2 comes": lambda: take_in(V2),
    "v3 by hand": lambda: wishes.add(ALICE, V3),
    "v1 by hand": lambda: wishes.add(ALICE, V1),
}


@pytest.mark.parametrize("delivered", [True, False])
def test_what_is_added_by_hand_and_what_comes_end_the_same_in_any_order(delivered: bool) -> None:
    alice()
    ends = set()
    for order in permutations(ACTS.values()):
        Claim.objects.all().delete()
        StoredWork.objects.all().delete()
        for act in order:
            act()
            if delivered:
                on_record()
        on_record()
        ends.add((there(), wanted()))
    assert ends == {("v1 v3", "v1 v3")}


def test_what_a_person_declined_and_restores_goes_in_the_place_of_the_older_one() -> None:
    alice()
    take_in(V1)
    on_record()
    take_in(V2)
    wishes.decline(ALICE, V2.doi)
    on_record()
    assert there() == "v1"
    wishes.restore(ALICE, V2.doi)
    on_record()
    assert there() == "v2"


def test_a_choice_that_changes_while_a_worker_is_out_is_followed_afterwards() -> None:
    who = alice(GROUPED)
    take_in(V1)
    on_record()
    take_in(V2)
    taken = take()
    assert taken is not None
    choose(who, NEWEST)
    revising.go_on(ALICE)
    assert accounts.unsettled(limit=9) == (ALICE,)
    leases.settle(taken, KEPT, now=NOON)  # of all versions, as was chosen when it went out
    revising.go_on(ALICE)
    assert (wanted(), accounts.unsettled(limit=9)) == ("v2", ())


@pytest.mark.django_db(transaction=True)
def test_wishes_and_the_feed_do_not_lock_each_other_out() -> None:
    alice()
    works = [work(f"v{day}", "IsVersionOf c", day=day) for day in range(1, 9)]
    take_in(*works)

    def act(do: Callable[[], object]) -> None:
        try:
            do()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        acts: list[Callable[[], object]] = []
        for number in range(8):
            acts += [
                lambda: wishes.add_all(ALICE, works[::-1]),
                lambda number=number: take_in(changed(works[number])),  # type: ignore[misc]
                lambda: wishes.add_all(ALICE, works),
                lambda number=number: wishes.remove(ALICE, works[number].doi),  # type: ignore[misc]
            ]
        list(threads.map(act, acts))


@pytest.mark.django_db(transaction=True)
def test_what_a_person_decides_while_metadata_are_judged_is_not_overridden() -> None:
    """The judging waits for the person's row, and then looks at what they decided."""
    alice(GROUPED)
    take_in(V1)
    on_record()
    judged = threading.Event()

    def judge() -> None:
        try:
            take_in(changed(V1, creators=()))
        finally:
            judged.set()
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            wishes.add(ALICE, V1)
            judging = threads.submit(judge)
            assert not judged.wait(0.5)
        judging.result()
    claim = Claim.objects.get()
    assert (claim.wanted, claim.by_hand) == (Wanted.PRESENT, True)


def test_each_person_has_their_own_choice_and_versions() -> None:
    alice(NEWEST)
    bob = person(BOB)
    permit(bob)
    first, second = (msgspec.structs.replace(one, creators=(
        *one.creators, Contributor("B.", orcids=(BOB,)))) for one in (V1, V2))  # fmt: skip
    take_in(first, second, V3)
    assert (wanted(ALICE), wanted(BOB)) == ("v3", "v1 v2")
    choose(bob, NEWEST)
    assert (wanted(ALICE), wanted(BOB)) == ("v3", "v2")


def test_nothing_makes_room_for_what_cannot_be_added() -> None:
    alice()
    take_in(V1)
    on_record()
    grant = Grant.objects.get()
    Grant.objects.update(state="revoked", ended_at=NOON)
    take_in(V2)
    assert wanted() == "v1 v2"
    Grant.objects.filter(pk=grant.pk).update(state="active", ended_at=None)
    permissions.granted(ALICE)
    on_record()
    assert wanted() == "v2"


def test_a_new_choice_is_followed_at_once_in_both_directions() -> None:
    who = alice(GROUPED)
    take_in(*ZENODO, work("x"))
    on_record()
    assert wanted() == "c v1 v2 v3 x"
    choose(who, CONCEPT)
    assert wanted() == "c x"
    assert reasons() == dict.fromkeys(("v1", "v2", "v3"), "only_concept")
    on_record()
    choose(who, NEWEST)
    assert wanted() == "c v3 x"
    on_record()
    assert (wanted(), reasons()) == ("v3 x", dict.fromkeys(("c", "v1", "v2"), "newer_version"))
    choose(who, GROUPED)
    assert (wanted(), reasons()) == ("c v1 v2 v3 x", {})
    assert ProcrastinateJob.objects.filter(task_name="deliver", status="todo").exists()


def test_with_auto_update_off_nothing_moves_until_it_is_on() -> None:
    who = alice(GROUPED)
    take_in(*ZENODO)
    choose(who, NEWEST, auto_update=False)
    assert wanted() == "c v1 v2 v3"
    choose(who, NEWEST)
    assert wanted() == "v3"


def test_whoever_turns_auto_update_on_has_the_choices_followed() -> None:
    """By an invitation as well, where the permission comes first."""
    who = alice(GROUPED)
    take_in(V1, V2, work("x"))
    on_record()
    StoredWork.objects.filter(doi=doi("x")).update(hidden_since=NOON)
    preferences.save(who, Choices(False, NEWEST, Withdrawn.REMOVE))
    permissions.granted(ALICE)
    assert wanted() == "v1 v2 x"
    permissions.switch_auto_update(who, on=True)
    assert wanted() == "v2"


def test_the_questions_do_not_grow_with_the_withdrawn_works() -> None:
    who = alice(GROUPED)
    counts = []
    for many in (5, 50):
        Claim.objects.all().delete()
        StoredWork.objects.all().delete()
        take_in(*(work(f"w{number}") for number in range(many)))
        on_record()
        StoredWork.objects.update(hidden_since=NOON)
        with CaptureQueriesContext(connection) as asked:
            preferences.save(who, Choices(True, GROUPED, Withdrawn.REMOVE))
        assert wanted() == ""
        counts.append(len(asked))
        with CaptureQueriesContext(connection) as asked:
            preferences.save(who, Choices(True, GROUPED, Withdrawn.KEEP))
        assert len(wanted().split()) == many
        counts.append(len(asked))
    assert max(counts[2:]) <= max(counts[:2])


def test_many_withdrawn_works_are_left_to_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    who = alice(GROUPED)
    take_in(*(work(f"w{number}") for number in range(5)))
    on_record()
    StoredWork.objects.update(hidden_since=NOON)
    monkeypatch.setattr(revising, "AT_ONCE", 4)
    preferences.save(who, Choices(True, GROUPED, Withdrawn.REMOVE))
    assert len(wanted().split()) == 5
    revising.go_on(ALICE)
    assert (wanted(), accounts.unsettled(limit=9)) == ("", ())


def test_what_was_there_before_us_follows_the_choice_and_no_rule_besides() -> None:
    who = alice(GROUPED)
    take_in(V1, V2, work("x"))
    on_record()
    Claim.objects.update(origin=Origin.IMPORT)
    take_in(changed(V1, creators=()), changed(work("x"), agency="crossref"))
    on_record()
    assert there() == "v1 v2 x"
    take_in(msgspec.structs.replace(V1, metadata_version=3))
    choose(who, NEWEST)
    on_record()
    assert there() == "v2 x"
    choose(who, GROUPED)
    on_record()
    assert there() == "v1 v2 x"


def explained(one: Work) -> tuple[str, explain.Outlook | None]:
    held = ledger.holdings(one.doi)[ALICE]
    stand = standings([ALICE], Purpose.AUTO_UPDATE, now=NOON)[ALICE]
    evaluation = explain.evaluation_of(one, ALICE)
    return evaluation.reason, explain.outlook_of(one, evaluation, held, stand)


def test_the_explanation_says_why_one_that_no_rule_would_send_is_there() -> None:
    alice()
    take_in(V1)
    on_record()
    take_in(V2)
    assert explained(V1) == ("newer_version", explain.Outlook.STAYS_UNTIL_REPLACED)
    on_record()
    assert explained(V1) == ("newer_version", None)
    wishes.restore(ALICE, V1.doi)
    assert explained(V1) == ("newer_version", explain.Outlook.STAYS_BY_HAND)


def test_many_claims_follow_by_a_job_that_may_be_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    who = alice(GROUPED)
    for number in range(4):
        take_in(*(work(f"{number}.{v}", f"IsVersionOf {number}", day=v) for v in (1, 2)))
    on_record()
    monkeypatch.setattr(revising, "AT_ONCE", 7)
    monkeypatch.setattr(revising, "STEP", 2)
    choose(who, NEWEST)
    assert len(wanted().split()) == 8  # the page did not wait
    assert ProcrastinateJob.objects.filter(task_name="revise", status="todo").count() == 1
    assert accounts.unsettled(limit=9) == (ALICE,)
    settle, seen = versions.settle, []

    def dies(*args: object, **kwargs: object) -> int:
        seen.append(args)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return settle(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(versions, "settle", dies)
    with pytest.raises(KeyboardInterrupt):
        revising.go_on(ALICE)
    assert len(wanted().split()) == 6
    assert accounts.unsettled(limit=9) == (ALICE,)
    revising.go_on(ALICE)
    assert wanted() == "0.2 1.2 2.2 3.2"
    assert accounts.unsettled(limit=9) == ()
    revising.go_on(ALICE)  # once more does nothing


def test_a_choice_that_changes_during_the_job_is_not_forgotten() -> None:
    alice()
    accounts.unsettle(ALICE, NOON)
    assert not accounts.settled(ALICE, NOON.replace(hour=11))
    assert accounts.unsettled(limit=9) == (ALICE,)
    assert accounts.settled(ALICE, NOON)


@pytest.mark.django_db(transaction=True)
def test_versions_that_come_at_the_same_moment_end_as_if_one_after_the_other() -> None:
    """Whoever comes second waits for the person's account, and then sees the first."""
    alice()
    works = [work(f"v{day}", "IsVersionOf c", day=day) for day in range(1, 9)]

    def come(one: Work) -> None:
        try:
            take_in(one)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(come, [*works, *works[::-1]]))
    assert wanted() == "v8"
    assert Claim.objects.count() == 8


def test_who_wants_all_versions_costs_nothing() -> None:
    alice(GROUPED)
    take_in(*ZENODO)
    with CaptureQueriesContext(connection) as grouped:
        take_in(V2)
    assert not [each for each in grouped if "versions" in each["sql"] and "&&" in each["sql"]]


def test_the_questions_do_not_grow_with_the_versions() -> None:
    alice()
    counts = []
    for number in range(1, 41):
        with CaptureQueriesContext(connection) as asked:
            take_in(work(f"v{number:02}", "IsVersionOf c", day=1))
        counts.append(len(asked))
    assert counts[5] == counts[-1]  # the newest, and one that makes room


def test_the_questions_do_not_grow_with_a_chain() -> None:
    alice()
    counts = []
    for number in range(40):
        before = [f"IsNewVersionOf x{number - 1}"] if number else []
        with CaptureQueriesContext(connection) as asked:
            take_in(work(f"x{number}", *before))
        counts.append(len(asked))
        on_record()
    assert counts[5] == counts[-1]
    assert there() == "x39"


def test_the_explanation_tells_which_version_stands_in_the_way() -> None:
    alice()
    take_in(V1, V2, V3)
    stand = standings([ALICE], Purpose.AUTO_UPDATE, now=NOON)[ALICE]
    known = versions.family_of(V1, ALICE, stand, policy=POLICY)
    evaluation = evaluate(V1, ALICE, policy=POLICY, person=person_facts(stand, family=known))
    assert (evaluation.verdict, evaluation.reason) == ("no", "newer_version")
    lines = {line.rule: line for line in evaluation_lines(evaluation)}
    assert tuple(map(str, lines["R15i"].looked_at)) == ("newest version: 10.5555/v3",)
    assert "Settings" in lines["R15i"].mend


def test_one_that_stays_is_left_alone_when_another_comes() -> None:
    """Also where the metadata do not tell their version, so that they could be new each time."""
    alice()
    first, second = (msgspec.structs.replace(one, metadata_version=None) for one in (V1, V2))
    take_in(second)
    on_record()
    assert take_in(first) == 0
    assert Claim.objects.get(doi=V2.doi).state == State.DONE
