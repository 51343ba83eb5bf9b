"""What stays open until the command ends: entered where it is needed, closed by `command.main`."""

from __future__ import annotations

from contextlib import ExitStack

until_exit = ExitStack()
