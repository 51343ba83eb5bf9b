"""What a person chooses about Auto-update, and what it means for their claims: in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from ..people import accounts
from ..people.preferences import Choices
from ..values.orcid_id import OrcidId
from . import permissions, revising

if TYPE_CHECKING:
    from ..people.models import Person


def save(person: Person, choices: Choices) -> None:
    """Keep the choices; the person's claims follow them at once.

    With auto-update off nothing moves by itself: the claims follow when it is turned on.
    """
    orcid = OrcidId(person.orcid or "")
    with transaction.atomic():
        before = accounts.set_preferences(person, choices)
        if not choices.auto_update:
            return
        if not before.auto_update:
            permissions.switch_auto_update(person, on=True)
        elif choices != before:
            revising.begin(orcid)
