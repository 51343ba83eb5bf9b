"""“Why is this DOI not on my record?”, answered from what DataCite says over the wire."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from profiles.people import accounts
from profiles.people.models import Person
from profiles.simulator.server import Simulation

from .cast import ALICE, BOB, permit
from .reading import Page

DOI = "10.5555/teapots"


def register(simulation: Simulation, *, orcid: str = ALICE, **more: Any) -> None:
    simulation.datacite.register(
        {
            "doi": DOI,
            "titles": [{"title": "A reading of teapots"}],
            "creators": [
                {
                    "name": "Adams, Alice",
                    "nameIdentifiers": [
                        {
                            "nameIdentifier": f"https://orcid.org/{orcid}",
                            "nameIdentifierScheme": "ORCID",
                        }
                    ],
                }
            ],
            "types": {"resourceTypeGeneral": "Dataset"},
            "publicationYear": 2026,
            **more,
        }
    )


def asked(client: Client, text: str = DOI) -> Page:
    return Page(client.get("/works/explain", {"doi": text}))


def headings(page: Page) -> list[str]:
    return [h2.text_content() for h2 in page.root.iterfind(".//main//h2")]


def test_a_doi_that_every_rule_allows_is_sent(
    as_alice: Client, alice: Person, simulation: Simulation
) -> None:
    register(simulation)
    permit(alice)
    accounts.set_auto_update(alice, on=True)
    page = asked(as_alice, f"https://doi.org/{DOI.upper()}")
    assert headings(page) == ["It is sent"]
    assert "A reading of teapots" in page.words
    assert "rules that do not apply here" in page.words


NOT_SENT = [
    ({"orcid": BOB}, "It is not sent", "somebody else's work"),
    (
        {
            "relatedIdentifiers": [
                {
                    "relationType": "IsPartOf",
                    "relatedIdentifierType": "DOI",
                    "relatedIdentifier": "10.5555/whole",
                }
            ]
        },
        "It is not sent",
        "a part of another DOI",
    ),
    ({}, "It is on hold", "no permission yet"),
]


@pytest.mark.parametrize(("record", "heading", "remark"), NOT_SENT)
def test_what_stands_in_the_way_is_named_first(
    as_alice: Client, simulation: Simulation, record: dict[str, Any], heading: str, remark: str
) -> None:
    register(simulation, **record)
    page = asked(as_alice)
    assert headings(page) == [heading], remark
    (decisive,) = page.root.iterfind(".//section[@aria-labelledby='answer']/div/p[2]")
    pills = ("Stops it", "Holds it")
    rules = [
        li.text_content() for li in page.root.iterfind(".//ol[@class='rules panel-foot p-0']/li")
    ]
    (first, *_) = [rule for rule in rules if any(pill in rule for pill in pills)]
    assert decisive.text.strip() in first, "the headline quotes the first rule that says so"


@pytest.mark.parametrize(
    ("record", "offered", "remark"),
    [
        ({"orcid": BOB}, True, "the iD is not in the metadata"),
        ({"titles": []}, False, "ORCID takes no work without a title"),
        ({}, False, "it only waits for permission"),
    ],
)
def test_what_can_be_added_by_hand_leads_to_where_that_is_done(
    as_alice: Client, simulation: Simulation, record: dict[str, Any], offered: bool, remark: str
) -> None:
    register(simulation, **record)
    page = asked(as_alice)
    assert page.links.get(f"Find works {DOI}") == (
        f"/works/find?query={DOI}" if offered else None
    ), remark
    if offered:
        assert "You can add it yourself under Find works." in page.words


def test_everybody_gets_the_answer_for_their_own_id(
    as_alice: Client, as_bob: Client, simulation: Simulation
) -> None:
    register(simulation)
    assert headings(asked(as_alice)) == ["It is on hold"]
    assert headings(asked(as_bob)) == ["It is not sent"]


def test_a_doi_that_datacite_does_not_know_is_said_so(
    as_alice: Client, simulation: Simulation
) -> None:
    assert "DataCite has no public DOI of that name." in asked(as_alice, "10.5555/none").words
