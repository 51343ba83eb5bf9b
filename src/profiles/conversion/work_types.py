"""ORCID's work type for DataCite's types block: three tables and the order they are asked in."""

from __future__ import annotations

import re
from functools import lru_cache

from ..values.work import Types

# resourceTypeGeneral, lower case. None: resourceType decides (BY_TEXT), else "other".
BY_GENERAL: dict[str, str | None] = {
    "audiovisual": "moving-image",
    "award": "other",
    "book": "book",
    "bookchapter": "book-chapter",
    "collection": None,
    "computationalnotebook": "software",
    "conferencepaper": "conference-paper",
    "conferenceproceeding": "conference-proceedings",
    "datapaper": "journal-article",
    "dataset": "data-set",
    "dissertation": "dissertation-thesis",
    "event": "other",
    "film": "moving-image",  # legacy
    "image": "image",
    "instrument": "research-tool",
    "interactiveresource": "online-resource",
    "journal": "other",
    "journalarticle": "journal-article",
    "model": "other",
    "other": None,
    "outputmanagementplan": "data-management-plan",
    "peerreview": "review",
    "physicalobject": "physical-object",
    "poster": "conference-poster",
    "preprint": "preprint",
    "presentation": "conference-presentation",
    "project": "other",
    "report": "report",
    "service": "other",
    "software": "software",
    "sound": "sound",
    "standard": "standards-and-policy",
    "studyregistration": "other",
    "text": None,
    "workflow": "research-technique",
}

# Where certain words of resourceType say it better.
REFINED: dict[str, tuple[tuple[str, ...], str]] = {
    "event": (("conference", "conferences", "workshop", "workshops"), "conference-output"),
    "image": (("map", "maps"), "cartographic-material"),
    "interactiveresource": (("course", "courses", "lesson", "lessons"), "learning-object"),
    "presentation": (("lecture", "lectures"), "lecture-speech"),
    "studyregistration": (
        ("clinical trial", "clinical trials", "clinical study", "clinical studies"),
        "clinical-study",
    ),
}


def _turned(table: dict[str, str]) -> dict[str, str]:
    """ "type: phrase, phrase" turned into phrase → type."""
    return {phrase: kind for kind, all_of in table.items() for phrase in all_of.split(", ")}


# The whole of resourceType, normalised. "Paper", "Review", "Text" and the like say too little and
# are left out on purpose.
BY_TEXT = _turned(
    {
        "journal-article": "article, articles, journal article, journalarticle, journal articles, "
        "zeitschriftenartikel, data paper",
        "book": "book, ebook, monografie, monograph, books, ebooks, e book, monographie monograph",
        "book-chapter": "chapter, chapters, book chapter, book chapters",
        "report": "report, project report, research report, technical report, technicalreport, "
        "text report, xfel eu annual report, xfel eu technical report, reports, "
        "project deliverable, project milestone, deliverable, milestone, technical note",
        "dissertation-thesis": "dissertation, thesis, doctoral thesis, academic thesis, "
        "postdoctoral thesis, master thesis, masterthesis, dissertations, theses, thesis ph d, "
        "thesis phd, phdthesis, doctoralthesis, bachelorthesis, bachelor thesis, "
        "bachelors thesis, masters thesis, masters paper, bachelor, bachelors, master, masters",
        "conference-abstract": "conference abstract, conference extended abstract",
        "conference-paper": "conference paper, conference full text, conferencepaper, "
        "conference papers",
        "conference-poster": "poster, conference poster, posters, conference posters",
        "conference-presentation": "presentation, conference presentation, presentations, "
        "conference presentations",
        "conference-proceedings": "proceedings, conference proceedings, conference proceeding",
        "working-paper": "working paper, workingpaper, working papers, discussion paper",
        "preprint": "preprint, preprints",
        "data-set": "dataset, datasets, data set, data sets, data files, collection of datasets, "
        "supplementary collection of datasets",
        "blog-post": "blog post, blog posts, blog posting, blogpost, blogposting",
        "book-review": "book review, book reviews, rezension, rezension review",
        "dictionary-entry": "dictionary entry, dictionary entries",
        "journal-issue": "journal issue, journal issues, periodical issue",
        "newspaper-article": "newspaper, newspaper article, newspaper articles",
        "magazine-article": "magazine, magazine article, magazine articles",
        "manual": "software documentation, manual, manuals, user manual",
        "patent": "patent, patents",
        "learning-object": "lesson, lessons, course, courses",
        "lecture-speech": "lecture, lectures",
        "cartographic-material": "map, maps",
        "moving-image": "video, videos, film, films",
        "musical-composition": "music, sheet music, music score, musical score",
        "translation": "translation, translations",
        "standards-and-policy": "standard, standards",
        "annotation": "annotation, annotations, annotation collection",
    }
)

# The last word of resourceType: "Experiment report", "PhD thesis".
BY_LAST_WORD = _turned(
    {
        "book-chapter": "chapter, chapters",
        "data-set": "dataset, datasets",
        "dissertation-thesis": "dissertation, dissertations, thesis, theses",
        "conference-poster": "poster, posters",
        "preprint": "preprint, preprints",
        "report": "report, reports",
    }
)

# The other vocabularies, asked when resourceTypeGeneral is missing. CreativeWork, misc, GEN and
# CSL's "article" are placeholders and say nothing.
BY_SCHEMA_ORG = _turned(
    {
        "journal-article": "Article, ScholarlyArticle",
        "sound": "AudioObject",
        "blog-post": "BlogPosting",
        "book": "Book",
        "book-chapter": "Chapter",
        "learning-object": "Course",
        "data-set": "Dataset",
        "image": "ImageObject",
        "cartographic-material": "Map",
        "conference-poster": "Poster",
        "conference-presentation": "PresentationDigitalDocument",
        "journal-issue": "PublicationIssue",
        "report": "Report",
        "review": "Review",
        "software": "SoftwareApplication, SoftwareSourceCode",
        "dissertation-thesis": "Thesis",
        "moving-image": "VideoObject",
    }
)
BY_BIBTEX = _turned(
    {
        "journal-article": "article",
        "book": "book",
        "book-chapter": "inbook, incollection",
        "conference-paper": "conference, inproceedings",
        "manual": "manual",
        "dissertation-thesis": "mastersthesis, phdthesis",
        "conference-proceedings": "proceedings",
        "report": "techreport",
    }
)
BY_RIS = _turned(
    {
        "blog-post": "BLOG",
        "book": "BOOK, EBOOK",
        "book-chapter": "CHAP, ECHAP",
        "software": "COMP",
        "conference-proceedings": "CONF",
        "conference-paper": "CPAPER",
        "data-set": "DATA",
        "dictionary-entry": "DICT",
        "encyclopedia-entry": "ENCYC",
        "image": "FIGURE",
        "journal-article": "JOUR",
        "cartographic-material": "MAP",
        "magazine-article": "MGZN",
        "moving-image": "MPCT, VIDEO",
        "musical-composition": "MUSIC",
        "newspaper-article": "NEWS",
        "patent": "PAT",
        "report": "RPRT",
        "sound": "SOUND",
        "standards-and-policy": "STAND",
        "dissertation-thesis": "THES",
    }
)
BY_CITEPROC = _turned(
    {
        "journal-article": "article-journal",
        "magazine-article": "article-magazine",
        "newspaper-article": "article-newspaper",
        "book": "book",
        "book-chapter": "chapter",
        "data-set": "dataset",
        "dictionary-entry": "entry-dictionary",
        "encyclopedia-entry": "entry-encyclopedia",
        "image": "figure, graphic",
        "cartographic-material": "map",
        "moving-image": "motion_picture",
        "conference-paper": "paper-conference",
        "patent": "patent",
        "blog-post": "post-weblog",
        "report": "report",
        "book-review": "review-book",
        "software": "software",
        "sound": "song",
        "lecture-speech": "speech",
        "standards-and-policy": "standard",
        "dissertation-thesis": "thesis",
    }
)


@lru_cache(maxsize=4096)
def work_type(types: Types) -> str:
    """The ORCID work type; "other" where nothing says more."""
    general = types.general.strip().lower()
    phrase = _normalised(types.text)
    if general in REFINED:
        words, refined = REFINED[general]
        if any(f" {word} " in f" {phrase} " for word in words):
            return refined
    if general in BY_GENERAL:
        return BY_GENERAL[general] or _by_text(phrase) or "other"
    return (
        _by_text(phrase)
        or BY_SCHEMA_ORG.get(types.schema_org)
        or BY_BIBTEX.get(types.bibtex)
        or BY_RIS.get(types.ris)
        or BY_CITEPROC.get(types.citeproc)
        or "other"
    )


def _by_text(phrase: str) -> str | None:
    if phrase in BY_TEXT:
        return BY_TEXT[phrase]
    if phrase.startswith("monograph") and " " not in phrase:
        return "book"
    return BY_LAST_WORD.get(phrase.rpartition(" ")[2])


def _normalised(text: str) -> str:
    """Single lower-case words: "BlogPosting", "Thesis (PhD)" → "blog posting", "thesis ph d"."""
    parted = re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", text)
    return " ".join(re.sub(r"[\W_]+", " ", parted).lower().split())
