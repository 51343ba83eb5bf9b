"""Why a claim is where it is: every code that the ledger stores, in words for its owner.

`state` is the only state in which the code may stand; `sticky` marks a person's own decision,
which no automatic wish overrides.
"""

from __future__ import annotations

from typing import NamedTuple

from .states import State


class Reason(NamedTuple):
    state: State
    words: str
    next_step: str = ""
    sticky: bool = False


BLOCKED = "blocked"  # by support staff: nothing overrides it until they lift it
UNBLOCKED = "unblocked"  # nobody ever decided about it, but for a block that was lifted

_GRANT = "Give permission in Settings (Get ORCID Token); this then goes on by itself."

REASONS: dict[str, Reason] = {
    # held
    "no_permission": Reason(
        State.HELD, "DataCite has no permission for your ORCID record.", _GRANT
    ),
    "permission_ended": Reason(
        State.HELD, "Your permission at ORCID was withdrawn or has ended.", _GRANT
    ),
    "scope_missing": Reason(State.HELD, "Your permission does not include adding works.", _GRANT),
    "record_locked": Reason(
        State.HELD, "ORCID has locked your record.", "Please contact ORCID's support, then retry."
    ),
    "record_deactivated": Reason(
        State.HELD, "Your ORCID record is deactivated.", "Reactivate it at ORCID, then retry."
    ),
    "record_deprecated": Reason(
        State.HELD,
        "Your ORCID iD was merged into another one.",
        "Sign in with your current ORCID iD and give permission again.",
    ),
    "record_unclaimed": Reason(
        State.HELD, "Your ORCID record is not activated yet.", "Activate it at ORCID, then retry."
    ),
    "record_full": Reason(
        State.HELD,
        "Your ORCID record has the most works that ORCID allows (10,000).",
        "Remove works at ORCID, then retry.",
    ),
    "auto_update_off": Reason(
        State.HELD, "Auto-update is off.", "Turn it on in Settings; this then goes on by itself."
    ),
    # failed
    "not_convertible": Reason(
        State.FAILED,
        "The DOI's metadata lack something that ORCID requires.",
        "Ask the repository to complete the metadata; this then goes on by itself.",
    ),
    "refused": Reason(
        State.FAILED,
        "ORCID refused this work.",
        "Retry; if it is refused again, please contact support with the message shown.",
    ),
    "not_ours": Reason(
        State.FAILED,
        "The entry on your ORCID record belongs to another source.",
        "Change or remove it at ORCID.",
    ),
    "no_record": Reason(
        State.FAILED,
        "ORCID does not know your ORCID iD.",
        "Check at ORCID that your record is there, then retry; if it is, please contact support.",
    ),
    "our_fault": Reason(
        State.FAILED,
        "Something went wrong on our side.",
        "This is ours to mend; please retry, and contact support if it lasts.",
    ),
    "unknown_answer": Reason(
        State.FAILED,
        "ORCID gave an answer that we do not know.",
        "Retry; if it happens again, please contact support with the message shown.",
    ),
    "retries_used_up": Reason(
        State.FAILED, "ORCID could not be reached, many times over.", "Retry in a while."
    ),
    "no_metadata": Reason(
        State.FAILED,
        "We have no metadata for this DOI.",
        "Check that it is a findable DataCite DOI, then retry.",
    ),
    # removed
    "removed_by_person": Reason(
        State.REMOVED, "You removed this here.", "Restore adds it again.", sticky=True
    ),
    "removed_at_orcid": Reason(
        State.REMOVED,
        "You removed this at ORCID, so we leave it off.",
        "Restore adds it again.",
        sticky=True,
    ),
    "removed_by_staff": Reason(State.REMOVED, "Support staff removed this.", sticky=True),
    "account_closed": Reason(
        State.REMOVED, "You closed your account and asked us to remove your works.", sticky=True
    ),
    "left_metadata": Reason(State.REMOVED, "The DOI's metadata no longer name your ORCID iD."),
    "doi_hidden": Reason(
        State.REMOVED,
        "The DOI is no longer public.",
        "As soon as it is public again, it is added again by itself.",
    ),
    "no_longer_qualifies": Reason(
        State.REMOVED,
        "The DOI's metadata changed: it is no longer added automatically.",
        "“Why is this DOI not on my record?” shows the rule.",
    ),
    "newer_version": Reason(
        State.REMOVED,
        "You chose to have only the newest version of a work, and there is a newer one.",
        "Change the choice in Settings, or restore this one to have it too.",
    ),
    "only_concept": Reason(
        State.REMOVED,
        "You chose to have only the DOI that stands for all versions of a work.",
        "Change the choice in Settings, or restore this one to have it too.",
    ),
    BLOCKED: Reason(
        State.REMOVED,
        "Support staff blocked this: it may not be on your record.",
        "If you think that this is wrong, please ask DataCite's support (support@datacite.org).",
        sticky=True,
    ),
    UNBLOCKED: Reason(
        State.REMOVED,
        "Support staff lifted a block. It was not on your record before.",
        "Add it under Find works, if you wish; Auto-update may add it by itself.",
    ),
    # declined
    "never_add": Reason(
        State.DECLINED, "You asked us never to add this.", "Restore takes that back.", sticky=True
    ),
    # waiting
    "try_again": Reason(State.WAITING, "ORCID was busy or out of reach; we try again by itself."),
}


def sticky(reason: str) -> bool:
    """Whether a person decided this, so that nothing automatic may undo it."""
    return reason in REASONS and REASONS[reason].sticky
