"""What a fresh simulation holds: persons, institutions, identities, and varied DOIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .datacite.samples import DAY, REPOSITORIES, Who, samples

if TYPE_CHECKING:
    from .datacite.simulator import DataCiteSimulator
    from .globus.simulator import GlobusSimulator
    from .globus.state import Client as GlobusClient
    from .orcid.simulator import OrcidSimulator
    from .orcid.state import Client as OrcidClient

SERVICE = "DataCite Profiles"

# Fixed, so that a service started beside keeps its configuration and its database.
ORCID_CLIENT = ("APP-DATACITEPROFILES", "simulated-orcid-secret")
GLOBUS_CLIENT = ("5a5e5d0c-0000-4000-8000-da7ac17e0001", "simulated-globus-secret")


def orcid_client(orcid: OrcidSimulator, service_url: str) -> OrcidClient:
    return orcid.add_client(
        SERVICE,
        redirect_uris=(
            f"{service_url}/users/auth/orcid/callback",
            f"{service_url}/orcid/auto_update/callback",
            f"{service_url}/orcid/search_and_link/callback",
        ),
        description="Keeps your ORCID record up to date with your works that have DataCite DOIs.",
        client_id=ORCID_CLIENT[0],
        secret=ORCID_CLIENT[1],
    )


def globus_client(globus: GlobusSimulator, service_url: str) -> GlobusClient:
    return globus.add_client(
        SERVICE,
        redirect_uris=(f"{service_url}/users/auth/globus/callback",),
        client_id=GLOBUS_CLIENT[0],
        secret=GLOBUS_CLIENT[1],
    )


# given, family, iD (empty: made up below the issued blocks), e-mail
PERSONS = (
    ("Josiah", "Carberry", "0000-0002-1825-0097", "josiah.carberry@brown.example"),
    ("Laura", "Sample", "0000-0001-5109-3700", "laura.sample@harbour.example"),
    ("Sofia", "Garcia", "0000-0002-1694-233X", "sofia.garcia@upland.example"),
    ("Ana", "Contoh", "0000-0001-5000-0007", "ana@mail.example"),
    ("Mei", "Lin", "", "mei.lin@upland.example"),
    ("Tomás", "Ejemplo", "", "tomas@mail.example"),
    ("Prvi", "Primer", "", "prvi@harbour.example"),
)

INSTITUTIONS = (
    ("Brown University (simulated)", "brown.example"),
    ("Harbour Institute of Marine Research", "harbour.example"),
    ("Upland University", "upland.example"),
)


def fill(orcid: OrcidSimulator, globus: GlobusSimulator, datacite: DataCiteSimulator) -> None:
    for given, family, orcid_id, email in PERSONS:
        orcid.add_person(given, family, orcid=orcid_id, email=email)
    google = globus.accounts.add_provider("Google", domain="accounts.google.com", kind="google")
    at_orcid = globus.accounts.add_provider("ORCID", domain="orcid.org", kind="orcid")
    institutions = {
        domain: globus.accounts.add_provider(name, domain=domain) for name, domain in INSTITUTIONS
    }
    for person in orcid.registry.people.values():
        domain = person.email.partition("@")[2]
        provider = institutions.get(domain, google)
        first = globus.accounts.add_identity(
            provider, person.email, name=person.full_name, email=person.email
        )
        globus.accounts.add_identity(
            at_orcid,
            f"{person.orcid}@orcid.org",
            name=person.full_name,
            email=person.email,
            # One person's identities are linked; the others have two Globus accounts.
            linked_to=first if person.family_name == "Carberry" else None,
        )
    _register_samples(orcid, datacite)


def _register_samples(orcid: OrcidSimulator, datacite: DataCiteSimulator) -> None:
    """Old DOIs: a service that looks for what changed since today finds none of them."""
    for repository_id, name, kind in REPOSITORIES:
        datacite.add_repository(repository_id, name, client_type=kind)
    people = [
        Who(one.given_names, one.family_name, one.orcid) for one in orcid.registry.people.values()
    ]
    now = datacite.store.clock.now()
    for sample in samples(people):
        datacite.register(
            sample.record,
            repository=sample.repository,
            state=sample.state,
            agency=sample.agency,
            created=now - sample.days_ago * DAY,
        )
