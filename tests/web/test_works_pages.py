"""My works: every claim with its state, its reason, its history and what can be done."""

from __future__ import annotations

import pytest
from django.test import Client

from profiles.claims.reasons import REASONS
from profiles.claims.states import State
from profiles.people.models import Person

from .cast import BOB, claim, stored
from .reading import Page


def test_without_works_the_page_says_what_to_expect(as_alice: Client) -> None:
    page = Page(as_alice.get("/works"))
    assert "No works yet" in page.words
    assert page.links["Check that permission and Auto-update are on"] == "/settings"
    assert page.links["Find works to add"] == page.links["Find works"] == "/works/find"


def test_a_work_is_listed_with_title_doi_state_and_record(as_alice: Client) -> None:
    claim(state=State.DONE)
    page = Page(as_alice.get("/works"))
    assert page.links["Ice of the Weddell Sea"].startswith("/works/")
    assert page.links["https://doi.org/10.5555/weddell"] == "https://doi.org/10.5555/weddell"
    assert "On your ORCID record" in page.words
    assert "found by Auto-update" in page.words
    assert page.links["See your ORCID record"].endswith("/0000-0002-1825-0097")


def test_a_doi_with_odd_characters_is_linked_and_shown_unharmed(as_alice: Client) -> None:
    claim("10.5555/(sici)1097<1::aid>3.0.co;2-#?")
    links = Page(as_alice.get("/works")).links
    assert (
        links["https://doi.org/10.5555/(sici)1097<1::aid>3.0.co;2-#?"]
        == "https://doi.org/10.5555/(sici)1097%3C1%3A%3Aaid%3E3.0.co%3B2-%23%3F"
    )


def test_a_title_is_text_and_never_markup(as_alice: Client) -> None:
    claim(title="<script>alert(1)</script>")
    assert b"<script>alert" not in as_alice.get("/works").content


def test_what_stands_in_the_way_is_said_with_the_next_step(as_alice: Client) -> None:
    row = claim(state=State.FAILED, reason="refused", message="Invalid title")
    assert str(REASONS["refused"].words) in Page(as_alice.get("/works")).words
    detail = Page(as_alice.get(f"/works/{row.uuid}")).words
    assert str(REASONS["refused"].next_step) in detail
    assert "Invalid title" in detail


BUTTONS = [
    (State.WAITING, ["Remove", "Never add"], "not sent yet"),
    (State.DONE, ["Remove"], "on the record: it must be removed before it can be declined"),
    (State.HELD, ["Retry", "Remove", "Never add"], "something outside is in the way"),
    (State.FAILED, ["Retry", "Remove", "Never add"], "refused"),
    (State.REMOVED, ["Restore", "Never add"], "taken off by the person"),
    (State.DECLINED, ["Restore"], "never add"),
]


@pytest.mark.parametrize(("state", "buttons", "remark"), BUTTONS)
def test_each_state_offers_just_what_it_allows(
    as_alice: Client, state: State, buttons: list[str], remark: str
) -> None:
    claim(state=state)
    assert Page(as_alice.get("/works")).buttons == buttons, remark


ACTS = [
    (State.FAILED, "Retry", State.WAITING, "It is queued again."),
    (State.DONE, "Remove", State.WAITING, "It is being taken off"),
    (State.REMOVED, "Restore", State.WAITING, "It is queued to be added again."),
    (State.FAILED, "Never add", State.DECLINED, "It will never be added"),
]


@pytest.mark.parametrize(("before", "button", "after", "said"), ACTS)
def test_pressing_a_button_does_it_says_so_and_returns(
    as_alice: Client, before: State, button: str, after: State, said: str
) -> None:
    claim(state=before)
    form = Page(as_alice.get("/works")).form(button)
    answer = as_alice.post(form["action"], {"next": form["next"]}, follow=True)
    assert answer.redirect_chain == [("/works", 302)]
    assert said in Page(answer).words
    assert stored().state == after


def test_a_removal_on_its_way_is_not_called_queued(as_alice: Client) -> None:
    row = claim(state=State.DONE)
    as_alice.post(f"/works/{row.uuid}/remove")
    page = Page(as_alice.get("/works"))
    assert "Being removed" in page.words
    assert page.buttons.count("Remove") == 0


def test_a_button_pressed_too_late_changes_nothing_and_says_so(as_alice: Client) -> None:
    row = claim(state=State.DONE)
    answer = as_alice.post(f"/works/{row.uuid}/retry", follow=True)
    assert "That is no longer possible" in Page(answer).words
    assert stored().state == State.DONE


def test_somebody_elses_work_is_as_unknown_as_one_that_does_not_exist(
    as_bob: Client, alice: Person
) -> None:
    row = claim(state=State.FAILED, reason="refused")
    assert "Ice of the Weddell Sea" not in Page(as_bob.get("/works")).words
    assert as_bob.get(f"/works/{row.uuid}").status_code == 404
    for action in ("retry", "remove", "restore", "decline"):
        assert as_bob.post(f"/works/{row.uuid}/{action}").status_code == 404
    assert stored().state == State.FAILED


def test_a_wish_that_we_do_not_know_is_not_found(as_alice: Client) -> None:
    row = claim()
    assert as_alice.post(f"/works/{row.uuid}/explode").status_code == 404


@pytest.mark.parametrize(
    "back", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""]
)
def test_the_way_back_never_leaves_this_site(as_alice: Client, back: str) -> None:
    row = claim(state=State.FAILED, reason="refused")
    assert as_alice.post(f"/works/{row.uuid}/retry", {"next": back})["Location"] == "/works"


FILTERED = [
    ("", 6),
    ("recorded", 1),
    ("queued", 1),
    ("attention", 2),
    ("off", 2),
    ("nonsense", 6),  # an unknown filter shows all
]


@pytest.mark.parametrize(("show", "count"), FILTERED)
def test_works_can_be_filtered_by_state(as_alice: Client, show: str, count: int) -> None:
    for number, (state, _, _) in enumerate(reversed(BUTTONS)):
        claim(f"10.5555/{number}", state=state)
    page = Page(as_alice.get("/works", {"show": show}))
    assert len(list(page.root.iterfind(".//ul[@class='claims panel']/li"))) == count


@pytest.mark.parametrize(
    ("page", "shown"), [("1", 25), ("2", 2), ("99", 2), ("0", 25), ("x", 25), ("9" * 30, 25)]
)
def test_long_lists_come_in_pages(as_alice: Client, page: str, shown: int) -> None:
    for number in range(27):
        claim(f"10.5555/{number}")
    answer = Page(as_alice.get("/works", {"page": page}))
    assert len(list(answer.root.iterfind(".//ul[@class='claims panel']/li"))) == shown
    assert ("Next" in answer.links, "Previous" in answer.links) == (shown == 25, shown == 2)


def test_the_history_tells_what_happened_newest_first(as_alice: Client) -> None:
    row = claim(state=State.DONE)
    page = Page(as_alice.get(f"/works/{row.uuid}"))
    told = [li.find("strong").text for li in page.root.iterfind(".//ol[@class='history']/li")]
    assert told == ["On the ORCID record.", "Found, or its metadata changed."]
    assert page.links["Which rules apply to this DOI?"] == "/works/explain?doi=10.5555/weddell"


def test_explain_asks_for_a_doi_and_never_for_an_id(as_alice: Client) -> None:
    page = Page(as_alice.get("/works/explain"))
    fields = [field.get("name") for field in page.root.iterfind(".//main//input")]
    assert fields == ["doi"]


@pytest.mark.parametrize("text", ["hello", "10.5555", "0000-0002-1825-0097", "<b>"])
def test_what_is_no_doi_is_said_beside_the_field(as_alice: Client, text: str) -> None:
    page = Page(as_alice.get("/works/explain", {"doi": text}))
    assert page.status == 200
    assert "This is not a DOI." in page.words
    (field,) = page.root.iterfind(".//main//input")
    assert (field.get("value"), field.get("aria-invalid")) == (text, "true")
    assert page.root.get_element_by_id("doi-problem").text_content()


def test_bobs_claims_are_counted_for_bob(as_bob: Client) -> None:
    claim("10.5555/bob", orcid=BOB, state=State.DONE)
    assert "10.5555/bob" in Page(as_bob.get("/works")).words
