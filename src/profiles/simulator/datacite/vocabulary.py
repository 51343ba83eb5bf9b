"""Word lists of DataCite's metadata schema 4.7 that the pages offer."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


RESOURCE_TYPES: Final = _words(
    """
    Audiovisual Award Book BookChapter Collection ComputationalNotebook ConferencePaper
    ConferenceProceeding DataPaper Dataset Dissertation Event Image Instrument
    InteractiveResource Journal JournalArticle Model OutputManagementPlan PeerReview
    PhysicalObject Poster Preprint Presentation Project Report Service Software Sound
    Standard StudyRegistration Text Workflow Other
    """
)
RELATION_TYPES: Final = _words(
    """
    IsVersionOf HasVersion IsNewVersionOf IsPreviousVersionOf IsPartOf HasPart
    IsSupplementTo IsSupplementedBy IsIdenticalTo IsDerivedFrom IsSourceOf Cites IsCitedBy
    References IsReferencedBy IsDocumentedBy Documents IsVariantFormOf IsOriginalFormOf
    IsPublishedIn Reviews IsReviewedBy Continues IsContinuedBy Obsoletes IsObsoletedBy
    IsTranslationOf HasTranslation Other
    """
)
IDENTIFIER_TYPES: Final = _words(
    """
    DOI URL ISSN EISSN LISSN ISBN Handle ARK arXiv bibcode PMID PURL RAiD RRID URN IGSN
    """
)
CONTRIBUTOR_TYPES: Final = _words(
    """
    ContactPerson DataCollector DataCurator DataManager Editor Producer ProjectLeader
    ProjectMember RelatedPerson Researcher Supervisor Translator Other
    """
)
