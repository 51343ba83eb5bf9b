"""ORCID's contributors: all creators in order, then those contributors who earn a person's credit."""

from __future__ import annotations

from ..values import texts
from ..values.orcid_id import OrcidId
from ..values.work import Contributor as Person
from ..values.work import Work
from .orcid_work import Contributor, ContributorAttributes, ContributorOrcid, Text

CREDIT_NAME_LIMIT = 150
_STRAY = " ,;"  # of a name whose other half is missing


_CREDIT = "http://credit.niso.org/contributor-roles/"

# contributorType → ORCID's role; None: persons only, without a role. What is not here is not a
# person's credit and is left out.
ROLES: dict[str, str | None] = {
    "Editor": "editor",
    "Translator": "chair-or-translator",
    "DataCurator": f"{_CREDIT}data-curation/",
    "DataManager": f"{_CREDIT}data-curation/",
    "DataCollector": f"{_CREDIT}investigation/",
    "Researcher": f"{_CREDIT}investigation/",
    "ProjectLeader": f"{_CREDIT}project-administration/",
    "ProjectManager": f"{_CREDIT}project-administration/",
    "WorkPackageLeader": f"{_CREDIT}project-administration/",
    "Supervisor": f"{_CREDIT}supervision/",
    "ProjectMember": None,
    "Producer": None,
    "RelatedPerson": None,
    "Other": None,
}
LEFT_OUT = frozenset(
    (
        "ContactPerson",
        "Distributor",
        "Funder",  # legacy
        "HostingInstitution",
        "RegistrationAgency",
        "RegistrationAuthority",
        "ResearchGroup",
        "RightsHolder",
        "Sponsor",
    )
)

# Thousands of persons share these few objects.
_FIRST_AUTHOR = ContributorAttributes("first", "author")
_AUTHOR = ContributorAttributes("additional", "author")
_ATTRIBUTES = {kind: ContributorAttributes("additional", role) for kind, role in ROLES.items()}


def contributors(work: Work, *, orcid_host: str) -> list[Contributor]:
    """Everybody who is credited, once."""
    made = []
    attributes = _FIRST_AUTHOR
    names = [person.name for person in work.creators]
    if not _are_clean(names):
        names = [credit_name(person) for person in work.creators]
    for person, name in zip(work.creators, names, strict=True):
        if name:
            orcid = _orcid(person.orcids[0], orcid_host) if person.orcids else None
            made.append(Contributor(Text(name), attributes, orcid))
            attributes = _AUTHOR
    if work.contributors:
        made += _others(work, creators=names, orcid_host=orcid_host)
    return made


def _are_clean(names: list[str]) -> bool:
    """Whether all names can be printed as they are.

    One look at all of them together: some works have thousands, and nearly all are clean.
    """
    # So joined, a blank too many shows as two, and a stray comma stands beside the semicolon.
    joined = " ; ".join(names)
    return (
        joined.isprintable()
        and "&" not in joined
        and "<" not in joined
        and ":" not in joined
        and "  " not in joined
        and ", ;" not in joined
        and "; ," not in joined
        and "; ;" not in joined
        and joined == joined.strip(_STRAY)
        and (len(joined) <= CREDIT_NAME_LIMIT or max(map(len, names)) <= CREDIT_NAME_LIMIT)
    )


def credit_name(person: Person) -> str:
    """The name to print, without placeholders; empty when it was nothing else."""
    name = person.name
    if _are_clean([name]):
        return name
    name = texts.without_placeholders(texts.line(name, CREDIT_NAME_LIMIT))
    return " ".join(name.split()).strip(_STRAY)


def _others(work: Work, *, creators: list[str], orcid_host: str) -> list[Contributor]:
    named = {name.casefold() for name in creators}
    without_id = {
        name.casefold()
        for creator, name in zip(work.creators, creators, strict=True)
        if not creator.orcids
    }
    known = {orcid for creator in work.creators for orcid in creator.orcids}
    made = []
    credited: set[tuple[str, str | None]] = set()
    for person in work.contributors:
        if person.role not in ROLES:
            continue
        role = ROLES[person.role]
        name = credit_name(person)
        key = person.orcids[0] if person.orcids else name.casefold()
        if not name or (role is None and person.organization) or (key, role) in credited:
            continue
        # Two people of the same name with an iD each are two people.
        same_name = name.casefold() in (without_id if person.orcids else named)
        if same_name or not known.isdisjoint(person.orcids):
            continue
        credited.add((key, role))
        orcid = _orcid(person.orcids[0], orcid_host) if person.orcids else None
        made.append(Contributor(Text(name), _ATTRIBUTES[person.role], orcid))
    return made


def _orcid(orcid: OrcidId, host: str) -> ContributorOrcid:
    return ContributorOrcid(f"https://{host}/{orcid}", orcid, host)
