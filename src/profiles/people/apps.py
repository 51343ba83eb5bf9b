"""Django's entry for this part."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "profiles.people"
    label = "people"
