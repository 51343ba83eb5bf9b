"""The web server: gunicorn with threads, around the WSGI application of `project`."""

from __future__ import annotations

import importlib
from typing import Any

from django.db import connections
from gunicorn.app.base import BaseApplication

THREADS = 8
APPLICATION = "profiles.project.wsgi"  # by name: `project` lies above us


class Web(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    def __init__(self, *, host: str, port: int) -> None:
        self._settings = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "worker_class": "gthread",
            "threads": THREADS,
            "preload_app": True,
            "graceful_timeout": 5,
            "loglevel": "warning",
            "control_socket_disable": True,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)

    def load(self) -> Any:  # noqa: ANN401 (a WSGI application)
        application = importlib.import_module(APPLICATION).application
        connections.close_all()  # none is shared with the process that gunicorn forks
        return application
