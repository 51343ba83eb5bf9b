"""About forty varied DOIs with the test prefix 10.5555, written for demonstrations and tests.

Each row says in its remark what it is there for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from .store import State

Json = dict[str, Any]
PREFIX: Final = "10.5555"
DAY: Final = 86_400

COMMUNITY: Final = "https://zenodo.example/communities/tides/"
REPOSITORIES: Final = (
    ("tides.archive", "Tidal Data Archive", "repository"),
    ("press.journals", "Example University Press", "periodical"),
    ("registry.raid", "Example Project Registry", "raidRegistry"),
    ("crossref.member", "Example Publisher", "repository"),
)


class Who(NamedTuple):
    """A person to be named in the samples."""

    given: str
    family: str
    orcid: str


class Sample(NamedTuple):
    record: Json
    days_ago: int
    repository: str = "tides.archive"
    state: State = "findable"
    agency: str = "datacite"


def samples(people: Sequence[Who]) -> Iterator[Sample]:
    """The sample DOIs, oldest first; `people` are at least five."""
    rows = [*_types(people), *_relations(people), *_identifiers(people), *_edges(people)]
    return iter(sorted(rows, key=lambda row: -row.days_ago))


def person(who: Who, *, raw: str | None = None, scheme: str = "ORCID", **more: Any) -> Json:  # noqa: ANN401
    """A creator with an iD, `raw` being its spelling; no identifier when `raw` is empty."""
    spelled = f"https://orcid.org/{who.orcid}" if raw is None else raw
    identifier = {
        "nameIdentifier": spelled,
        "nameIdentifierScheme": scheme,
        "schemeUri": "https://orcid.org",
    }
    return {
        "name": f"{who.family}, {who.given}",
        "nameType": "Personal",
        "givenName": who.given,
        "familyName": who.family,
        "affiliation": [],
        "nameIdentifiers": [identifier] if spelled else [],
        **more,
    }


def record(suffix: str, title: str, kind: str, creators: list[Json], **more: Any) -> Json:  # noqa: ANN401
    general, _, own = kind.partition("/")
    year = more.pop("year", 2024)
    return {
        "doi": f"{PREFIX}/{suffix}",
        "titles": [{"title": title}],
        "creators": creators,
        "types": {"resourceTypeGeneral": general, "resourceType": own} if general else {},
        "publisher": {"name": "Tidal Data Archive"},
        "publicationYear": year,
        "dates": [{"date": str(year), "dateType": "Issued"}] if year else [],
        "url": f"https://tides.example/{suffix}",
        **more,
    }


def related(relation: str, kind: str, value: str) -> Json:
    return {
        "relationType": relation,
        "relatedIdentifierType": kind,
        "relatedIdentifier": value,
    }


# suffix, title, resourceTypeGeneral/resourceType, index of the person
KINDS: Final = (
    ("tide-gauge-2019", "Hourly sea level at Cuxhaven, 2019", "Dataset/Time series", 0),
    ("tidefit", "tidefit: harmonic analysis of tides", "Software", 0),
    ("notebook-surge", "Surge of 1962, recomputed", "ComputationalNotebook", 1),
    ("thesis-mud", "The memory of mud", "Dissertation/PhD thesis", 1),
    ("poster-egu", "Mud remembers", "Poster", 1),
    ("talk-agu", "What gauges do not see", "Presentation/Talk", 2),
    ("lecture-sea", "Ten lectures on the sea", "Presentation/Lecture", 2),
    ("map-wadden", "Map of the Wadden flats", "Image/Map", 2),
    ("photo-gauge", "A tide gauge in winter", "Image/Photograph", 3),
    ("film-storm", "Storm over the harbour", "Audiovisual/Film", 3),
    ("sound-buoy", "The song of the whistle buoy", "Sound", 3),
    ("dmp-tides", "Data management plan of the project Tides", "OutputManagementPlan", 0),
    ("workflow-qc", "Quality control of gauges", "Workflow", 0),
    ("core-17", "Sediment core 17", "PhysicalObject/Core", 4),
    ("instrument-adcp", "Acoustic profiler on the pier", "Instrument", 4),
    ("report-dyke", "Report on the dykes", "Report", 4),
    ("text-working", "Working paper on surge insurance", "Text/Working Paper", 1),
    ("text-plain", "Notes from the harbour office", "Text", 1),
    ("review-mud", "Review of “The memory of mud”", "PeerReview", 0),
    ("standard-datum", "Recommendation for chart datums", "Standard", 2),
    ("trial-swim", "Cold water swimming: a clinical trial", "StudyRegistration/Clinical trial", 3),
    ("event-workshop", "Workshop on tide gauges", "Event/Workshop", 2),
    ("course-tides", "Tides for beginners", "InteractiveResource/Course", 4),
    ("collection-gauges", "All gauges", "Collection", 0),
    ("other-thing", "A thing without a better name", "Other", 0),
)


def _types(people: Sequence[Who]) -> Iterator[Sample]:
    for at, (suffix, title, kind, who) in enumerate(KINDS):
        abstract = {"description": f"About: {title}.", "descriptionType": "Abstract"}
        made = record(
            suffix,
            title,
            kind,
            [person(people[who])],
            year=2016 + at % 9,
            descriptions=[abstract],
            language="en",
        )
        yield Sample(made, days_ago=900 - 20 * at)


def _relations(people: Sequence[Who]) -> Iterator[Sample]:
    """Versions, parts, communities, journals and books."""
    one = [person(people[0])]
    concept, first = f"{PREFIX}/series", f"{PREFIX}/series.v1"
    yield Sample(
        record("series", "Series of levels (all versions)", "Dataset", one)
        | {"relatedIdentifiers": [related("HasVersion", "DOI", first)]},
        days_ago=80,
    )
    yield Sample(
        record("series.v1", "Series of levels", "Dataset", one, version="1")
        | {"relatedIdentifiers": [related("IsVersionOf", "DOI", concept)]},
        days_ago=79,
    )
    newer = [related("IsVersionOf", "DOI", concept), related("IsNewVersionOf", "DOI", first)]
    yield Sample(
        record("series.v2", "Series of levels", "Dataset", one, version="2")
        | {"relatedIdentifiers": newer},
        days_ago=60,
    )
    yield Sample(
        record("selfish", "A version of itself", "Dataset", one)
        | {"relatedIdentifiers": [related("IsVersionOf", "DOI", f"{PREFIX}/SELFISH")]},
        days_ago=58,
    )
    yield Sample(
        record("file-1", "File 1 of the series", "Dataset/File", one)
        | {"relatedIdentifiers": [related("IsPartOf", "DOI", concept)]},
        days_ago=57,
    )
    yield Sample(
        record("in-community", "Deposited in a community", "Dataset", one)
        | {"relatedIdentifiers": [related("IsPartOf", "URL", COMMUNITY)]},
        days_ago=56,
    )
    journal = {"type": "Journal", "title": "Journal of Tides", "identifier": "2049-3630"}
    yield Sample(
        record("article-1", "On the lag of tides", "JournalArticle", one)
        | {
            "container": {**journal, "identifierType": "ISSN", "volume": "3", "firstPage": "20"},
            "relatedIdentifiers": [related("IsPartOf", "ISSN", "2049-3630")],
        },
        days_ago=55,
        repository="press.journals",
    )
    yield Sample(
        record("chapter-4", "Harbours", "BookChapter", [person(people[1])])
        | {"relatedIdentifiers": [related("IsPartOf", "ISBN", "9783161484100")]},
        days_ago=54,
        repository="press.journals",
    )
    same = [related("IsIdenticalTo", "DOI", f"{PREFIX}/preprint-1.copy")]
    funding = {
        "funderName": "Example Research Council",
        "funderIdentifier": "https://doi.org/10.13039/501100001659",
        "funderIdentifierType": "Crossref Funder ID",
        "awardNumber": "BE 1042/7-1",
        "awardUri": "https://funder.example/award/1042",
    }
    yield Sample(
        record("preprint-1", "A preprint with a twin", "Preprint", one)
        | {"relatedIdentifiers": same, "fundingReferences": [funding]},
        days_ago=53,
    )


def _identifiers(people: Sequence[Who]) -> Iterator[Sample]:
    """How iDs are spelled in real metadata."""
    sofia = people[2]
    spellings = (
        ("bare", sofia.orcid, "ORCID"),
        ("http", f"http://orcid.org/{sofia.orcid}", "ORCID"),
        ("slash", f"https://orcid.org/{sofia.orcid}/", "ORCID"),
        ("lower-x", f"https://orcid.org/{sofia.orcid.lower()}", "orcid"),
        ("sandbox", f"https://sandbox.orcid.org/{sofia.orcid}", "ORCID"),
        ("wrong-digit", f"https://orcid.org/{sofia.orcid[:-1]}1", "ORCID"),
    )
    for at, (name, raw, scheme) in enumerate(spellings):
        made = record(
            f"id-{name}",
            f"Spelling of an iD: {name}",
            "Dataset",
            [person(sofia, raw=raw, scheme=scheme)],
        )
        yield Sample(made, days_ago=50 - at)
    editor = person(people[0], contributorType="Editor")
    yield Sample(
        record(
            "id-contributor", "An iD among contributors only", "Dataset", [person(sofia, raw="")]
        )
        | {"contributors": [editor]},
        days_ago=40,
    )


def _edges(people: Sequence[Who]) -> Iterator[Sample]:
    """Records that are left out, hidden, odd or large."""
    one = [person(people[0])]
    crew = {"name": "Crew of the Research Vessel Example", "nameType": "Organizational"}
    many = [person(Who(f"Author {n}", "Example", ""), raw="") for n in range(60)]
    yield Sample(
        record("many-authors", "Sixty authors and a crew", "Dataset", [*one, crew, *many]),
        days_ago=35,
    )
    titles = [
        {"title": "Salz &amp; <i>Schlick</i>"},
        {"title": "Eine Übersicht", "titleType": "Subtitle"},
        {"title": "Salt and mud", "titleType": "TranslatedTitle", "lang": "en"},
    ]
    yield Sample(
        record("html-title", "", "Text/Article", one) | {"titles": titles, "language": "de"},
        days_ago=34,
    )
    issued = [{"date": "2010", "dateType": "Issued"}, {"date": "2018-02-05", "dateType": "Issued"}]
    yield Sample(
        record("two-dates", "Two dates of issue", "Dataset", one, year=2010) | {"dates": issued},
        days_ago=33,
    )
    yield Sample(record("no-type", "A record without a type", "", one, year=None), days_ago=32)
    yield Sample(
        record("project-1", "The project Tides", "Project", one),
        days_ago=31,
        repository="registry.raid",
    )
    yield Sample(
        record("withdrawn", "Hidden by its repository", "Dataset", one),
        days_ago=30,
        state="registered",
    )
    yield Sample(
        record("elsewhere", "Registered with another agency", "JournalArticle", one),
        days_ago=29,
        repository="crossref.member",
        agency="crossref",
    )
