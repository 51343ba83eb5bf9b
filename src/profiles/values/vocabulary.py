"""DataCite's words for relations and roles in the one spelling of its schema, and what they mean here."""

from __future__ import annotations

from . import doi
from .doi import Doi
from .work import RelatedId, Work

# relationType of schema 4.7
RELATIONS = """
    Cites Collects Compiles Continues Describes Documents HasMetadata HasPart HasTranslation
    HasVersion IsCitedBy IsCollectedBy IsCompiledBy IsContinuedBy IsDerivedFrom IsDescribedBy
    IsDocumentedBy IsIdenticalTo IsMetadataFor IsNewVersionOf IsObsoletedBy IsOriginalFormOf
    IsPartOf IsPreviousVersionOf IsPublishedIn IsReferencedBy IsRequiredBy IsReviewedBy IsSourceOf
    IsSupplementTo IsSupplementedBy IsTranslationOf IsVariantFormOf IsVersionOf Obsoletes Other
    References Requires Reviews
""".split()  # noqa: SIM905
# contributorType of schema 4.7, and "Funder" of older ones
ROLES = """
    ContactPerson DataCollector DataCurator DataManager Distributor Editor Funder
    HostingInstitution Other Producer ProjectLeader ProjectManager ProjectMember
    RegistrationAgency RegistrationAuthority RelatedPerson ResearchGroup Researcher RightsHolder
    Sponsor Supervisor Translator WorkPackageLeader
""".split()  # noqa: SIM905

IDENTICAL = "IsIdenticalTo"
VERSION_RELATIONS = frozenset(
    (
        "IsVersionOf",
        "HasVersion",
        "IsNewVersionOf",
        "IsPreviousVersionOf",
        "IsVariantFormOf",
        "IsOriginalFormOf",
        IDENTICAL,
    )
)
PART = "IsPartOf"
HOLDING_RELATIONS = ("IsPublishedIn", PART)  # to what holds the work, the clearer one first

# By the spellings of the schema, which nearly all use, and in lower case.
_RELATIONS = {spelling: word for word in RELATIONS for spelling in (word, word.casefold())}
_ROLES = {spelling: word for word in ROLES for spelling in (word, word.casefold())}


def relation(text: str) -> str:
    """As the schema spells it; what it does not know stays as given."""
    return _RELATIONS.get(text) or _RELATIONS.get(text.strip().casefold(), text.strip())


def role(text: str) -> str:
    """As the schema spells it; what it does not know stays as given."""
    return _ROLES.get(text) or _ROLES.get(text.strip().casefold(), text.strip())


def other_versions(work: Work) -> tuple[Doi, ...]:
    """The DOIs that it names as its versions, once each."""
    named = [each.doi for each in work.related if each.doi and names_version(each, of=work.doi)]
    return tuple(dict.fromkeys(named))


def names_version(related: RelatedId, *, of: Doi) -> bool:
    """Whether it is another DOI of the same work, so that ORCID groups the two.

    Not where ORCID would read that DOI as the work's own, or not at all.
    """
    if related.relation not in VERSION_RELATIONS or related.doi is None:
        return False
    return doi.as_orcid_reads(related.doi) not in ("", doi.as_orcid_reads(of))
