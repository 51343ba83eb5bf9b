"""What keeps a command from starting; the command ends with exit code 2."""

from __future__ import annotations

from ..errors import Misconfigured


class CannotStart(Misconfigured):
    """Cannot start"""
