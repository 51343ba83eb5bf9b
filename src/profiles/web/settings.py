"""Settings: the familiar overview, with a guided set-up on top, and the form behind Update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from ..claims import queries
from ..claims.queries import ClaimSummary
from ..people import accounts
from ..people.permissions import PermissionView, Purpose
from ..people.preferences import Choices
from ..people.profile import Profile
from ..pipeline import preferences
from . import wording
from .access import Owner, for_owner


@require_safe
@for_owner
def overview(request: HttpRequest, owner: Owner) -> HttpResponse:
    profile = accounts.profile(owner.person)
    steps = _steps(profile)
    done = sum(step.mark == "done" for step in steps)
    return render(
        request,
        "settings/overview.html",
        {
            "profile": profile,
            "other_names": "; ".join(profile.other_names),
            "none_given": gettext("None given"),
            "role": wording.ROLES[profile.role],
            "choices": _unusual(profile),
            "permissions": [_shown(view) for view in profile.permissions if _relevant(view)],
            "steps": steps,
            "steps_done": done,
            "steps_left": len(steps) - done,
            **_claims(profile, queries.summary(owner.orcid)),
        },
    )


def _unusual(profile: Profile) -> list[wording.Words]:
    """What the person chose otherwise than usual."""
    usual = Choices(auto_update=profile.auto_update)
    return [
        gettext("%(about)s: %(choice)s")
        % {"about": one.legend, "choice": one.options[getattr(profile, one.name)].label}
        for one in GROUPS
        if getattr(profile, one.name) != getattr(usual, one.name)
    ]


@require_safe
@for_owner
def claims_summary(request: HttpRequest, owner: Owner) -> HttpResponse:
    """The summary alone, for the page that keeps itself up to date."""
    profile = accounts.profile(owner.person)
    return render(request, "settings/claims.html", _claims(profile, queries.summary(owner.orcid)))


@require_http_methods(["GET", "HEAD", "POST"])
@for_owner
def account(request: HttpRequest, owner: Owner) -> HttpResponse:
    profile = accounts.profile(owner.person)
    chosen = Choices(profile.auto_update, profile.versions, profile.withdrawn)
    wrong: frozenset[str] = frozenset()
    if request.method == "POST":
        chosen, wrong = _chosen(request.POST, before=chosen)
        if not wrong:
            preferences.save(owner.person, chosen)
            messages.success(request, gettext("Your settings are saved."))
            return redirect("settings")
    return render(
        request,
        "settings/account.html",
        {
            "chosen": chosen,
            "groups": [_group(one, chosen, wrong=one.name in wrong) for one in GROUPS],
            "permitted": _permitted(profile),
        },
        status=400 if wrong else 200,
    )


class Group(NamedTuple):
    """A choice of one among several."""

    name: str  # of the field, and in Choices
    options: Mapping[Any, wording.Choice]
    legend: wording.Words
    help: wording.Words


GROUPS = (
    Group("versions", wording.VERSIONS, *wording.ASK_VERSIONS),
    Group("withdrawn", wording.WITHDRAWN, *wording.ASK_WITHDRAWN),
)


def _chosen(form: QueryDict, *, before: Choices) -> tuple[Choices, frozenset[str]]:
    """What the form says, and the fields that say nothing we know. A field left out stays as it was."""
    told = {one.name: form.get(one.name, getattr(before, one.name)) for one in GROUPS}
    wrong = frozenset(one.name for one in GROUPS if told[one.name] not in list(one.options))
    known = {
        one.name: type(getattr(before, one.name))(told[one.name])
        for one in GROUPS
        if one.name not in wrong
    }
    changes: dict[str, Any] = {"auto_update": "auto_update" in form, **known}
    return msgspec.structs.replace(before, **changes), wrong


def _group(group: Group, chosen: Choices, *, wrong: bool) -> dict[str, object]:
    return {
        "group": group,
        "wrong": wrong,
        "options": [
            {
                "value": value.value,
                "choice": choice,
                "checked": getattr(chosen, group.name) == value,
            }
            for value, choice in group.options.items()
        ],
    }


def _permitted(profile: Profile) -> bool:
    return any(
        view.purpose == Purpose.AUTO_UPDATE and view.may_write for view in profile.permissions
    )


def _complete(view: PermissionView) -> bool:
    return view.is_active and not view.missing_scopes and not view.ends_soon


def _relevant(view: PermissionView) -> bool:
    """Auto-update always; Search & Link where it is a permission of its own and was given."""
    if view.purpose == Purpose.AUTO_UPDATE:
        return True
    clients = settings.PROFILES.orcid_clients
    own = clients.get(view.purpose) != clients.get(Purpose.AUTO_UPDATE)
    return own and view.state != "none" and not view.withdrawn_here


def _shown(view: PermissionView) -> dict[str, object]:
    title, text = wording.PURPOSES[view.purpose]
    too_little = view.is_active and not view.may_write
    pill = wording.TOO_LITTLE if too_little else wording.PERMISSIONS[view.state]
    return {
        "view": view,
        "title": title,
        "text": text,
        "pill": pill,
        "missing": wording.scopes(view.missing_scopes) if view.is_active else "",
        "effect": wording.effect(view.missing_scopes),
        "offers_get": not _complete(view),
        "offers_delete": view.is_active,
    }


def _claims(profile: Profile, summary: ClaimSummary) -> dict[str, object]:
    permitted = _permitted(profile)
    return {
        "claims": summary,
        "permitted": permitted,
        "has_claims": any(
            (summary.created, summary.removed, summary.queued, summary.held, summary.failed)
        ),
        # Only while something may change by itself does the page look again.
        "live": profile.auto_update and permitted,
    }


class Step(NamedTuple):
    mark: str  # done, now or later
    title: str
    text: str
    link: str = ""
    address: str = ""


def _steps(profile: Profile) -> tuple[Step, ...]:
    """The set-up: the first thing left to do is `now`."""
    permitted, on = _permitted(profile), profile.auto_update
    return (
        Step("done", gettext("ORCID iD linked"), gettext("We know whose works to look for.")),
        Step(
            "done" if permitted else "now",
            gettext("Permission given") if permitted else gettext("Give permission"),
            gettext("At ORCID, with the button “Get ORCID Token”."),
            gettext("Go to ORCID Permissions"),
            "#orcid-permissions",
        ),
        Step(
            "done" if on else "now" if permitted else "later",
            gettext("Auto-update on") if on else gettext("Turn on Auto-update"),
            gettext("Then new works reach your record by themselves."),
            gettext("Open the form"),
            reverse("account"),
        ),
    )
