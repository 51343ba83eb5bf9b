"""Why a claim is where it is: every code that the ledger stores, in words for its owner.

`state` is the only state in which the code may stand; `sticky` marks a person's own decision,
which no automatic wish overrides.
"""

from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .states import State

Words = str | Promise  # in the language of whoever reads them


class Reason(NamedTuple):
    state: State
    words: Words
    next_step: Words = ""
    sticky: bool = False


BLOCKED = "blocked"  # by support staff: nothing overrides it until they lift it
UNBLOCKED = "unblocked"  # nobody ever decided about it, but for a block that was lifted

_GRANT = _("Give permission in Settings (Get ORCID Token); this then goes on by itself.")

REASONS: dict[str, Reason] = {
    # held
    "no_permission": Reason(
        State.HELD, _("DataCite has no permission for your ORCID record."), _GRANT
    ),
    "permission_ended": Reason(
        State.HELD, _("Your permission at ORCID was withdrawn or has ended."), _GRANT
    ),
    "scope_missing": Reason(
        State.HELD, _("Your permission does not include adding works."), _GRANT
    ),
    "record_locked": Reason(
        State.HELD,
        _("ORCID has locked your record."),
        _("Please contact ORCID's support, then retry."),
    ),
    "record_deactivated": Reason(
        State.HELD, _("Your ORCID record is deactivated."), _("Reactivate it at ORCID, then retry.")
    ),
    "record_deprecated": Reason(
        State.HELD,
        _("Your ORCID iD was merged into another one."),
        _("Sign in with your current ORCID iD and give permission again."),
    ),
    "record_unclaimed": Reason(
        State.HELD,
        _("Your ORCID record is not activated yet."),
        _("Activate it at ORCID, then retry."),
    ),
    "record_full": Reason(
        State.HELD,
        _("Your ORCID record has the most works that ORCID allows (10,000)."),
        _("Remove works at ORCID, then retry."),
    ),
    "auto_update_off": Reason(
        State.HELD,
        _("Auto-update is off."),
        _("Turn it on in Settings; this then goes on by itself."),
    ),
    # failed
    "not_convertible": Reason(
        State.FAILED,
        _("The DOI's metadata lack something that ORCID requires."),
        _("Ask the repository to complete the metadata; this then goes on by itself."),
    ),
    "refused": Reason(
        State.FAILED,
        _("ORCID refused this work."),
        _("Retry; if it is refused again, please contact support with the message shown."),
    ),
    "not_ours": Reason(
        State.FAILED,
        _("The entry on your ORCID record belongs to another source."),
        _("Change or remove it at ORCID."),
    ),
    "no_record": Reason(
        State.FAILED,
        _("ORCID does not know your ORCID iD."),
        _(
            "Check at ORCID that your record is there, then retry; if it is, please contact support."
        ),
    ),
    "our_fault": Reason(
        State.FAILED,
        _("Something went wrong on our side."),
        _("This is ours to mend; please retry, and contact support if it lasts."),
    ),
    "unknown_answer": Reason(
        State.FAILED,
        _("ORCID gave an answer that we do not know."),
        _("Retry; if it happens again, please contact support with the message shown."),
    ),
    "retries_used_up": Reason(
        State.FAILED, _("ORCID could not be reached, many times over."), _("Retry in a while.")
    ),
    "no_metadata": Reason(
        State.FAILED,
        _("We have no metadata for this DOI."),
        _("Check that it is a findable DataCite DOI, then retry."),
    ),
    # removed
    "removed_by_person": Reason(
        State.REMOVED, _("You removed this here."), _("Restore adds it again."), sticky=True
    ),
    "removed_at_orcid": Reason(
        State.REMOVED,
        _("You removed this at ORCID, so we leave it off."),
        _("Restore adds it again."),
        sticky=True,
    ),
    "removed_by_staff": Reason(State.REMOVED, _("Support staff removed this."), sticky=True),
    "account_closed": Reason(
        State.REMOVED, _("You closed your account and asked us to remove your works."), sticky=True
    ),
    "left_metadata": Reason(State.REMOVED, _("The DOI's metadata no longer name your ORCID iD.")),
    "doi_hidden": Reason(
        State.REMOVED,
        _("The DOI is no longer public."),
        _("As soon as it is public again, it is added again by itself."),
    ),
    "no_longer_qualifies": Reason(
        State.REMOVED,
        _("The DOI's metadata changed: it is no longer added automatically."),
        _("“Why is this DOI not on my record?” shows the rule."),
    ),
    "newer_version": Reason(
        State.REMOVED,
        _("You chose to have only one version of a work: the newest, which is another DOI."),
        _("Change the choice in Settings, or restore this one to have it too."),
    ),
    "only_concept": Reason(
        State.REMOVED,
        _("You chose to have only the DOI that stands for all versions of a work."),
        _("Change the choice in Settings, or restore this one to have it too."),
    ),
    BLOCKED: Reason(
        State.REMOVED,
        _("Support staff blocked this: it may not be on your record."),
        _("If you think that this is wrong, please ask DataCite's support (support@datacite.org)."),
        sticky=True,
    ),
    UNBLOCKED: Reason(
        State.REMOVED,
        _("Support staff lifted a block. It was not on your record before."),
        _("Add it under Find works, if you wish; Auto-update may add it by itself."),
    ),
    # declined
    "never_add": Reason(
        State.DECLINED,
        _("You asked us never to add this."),
        _("Restore takes that back."),
        sticky=True,
    ),
    # waiting
    "try_again": Reason(
        State.WAITING, _("ORCID was busy or out of reach; we try again by itself.")
    ),
}


def sticky(reason: str) -> bool:
    """Whether a person decided this, so that nothing automatic may undo it."""
    return reason in REASONS and REASONS[reason].sticky


# For the lines of a claim's history.
STATES: dict[State, Words] = {
    State.PROPOSED: _("proposed"),
    State.WAITING: _("waiting"),
    State.WORKING: _("working"),
    State.DONE: _("done"),
    State.HELD: _("held"),
    State.FAILED: _("failed"),
    State.DECLINED: _("declined"),
    State.REMOVED: _("removed"),
}
# Who did it, where it was no person: others are named by their iD, staff by name.
ACTORS: dict[str, Words] = {
    "auto-update": _("auto-update"),
    "erasure": _("the closing of the account"),
    "reconcile": _("a look at the record"),
    "sweeper": _("the clearing of what hung"),
    "worker": _("worker"),
}
