"""`profiles claims` and `profiles harvest`: what support staff and operators see and do."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from typer import Typer
from typer.testing import CliRunner, Result

from profiles.claims import blocks, leases, ledger
from profiles.claims.leases import Settlement
from profiles.claims.models import Claim
from profiles.claims.states import Event, Origin, State
from profiles.errors import BadInput, Blocked, ImpossibleTransition, NotADoi, NotAnOrcidId, NotFound
from profiles.ops.claims import COLUMNS, app
from profiles.ops.explain import explain
from profiles.ops.harvest import NotATime, harvest
from profiles.pipeline.models import FeedPosition
from profiles.pipeline.services import services
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .people import ALICE, BOB, NOON, permit, person

pytestmark = pytest.mark.django_db

DOI = Doi("10.5555/tides")


def run(command: Typer, *arguments: str) -> Result:
    result = CliRunner().invoke(command, arguments)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def as_json(*arguments: str) -> Any:
    return json.loads(run(app, *arguments, "--json").output)


@pytest.fixture
def failed() -> Claim:
    """Alice's claim, which ORCID refused."""
    ledger.want(ALICE, DOI, origin=Origin.AUTO_UPDATE, by="auto-update", now=NOON)
    (taken,) = leases.take(ALICE, most=1, lease=NOON - NOON, now=NOON)
    refused = Settlement(event=Event.FAIL, reason="refused", message="400 Bad Request")
    leases.settle(taken, refused, now=NOON)
    return Claim.objects.get()


class TestClaims:
    def test_list_as_scripts_read_it(self, failed: Claim) -> None:
        ledger.want(BOB, DOI, origin=Origin.STAFF, by="test", now=NOON)
        (row,) = as_json("list", "--orcid", ALICE)
        assert list(row) == COLUMNS
        assert (row["state"], row["reason"], row["message"]) == (
            "failed",
            "refused",
            "400 Bad Request",
        )
        assert {row["orcid"] for row in as_json("list", "--doi", f"https://doi.org/{DOI}")} == {
            ALICE,
            BOB,
        }
        assert [row["orcid"] for row in as_json("list", "--state", "waiting")] == [BOB]
        assert as_json("list", "--state", "done") == []

    def test_show_by_doi_and_by_uuid_with_history(self, failed: Claim) -> None:
        by_doi = as_json("show", DOI, "--orcid", ALICE)
        assert by_doi == as_json("show", str(failed.uuid))
        assert [line["what"] for line in by_doi["history"]] == ["fail", "want"]
        assert "400 Bad Request" in run(app, "show", str(failed.uuid)).output

    def test_retry_and_remove(self, failed: Claim) -> None:
        run(app, "retry", DOI, "--orcid", ALICE)
        assert Claim.objects.get().state == State.WAITING
        run(app, "remove", str(failed.uuid))
        claim = Claim.objects.get()
        assert (claim.state, claim.reason) == (State.REMOVED, "removed_by_staff")
        with pytest.raises(ImpossibleTransition):
            run(app, "retry", DOI, "--orcid", ALICE)

    @pytest.mark.parametrize("doi", ["10.5072/[old]c", "10.5072/a[/b]", "10.5072/:x:y"])
    def test_a_doi_is_printed_as_it_is(self, doi: str) -> None:
        ledger.want(ALICE, Doi(doi), origin=Origin.STAFF, by="test", now=NOON)
        for arguments in (["list"], ["show", doi], ["remove", doi]):
            assert doi in run(app, *arguments, "--orcid", ALICE).output

    def test_the_table_ends_in_time_and_says_so_and_json_is_whole(self) -> None:
        def claims(numbers: range) -> None:
            state, origin = State.REMOVED, Origin.STAFF
            Claim.objects.bulk_create(
                Claim(orcid=ALICE, doi=f"10.5072/{number}", state=state, origin=origin)
                for number in numbers
            )

        claims(range(1000))
        *_, last = run(app, "list").output.splitlines()
        assert "10.5072/" in last
        claims(range(1000, 1002))
        *rows, last = run(app, "list").output.splitlines()
        assert last == "the newest 1,000; narrow it, or use export"
        assert sum(ALICE in row for row in rows) == 1000
        assert len(as_json("list")) == 1002

    def test_export_as_csv(self, failed: Claim) -> None:
        (row,) = csv.DictReader(io.StringIO(run(app, "export").output))
        assert (row["orcid"], row["doi"], row["state"]) == (ALICE, DOI, "failed")

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (("show", DOI), BadInput),  # whose?
            (("show", "tides", "--orcid", ALICE), NotADoi),
            (("list", "--orcid", "0000-0002-1825-0098"), NotAnOrcidId),
            (("list", "--state", "lost"), BadInput),
            (("show", "10.5555/none", "--orcid", ALICE), NotFound),
            (("show", "00000000-0000-4000-8000-000000000000"), NotFound),
        ],
    )
    def test_mistakes_are_told(self, arguments: tuple[str, ...], error: type[Exception]) -> None:
        with pytest.raises(error):
            run(app, *arguments)

    def test_block_and_unblock_a_work_that_nobody_claimed(self) -> None:
        told = run(app, "block", DOI, "--orcid", ALICE, "--note", "not hers", "--by", "bob").output
        assert f"{DOI}: blocked for {ALICE}; it is not on the record" in told
        (row,) = as_json("list", "--state", "removed", "--blocked")
        assert (row["reason"], row["blocked"]) == ("blocked", True)
        assert "Support staff blocked" in " ".join(run(app, "list").output.split())
        with pytest.raises(ImpossibleTransition, match="blocked already"):
            run(app, "block", DOI, "--orcid", ALICE, "--note", "again")
        told = run(app, "unblock", DOI, "--orcid", ALICE, "--note", "it is", "--by", "eve").output
        assert "no longer blocked" in told
        assert as_json("list", "--blocked") == []
        history = as_json("show", DOI, "--orcid", ALICE)["history"]
        assert [(line["what"], line["note"]) for line in history] == [
            ("unblock", "it is"),
            ("block", "not hers"),
        ]
        assert "staff:eve" in history[0]["detail"]
        assert "Note: not hers" in run(app, "show", DOI, "--orcid", ALICE).output

    def test_block_by_uuid_and_let_go_on_what_was_wanted(self, failed: Claim) -> None:
        run(app, "block", str(failed.uuid), "--note", "ticket 7")
        with pytest.raises(Blocked):
            run(app, "retry", str(failed.uuid))
        told = run(app, "unblock", str(failed.uuid), "--note", "mistake").output
        assert "queued again" in told
        assert Claim.objects.get().state == State.WAITING

    @pytest.mark.parametrize("note", ["", "  "])
    def test_a_block_says_why(self, failed: Claim, note: str) -> None:
        with pytest.raises(BadInput, match="Say in a few words why"):
            run(app, "block", str(failed.uuid), "--note", note)
        assert Claim.objects.get().state == State.FAILED

    def test_who_blocks_has_a_name_that_fits(self, failed: Claim) -> None:
        with pytest.raises(BadInput, match="--by"):
            run(app, "block", str(failed.uuid), "--note", "why", "--by", "b" * 60)


def test_explain_tells_a_block_where_the_person_is_looked_at(simulation: Simulation) -> None:
    simulation.datacite.register({"doi": DOI, "titles": [{"title": "Tides"}]})
    blocks.block(ALICE, DOI, by="staff:bob", note="not hers", now=NOON)
    command = Typer()
    command.command()(explain)

    def codes(*arguments: str) -> list[str]:
        told = json.loads(run(command, DOI, "--orcid", ALICE, "--json", *arguments).output)
        return [rule["code"] for rule in told["evaluations"][0]["rules"]]

    services.cache_clear()
    try:
        assert "blocked_by_staff" in codes("--person")
    finally:
        services().http.close()
        services.cache_clear()
    assert "blocked_by_staff" not in codes()


class TestHarvest:
    @pytest.fixture(autouse=True)
    def fresh(self, simulation: Simulation) -> Iterator[None]:
        services.cache_clear()
        self.simulation = simulation
        yield
        services().http.close()
        services.cache_clear()

    def command(self, *arguments: str) -> Result:
        typer = Typer()
        typer.command()(harvest)
        return run(typer, *arguments)

    def register(self) -> None:
        self.simulation.datacite.register(
            {
                "doi": DOI,
                "titles": [{"title": "Tides"}],
                "creators": [
                    {
                        "name": "Carberry, Josiah",
                        "nameIdentifiers": [
                            {"nameIdentifier": ALICE, "nameIdentifierScheme": "ORCID"}
                        ],
                    }
                ],
            }
        )

    def test_ends_when_all_that_it_found_is_in_the_ledger(self) -> None:
        permit(person(ALICE))
        self.register()
        lately = timezone.now() - timedelta(minutes=10)
        result = self.command("--once", "--since", lately.isoformat())
        assert result.exit_code == 0
        assert "1 claims to deliver" in result.output
        assert Claim.objects.get().doi == DOI

    def test_a_time_of_its_own_leaves_the_services_position_alone(self) -> None:
        self.command("--once")
        position = FeedPosition.objects.get()
        self.command("--since", "2026-01-01", "--until", "2026-02-01")
        assert FeedPosition.objects.get().done == position.done

    def test_what_is_no_time_is_told(self) -> None:
        with pytest.raises(NotATime, match="2026-01-31"):
            self.command("--since", "yesterday")
