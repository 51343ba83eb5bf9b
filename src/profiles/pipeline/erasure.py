"""Erasing an account: the tokens go back to ORCID first, then all that we know is deleted."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ..claims import leases, ledger
from ..people import accounts, orcid_permission
from ..values.orcid_id import OrcidId
from . import nudge


def erase(orcid: OrcidId) -> int:
    """The person, the ways in, grants and claims are gone. How many claims there were.

    Works that we put on the ORCID record stay there: they are the person's. Raises NotFound, and
    what ORCID's refusal to take a token back means; nothing is deleted then.
    """
    person = accounts.existing_person(orcid)
    with leases.writing_to(orcid, wait=True):  # no delivery is under way
        orcid_permission.withdraw(person, None, reason="account erased", now=timezone.now())
        with transaction.atomic():
            # First the account: whoever matches works to it at this moment waits for its row.
            accounts.erase(orcid)
            claims = ledger.forget(orcid)
            nudge.forget(orcid)
    return claims
