"""What we hold of a person, and the end of it: closing the account."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from ..claims import queries
from ..people import accounts
from ..pipeline import erasure
from .access import Owner, for_owner

REMOVE = "remove"


@require_safe
@for_owner
def page(request: HttpRequest, _owner: Owner) -> HttpResponse:
    return render(request, "data/page.html")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def close(request: HttpRequest) -> HttpResponse:
    """A link asks; only the form closes the account. It goes on without the person."""
    person = request.user
    if person.is_authenticated and person.orcid is None:
        return _close_without_orcid(request, person.sub)
    return _close(request)


def _close_without_orcid(request: HttpRequest, sub: UUID) -> HttpResponse:
    if request.method != "POST":
        return render(request, "data/close.html")
    accounts.erase_without_orcid(sub)
    logout(request)
    messages.success(request, gettext("Your account is deleted, and you are signed out."))
    return redirect("landing")


@for_owner
def _close(request: HttpRequest, owner: Owner) -> HttpResponse:
    if request.method != "POST":
        context = {"on_record": queries.summary(owner.orcid).created}
        return render(request, "data/close.html", context)
    remove_works = request.POST.get("works") == REMOVE
    erasure.close(owner.orcid, remove_works=remove_works)
    logout(request)
    messages.success(request, _done(remove_works))
    return redirect("landing")


def _done(remove_works: bool) -> str:
    if remove_works:
        return gettext(
            "Your account is closed and you are signed out. The works that we added are being taken "
            "off your ORCID record; then your permission is given back to ORCID, and all that we "
            "know of you is deleted."
        )
    return gettext(
        "Your account is closed and you are signed out. Your permission is being given back to "
        "ORCID, and all that we know of you is deleted. Your works stay on your ORCID record."
    )


urlpatterns = [
    path("data", page, name="data"),
    path("data/close", close, name="close-account"),
]
