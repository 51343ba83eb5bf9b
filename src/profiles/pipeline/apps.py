"""Django's entry for this part."""

from __future__ import annotations

from django.apps import AppConfig


class PipelineConfig(AppConfig):
    name = "profiles.pipeline"
    label = "pipeline"
