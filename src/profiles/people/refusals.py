"""Why a round with a provider did not end well. Pages turn these into words (web/refusals.py).

ProfilesError
└── Refused
    ├── Declined             the person said no at the provider
    ├── StaleRound           unknown, expired, replayed, or begun in another browser
    ├── EmptyHanded          the provider sent the person back without an answer we can see
    ├── ProviderRefused      the provider names an error of its own
    ├── NotVerified          what came back cannot be trusted
    ├── IdTaken              the iD belongs to another account
    ├── DifferentOrcidId     the person authorised another iD than the one linked
    └── AccountClosed        the account may not sign in
"""

from __future__ import annotations

from ..errors import ProfilesError
from ..values.orcid_id import OrcidId


class Refused(ProfilesError):
    """The round with the provider was refused"""


class Declined(Refused):
    """The person declined"""


class StaleRound(Refused):
    """This round is unknown, too old or already used"""


class EmptyHanded(Refused):
    """The provider sent no answer"""


class ProviderRefused(Refused):
    """The provider refused"""


class NotVerified(Refused):
    """The provider's answer cannot be trusted"""


class IdTaken(Refused):
    """This ORCID iD belongs to another account"""

    def __init__(self, orcid: OrcidId) -> None:
        self.orcid = orcid
        super().__init__(orcid)


class DifferentOrcidId(Refused):
    """Another ORCID iD than the linked one was authorised"""

    def __init__(self, expected: OrcidId, got: OrcidId) -> None:
        self.expected = expected
        self.got = got
        super().__init__(f"expected {expected}, got {got}")


class AccountClosed(Refused):
    """This account is closed"""
