"""All addresses. The pages' own are in web/urls.py; /health/… is answered by ops/health.py."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("profiles.web.urls")),
]
