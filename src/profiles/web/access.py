"""Who may see a page: its owner, who is signed in and has linked an ORCID iD."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import msgspec
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRefresh

from ..people.refusals import AccountClosed
from ..values.orcid_id import OrcidId

if TYPE_CHECKING:
    from ..people.models import Person


P = ParamSpec("P")


class Owner(msgspec.Struct, frozen=True):
    """The person of the session. Whatever a page reads or changes is asked for with this iD."""

    person: Person
    orcid: OrcidId


def for_owner(
    view: Callable[Concatenate[HttpRequest, Owner, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hands the view its owner; sends everybody else to sign in or to link an iD first."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        person = request.user
        if not person.is_authenticated:
            if request.headers.get("HX-Request"):
                # Part of an open page: a sign-in page must not end up inside it.
                return HttpResponseClientRefresh()
            # A form cannot be come back to.
            goes_on = request.method in ("GET", "HEAD")
            return redirect_to_login(request.get_full_path() if goes_on else reverse("settings"))
        if person.orcid is None:
            return redirect("link-orcid")
        try:
            response = view(request, Owner(person, OrcidId(person.orcid)), *args, **kwargs)
        except AccountClosed:  # meanwhile, in another window
            return redirect("landing")
        # On a shared computer the back button must not show them to the next visitor.
        patch_cache_control(response, private=True, no_store=True)
        return response

    return guarded
