"""`profiles serve`: the web server and a worker, side by side on one machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

import typer

from ..config import Config, load
from .environment import prepare
from .parent import end_with
from .ports import require_port
from .supervisor import COMMAND, Child, Supervisor

LOCAL = "127.0.0.1"


def serve(
    migrate: Annotated[bool, typer.Option("--migrate", help="Prepare the database first.")] = False,
    web_only: Annotated[bool, typer.Option("--web-only", help="No worker.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOCAL,
    port: Annotated[
        int | None,
        typer.Option(
            min=1, max=65535, help="Port to listen on; else PROFILES_BASE_URL's, or 8000."
        ),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(min=1, help="The worker's jobs at the same time.")
    ] = 4,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Web and worker together."""
    if parent is not None:
        end_with(parent)
    port = port or _port(load(os.environ))
    require_port(host, port)
    if "PROFILES_BASE_URL" not in os.environ and "PROFILES_BASE_URL_FILE" not in os.environ:
        os.environ["PROFILES_BASE_URL"] = f"http://localhost:{port}"
    environ = dict(os.environ)
    prepare()
    if parent is None:
        run_migrate(environ, check=not migrate)
    if web_only:
        _web(host, port)
    else:
        sys.exit(Supervisor(children(environ, host=host, port=port, concurrency=concurrency)).run())


def children(environ: Mapping[str, str], *, host: str, port: int, concurrency: int) -> list[Child]:
    """Each opens the database by itself and so keeps a private one running as long as it lives."""
    return [
        Child("web", ["serve", "--web-only", "--host", host, "--port", str(port)], environ),
        Child("worker", ["worker", "--concurrency", str(concurrency)], environ),
    ]


def run_migrate(environ: Mapping[str, str], *, check: bool = False) -> None:
    """In a process of its own, so that ours stays small. Ends ours too where it fails."""
    command = [*COMMAND, "migrate", "--quiet", *(["--check"] if check else [])]
    code = subprocess.run(command, env=dict(environ), check=False).returncode  # noqa: S603
    if code:
        sys.exit(code)


def _web(host: str, port: int) -> None:
    # Django only in the process that serves.
    from .django import set_up  # noqa: PLC0415
    from .web import Web  # noqa: PLC0415

    set_up()
    Web(host=host, port=port).run()


def _port(config: Config) -> int:
    return (config.is_loopback and urlsplit(config.base_url).port) or 8000
