"""Settings: the overview as documented, the guided set-up, and the form behind Update."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from profiles.claims.states import State
from profiles.matching import Policy
from profiles.people.models import Person
from profiles.pipeline.match import accept
from profiles.values.doi import Doi
from profiles.values.work import Contributor, RelatedId, Title, Work

from .cast import ALICE, BOB, claim, permit, stored, withdraw
from .reading import Page

RECORD = f"{settings.PROFILES.orcid_url}/{ALICE}"

ROWS = [
    "ORCID iD",
    "Name",
    "Other Names",
    "Organization",
    "Email",
    "GitHub",
    "Auto-Update",
    "Role",
    "ORCID Permissions",
    "ORCID Claims",
    "GitHub Permissions",
]


def test_the_overview_has_the_documented_rows_in_order(as_alice: Client) -> None:
    rows = Page(as_alice.get("/settings")).rows
    assert list(rows) == ROWS
    assert rows["ORCID iD"] == RECORD
    assert rows["Name"] == "Alice Adams"
    assert rows["Other Names"] == "A. Adams; Alice B. Adams"
    assert rows["Organization"] == "Example University"
    assert rows["Email"] == "alice@example.org"
    assert rows["GitHub"] == "None given"
    assert rows["Auto-Update"] == "Disabled"
    assert rows["Role"] == "User"
    assert rows["GitHub Permissions"] == "Linking GitHub is not set up on this service."


def test_the_id_is_shown_as_orcid_asks(as_alice: Client) -> None:
    """Icon, the whole https URI, linked, with a label that holds what is seen."""
    (link,) = Page(as_alice.get("/settings")).root.iterfind(".//dd/a[@class='orcid']")
    assert link.get("href") == RECORD
    assert link.get("aria-label") == f"View ORCID record {RECORD}"
    assert link.find("svg").get("aria-hidden") == "true"


def test_without_permission_the_button_gets_one(as_alice: Client) -> None:
    page = Page(as_alice.get("/settings"))
    assert page.buttons == ["Get ORCID Token"]
    form = page.form("Get ORCID Token")
    assert (form["action"], form["method"]) == ("/settings/permission", "post")
    assert form["purpose"] == "auto_update"
    assert "Not given" in page.rows["ORCID Permissions"]
    assert page.links["Update"] == "/settings/account"


def test_with_permission_the_button_deletes_it(as_alice: Client, alice: Person) -> None:
    permit(alice)
    page = Page(as_alice.get("/settings"))
    assert page.buttons == ["Delete ORCID Token"]
    form = page.form("Delete ORCID Token")
    assert (form["action"], form["method"]) == ("/settings/permission/delete", "post")
    assert form["purpose"] == "auto_update"
    assert "Given" in page.rows["ORCID Permissions"]


def test_a_permission_withdrawn_at_orcid_is_not_called_given(
    as_alice: Client, alice: Person
) -> None:
    permit(alice)
    withdraw(alice)
    page = Page(as_alice.get("/settings"))
    assert "Withdrawn" in page.rows["ORCID Permissions"]
    assert page.buttons == ["Get ORCID Token"]


def test_a_permission_that_lacks_a_scope_can_be_given_again_or_deleted(
    as_alice: Client, alice: Person
) -> None:
    permit(alice, scope="/read-limited")
    page = Page(as_alice.get("/settings"))
    assert "did not grant everything" in page.rows["ORCID Permissions"]
    assert page.buttons == ["Get ORCID Token", "Delete ORCID Token"]


@pytest.mark.parametrize(
    ("permitted", "on", "heading", "auto_update"),
    [
        (False, False, "Set-up: 1 of 3 done", "Disabled"),
        (True, False, "Set-up: 2 of 3 done", "Disabled"),
        (False, True, "Set-up: 2 of 3 done", "Enabled, waiting for your permission"),
        (True, True, None, "Enabled"),  # nothing left to do: no set-up is shown
    ],
)
def test_the_set_up_shows_how_far_one_is(
    as_alice: Client,
    alice: Person,
    *,
    permitted: bool,
    on: bool,
    heading: str | None,
    auto_update: str,
) -> None:
    if permitted:
        permit(alice)
    as_alice.post("/settings/account", {"auto_update": "on"} if on else {})
    page = Page(as_alice.get("/settings"))
    headings = [h2.text_content() for h2 in page.root.iterfind(".//main//h2")]
    assert headings == ([heading] if heading else [])
    assert page.rows["Auto-Update"] == auto_update
    current = [li.find("strong").text for li in page.root.iterfind(".//li[@aria-current='step']")]
    left = [] if permitted else ["Give permission"]
    assert current == (left or ([] if on else ["Turn on Auto-update"]))


def test_saving_the_form_turns_auto_update_on_and_says_so(as_alice: Client, alice: Person) -> None:
    form = Page(as_alice.get("/settings/account"))
    assert form.links["Cancel"] == "/settings"
    assert "Save" in form.buttons
    (label,) = form.root.iterfind(".//label[@for='auto-update']")
    assert label.text_content() == "Auto-update is enabled"
    answer = as_alice.post("/settings/account", {"auto_update": "on"}, follow=True)
    assert Page(answer).words.count("Your settings are saved.") == 1
    alice.refresh_from_db()
    assert alice.auto_update


def test_an_empty_box_turns_auto_update_off(as_alice: Client, alice: Person) -> None:
    as_alice.post("/settings/account", {"auto_update": "on"})
    as_alice.post("/settings/account", {})
    alice.refresh_from_db()
    assert not alice.auto_update


def test_the_form_takes_nothing_but_the_preference(as_alice: Client, alice: Person) -> None:
    everything = {"auto_update": "on", "role": "staff_admin", "orcid": BOB, "name": "Mallory"}
    as_alice.post("/settings/account", everything)
    alice.refresh_from_db()
    assert (alice.role, alice.orcid, alice.name) == ("user", ALICE, "Alice Adams")


CHOICES = {
    "Versions of a work": [
        "All versions", "Only the newest version", "Only the DOI for all versions"],
    "Withdrawn works": ["Keep it while its DOI is only hidden", "Remove it", "Keep it"],
}  # fmt: skip


def chosen(page: Page) -> list[str]:
    """The labels of the radio buttons that are on."""
    on = [each.get("id") for each in page.root.iterfind(".//input[@type='radio'][@checked]")]
    return [page.root.find(f".//label[@for='{each}']").text_content() for each in on]


def test_the_form_asks_what_becomes_of_versions_and_of_withdrawn_works(as_alice: Client) -> None:
    page = Page(as_alice.get("/settings/account"))
    asked = {
        group.find("legend").text_content(): [each.text_content() for each in group.iter("label")]
        for group in page.root.iter("fieldset")
    }
    assert asked == CHOICES
    assert chosen(page) == ["All versions", "Keep it while its DOI is only hidden"]


def test_everything_that_is_asked_is_explained_to_everybody(as_alice: Client) -> None:
    root = Page(as_alice.get("/settings/account")).root
    asked = [*root.iter("fieldset"), *root.iterfind(".//input[@type='radio']")]
    assert len(asked) == 8
    for each in asked:
        (help_,) = root.xpath("//*[@id=$name]", name=each.get("aria-describedby"))
        assert len(help_.text_content()) > 30


def test_choices_are_kept_and_shown(as_alice: Client, alice: Person) -> None:
    assert Page(as_alice.get("/settings")).rows["Auto-Update"] == "Disabled"
    form = {"auto_update": "on", "versions": "newest", "withdrawn": "keep"}
    page = Page(as_alice.post("/settings/account", form, follow=True))
    assert page.rows["Auto-Update"] == (
        "Enabled, waiting for your permission"
        " Versions of a work: Only the newest version Withdrawn works: Keep it"
    )
    alice.refresh_from_db()
    assert (alice.versions, alice.withdrawn) == ("newest", "keep")
    assert chosen(Page(as_alice.get("/settings/account"))) == ["Only the newest version", "Keep it"]


def test_what_the_form_does_not_say_stays(as_alice: Client, alice: Person) -> None:
    as_alice.post("/settings/account", {"versions": "concept", "withdrawn": "remove"})
    as_alice.post("/settings/account", {"auto_update": "on"})
    alice.refresh_from_db()
    assert (alice.auto_update, alice.versions, alice.withdrawn) == (True, "concept", "remove")


@pytest.mark.parametrize(("field", "value"), [("versions", "all"), ("withdrawn", "")])
def test_a_choice_that_there_is_not_is_said_and_nothing_is_saved(
    as_alice: Client, alice: Person, *, field: str, value: str
) -> None:
    form = {"auto_update": "on", "versions": "newest", "withdrawn": "remove", field: value}
    answer = as_alice.post("/settings/account", form)
    assert answer.status_code == 400
    page = Page(answer)
    (group,) = page.root.xpath("//fieldset[contains(@aria-describedby, '-problem')]")
    assert group.get("aria-describedby") == f"{field}-help {field}-problem"
    assert "Please choose one of these. Nothing is saved yet." in page.words
    assert page.root.find(".//input[@autofocus]").get("name") == field
    other = {"versions": "Remove it", "withdrawn": "Only the newest version"}[field]
    assert other in chosen(page)  # what was right is still chosen
    alice.refresh_from_db()
    assert (alice.auto_update, alice.versions, alice.withdrawn) == (False, "grouped", "mark")


def test_a_choice_of_versions_takes_effect_at_once(as_alice: Client, alice: Person) -> None:
    permit(alice)
    as_alice.post("/settings/account", {"auto_update": "on"})
    for day in (1, 2):
        accept(version(day), policy=Policy(), now=timezone.now())
    assert stored("10.5555/v1").wanted == "present"
    as_alice.post("/settings/account", {"auto_update": "on", "versions": "newest"})
    claim = stored("10.5555/v1")
    assert (claim.state, claim.reason) == (State.REMOVED, "newer_version")
    page = Page(as_alice.get(f"/works/{claim.uuid}"))
    assert "You chose to have only one version of a work: the newest" in page.words
    as_alice.post("/settings/account", {"auto_update": "on", "versions": "grouped"})
    assert stored("10.5555/v1").wanted == "present"


def version(day: int) -> Work:
    concept = Doi("10.5555/all")
    return Work(
        doi=Doi(f"10.5555/v{day}"),
        state="findable",
        registered=f"2026-05-0{day}T10:00:00Z",
        titles=(Title("Tides"),),
        creators=(Contributor("Alice Adams", orcids=(ALICE,)),),
        related=(RelatedId("IsVersionOf", "DOI", concept, concept),),
    )


def test_the_form_changes_nobody_else(as_alice: Client, bob: Person) -> None:
    as_alice.post("/settings/account", {"auto_update": "on"})
    bob.refresh_from_db()
    assert not bob.auto_update


def test_the_form_says_that_permission_is_still_missing(as_alice: Client, alice: Person) -> None:
    assert Page(as_alice.get("/settings/account")).buttons == ["Save", "Get ORCID Token"]
    permit(alice)
    assert Page(as_alice.get("/settings/account")).buttons == ["Save"]


def test_the_summary_counts_ones_own_claims(as_alice: Client, alice: Person, bob: Person) -> None:
    claim("10.5555/bob", orcid=BOB, state=State.DONE)
    claim("10.5555/done", state=State.DONE)
    claim("10.5555/removed", state=State.REMOVED)
    claim("10.5555/failed", state=State.FAILED, reason="refused")
    claim("10.5555/held", state=State.HELD, reason="record_locked")
    claim("10.5555/queued")
    claims = Page(as_alice.get("/settings")).rows["ORCID Claims"]
    assert claims.startswith(
        "1 created 1 removed 1 queued 1 on hold 1 failed Last one: 10.5555/done,"
    )


def test_the_summary_keeps_itself_up_to_date_while_auto_update_works(
    as_alice: Client, alice: Person
) -> None:
    assert b"hx-get" not in as_alice.get("/settings").content
    permit(alice)
    as_alice.post("/settings/account", {"auto_update": "on"})
    assert b'hx-get="/settings/claims"' in as_alice.get("/settings").content
    claim(state=State.DONE)
    fragment = as_alice.get("/settings/claims")
    assert b"10.5555/weddell" in fragment.content
    assert b"<html" not in fragment.content


def test_a_session_that_ended_reloads_the_open_page_instead_of_filling_it_with_the_sign_in() -> (
    None
):
    answer = Client().get("/settings/claims", headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    assert answer.content == b""
