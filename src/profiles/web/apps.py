"""Django's entry for this part."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "profiles.web"
    label = "web"
