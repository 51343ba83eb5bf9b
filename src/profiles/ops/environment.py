"""From the bare environment to one in which Django can start: keys made, database open."""

from __future__ import annotations

import os

from ..config import Config, load
from . import keys
from .closing import until_exit
from .database import open_database


def prepare() -> Config:
    """The configuration, complete: also in os.environ, for Django and for child processes."""
    config = load(os.environ)
    if config.is_loopback:
        for name, path in keys.ensure(config.home).items():
            if name not in os.environ and name.removesuffix("_FILE") not in os.environ:
                os.environ[name] = path
    url = until_exit.enter_context(open_database(config))
    os.environ.pop("DATABASE_URL_FILE", None)
    os.environ["DATABASE_URL"] = url
    return load(os.environ)
