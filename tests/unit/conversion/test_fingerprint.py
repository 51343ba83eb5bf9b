"""The fingerprint changes when, and only when, something that we send changes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from profiles import conversion
from profiles.sources.datacite import reading

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures/records/article_in_container.json"
Change = Callable[[dict[str, Any]], object]


def fingerprint(record: dict[str, Any]) -> str:
    return conversion.fingerprint(conversion.convert(reading.read(json.dumps(record))))


def changed(change: Change) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(FIXTURE.read_bytes())
    record = copy.deepcopy(record)
    change(record["attributes"])
    return record


def put(**values: Any) -> Change:
    return lambda attributes: attributes.update(values)


def put_in(name: str, /, **values: Any) -> Change:
    def change(attributes: dict[str, Any]) -> None:
        part = attributes[name]
        (part[0] if isinstance(part, list) else part).update(values)

    return change


def add(name: str, /, **value: Any) -> Change:
    return lambda attributes: attributes[name].append(value)


SENT: list[tuple[str, Change]] = [
    ("title", put(titles=[{"title": "Another"}])),
    ("subtitle", add("titles", title="Sub", titleType="Subtitle")),
    ("translated title", add("titles", title="Thé", titleType="TranslatedTitle", lang="fr")),
    ("language of it", put(titles=[{"title": "T"}, {"title": "U", "titleType": "TranslatedTitle",
                                                    "lang": "de"}])),
    ("container", put_in("container", title="Another journal")),
    ("volume", put_in("container", volume="4")),
    ("publisher", put(publisher={"name": "Another press"})),
    ("description", add("descriptions", description="New.", descriptionType="Abstract")),
    ("type", put(types={"resourceTypeGeneral": "Preprint"})),
    ("year", put(publicationYear=2023)),
    ("day", put(dates=[{"date": "2024-05-06", "dateType": "Issued"}])),
    ("doi", put(doi="10.5555/another")),
    ("version", add("relatedIdentifiers", relationType="IsVersionOf", relatedIdentifierType="DOI",
                    relatedIdentifier="10.5555/concept")),
    ("part", add("relatedIdentifiers", relationType="IsPartOf", relatedIdentifierType="ISBN",
                 relatedIdentifier="9783161484100")),
    ("identifier", add("identifiers", identifierType="PMID", identifier="12345678")),
    ("funding", add("fundingReferences", funderName="F", awardNumber="A-1")),
    ("name", put_in("creators", givenName="J.")),
    ("iD", put_in("creators", nameIdentifiers=[])),
    ("creator", add("creators", name="Second, A")),
    ("contributor", add("contributors", name="Kettle, Ed", contributorType="Editor")),
    ("language", put(language="fr")),
]  # fmt: skip

NOT_SENT: list[tuple[str, Change]] = [
    ("views", put(viewCount=4711, downloadCount=7, citationCount=1)),
    ("time", put(updated="2031-01-01T00:00:00Z", registered="2031-01-01T00:00:00Z")),
    ("metadata version", put(metadataVersion=99)),
    ("affiliation", put_in("creators", affiliation=[{"name": "Elsewhere"}])),
    ("landing page", put(url="https://moved.example.org/")),
    ("subjects", put(subjects=[{"subject": "pots"}], sizes=["1 MB"], formats=["pdf"])),
    ("rights", put(rightsList=[{"rights": "CC0"}])),
    ("a citation", add("relatedIdentifiers", relationType="Cites", relatedIdentifierType="DOI",
                       relatedIdentifier="10.5555/cited")),
    ("a date", put(dates=[{"date": "2024", "dateType": "Issued"},
                          {"date": "2024-01-01", "dateType": "Updated"}])),
    ("spelling of the DOI", put(doi="https://doi.org/10.5555/ARTICLE")),
    ("spelling of the language", put(language="eng")),
    ("blanks", put(titles=[{"title": "  On tea &amp; sympathy:  50% more "}])),
    ("an id twice", add("relatedIdentifiers", relationType="IsPartOf",
                        relatedIdentifierType="ISSN", relatedIdentifier="12345679")),
    ("itself as version", add("relatedIdentifiers", relationType="IsVersionOf",
                              relatedIdentifierType="DOI", relatedIdentifier="10.5555/ARTICLE")),
    ("sponsor", add("contributors", name="Somebody", contributorType="Sponsor")),
    ("a rejected iD", put_in("creators", nameIdentifiers=[
        {"nameIdentifier": "https://orcid.org/0000-0002-1825-0097", "nameIdentifierScheme": "ORCID"},
        {"nameIdentifier": "https://sandbox.orcid.org/0000-0001-5109-3700"}])),
    ("nothing", put()),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change"), SENT)
def test_a_change_of_what_is_sent_changes_it(what: str, change: Change) -> None:
    assert fingerprint(changed(change)) != fingerprint(changed(put())), what


@pytest.mark.parametrize(("what", "change"), NOT_SENT)
def test_a_change_of_what_is_not_sent_leaves_it(what: str, change: Change) -> None:
    assert fingerprint(changed(change)) == fingerprint(changed(put())), what


def test_each_change_has_a_fingerprint_of_its_own() -> None:
    assert len({fingerprint(changed(change)) for _, change in SENT}) == len(SENT)


def test_the_order_of_keys_in_the_record_does_not_matter() -> None:
    record = changed(put())
    record["attributes"] = dict(reversed(record["attributes"].items()))
    assert fingerprint(record) == fingerprint(changed(put()))


def test_it_is_taken_of_the_rendered_work_without_a_put_code() -> None:
    work = conversion.convert(reading.read(FIXTURE.read_bytes()))
    assert conversion.fingerprint(conversion.render(work)) == conversion.fingerprint(work)
    assert conversion.fingerprint(conversion.body(work, 7)) != conversion.fingerprint(work)
    assert len(conversion.fingerprint(work)) == 64
