"""Random wishes, metadata changes, edits at ORCID, faults and deaths; once quiet, all is as wanted.

A model of a few DOIs of one person says what should be on the record. Whatever happened on the
way, when nothing more happens the simulated record has exactly that: each work once, as last wanted.
MODEL_EXAMPLES=2000 makes it a long search.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import httpx2
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from profiles.claims import leases, metadata, queries
from profiles.claims.models import Attempt, Claim
from profiles.claims.reasons import REASONS, UNBLOCKED
from profiles.claims.states import Origin, State
from profiles.config import Client
from profiles.delivery.models import Pace
from profiles.delivery.pace import Rate
from profiles.errors import NotFound, UnexpectedAnswer, Unreachable
from profiles.people import grants
from profiles.people.models import Person
from profiles.people.permissions import Purpose, TokenReply
from profiles.people.preferences import Withdrawn
from profiles.people.sealing import Secret
from profiles.pipeline import deliver as delivery_module
from profiles.pipeline import match, permissions, wishes
from profiles.pipeline import withdrawn as withdrawal
from profiles.pipeline.deliver import deliver
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services, build
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, RelatedId, Title, Types, Work
from tests.flow.people import SCOPE, person

from .mishaps import Mishaps

pytestmark = pytest.mark.django_db(transaction=True)

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "20"))
STEPS = 30
# To make a failing life short takes minutes; to know that there is one does not.
PHASES = set(Phase) - (
    {Phase.shrink, Phase.explain} if os.environ.get("MODEL_SHRINK") == "no" else set()
)
ONE, OTHER = seed.ORCID_CLIENT[0], "APP-SEARCHANDLINK001"
VERSIONS = ("concept", "v1", "v2")  # the versions name the concept, so that ORCID groups them
NAMES = (*VERSIONS, "a", "b", "c", "d")
TIMEOUT = 0.3  # seconds; the simulator answers within a few milliseconds
FEW_TRIES = 5  # so often a work of its own may be refused until the person has to look
RARE = {"imported", "grant_ended", "adopt", "held", "failed"}  # corners where few lives come
names = st.sampled_from(NAMES)
some_names = st.sets(names, min_size=2)

# One thing that goes wrong at ORCID, and what the client sees of it.
FAULTS: list[dict[str, Any]] = [
    {"status": 503},
    {"status": 429, "headers": {"Retry-After": "30"}},
    {"status": 500, "error_code": 9008},
    {"status": 502, "body": "<html>", "content_type": "text/html"},
    {"reset": "before"},
    {"reset": "after"},  # done, but nobody is told
    {"truncate": True},  # done, and half told
    {"method": "POST", "status": 200, "body": "{}", "content_type": "application/json"},
    {"method": "GET", "status": 200, "body": "{}", "content_type": "application/json"},
    {"delay": TIMEOUT + 0.1},  # done when the caller has given up
]
METHODS = ["POST", "POST", "POST", "PUT", "DELETE", "GET", ""]


@dataclass
class Wish:
    """What should be on the record for one DOI."""

    title: str = ""  # as last seen in the metadata; empty: never seen
    present: bool = False
    sticky: bool = False  # the person took it off
    # The person's wishes here and at ORCID crossed unseen: both ends are right.
    either: bool = False
    gone: bool = False  # the person took it off at ORCID, and it may not have been noticed
    named: bool = True  # by the metadata last seen
    hidden: bool = False  # the DOI is not public
    blocked: bool = False  # by staff; what is wanted apart from that stays known


class Life(RuleBasedStateMachine):
    simulation: Simulation
    real: Services
    other: Services  # another worker's
    mishaps: Mishaps
    clients: dict[Purpose, str]
    reached: Counter[str]
    versions = count(1)

    def __init__(self) -> None:
        super().__init__()
        self.orcid = OrcidId(self.simulation.orcid.add_person("Ann", "Other").orcid)
        self.person = person(self.orcid)
        self.wishes = {name: Wish() for name in NAMES}
        self.auto_update = True
        self.revoked: set[str] = set()  # clients
        self.from_before: set[str] = set()  # from when there was no claim
        self.copied: set[str] = set()  # twice on the record, by no fault of ours
        self.trouble = 0  # tries that ORCID may have spoilt
        self.visible: dict[int, str] = {}  # by put-code, as the person chose
        for purpose in Purpose:
            self.grant(purpose)

    @initialize(some=some_names, before=st.sets(names), withdrawn=st.sampled_from(Withdrawn))
    def begin(self, some: set[str], before: set[str], withdrawn: Withdrawn) -> None:
        Person.objects.filter(pk=self.person.pk).update(withdrawn=withdrawn)
        self.withdrawn = withdrawn
        for name in sorted(before):
            self.work_of_others(name, "before")
        self.many_new(some)

    def doi(self, name: str) -> Doi:
        return Doi(f"10.5555/{self.orcid.lower()}.{name}")

    def claim(self, name: str) -> Claim | None:
        return Claim.objects.filter(orcid=self.orcid, doi=self.doi(name)).first()

    def actions(self, name: str) -> frozenset[str]:
        """What the person's page offers."""
        return queries.find(orcid=self.orcid, doi=self.doi(name)).row.actions

    def work(self, name: str, *, named: bool) -> Work:
        concept = self.doi("concept")
        related = (RelatedId("IsVersionOf", "DOI", concept, concept),)
        return Work(
            doi=self.doi(name),
            state="findable",
            metadata_version=next(self.versions),
            types=Types(general="Dataset"),
            titles=(Title(self.wishes[name].title),),
            creators=(Contributor(name="Ann Other", orcids=(self.orcid,) if named else ()),),
            publisher="A repository",
            publication_year=2026,
            related=related if name in VERSIONS[1:] else (),
        )

    # --- what repositories do ---

    @rule(name=names, named=st.sampled_from([True, True, True, False]))
    def metadata_change(self, name: str, *, named: bool) -> None:
        """Of a DOI that is public, or public again."""
        wish, claim = self.wishes[name], self.claim(name)
        earlier = wish.title
        wish.title = f"{name} {next(self.versions)}"
        work = self.work(name, named=named)
        now = timezone.now()
        match.accept(work, policy=self.real.policy, now=now, seen_now=True)
        if self.concerns(claim, named=named):
            wish.hidden, wish.named = False, named
            self.judge(wish, claim)
        else:
            wish.title = earlier

    def concerns(self, claim: Claim | None, *, named: bool) -> bool:
        """Whether metadata mean anything for the person."""
        known = claim is not None and claim.reason != UNBLOCKED
        return self.by_hand(claim) or (self.auto_update and (named or known))

    def by_hand(self, claim: Claim | None) -> bool:
        """No rule takes it off."""
        return (
            claim is not None
            and claim.reason != UNBLOCKED
            and (claim.by_hand or claim.origin != Origin.AUTO_UPDATE)
        )

    def judge(self, wish: Wish, claim: Claim | None) -> None:
        """What the rules make of the metadata, for a claim as it was before."""
        if self.by_hand(claim) or wish.named:
            wish.present = wish.present or not (wish.sticky or wish.either)
        elif not (wish.present and self.withdrawn == Withdrawn.KEEP and self.may_be_there(claim)):
            wish.present = False
            wish.either = wish.either or wish.gone

    def may_be_there(self, claim: Claim | None) -> bool:
        return claim is not None and (
            claim.put_code is not None or claim.unsure or claim.state == State.WORKING
        )

    @rule(name=names)
    def hiding(self, name: str) -> None:
        wish, claim = self.wishes[name], self.claim(name)
        now = timezone.now()
        withdrawal.hidden(self.doi(name), asked_at=now, now=now)
        if claim is None or claim.reason == UNBLOCKED or wish.hidden:
            return
        wish.hidden = True
        kept = self.withdrawn != Withdrawn.REMOVE and self.may_be_there(claim)
        if not (wish.blocked or kept or self.by_hand(claim)) and self.auto_update:
            wish.present = False
            wish.either = wish.either or wish.gone

    @rule(some=some_names)
    def many_new(self, some: set[str]) -> None:
        for name in sorted(some):
            self.metadata_change(name, named=True)

    # --- what the person does here ---

    @rule(name=names, named=st.booleans())
    def added_by_hand(self, name: str, *, named: bool) -> None:
        wish, claim = self.wishes[name], self.claim(name)
        mark = queries.marks(self.orcid, [self.doi(name)]).get(self.doi(name))
        if mark is not None and not mark.is_off:
            return  # the page does not offer it
        if wish.blocked or wish.hidden:
            return  # staff or DataCite's search would say so
        if claim is None and self.ours(name) and len({*self.clients.values()}) > 1:
            return  # it is compared first
        wish.title = wish.title if claim and wish.title else f"{name} {next(self.versions)}"
        wish.named = named
        wishes.add(self.orcid, self.work(name, named=named))
        self.insisted(wish)

    @rule(which=st.integers(0, 100))
    def person_chooses(self, which: int) -> None:
        """One of what the person's page offers at this moment."""
        claimed = [name for name in self.wishes if self.claim(name)]
        offered = [(name, action) for name in claimed for action in sorted(self.actions(name))]
        if not offered:
            return
        self.choose(*offered[which % len(offered)])

    def choose(self, name: str, action: str) -> None:
        wish = self.wishes[name]
        if self.is_new_to_us(name):
            return
        getattr(wishes, action)(self.orcid, self.doi(name))
        match action:
            case "restore":
                self.insisted(wish)
            case "remove" | "decline":
                wish.present, wish.sticky, wish.either = False, True, False

    def is_new_to_us(self, name: str) -> bool:
        """A work from before there was a claim, whose metadata have not been fetched."""
        return self.claim(name) is not None and metadata.work(self.doi(name)) is None

    def insisted(self, wish: Wish) -> None:
        wish.present, wish.sticky, wish.either = True, False, wish.gone

    @rule(name=names)
    def block_by_staff(self, name: str) -> None:
        """Put, or lifted."""
        wish, doi = self.wishes[name], self.doi(name)
        if self.is_new_to_us(name):
            return
        if not wish.blocked:
            wishes.block(self.orcid, doi, by="staff", note="")
            wish.blocked = True
            wish.either = wish.either or wish.gone
            return
        wish.blocked = False
        wishes.unblock(self.orcid, doi, by="staff", note="")
        claim = self.claim(name)
        known = metadata.work(doi) is not None and not wish.hidden
        if known and self.concerns(claim, named=wish.named):
            self.judge(wish, claim)

    @rule(on=st.booleans())
    def auto_update_switch(self, *, on: bool) -> None:
        permissions.switch_auto_update(self.person, on=on)
        self.auto_update = on

    # --- what happens at ORCID ---

    @rule(which=st.integers(0, 100))
    def removal_at_orcid(self, which: int) -> None:
        """Of a work that we know to be there."""
        for name, claim in self.known_there(which):
            self.simulation.orcid.delete_work(self.orcid, claim.put_code or 0)
            wish = self.wishes[name]
            wish.present, wish.sticky, wish.gone = False, True, True
            wish.either = wish.either or name in self.copied  # one of two

    @rule(which=st.integers(0, 100), visibility=st.sampled_from(["public", "limited", "private"]))
    def visibility_change(self, which: int, visibility: str) -> None:
        for _, claim in self.known_there(which):
            self.there()[claim.put_code or 0].visibility = visibility
            self.visible[claim.put_code or 0] = visibility

    def known_there(self, which: int) -> list[tuple[str, Claim]]:
        """One of them, or none."""
        claims = [(name, self.claim(name)) for name in self.wishes]
        known = [
            (name, claim) for name, claim in claims if claim and claim.put_code in self.there()
        ]
        return [known[which % len(known)]] if known else []

    @rule(name=names, by=st.sampled_from(["before", "copy", "", "APP-CROSSREF"]))
    def work_of_others(self, name: str, by: str) -> None:
        """From another source; or from our own client, before there was a claim or once too often."""
        ours = self.ours(name)
        if by == "before":
            wish = self.wishes[name]
            if self.claim(name) or ours or wish.blocked:
                return
            self.from_before.add(name)
            wish.title, wish.present = f"{name} of old", True
            self.add_work(name, wish.title, by=ONE)
        elif by == "copy":
            if ours and self.claim(name):
                self.copied.add(name)
                self.trouble += FEW_TRIES
                title = ours[0].content["title"]["title"]["value"]
                self.add_work(name, title, by=ours[0].client_id)
        else:
            self.add_work(name, "theirs", by=by)

    def add_work(self, name: str, title: str, *, by: str) -> None:
        self.simulation.orcid.add_work(self.orcid, self.content(name, title), client_id=by)

    def content(self, name: str, title: str) -> dict[str, Any]:
        return {
            "title": {"title": {"value": title}},
            "type": "data-set",
            "external-ids": {
                "external-id": [
                    {
                        "external-id-type": "doi",
                        "external-id-value": self.doi(name),
                        "external-id-relationship": "self",
                    }
                ]
            },
        }

    @rule(purpose=st.sampled_from(Purpose), ends=st.booleans())
    def permission(self, purpose: Purpose, *, ends: bool) -> None:
        if ends:
            self.simulation.orcid.revoke_tokens(self.orcid, client_id=self.clients[purpose])
            self.revoked.add(self.clients[purpose])
        else:
            self.grant(purpose)

    def grant(self, purpose: Purpose) -> None:
        client = self.clients[purpose]
        token = self.simulation.orcid.grant(self.orcid, client_id=client, scope=SCOPE)
        reply = TokenReply(
            access_token=Secret(token.access),
            refresh_token=None,
            scope=SCOPE,
            expires_at=None,
            orcid=self.orcid,
            name="",
            api_client=client,
        )
        grants.store_grant(self.person, purpose, reply, timezone.now())
        permissions.granted(self.orcid)

    @rule(room=st.integers(0, 2))
    def limit(self, room: int) -> None:
        self.simulation.orcid.registry.most_works = len(self.there()) + room

    @rule(refused=st.sets(names, min_size=1), code=st.sampled_from([9001, 9008, 9020, 9023]))
    def orcid_refuses(self, refused: set[str], code: int) -> None:
        titles = {self.wishes[name].title: code for name in refused}
        self.simulation.orcid.registry.refused = titles
        self.trouble += FEW_TRIES

    @rule(state=st.sampled_from(["locked", "deactivated", "active", "active"]))
    def record_state(self, state: Any) -> None:
        if state == "active":
            self.relent()
        else:
            self.simulation.orcid.set_state(self.orcid, state)

    def relent(self) -> None:
        registry = self.simulation.orcid.registry
        registry.most_works, registry.refused = 10_000, {}
        self.simulation.orcid.set_state(self.orcid, "active")

    # --- what goes wrong, and work ---

    @rule(
        fault=st.sampled_from(FAULTS),
        method=st.sampled_from(METHODS),
        skip=st.sampled_from([0, 0, 0, 1, 2]),
    )
    def delivery_with_fault(self, fault: dict[str, Any], method: str, skip: int) -> None:
        what = {"method": method, "path_prefix": "/v3.0", "skip": skip} | fault
        self.simulation.orcid.faults.add(**what)
        self.trouble += 1
        self.delivery()

    @rule(steps=st.integers(0, 60), reconciling=st.sampled_from([False, False, False, True]))
    def death(self, steps: int, *, reconciling: bool) -> None:
        self.mishaps.death_after(steps)
        if reconciling:
            self.comparison()
        else:
            self.delivery()

    @rule(
        said=st.sampled_from(
            [
                "metadata_change",
                "many_new",
                "added_by_hand",
                "person_chooses",
                "removal_at_orcid",
                "permission",
                "block_by_staff",
                "hiding",
                "sweep",
                "second_worker",
            ]
        ),
        name=names,
        named=st.booleans(),
        purpose=st.sampled_from(Purpose),
        which=st.integers(0, 100),
        calls=st.integers(0, 4),
    )
    def delivery_with_word_between(
        self, said: str, name: str, *, named: bool, purpose: Purpose, which: int, calls: int
    ) -> None:
        """Somebody does this while a call is under way, or before the next."""
        given: dict[str, dict[str, Any]] = {
            "metadata_change": {"name": name, "named": named},
            "many_new": {"some": set(NAMES)},
            "added_by_hand": {"name": name, "named": named},
            "person_chooses": {"which": which},
            "removal_at_orcid": {"which": which},
            "permission": {"purpose": purpose, "ends": named},
            "block_by_staff": {"name": name},
            "hiding": {"name": name},
            "sweep": {},
            "second_worker": {},
        }
        what: Callable[..., None] = getattr(self, said)
        self.mishaps.said_after(calls, lambda: what(**given[said]))
        self.delivery()

    def sweep(self) -> None:
        """The lease has run out, because the worker was slow."""
        leases.sweep(now=timezone.now() + timedelta(hours=1))

    def second_worker(self) -> None:
        deliver(self.orcid, self.other)
        with suppress(Unreachable, UnexpectedAnswer):
            reconcile(self.orcid, self.other)

    def delivery(self) -> None:
        Pace.objects.all().delete()
        with self.mishaps.happening():
            deliver(self.orcid, self.real)

    @rule()
    def at_once(self) -> None:
        self.delivery()

    @rule()
    def some_time(self) -> None:
        """What was under way at ORCID has ended, and what was postponed is due."""
        while self.simulation.orcid.journal.concurrent_writes[self.orcid]:
            time.sleep(0.01)
        waiting = Claim.objects.filter(orcid=self.orcid, state=State.WAITING)
        waiting.update(due_at=timezone.now())
        self.delivery()

    @rule()
    def comparison(self) -> None:
        Pace.objects.all().delete()
        with self.mishaps.happening(), suppress(Unreachable, UnexpectedAnswer):
            reconcile(self.orcid, self.real)

    @rule(calls=st.integers(0, 5), news=st.integers(1, 3), by_person=st.booleans())
    def death_and_second_thoughts(self, calls: int, news: int, *, by_person: bool) -> None:
        """Nobody knows whether ORCID has the new works by now, and all but the first shall go."""
        fresh = [f"n{next(self.versions)}" for _ in range(news + 1)]
        self.wishes |= {name: Wish() for name in fresh}
        self.many_new({*fresh})
        self.mishaps.death_at_call(calls)
        self.some_time()
        for name in fresh[1:]:
            if not by_person:
                self.metadata_change(name, named=False)
            elif self.claim(name) and "remove" in self.actions(name):
                self.choose(name, "remove")

    more_deaths = death_and_second_thoughts
    more_words_between = delivery_with_word_between
    more_faults = delivery_with_fault

    # --- what must hold ---

    def there(self) -> dict[int, Any]:
        return self.simulation.orcid.registry.records[self.orcid].works

    def ours(self, name: str = "") -> list[Any]:
        """Works on the record that came from us."""
        return [
            work
            for work in list(self.there().values())
            if work.client_id in self.clients.values()
            and (not name or ("self", "doi", self.doi(name)) in work.ids)
        ]

    @invariant()
    def all_is_in_order(self) -> None:
        self.no_doi_is_twice_there()
        writes = self.simulation.orcid.concurrent_writes.get(self.orcid, 0)
        assert writes <= 1, "two writes at once"
        for claim in Claim.objects.filter(orcid=self.orcid).exclude(reason=""):
            assert REASONS[claim.reason].state == claim.state
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            assert cursor.fetchone() == (0,), "somebody still holds the record"

    def no_doi_is_twice_there(self) -> None:
        twice = [
            name for name in self.wishes if len(self.ours(name)) > 1 and name not in self.copied
        ]
        assert not twice

    def teardown(self) -> None:
        """Nothing more happens: soon everything is as it should be."""
        self.count()
        self.simulation.orcid.faults.clear()
        self.relent()
        if not self.auto_update:
            self.auto_update_switch(on=True)
        for purpose in Purpose:
            if self.clients[purpose] in self.revoked:
                self.grant(purpose)
        for _ in range(6):
            self.some_time()
        self.nothing_waits_for_a_comparison()
        self.comparison()
        self.help_those_who_wait_for_a_person()
        for _ in range(6):
            self.some_time()
        self.copied.clear()
        self.check()

    def help_those_who_wait_for_a_person(self) -> None:
        """As the reason's next step tells."""
        helped = {"record_full", "record_locked", "record_deactivated"}
        if self.trouble >= FEW_TRIES:
            helped |= {"refused", "retries_used_up"}
        for claim in Claim.objects.filter(orcid=self.orcid, reason__in=helped):
            wishes.retry(self.orcid, Doi(claim.doi))
        for _ in range(6):
            self.some_time()

    def nothing_waits_for_a_comparison(self) -> None:
        """But what only ORCID could tell us of."""
        for name, wish in self.wishes.items():
            claim = self.claim(name)
            stuck = claim is not None and claim.state in (State.FAILED, State.HELD)
            if not (stuck or wish.gone or name in self.copied | self.from_before):
                self.is_right(name)

    def check(self) -> None:
        self.no_doi_is_twice_there()
        for name in self.wishes:
            self.is_right(name)
        self.the_ledger_knows()

    def is_right(self, name: str) -> None:
        wish = self.wishes[name]
        titles = [work.content["title"]["title"]["value"] for work in self.ours(name)]
        right = [[wish.title] if wish.present and not wish.blocked else []]
        if wish.either and not wish.blocked:
            right = [[wish.title], []]
        assert titles in right, self.told(name)

    def the_ledger_knows(self) -> None:
        for claim in Claim.objects.filter(orcid=self.orcid):
            assert claim.state in (State.DONE, State.REMOVED, State.DECLINED), claim
            if claim.state == State.DONE:
                work = self.there()[claim.put_code]
                assert ("self", "doi", claim.doi) in work.ids
                assert work.client_id == claim.api_client
        for put_code, visibility in self.visible.items():
            if put_code in self.there():
                assert self.there()[put_code].visibility == visibility

    def told(self, name: str) -> str:
        """For whoever reads the failure."""
        try:
            found = queries.find(orcid=self.orcid, doi=self.doi(name))
        except NotFound:
            return f"{name} has no claim"
        lines = [f"{line.at:%H:%M:%S.%f} {line.what} {line.detail}" for line in found.history]
        return "\n".join([f"{name}: {found.row}", *lines])

    def count(self) -> None:
        """The corners where this life has been."""
        mine = Claim.objects.filter(orcid=self.orcid)
        outcomes = Attempt.objects.filter(orcid=self.orcid).values_list("outcome", flat=True)
        bulk = f"/v3.0/{self.orcid}/works"
        been = {*outcomes.distinct(), *mine.values_list("state", flat=True)}
        been |= {"unsure"} if mine.filter(unsure=True) else set()
        been |= {"imported"} if mine.filter(origin=Origin.IMPORT) else set()
        been |= {"bulk"} if any(e.path == bulk for e in self.simulation.orcid.calls()) else set()
        self.reached.update(been)


@contextmanager
def services(config: Any, mishaps: Mishaps | None = None) -> Iterator[Services]:
    hooks = mishaps.hooks if mishaps else {}
    with httpx2.Client(timeout=TIMEOUT, event_hooks=hooks) as http:
        yield build(config, http)._replace(rate=Rate(10_000, 10_000))


@pytest.mark.parametrize("clients", [(ONE, ONE), (ONE, OTHER)], ids=["one client", "two clients"])
def test_whatever_happens_the_record_ends_as_wanted(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch, clients: tuple[str, str]
) -> None:
    by_purpose = dict(zip([Purpose.AUTO_UPDATE, Purpose.SEARCH_AND_LINK], clients, strict=True))
    simulation.orcid.add_client("Search & Link", redirect_uris=(), client_id=OTHER)
    simulation.orcid.add_client("Crossref", redirect_uris=(), client_id="APP-CROSSREF")
    config = replace(
        django_settings.PROFILES,
        orcid_clients={purpose: Client(name, "secret") for purpose, name in by_purpose.items()},
    )
    monkeypatch.setattr(django_settings, "PROFILES", config)
    under_way = simulation.orcid.journal.concurrent_writes

    def passes(_: object) -> None:
        while sum(under_way.values()):
            time.sleep(0.01)

    monkeypatch.setattr(delivery_module, "_let_pass", passes)

    class Here(Life):
        pass

    Here.simulation, Here.mishaps = simulation, Mishaps()
    Here.clients, Here.reached = by_purpose, Counter()
    with ExitStack() as stack:
        Here.real = stack.enter_context(services(config, Here.mishaps))
        Here.other = stack.enter_context(services(config))
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                phases=PHASES,
                suppress_health_check=list(HealthCheck),
            ),
        )
    # A model that no longer gets into the corners proves nothing of them.
    corners = {"bulk", "unsure"} | (RARE if EXAMPLES >= 100 else set())
    assert corners <= Here.reached.keys() or EXAMPLES < 20
