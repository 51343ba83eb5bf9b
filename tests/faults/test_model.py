"""Random wishes, metadata changes, edits at ORCID, faults and crashes; once quiet, all is as wanted.

A model of three DOIs of one person says what should be on the record. Whatever happened on the
way, when nothing more happens the simulated record has exactly that: each work once, as last wanted.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import httpx2
import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from profiles import conversion
from profiles.claims import leases, ledger, metadata
from profiles.claims.models import Claim
from profiles.claims.states import Origin, State
from profiles.delivery.models import Pace
from profiles.errors import ImpossibleTransition, NotFound, UnexpectedAnswer, Unreachable
from profiles.pipeline.deliver import deliver
from profiles.pipeline.reconcile import reconcile
from profiles.pipeline.services import Services, build
from profiles.simulator import seed
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi
from profiles.values.orcid_id import OrcidId
from profiles.values.work import Contributor, RelatedId, Title, Types, Work
from tests.flow.people import SCOPE, permit, person

pytestmark = pytest.mark.django_db(transaction=True)

CLIENT = seed.ORCID_CLIENT[0]
NAMES = ("concept", "v1", "v2")  # the versions name the concept, so that ORCID groups them
FAULTS = st.sampled_from(
    [
        {"status": 503},
        {"status": 500, "error_code": 9008},
        {"status": 429},
        {"reset": "before"},
        {"reset": "after"},
        {"truncate": True},
    ]
)
names = st.sampled_from(NAMES)


@dataclass
class Wish:
    """What should be on the record for one DOI."""

    title: str = ""  # as last seen in the metadata; empty: never seen
    present: bool = False
    sticky: bool = False  # the person took it off


@pytest.fixture
def real() -> Iterator[Services]:
    with httpx2.Client(timeout=5) as http:
        yield build(django_settings.PROFILES, http)


class Life(RuleBasedStateMachine):
    simulation: Simulation
    real: Services
    versions = count(1)

    def __init__(self) -> None:
        super().__init__()
        self.orcid = OrcidId(self.simulation.orcid.add_person("Ann", "Other").orcid)
        token = self.simulation.orcid.grant(self.orcid, client_id=CLIENT, scope=SCOPE)
        permit(person(self.orcid), token.access, api_client=CLIENT)
        self.wishes = {name: Wish() for name in NAMES}

    def doi(self, name: str) -> Doi:
        return Doi(f"10.5555/{self.orcid.lower()}.{name}")

    def claim(self, name: str) -> Claim | None:
        return Claim.objects.filter(orcid=self.orcid, doi=self.doi(name)).first()

    # --- what people and repositories do ---

    @rule(name=names)
    def metadata_change(self, name: str) -> None:
        wish = self.wishes[name]
        number = next(self.versions)
        wish.title = f"{name} {number}"
        concept = self.doi("concept")
        work = Work(
            doi=self.doi(name),
            state="findable",
            metadata_version=number,
            types=Types(general="Dataset"),
            titles=(Title(wish.title),),
            creators=(Contributor(name="Ann Other", orcids=(self.orcid,)),),
            related=(RelatedId("IsVersionOf", "DOI", concept, concept),),
        )
        metadata.record_work(work, title=wish.title)
        ledger.want(
            self.orcid,
            work.doi,
            origin=Origin.AUTO_UPDATE,
            by="model",
            now=timezone.now(),
            version=str(number),
        )
        wish.present = not wish.sticky

    @rule(name=names, by_person=st.booleans())
    def removal(self, name: str, *, by_person: bool) -> None:
        reason = "removed_by_person" if by_person else "left_metadata"
        wish = self.wishes[name]
        with suppress(NotFound):
            ledger.unwant(self.orcid, self.doi(name), reason=reason, by="model", now=timezone.now())
            # What has left already stays as it left.
            left = self.claim(name)
            wish.sticky = wish.sticky or bool(
                left and (left.unwanted_for or left.reason) == "removed_by_person"
            )
            wish.present = False

    @rule(name=names)
    def restoration(self, name: str) -> None:
        with suppress(NotFound, ImpossibleTransition):
            ledger.restore(self.orcid, self.doi(name), by="model", now=timezone.now())
            self.wishes[name].present, self.wishes[name].sticky = True, False

    @rule(name=names)
    def removal_at_orcid(self, name: str) -> None:
        """Of a work that we know to be there."""
        claim = self.claim(name)
        if claim and claim.put_code and claim.state == State.DONE:
            self.simulation.orcid.delete_work(self.orcid, claim.put_code)
            self.compare()
            self.wishes[name].present, self.wishes[name].sticky = False, True

    def compare(self) -> None:
        """As the weekly comparison does, however often it takes."""
        for _ in range(100):
            Pace.objects.all().delete()
            with suppress(Unreachable, UnexpectedAnswer):
                reconcile(self.orcid, self.real)
                return

    # --- what goes wrong ---

    @rule(fault=FAULTS, method=st.sampled_from(["POST", "PUT", "DELETE", "GET"]))
    def fault(self, fault: dict[str, object], method: str) -> None:
        self.simulation.orcid.faults.add(method=method, path_prefix="/v3.0", **fault)

    @rule(sent=st.booleans())
    def crash(self, *, sent: bool) -> None:
        """A worker dies with a claim in its hands: before or after its addition was sent."""
        taken = leases.take(self.orcid, lease=timedelta(minutes=1), now=timezone.now())
        if taken is None:
            return
        if taken.wanted == "present" and taken.put_code is None and not taken.unsure:
            assert leases.expect_answer([taken], api_client=CLIENT)
            work = metadata.work(taken.doi)
            if sent and work is not None:
                (token,) = self.simulation.orcid.registry.live_tokens(self.orcid)
                rendered = conversion.render(conversion.convert(work))
                self.real.orcid.add(self.orcid, rendered, token=token.access)
        leases.sweep(now=timezone.now() + timedelta(hours=1))

    # --- work ---

    @rule()
    def delivery(self) -> None:
        self.make_due()
        deliver(self.orcid, self.real)

    def make_due(self) -> None:
        Pace.objects.all().delete()
        Claim.objects.filter(state=State.WAITING).update(due_at=timezone.now())

    def teardown(self) -> None:
        """Nothing more happens: soon everything is as it should be."""
        self.simulation.orcid.faults.clear()
        for _ in range(6):
            self.delivery()
        on_record = sorted(
            work["title"]["title"]["value"] for work in self.simulation.orcid.works_of(self.orcid)
        )
        wanted = sorted(wish.title for wish in self.wishes.values() if wish.present)
        assert on_record == wanted
        states = set(Claim.objects.filter(orcid=self.orcid).values_list("state", flat=True))
        assert states <= {State.DONE, State.REMOVED}


def test_whatever_happens_the_record_ends_as_wanted(simulation: Simulation, real: Services) -> None:
    class Here(Life):
        pass

    Here.simulation, Here.real = simulation, real
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=50,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
