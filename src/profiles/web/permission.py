"""Permission to write to the ORCID record: asking for it, the way back, giving it up."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ..errors import ProfilesError
from ..people import accounts, orcid_permission
from ..people.permissions import Purpose
from ..people.refusals import EmptyHanded, ProviderRefused, StaleRound
from ..people.return_address import safe
from ..people.rounds import Answer, Round, callback_path, read_answer
from ..pipeline import invitations, permissions
from ..pipeline.tell import AGAIN_PATH
from ..values.orcid_id import OrcidId
from . import notice, refusals, wording
from .access import Owner, for_owner

# Any code is thrown away there: what the query says is only "begin your own round".
RESTART = f"{callback_path(Purpose.SEARCH_AND_LINK)}?code=restart"


@require_POST
@never_cache
@for_owner
def start(request: HttpRequest, owner: Owner) -> HttpResponse:
    purpose = _purpose(request)
    if purpose is None:
        return HttpResponseBadRequest()
    back = safe(request.POST.get("next"), settings.PROFILES) or reverse("settings")
    switch_on = "switch_on" in request.POST
    return _begin(request, owner, purpose=purpose, return_to=back, switch_on=switch_on)


@require_safe
@never_cache
@for_owner
def again(request: HttpRequest, owner: Owner) -> HttpResponse:
    """The link in our messages. It begins a round at ORCID, which asks the person; nothing more."""
    purpose = _purpose_in(request.GET)
    if purpose is None:
        return HttpResponseBadRequest()
    views = accounts.profile(owner.person).permissions
    if any(view.purpose == purpose and view.may_write and not view.ends_soon for view in views):
        messages.info(request, gettext("Your permission is in place. There is nothing to do."))
        return redirect("settings")
    return _begin(request, owner, purpose=purpose, return_to=reverse("settings"))


@require_POST
@for_owner
def later(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Not now."""
    notice.put_off(request.session, request.POST.get("notice", ""))
    return redirect(safe(request.POST.get("next"), settings.PROFILES) or reverse("settings"))


@require_POST
@never_cache
@for_owner
def delete(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Given back at ORCID first; only then do we forget it."""
    purpose = _purpose(request)
    if purpose is None:
        return HttpResponseBadRequest()
    try:
        orcid_permission.withdraw(
            owner.person, purpose, reason="withdrawn in Settings", now=timezone.now()
        )
    except refusals.EXPECTED as error:
        fields = {"purpose": str(purpose)}
        again = refusals.Again(_("Try again"), reverse("permission-delete"), fields)
        return refusals.page(request, error, again)
    permissions.ended(owner.orcid, "permission_ended")
    messages.success(request, gettext("The ORCID token is deleted, here and at ORCID."))
    return redirect("settings")


@require_safe
@never_cache
def callback(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    answer = read_answer(request.GET)
    person = request.user
    if purpose == Purpose.AUTO_UPDATE and (key := invitations.key_of(answer.state)):
        return _from_inbox(request, key, answer)
    if answer.kind == "uninvited" and purpose == Purpose.SEARCH_AND_LINK:
        return _restart(request)
    if not person.is_authenticated or person.orcid is None:
        again = refusals.Again(_("Sign In"), reverse("sign-in"))
        return refusals.page(request, StaleRound("nobody is signed in"), again)
    return _finish(request, Owner(person, OrcidId(person.orcid)), purpose=purpose, answer=answer)


def _restart(request: HttpRequest) -> HttpResponse:
    """ORCID's own Search & Link wizard lands here with a code nobody asked for: anybody could have
    sent it. It is not used; our own round is begun, and ends at the person's page in Commons."""
    person = request.user
    if not person.is_authenticated:
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': RESTART})}")
    if person.orcid is None:
        return redirect(f"{reverse('link-orcid')}?{urlencode({'next': RESTART})}")
    return _begin(
        request,
        Owner(person, OrcidId(person.orcid)),
        purpose=Purpose.SEARCH_AND_LINK,
        return_to=f"{settings.PROFILES.commons_url}/orcid.org/{person.orcid}",
    )


def _from_inbox(request: HttpRequest, key: UUID, answer: Answer) -> HttpResponse:
    """Our notification in the ORCID inbox leads here. The code that comes along belongs to nobody's
    session, so whoever is signed in here need not be who authorised: it is not used. Nor is the
    address itself a wish, for anybody may have led here: a page asks, and its button begins our own
    round. The state names the notification and serves for nothing else."""
    if answer.kind == "denied":
        if invitations.denied(key, now=timezone.now()):
            return render(request, "invitation_denied.html")
        # Who has joined meanwhile says no in Settings.
        return refusals.page(
            request,
            StaleRound("no such invitation"),
            refusals.Again(_("Settings"), reverse("settings")),
        )
    person = request.user
    here = f"{request.path}?{urlencode({'code': 'restart', 'state': answer.state})}"
    if not person.is_authenticated:
        messages.info(request, gettext("Please sign in with ORCID to go on."))
        return redirect(f"{reverse('sign-in')}?{urlencode({'next': here})}")
    if person.orcid is None:
        return redirect(f"{reverse('link-orcid')}?{urlencode({'next': here})}")
    return render(request, "invitation.html", {"purpose": Purpose.AUTO_UPDATE})


def _begin(
    request: HttpRequest,
    owner: Owner,
    *,
    purpose: Purpose,
    return_to: str,
    switch_on: bool = False,
) -> HttpResponse:
    try:
        url = orcid_permission.begin(
            request.session,
            person=owner.person,
            purpose=purpose,
            return_to=return_to,
            now=timezone.now(),
            switch_on=switch_on,
        )
    except refusals.EXPECTED as error:
        return _again(request, error, purpose)
    return HttpResponseRedirect(url)


def _finish(
    request: HttpRequest, owner: Owner, *, purpose: Purpose, answer: Answer
) -> HttpResponse:
    try:
        if answer.kind in ("empty", "uninvited"):
            raise EmptyHanded("ORCID") if answer.kind == "empty" else StaleRound("no state")
        asked = orcid_permission.take(
            request.session,
            state=answer.state,
            purpose=purpose,
            person=owner.person,
            now=timezone.now(),
        )
        if answer.kind == "error":
            raise ProviderRefused("ORCID")
        if answer.kind == "denied":
            messages.warning(
                request, gettext("You did not give permission. Nothing was changed at ORCID.")
            )
            return redirect("settings")
        return _complete(request, owner, asked=asked, code=answer.code)
    except refusals.EXPECTED as error:
        return _again(request, error, purpose)


def _complete(request: HttpRequest, owner: Owner, *, asked: Round, code: str) -> HttpResponse:
    def granted(orcid: OrcidId) -> None:
        permissions.granted(orcid)
        if asked.switches_on:
            permissions.switch_auto_update(owner.person, on=True)

    missing = orcid_permission.complete(
        asked,
        person=owner.person,
        code=code,
        now=timezone.now(),
        granted=granted,
    )
    if missing:
        messages.warning(request, _less(missing))
    else:
        messages.success(request, gettext("You gave permission. Thank you!"))
    return HttpResponseRedirect(asked.return_to)


def _less(missing: tuple[str, ...]) -> str:
    """What ORCID left out, and what follows from that."""
    return gettext("ORCID gave less permission than is needed. Missing: %(scopes)s. %(effect)s") % {
        "scopes": wording.scopes(missing),
        "effect": wording.effect(missing),
    }


def _again(request: HttpRequest, error: ProfilesError, purpose: Purpose) -> HttpResponse:
    fields = {"purpose": str(purpose)}
    return refusals.page(
        request, error, refusals.Again(_("Try again"), reverse("permission"), fields)
    )


def _purpose(request: HttpRequest) -> Purpose | None:
    return _purpose_in(request.POST)


def _purpose_in(query: Mapping[str, str]) -> Purpose | None:
    unverified = query.get("purpose", Purpose.AUTO_UPDATE)
    return Purpose(unverified) if unverified in list(Purpose) else None


urlpatterns = [
    path("settings/permission", start, name="permission"),
    path("settings/permission/delete", delete, name="permission-delete"),
    path("settings/permission/later", later, name="permission-later"),
    path(AGAIN_PATH.removeprefix("/"), again, name="permission-again"),
    *(
        path(
            callback_path(purpose).removeprefix("/"),
            callback,
            {"purpose": purpose},
            name=f"{purpose}-callback",
        )
        for purpose in Purpose
    ),
]
