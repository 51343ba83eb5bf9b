"""R15: does the person allow it, and want it? Without a person every answer is "not looked at"."""

from __future__ import annotations

from ..values import doi
from ..values.marking import marked as _
from .case import Case, Declined, Permission, Removed
from .evidence import Fact, fact, given
from .outcome import Finding
from .versions import choose

NOT_LOOKED_AT: Finding = ("person_unknown", ())

# What a page says of each, in its own language.
STATES: dict[Permission, Fact] = {
    "usable": Fact(_("usable")),
    "missing": Fact(_("missing")),
    "ended": Fact(_("ended")),
    "scope_missing": Fact("scope_missing"),
}
PERMISSIONS: dict[Permission, str] = {
    "usable": "permitted",
    "missing": "no_permission",
    "ended": "permission_ended",
    "scope_missing": "scope_missing",
}
DECLINED: dict[Declined, str] = {
    "": "not_declined",
    "not_mine": "not_mine",
    "never_add": "never_add",
}
REMOVED: dict[Removed, str] = {
    "": "not_removed",
    "by_person": "removed_by_person",
    "at_orcid": "removed_at_orcid",
    "blocked": "blocked_by_staff",
}


def permission(case: Case) -> Finding:
    if case.person is None:
        return NOT_LOOKED_AT
    found = case.person.permission
    return PERMISSIONS[found], (fact(_("permission: %(value)s"), value=STATES[found]),)


def auto_update(case: Case) -> Finding:
    if case.person is None:
        return NOT_LOOKED_AT
    return ("auto_update_on" if case.person.auto_update else "auto_update_off"), ()


def declined(case: Case) -> Finding:
    return NOT_LOOKED_AT if case.person is None else (DECLINED[case.person.declined], ())


def removed(case: Case) -> Finding:
    return NOT_LOOKED_AT if case.person is None else (REMOVED[case.person.removed], ())


def type_limit(case: Case) -> Finding:
    if case.person is None:
        return NOT_LOOKED_AT
    general = case.work.types.general.strip()
    excluded = general.casefold() in case.person.excluded_types
    return ("type_excluded" if excluded else "type_allowed"), (
        given(_("resourceTypeGeneral: %(value)s"), general),
    )


def repository_limit(case: Case) -> Finding:
    if case.person is None:
        return NOT_LOOKED_AT
    repository = case.work.repository
    excluded = repository in case.person.excluded_repositories
    return ("repository_unwanted" if excluded else "repository_wanted"), (
        given(_("repository: %(value)s"), repository),
    )


def prefix_limit(case: Case) -> Finding:
    if case.person is None:
        return NOT_LOOKED_AT
    prefix = doi.prefix(case.work.doi)
    excluded = prefix in case.person.excluded_prefixes
    return ("prefix_unwanted" if excluded else "prefix_wanted"), (
        given(_("prefix: %(value)s"), prefix),
    )


def ask_first(case: Case) -> Finding:
    if case.person is None:
        return NOT_LOOKED_AT
    return ("ask_first" if case.person.ask_first else "need_not_ask"), ()


def version_choice(case: Case) -> Finding:
    """Where the person wants one of the versions alone: is it this one?"""
    person = case.person
    if person is None:
        return NOT_LOOKED_AT
    return choose(case.work.doi, wanted=person.versions, known=person.family)
