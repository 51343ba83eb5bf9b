"""Find works: what DataCite has, how it stands with the person, and adding what is ticked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from profiles.claims.models import Claim
from profiles.claims.states import Origin, State, Wanted
from profiles.people.models import Person
from profiles.people.permissions import Purpose
from profiles.pipeline import find
from profiles.simulator.server import Simulation
from profiles.web import wording

from .cast import ALICE, BOB, claim, permit, stored
from .reading import Page

pytestmark = pytest.mark.django_db
PART = {
    "relationType": "IsPartOf",
    "relatedIdentifierType": "DOI",
    "relatedIdentifier": "10.5555/whole",
}


@pytest.fixture
def datacite(simulation: Simulation) -> Simulation:
    """Without the sample DOIs."""
    store = simulation.datacite.store
    store.entries.clear()
    store.order.clear()
    store.by_name_identifier.clear()
    return simulation


def person(orcid: str = "", name: str = "Adams, Alice") -> dict[str, Any]:
    identifier = {
        "nameIdentifier": f"https://orcid.org/{orcid}",
        "nameIdentifierScheme": "ORCID",
    }
    return {"name": name, "nameIdentifiers": [identifier] if orcid else []}


def register(
    simulation: Simulation,
    doi: str = "10.5555/teapots",
    *,
    orcid: str = "",
    title: str = "A reading of teapots",
    **more: Any,
) -> None:
    record = {
        "doi": doi,
        "titles": [{"title": title}] if title else [],
        "creators": [person(orcid)],
        "types": {"resourceTypeGeneral": "JournalArticle"},
        "publisher": {"name": "Teapot Archive"},
        "publicationYear": 2024,
        **more,
    }
    simulation.datacite.register(record, state="findable")


def searched(client: Client, query: str = "", page: str = "") -> Page:
    return Page(client.get("/works/find", {"query": query, "page": page}))


def boxes(page: Page) -> dict[str, tuple[bool, bool]]:
    """By DOI: whether it is ticked, and whether it can be."""
    found = page.root.iterfind(".//main//input[@type='checkbox']")
    return {
        box.get("value"): (box.get("checked") is not None, box.get("disabled") is None)
        for box in found
    }


def about(page: Page) -> list[str]:
    return [" ".join(li.text_content().split()) for li in page.root.iterfind(".//main//ul/li")]


def add(client: Client, *dois: str, **fields: str) -> Page:
    return Page(client.post("/works/find", {"doi": dois, **fields}, follow=True))


# --- the list ---------------------------------------------------------------------------------------


def test_without_a_search_the_works_that_name_the_id_are_offered(
    as_alice: Client, datacite: Simulation
) -> None:
    register(datacite, "10.5555/mine", orcid=ALICE)
    register(datacite, "10.5555/bobs", orcid=BOB)
    register(datacite, "10.5555/nobodys")
    page = searched(as_alice)
    assert boxes(page) == {"10.5555/mine": (True, True)}
    assert "Works that name your ORCID iD" in page.words
    assert "1 work." in page.words


def test_nobody_types_an_id(as_alice: Client, datacite: Simulation) -> None:
    page = searched(as_alice)
    (form,) = page.root.iterfind(".//form[@role='search']")
    (field,) = form.iterfind(".//input")
    assert (field.get("name"), field.get("type")) == ("query", "search")
    assert "No work names your ORCID iD" in page.words


def test_a_result_shows_what_a_person_knows_a_work_by(
    as_alice: Client, datacite: Simulation
) -> None:
    creators = [person(name=f"Author {letter}") for letter in "ABCDE"]
    register(datacite, creators=creators)
    (shown,) = about(searched(as_alice, "teapots"))
    assert shown.startswith("A reading of teapots Author A; Author B; Author C and 2 more")
    assert "Teapot Archive · 2024 · Journal Article · https://doi.org/10.5555/teapots" in shown


SEARCHES = [
    ("teapots reading", ["10.5555/teapots"], "words"),
    ("adams alice", ["10.5555/teapots"], "a name"),
    ("https://doi.org/10.5555/TEAPOTS", ["10.5555/teapots"], "a DOI"),
    ('"reading teapots"', [], "a phrase that is not there"),
    ('"of teapots"', ["10.5555/teapots"], "a phrase"),
    ("teapots -reading", ["10.5555/teapots"], "a minus is no operator"),
    ("tea*", [], "a star is no wildcard"),
    ("titles.title:teapots", [], "there are no fields"),
    ("nothing OR teapots", [], "nor operators"),
    ('(teapots "', ["10.5555/teapots"], "what is not closed does no harm"),
]


@pytest.mark.parametrize(("query", "expected", "remark"), SEARCHES)
def test_works_are_found_by_what_is_typed(
    as_alice: Client, datacite: Simulation, query: str, expected: list[str], remark: str
) -> None:
    register(datacite)
    page = searched(as_alice, query)
    assert list(boxes(page)) == expected, remark
    assert ("Nothing found" in page.words) is not bool(expected)
    assert page.root.get_element_by_id("query").get("value") == query


def test_what_was_typed_is_text_and_never_markup(as_alice: Client, datacite: Simulation) -> None:
    register(datacite, title="<script>alert(1)</script> of teapots")
    answer = as_alice.get("/works/find", {"query": 'teapots "<script>alert(2)</script>'})
    assert b"<script>alert" not in answer.content


@pytest.mark.parametrize("query", ['"', "()", "<> *"])
def test_a_search_for_nothing_is_said_beside_the_field(
    as_alice: Client, datacite: Simulation, query: str
) -> None:
    page = searched(as_alice, query)
    assert "Please type at least one word" in page.words
    assert page.root.get_element_by_id("query-problem").text_content()


# --- marks and ticks --------------------------------------------------------------------------------

# the claim's state, what is said, whether it can be ticked
CLAIMED = [
    (State.DONE, "On your ORCID record", False),
    (State.WAITING, "Queued", False),
    (State.HELD, "On hold", False),
    (State.FAILED, "Could not be sent", False),
    (State.REMOVED, "Removed by you", True),
    (State.DECLINED, "Never added, as you asked", True),
]


@pytest.mark.parametrize(("state", "words", "addable"), CLAIMED)
def test_a_work_with_a_claim_says_how_it_stands_and_is_never_ticked_again(
    as_alice: Client, datacite: Simulation, state: State, words: str, addable: bool
) -> None:
    register(datacite, "10.5555/weddell", orcid=ALICE)
    row = claim(state=state)
    page = searched(as_alice)
    assert boxes(page) == {"10.5555/weddell": (False, addable)}
    assert words in about(page)[0]
    (link,) = [href for words, href in page.links.items() if words.startswith("See what happened")]
    assert link == f"/works/{row.uuid}"


def test_a_removal_on_its_way_can_be_taken_back(as_alice: Client, datacite: Simulation) -> None:
    register(datacite, "10.5555/weddell", orcid=ALICE)
    row = claim(state=State.DONE)
    as_alice.post(f"/works/{row.uuid}/remove")
    page = searched(as_alice)
    assert boxes(page) == {"10.5555/weddell": (False, True)}
    assert "Being removed" in about(page)[0]
    add(as_alice, "10.5555/weddell")
    assert stored().wanted == Wanted.PRESENT


UNCLAIMED: list[tuple[dict[str, Any], bool, str, str]] = [
    ({"orcid": ALICE}, True, "Not on your record yet", "theirs, and nothing is against it"),
    ({}, False, "Your ORCID iD is not in the metadata.", "without the iD nothing is pre-ticked"),
    ({"orcid": BOB}, False, "Your ORCID iD is not in the metadata.", "somebody else's"),
    ({"orcid": ALICE, "relatedIdentifiers": [PART]}, False, "Not added by itself", "a part"),
    (
        {"contributors": [person(ALICE) | {"contributorType": "Editor"}]},
        False,
        "only among the contributors",
        "a contributor",
    ),
]


@pytest.mark.parametrize(("record", "ticked", "words", "remark"), UNCLAIMED)
def test_only_what_is_surely_theirs_is_ticked_and_all_can_be(
    as_alice: Client,
    datacite: Simulation,
    *,
    record: dict[str, Any],
    ticked: bool,
    words: str,
    remark: str,
) -> None:
    register(datacite, **record)
    page = searched(as_alice, "teapots")
    assert boxes(page) == {"10.5555/teapots": (ticked, True)}, remark
    assert words in about(page)[0]


def test_bobs_claims_say_nothing_about_alices(as_alice: Client, datacite: Simulation) -> None:
    register(datacite, "10.5555/weddell")
    claim(orcid=BOB, state=State.DONE)
    page = searched(as_alice, "teapots")
    assert boxes(page) == {"10.5555/weddell": (False, True)}
    assert "On your ORCID record" not in page.words


def test_the_claims_of_a_page_cost_one_query(
    as_alice: Client, datacite: Simulation, django_assert_max_num_queries: Any
) -> None:
    for number in range(find.PAGE):
        register(datacite, f"10.5555/{number}", orcid=ALICE)
    # The session, the person, the permission (two, and one for the banner), the claims.
    with django_assert_max_num_queries(6):
        assert len(boxes(searched(as_alice))) == find.PAGE


@pytest.mark.parametrize(
    ("page", "shown", "links"),
    [
        ("", 20, {"Next": "/works/find?query=teapots&page=2"}),
        ("2", 3, {"Previous": "/works/find?query=teapots"}),
        ("9", 0, {"Previous": "/works/find?query=teapots&page=8"}),
        ("x", 20, {"Next": "/works/find?query=teapots&page=2"}),
    ],
)
def test_many_results_come_in_pages(
    as_alice: Client, datacite: Simulation, page: str, shown: int, links: dict[str, str]
) -> None:
    for number in range(23):
        register(datacite, f"10.5555/{number}")
    found = searched(as_alice, "teapots", page)
    assert len(boxes(found)) == shown
    assert {
        name: found.links[name] for name in ("Previous", "Next") if name in found.links
    } == links


# --- adding -----------------------------------------------------------------------------------------


def test_what_is_ticked_is_queued_as_the_persons_own_wish(
    as_alice: Client, alice: Person, datacite: Simulation
) -> None:
    permit(alice, purpose=Purpose.SEARCH_AND_LINK)
    register(datacite, "10.5555/one")
    register(datacite, "10.5555/two", relatedIdentifiers=[PART])
    form = searched(as_alice, "teapots").form("Add to ORCID record")
    assert (form["action"], form["method"]) == ("/works/find", "post")
    page = add(as_alice, "10.5555/one", "10.5555/two", query="teapots")
    assert "2 works are queued for your ORCID record." in page.words
    assert page.links["See your works"] == "/works"
    assert [words for words in about(page) if "Queued" in words] == about(page)
    rows = Claim.objects.filter(orcid=ALICE, state=State.WAITING, origin=Origin.SEARCH_AND_LINK)
    assert sorted(rows.values_list("doi", flat=True)) == ["10.5555/one", "10.5555/two"]


def test_the_metadata_come_from_datacite_and_not_from_the_form(
    as_alice: Client, datacite: Simulation
) -> None:
    register(datacite)
    add(as_alice, "https://doi.org/10.5555/TEAPOTS", title="Something else", creators="Eve")
    assert "A reading of teapots" in Page(as_alice.get("/works")).words
    assert stored("10.5555/teapots").orcid == ALICE


def test_a_persons_wish_overrides_what_they_decided_before(
    as_alice: Client, datacite: Simulation
) -> None:
    register(datacite, "10.5555/off")
    register(datacite, "10.5555/never")
    claim("10.5555/off", state=State.REMOVED)
    claim("10.5555/never", state=State.DECLINED)
    assert "2 works" in add(as_alice, "10.5555/off", "10.5555/never").words
    assert stored("10.5555/off").state == stored("10.5555/never").state == State.WAITING


def test_without_permission_works_are_noted_and_the_page_offers_to_give_it(
    as_alice: Client, datacite: Simulation
) -> None:
    register(datacite)
    page = add(as_alice, "10.5555/teapots", query="teapots")
    assert "1 work is noted and waits until you give permission." in page.words
    form = page.form("Get ORCID Token")
    assert (form["action"], form["purpose"]) == ("/settings/permission", "search_and_link")
    assert form["next"] == "/works/find?query=teapots"


def test_with_permission_the_page_does_not_ask_for_it(
    as_alice: Client, alice: Person, datacite: Simulation
) -> None:
    permit(alice, purpose=Purpose.SEARCH_AND_LINK)
    register(datacite)
    assert searched(as_alice, "teapots").buttons == ["Search", "Add to ORCID record"]


def refused(page: Page) -> list[str]:
    return [p.text_content() for p in page.root.iterfind(".//p[@class='note note-warning mb-3']")]


def test_what_cannot_be_added_is_named_with_its_reason_and_the_rest_is_added(
    as_alice: Client, datacite: Simulation
) -> None:
    register(datacite, "10.5555/good")
    register(datacite, "10.5555/untitled", title="")
    register(datacite, "10.5555/hidden")
    datacite.datacite.hide("10.5555/hidden")
    dois = ["10.5555/hidden", "10.5555/good", "10.5555/untitled", "10.5555/none"]
    noted, unknown, untitled = refused(add(as_alice, *dois))
    assert noted.startswith("1 work is noted")
    assert unknown == f"{wording.REFUSALS['unknown']} 10.5555/hidden, 10.5555/none"
    assert untitled == f"{wording.REFUSALS['no_title']} 10.5555/untitled"
    assert list(Claim.objects.values_list("doi", flat=True)) == ["10.5555/good"]


def test_many_that_cannot_be_added_are_not_all_named(
    as_alice: Client, datacite: Simulation
) -> None:
    (words,) = refused(add(as_alice, *(f"10.5555/none-{number}" for number in range(9))))
    assert words.endswith("10.5555/none-4 and 4 more")


def test_what_is_there_already_is_left_as_it_is(as_alice: Client, datacite: Simulation) -> None:
    register(datacite, "10.5555/weddell")
    claim(state=State.DONE)
    before = stored()
    assert "1 work was among your works already." in add(as_alice, "10.5555/weddell").words
    assert stored().serial == before.serial


LIMITS = [(0, "Tick the works"), (100, "100 works are noted"), (101, "At most 100 works")]


@pytest.mark.parametrize(("count", "words"), LIMITS)
def test_up_to_a_hundred_works_are_added_at_once(
    as_alice: Client, datacite: Simulation, count: int, words: str
) -> None:
    dois = [f"10.5555/{number}" for number in range(count)]
    for doi in dois:
        register(datacite, doi)
    assert words in add(as_alice, *dois).words
    assert Claim.objects.count() == (100 if count == 100 else 0)


@pytest.mark.parametrize("text", ["hello", "", "10.5555", "' OR 1=1"])
def test_what_our_form_never_sends_is_a_bad_request(
    as_alice: Client, datacite: Simulation, text: str
) -> None:
    assert as_alice.post("/works/find", {"doi": text}).status_code == 400
    assert not Claim.objects.exists()


def test_the_way_back_is_the_same_search(as_alice: Client, datacite: Simulation) -> None:
    fields = {"query": "tea & pots", "page": "2", "next": "https://example.org/"}
    answer = as_alice.post("/works/find", fields)
    assert answer["Location"] == "/works/find?query=tea+%26+pots&page=2"


def test_without_the_forms_secret_nothing_is_added(alice: Person, datacite: Simulation) -> None:
    register(datacite)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post("/works/find", {"doi": "10.5555/teapots"}).status_code == 403
    assert not Claim.objects.exists()


def test_whoever_is_not_signed_in_signs_in_first(db: None) -> None:
    answer = Client().get("/works/find", {"query": "tea"})
    assert answer["Location"] == "/sign-in?next=/works/find%3Fquery%3Dtea"
    answer = Client().post("/works/find", {"doi": "10.5555/teapots"})
    assert answer["Location"].startswith("/sign-in?next=")
    assert not Claim.objects.exists()


def test_bob_adds_to_his_own_record_only(
    as_bob: Client, alice: Person, datacite: Simulation
) -> None:
    register(datacite, orcid=ALICE)
    add(as_bob, "10.5555/teapots", orcid=ALICE)
    assert list(Claim.objects.values_list("orcid", flat=True)) == [BOB]


# --- when DataCite does not answer ------------------------------------------------------------------

TROUBLES = [
    ({"status": 503}, "DataCite does not answer at the moment."),
    ({"reset": "before"}, "DataCite does not answer at the moment."),
    ({"status": 400, "body": {"errors": {"title": "bad"}}}, "could not answer this search"),
    ({"status": 200, "body": "<html>", "content_type": "text/html"}, "could not answer"),
]


@pytest.mark.parametrize(("fault", "words"), TROUBLES)
def test_when_datacite_is_out_of_order_the_page_says_so(
    as_alice: Client, datacite: Simulation, fault: dict[str, Any], words: str
) -> None:
    register(datacite)
    datacite.datacite.faults.add(path_prefix="/dois", times=None, **fault)
    page = searched(as_alice, "teapots")
    assert page.status == 200
    assert words in page.words
    assert page.root.get_element_by_id("query").get("value") == "teapots"
    assert page.buttons[0] == "Search"


def test_when_datacite_is_down_nothing_is_added_and_the_page_says_so(
    as_alice: Client, datacite: Simulation
) -> None:
    register(datacite)
    datacite.datacite.faults.add(path_prefix="/dois", times=None, status=503)
    page = add(as_alice, "10.5555/teapots")
    assert "Nothing was added. DataCite does not answer at the moment." in page.words
    assert not Claim.objects.exists()
