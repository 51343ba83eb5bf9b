"""Django's entry for this part."""

from __future__ import annotations

from django.apps import AppConfig


class ClaimsConfig(AppConfig):
    name = "profiles.claims"
    label = "claims"
