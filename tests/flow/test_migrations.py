"""What the first release wrote is there after the tables have changed."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from profiles.claims.models import Claim, StoredWork
from profiles.people.models import Person
from profiles.people.preferences import Choices, Versions
from profiles.pipeline import preferences
from profiles.values.work import RelatedId

from .people import ALICE
from .test_versions import V1, V2, V3, C, changed, on_record, take_in, there

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = [("claims", "0001_initial"), ("people", "0001_initial")]


@pytest.fixture
def first_release() -> Iterator[MigrationExecutor]:
    executor = MigrationExecutor(connection)
    executor.migrate(FIRST)
    yield MigrationExecutor(connection)
    call_command("migrate", verbosity=0)


def test_works_known_before_follow_a_choice_of_versions(first_release: MigrationExecutor) -> None:
    apps = first_release.loader.project_state(FIRST).apps
    apps.get_model("people", "Person").objects.create(orcid=ALICE, auto_update=True)
    own = RelatedId("IsIdenticalTo", "DOI", V1.doi, V1.doi)
    for work in (changed(V1, related=(*V1.related, own, own)), V2, C):
        content = msgspec.json.encode(work)
        apps.get_model("claims", "StoredWork").objects.create(
            doi=work.doi, metadata_version=1, title=work.doi, content=content
        )
        apps.get_model("claims", "Claim").objects.create(
            orcid=ALICE, doi=work.doi, origin="auto_update", state="done", put_code=7
        )
    apps.get_model("claims", "StoredWork").objects.create(doi="10.5555/empty", content=b"")

    call_command("migrate", verbosity=0)

    assert StoredWork.objects.get(doi=V1.doi).versions == [C.doi]
    assert StoredWork.objects.get(doi=C.doi).versions == [V1.doi, V2.doi, V3.doi]
    assert Claim.objects.count() == 3
    preferences.save(Person.objects.get(), Choices(True, Versions.NEWEST))
    take_in(V3)
    on_record()
    assert there() == "v3"
