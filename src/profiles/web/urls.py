"""Every address of the pages (contract, *Pages*), and the old ones that others link to."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView

from . import data, find, landing, permission, settings, sign_in, status, webhook, works

urlpatterns = [
    path("", landing.landing, name="landing"),
    path("", include(sign_in.urlpatterns)),
    path("", include(permission.urlpatterns)),
    path("", include(data.urlpatterns)),
    path("settings", settings.overview, name="settings"),
    path("settings/account", settings.account, name="account"),
    path("settings/claims", settings.claims_summary, name="claims-summary"),
    path("settings/me", RedirectView.as_view(pattern_name="settings", query_string=True)),
    path("works", works.listing, name="works"),
    path("works/find", find.works, name="find"),
    path("works/explain", works.why, name="explain"),
    path("works/<uuid:uuid>", works.show, name="work"),
    path("works/<uuid:uuid>/<slug:name>", works.act, name="work-action"),
    path("webhooks/orcid/<str:orcid>/<str:signature>", webhook.changed, name="webhook"),
    path("status", status.page, name="status"),
]
