"""Signing in and out, and linking the ORCID iD."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.generic import RedirectView

from ..errors import NotFound
from ..people import openid
from ..people.providers import providers
from ..people.return_address import safe
from . import refusals


@require_safe
@never_cache
def page(request: HttpRequest) -> HttpResponse:
    """The ways to sign in. Where the visitor came from is where they get back to."""
    back = _safe(request.GET.get("next")) or _safe(request.headers.get("Referer"))
    if request.user.is_authenticated:
        return redirect(back or "settings")
    offered = [
        {
            "id": provider.id,
            "label": provider.label,
            "start_url": reverse("sign-in-with", args=[provider.id]),
            "next": back or "",
        }
        for provider in providers(settings.PROFILES)
    ]
    return render(request, "sign_in.html", {"providers": offered, "next": back or ""})


@require_POST
@never_cache
def start(request: HttpRequest, provider_id: str) -> HttpResponse:
    try:
        return openid.start_sign_in(
            request, provider_id=provider_id, next_url=_safe(request.POST.get("next"))
        )
    except NotFound as error:
        raise Http404 from error
    except refusals.EXPECTED as error:
        return refusals.sign_in_again(request, error)


@require_safe
@never_cache
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The way back from a provider, for signing in and for linking."""
    try:
        return openid.finish(request, provider_id=provider_id)
    except NotFound as error:
        raise Http404 from error
    except refusals.EXPECTED as error:
        return refusals.sign_in_again(request, error)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def link_orcid(request: HttpRequest) -> HttpResponse:
    person = request.user
    if not person.is_authenticated:
        return redirect("sign-in")
    back = _safe(request.POST.get("next") or request.GET.get("next"))
    if person.orcid is not None:
        return redirect(back or "settings")
    if request.method != "POST":
        context = {"start_url": reverse("link-orcid"), "next": back or ""}
        return render(request, "link_orcid.html", context)
    try:
        return openid.start_linking(request, next_url=back)
    except refusals.EXPECTED as error:
        return refusals.sign_in_again(request, error)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def sign_out(request: HttpRequest) -> HttpResponse:
    """A link asks; only the form ends the session."""
    back = _safe(request.POST.get("next") or request.GET.get("next"))
    if not request.user.is_authenticated:
        return redirect(back or "landing")
    if request.method != "POST":
        return render(request, "sign_out.html", {"next": back or ""})
    logout(request)
    messages.success(request, gettext("You are signed out."))
    return redirect(back or "landing")


def _safe(unverified_url: str | None) -> str | None:
    return safe(unverified_url, settings.PROFILES)


def _old(name: str) -> Callable[..., HttpResponseBase]:
    """An address of today's service."""
    return RedirectView.as_view(pattern_name=name, query_string=True)


urlpatterns = [
    path("sign-in", page, name="sign-in"),
    path("sign-in/<slug:provider_id>/", start, name="sign-in-with"),
    path("users/auth/<slug:provider_id>/callback", callback, name="sign-in-callback"),
    path("link-orcid", link_orcid, name="link-orcid"),
    path("sign-out", sign_out, name="sign-out"),
    path("sign_in", _old("sign-in")),
    path("auth", _old("sign-in")),
    path("sign_out", _old("sign-out")),
]
