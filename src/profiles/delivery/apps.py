"""Django's entry for this part."""

from __future__ import annotations

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "profiles.delivery"
    label = "delivery"
