"""The type map is complete, and every target is a type that ORCID knows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from profiles.conversion import work_types
from profiles.conversion.work_types import work_type
from profiles.sources.datacite import reading
from profiles.values.work import Types

# resourceTypeGeneral of schema 4.7, and the legacy "Film".
VOCABULARY = """
Audiovisual Award Book BookChapter Collection ComputationalNotebook ConferencePaper
ConferenceProceeding DataPaper Dataset Dissertation Event Image Instrument InteractiveResource
Journal JournalArticle Model OutputManagementPlan PeerReview PhysicalObject Poster Preprint
Presentation Project Report Service Software Sound Standard StudyRegistration Text Workflow
Other Film
""".split()  # noqa: SIM905

# The 59 work types of ORCID 3.0 without "undefined", which must not be sent.
ORCID_TYPES = """
annotation artistic-performance blog-post book-chapter book-review book cartographic-material
clinical-study conference-abstract conference-output conference-paper conference-poster
conference-presentation conference-proceedings data-management-plan data-set design
dictionary-entry disclosure dissertation-thesis edited-book encyclopedia-entry image invention
journal-article journal-issue learning-object lecture-speech license magazine-article manual
moving-image musical-composition newsletter-article newspaper-article online-resource other
patent physical-object preprint public-speech registered-copyright report research-technique
research-tool review software sound spin-off-company standards-and-policy
supervised-student-publication technical-standard test trademark transcription translation
website working-paper
""".split()  # noqa: SIM905

EXAMPLES = [
    (Types(general="Dataset"), "data-set", "plain"),
    (Types(general=" dataset "), "data-set", "trimmed, any case"),
    (Types(general="Dataset", text="Paper"), "data-set", "resourceType does not overrule"),
    (Types(general="Image", text="Poster"), "image", "nor here"),
    (Types(general="Image", text="Old map of the town"), "cartographic-material", "a word of it"),
    (Types(general="Image", text="Mapping"), "image", "whole words only"),
    (Types(general="Event", text="Workshop"), "conference-output", "refined"),
    (Types(general="Event", text="Concert"), "other", "not refined"),
    (Types(general="InteractiveResource", text="Online course"), "learning-object", "refined"),
    (Types(general="InteractiveResource"), "online-resource", "not refined"),
    (Types(general="Presentation", text="Lecture"), "lecture-speech", "refined"),
    (Types(general="Presentation"), "conference-presentation", "not refined"),
    (Types(general="StudyRegistration", text="Clinical Trial"), "clinical-study", "two words"),
    (Types(general="StudyRegistration", text="Clinical"), "other", "one of the two"),
    (Types(general="Poster"), "conference-poster", "schema 4.7"),
    (Types(general="Film"), "moving-image", "legacy"),
    (Types(general="Text", text="Article"), "journal-article", "by resourceType"),
    (Types(general="Text", text="BlogPosting"), "blog-post", "camel case parted"),
    (Types(general="Text", text="Thesis (PhD)"), "dissertation-thesis", "punctuation"),
    (Types(general="Text", text="MonographieMonograph"), "book", "two languages joined"),
    (Types(general="Text", text="Monographs"), "book", "begins with monograph"),
    (Types(general="Text", text="PhD thesis"), "dissertation-thesis", "last word"),
    (Types(general="Text", text="Experiment report"), "report", "last word"),
    (Types(general="Collection", text="data_files"), "data-set", "underscore"),
    (Types(general="Other", text="Sheet music"), "musical-composition", "Other too"),
    (Types(general="Text", text="Paper"), "other", "says too little"),
    (Types(general="Text", text="Review"), "other", "ORCID's review is peer review"),
    (Types(general="Text", citeproc="article-journal"), "other", "CSL is not asked beside Text"),
    (Types(text="Dataset"), "data-set", "no general: resourceType first"),
    (Types(general="Novelty", text="Poster"), "conference-poster", "unknown general"),
    (Types(schema_org="Thesis", citeproc="book"), "dissertation-thesis", "then schema.org"),
    (Types(schema_org="CreativeWork", bibtex="phdthesis"), "dissertation-thesis", "then BibTeX"),
    (Types(bibtex="misc", ris="MPCT"), "moving-image", "then RIS"),
    (Types(ris="GEN", citeproc="song"), "sound", "then CSL"),
    (Types(citeproc="article"), "other", "CSL's placeholder"),
    (Types(), "other", "nothing at all"),
]  # fmt: skip


# Without a resourceType. A copy of the decision, so that no row changes by accident.
DECIDED = """
Audiovisual moving-image, Award other, Book book, BookChapter book-chapter, Collection other,
ComputationalNotebook software, ConferencePaper conference-paper,
ConferenceProceeding conference-proceedings, DataPaper journal-article, Dataset data-set,
Dissertation dissertation-thesis, Event other, Image image, Instrument research-tool,
InteractiveResource online-resource, Journal other, JournalArticle journal-article, Model other,
OutputManagementPlan data-management-plan, PeerReview review, PhysicalObject physical-object,
Poster conference-poster, Preprint preprint, Presentation conference-presentation, Project other,
Report report, Service other, Software software, Sound sound, Standard standards-and-policy,
StudyRegistration other, Text other, Workflow research-technique, Other other, Film moving-image
"""


@pytest.mark.parametrize("row", [row.strip() for row in DECIDED.split(",")])
def test_a_general_type_alone_has_the_decided_type(row: str) -> None:
    general, expected = row.split()
    assert work_type(Types(general=general)) == expected


@pytest.mark.parametrize(("types", "expected", "remark"), EXAMPLES)
def test_a_types_block_has_the_decided_type(types: Types, expected: str, remark: str) -> None:
    assert work_type(types) == expected, remark


def test_every_general_type_of_the_vocabulary_has_a_row() -> None:
    assert set(work_types.BY_GENERAL) == {one.lower() for one in VOCABULARY}
    assert {row.split()[0] for row in DECIDED.split(",")} == set(VOCABULARY)
    assert set(work_types.REFINED) <= set(work_types.BY_GENERAL)


def test_every_target_is_a_type_of_orcid() -> None:
    tables = (
        work_types.BY_GENERAL,
        work_types.BY_TEXT,
        work_types.BY_LAST_WORD,
        work_types.BY_SCHEMA_ORG,
        work_types.BY_BIBTEX,
        work_types.BY_RIS,
        work_types.BY_CITEPROC,
        dict(work_types.REFINED.values()),
    )
    targets = {kind for table in tables for kind in table.values() if kind is not None}
    assert targets <= set(ORCID_TYPES)


def test_the_phrases_are_spelled_as_they_are_compared() -> None:
    for phrase in (*work_types.BY_TEXT, *work_types.BY_LAST_WORD):
        assert phrase == phrase.strip().lower()
        assert phrase.replace(" ", "").isalnum()


def test_orcids_vocabulary_is_the_one_we_know(shared: Path) -> None:
    vocabulary = json.loads((shared / "data/orcid/vocab/orcid-v3-vocab.json").read_text())
    assert {*ORCID_TYPES, "undefined"} == set(vocabulary["work_types"])


def test_all_shared_records_have_the_expected_type(shared: Path) -> None:
    """Of the types block alone: drafts and records without a DOI have one too."""
    folder = shared / "data/datacite"
    wrong = []
    seen = 0
    for file in (*(folder / "records").iterdir(), *(folder / "derived-from-xml").iterdir()):
        sample = json.loads(file.read_bytes())
        found = work_type(reading.read_types(json.dumps(sample["record"])))
        if found != sample["_sample"]["expected_orcid_type"]:
            wrong.append((file.name, found))
        seen += 1
    assert (seen, wrong) == (218, [])
