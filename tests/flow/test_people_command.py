"""`profiles people`: what support staff see and do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from typer.testing import CliRunner, Result

from profiles.claims import ledger
from profiles.claims.models import Claim
from profiles.claims.states import Origin
from profiles.errors import BadInput, NotFound, ProfilesError
from profiles.ops.people import app
from profiles.people import wiring
from profiles.people.models import Grant, Person
from profiles.people.profile import Role
from profiles.simulator.server import Simulation
from profiles.values.doi import Doi

from .people import ALICE, BOB, NOON, permit, person

pytestmark = pytest.mark.django_db


def profiles_people(*arguments: str, typed: str = "") -> Result:
    result = CliRunner().invoke(app, arguments, input=typed)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def as_json(*arguments: str) -> Any:
    return json.loads(profiles_people(*arguments, "--json").output)


@pytest.fixture
def alice() -> Person:
    return person(ALICE)


def test_list_and_show_tell_programs_everything_but_tokens(alice: Person) -> None:
    permit(alice, "secret-token")
    Person.objects.create(name="Nemo")
    listed = as_json("list")
    assert [one["orcid"] for one in listed] == [ALICE, None]
    shown = as_json("show", ALICE)
    assert shown == listed[0]
    assert (shown["name"], shown["role"], shown["auto_update"]) == (ALICE, "user", True)
    assert [view["purpose"] for view in shown["permissions"]] == ["auto_update", "search_and_link"]
    assert shown["permissions"][0]["state"] == "active"
    assert "secret-token" not in json.dumps(listed)


def test_people_read_the_same_in_lines(alice: Person) -> None:
    permit(alice)
    assert ALICE in profiles_people("list").output
    shown = profiles_people("show", ALICE).output
    assert "Auto-update    on" in shown
    assert "auto_update (active)" in shown


def test_an_account_without_an_id_is_erased_by_the_name_it_is_listed_with(alice: Person) -> None:
    nemo = Person.objects.create(name="Nemo")
    assert str(nemo.sub) in profiles_people("list").output
    assert "is erased" in profiles_people("erase", str(nemo.sub), "--yes").output
    assert Person.objects.get() == alice
    with pytest.raises(NotFound):  # what hangs on an iD goes the longer way
        profiles_people("erase", str(alice.sub), "--yes")
    assert Person.objects.get() == alice


def test_the_id_may_be_typed_as_people_type_it(alice: Person) -> None:
    assert as_json("show", f"https://orcid.org/{ALICE}")["orcid"] == ALICE


def test_the_first_administrator_is_made_by_role(alice: Person) -> None:
    profiles_people("role", ALICE, "staff_admin")
    assert as_json("show", ALICE)["role"] == "staff_admin"
    profiles_people("role", ALICE, "client_user", "--client", "datacite.example")
    shown = as_json("show", ALICE)
    assert (shown["role"], shown["client_id"]) == ("client_user", "datacite.example")


def test_a_role_that_does_not_exist_is_wrong_use(alice: Person) -> None:
    assert profiles_people("role", ALICE, "emperor").exit_code == 2


@pytest.mark.parametrize(
    ("role", "option"),
    [
        ("provider_admin", "--provider"),
        ("provider_user", "--provider"),
        ("client_admin", "--client"),
        ("client_user", "--client"),
    ],
)
def test_a_role_for_somebody_says_for_whom(alice: Person, role: str, option: str) -> None:
    with pytest.raises(BadInput, match=option):
        profiles_people("role", ALICE, role)


@pytest.mark.parametrize("arguments", [("show",), ("role", "user"), ("erase", "--yes")])
def test_somebody_without_an_account_is_named(arguments: tuple[str, ...]) -> None:
    with pytest.raises(NotFound, match=BOB):
        profiles_people(arguments[0], BOB, *arguments[1:])


def test_a_wrong_id_is_named() -> None:
    with pytest.raises(BadInput, match="0000-0002-1825-0098"):
        profiles_people("show", "0000-0002-1825-0098")


def test_erasing_gives_the_token_back_and_leaves_nothing(
    alice: Person, simulation: Simulation
) -> None:
    held(alice, simulation)
    for orcid in (ALICE, BOB):
        ledger.want(orcid, Doi("10.5555/x"), origin=Origin.STAFF, by="test", now=NOON)
    assert "Aborted" in profiles_people("erase", ALICE, typed="n\n").output
    assert Person.objects.exists()
    profiles_people("erase", ALICE, typed="y\n")
    assert simulation.orcid.registry.live_tokens(ALICE) == []
    assert not any(model.objects.exists() for model in (Person, Grant, SocialAccount))
    assert [claim.orcid for claim in Claim.objects.all()] == [BOB]


def test_erasing_waits_for_orcid(alice: Person, simulation: Simulation) -> None:
    held(alice, simulation)
    simulation.orcid.faults.add(path_prefix="/oauth/revoke", status=503)
    with pytest.raises(ProfilesError, match="goes on by itself as long as a worker runs"):
        profiles_people("erase", ALICE, "--yes")
    assert Person.objects.get().grants.get().state == "active"


def held(alice: Person, simulation: Simulation) -> None:
    """Alice signed in with ORCID and gave a permission that is alive there."""
    wiring.forget()
    client = simulation.orcid_client.id
    token = simulation.orcid.grant(ALICE, client_id=client, scope="/activities/update")
    permit(alice, token.access, api_client=client)
    SocialAccount.objects.create(user=alice, provider="orcid", uid=ALICE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"orcid": "0000-0002-1825-009"},
        {"orcid": "0000-0002-1825-009x"},
        {"role": "emperor"},
        {"password": "pbkdf2_sha256$1$a$b"},  # nobody signs in with one
    ],
)
def test_the_table_itself_refuses_what_no_account_is(wrong: dict[str, str]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(**wrong)


def test_one_id_is_one_account_and_one_purpose_has_one_active_grant(alice: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        person(ALICE)
    permit(alice)
    twin = Grant.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_the_seven_roles_are_those_of_today() -> None:
    assert [str(role) for role in Role] == [
        "staff_admin",
        "staff_user",
        "provider_admin",
        "provider_user",
        "client_admin",
        "client_user",
        "user",
    ]
