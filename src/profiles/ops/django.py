"""Django for commands that need it, and only then: `profiles --help` must not wait for it.

A command calls `set_up()` and imports models and stages below that line, inside its function. This is
the one place where imports are not at the top of a file: Django wants to be set up before them.
"""

from __future__ import annotations

import os

import django
from django.apps import apps
from django.conf import settings

from ..config import Config
from .environment import prepare


def set_up() -> Config:
    """Configuration, keys, database and Django, ready until the command ends."""
    if not apps.ready:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "profiles.project.settings")
        prepare()
        django.setup()
    config: Config = settings.PROFILES
    return config
