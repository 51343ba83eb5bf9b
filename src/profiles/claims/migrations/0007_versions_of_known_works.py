"""Fill in which DOIs the works that were known before name as their versions.

More than `values.vocabulary.other_versions` would say does no harm: it is a first choice, and the
works themselves are read afterwards.
"""

import json
from typing import Any

from django.db import migrations, transaction

AT_ONCE = 1000
RELATIONS = frozenset(
    (
        "IsVersionOf",
        "HasVersion",
        "IsNewVersionOf",
        "IsPreviousVersionOf",
        "IsVariantFormOf",
        "IsOriginalFormOf",
        "IsIdenticalTo",
    )
)


def fill(apps: Any, schema_editor: Any) -> None:
    """Some at a time, in the order of their DOIs; again after an interruption does no harm."""
    works = apps.get_model("claims", "StoredWork").objects
    after = ""
    while True:
        with transaction.atomic():
            empty = works.filter(doi__gt=after, versions=[]).exclude(content=b"").order_by("doi")
            some = list(empty.only("doi", "content").select_for_update()[:AT_ONCE])
            for work in some:
                work.versions = _named(work.doi, json.loads(bytes(work.content)))
            works.bulk_update([work for work in some if work.versions], ["versions"])
        if not some:
            return
        after = some[-1].doi


def _named(own: str, content: dict[str, Any]) -> list[str]:
    related = (each for each in content.get("related", ()) if each.get("relation") in RELATIONS)
    named = dict.fromkeys(each.get("doi") for each in related)
    return [doi for doi in named if doi and doi != own]


class Migration(migrations.Migration):
    atomic = False  # there may be many
    dependencies = [("claims", "0006_vacuum")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
