"""All addresses. The pages' own are in web/urls.py."""

from __future__ import annotations

from django.urls import include, path

from ..ops import health

urlpatterns = [
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("", include("profiles.web.urls")),
]
