"""`profiles check` and `profiles test`: what a developer runs is what the build runs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import typer

from .errors import CannotStart

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = Path(sys.executable).parent
PYTHON = sys.executable

STEPS: tuple[tuple[str, Sequence[str]], ...] = (
    ("format", (PYTHON, "-m", "ruff", "format", "--check", "--quiet", ".")),
    ("lint", (PYTHON, "-m", "ruff", "check", "--quiet", ".")),
    ("types", (PYTHON, "-m", "mypy", "--no-error-summary")),
    ("imports", (PYTHON, str(SCRIPTS / "lint-imports"), "--no-cache")),
    ("tests", (PYTHON, "-m", "pytest", "-q")),
)


def check() -> None:
    """Format, lint, types, import rules and tests."""
    _require_checkout()
    failed = [name for name, command in STEPS if not _passes(name, command)]
    if failed:
        typer.echo(f"failed: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def test(context: typer.Context) -> None:
    """All tests; arguments go to pytest."""
    _require_checkout()
    raise typer.Exit(_run((PYTHON, "-m", "pytest", *context.args)))


def _passes(name: str, command: Sequence[str]) -> bool:
    typer.echo(f"── {name}")
    began = time.monotonic()
    passed = _run(command) == 0
    typer.echo(f"{'✓' if passed else '✗'}  {name}  {time.monotonic() - began:.1f} s")
    return passed


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 (the table above)


def _require_checkout() -> None:
    if not (ROOT / "tests").is_dir():
        raise CannotStart("tests are not part of the installed package", hint="Use a checkout")
