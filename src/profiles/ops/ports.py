"""Ports to listen on, asked for in time: one clear line instead of a server that does not start."""

from __future__ import annotations

import errno
import socket

from .errors import CannotStart

PORT_REASONS = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}


def require_port(host: str, port: int) -> None:
    """Raises CannotStart where we could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, UnicodeError) as error:  # the latter for what no name can be
            raise _refusal(host, port, error) from None


def _refusal(host: str, port: int, error: OSError | UnicodeError) -> CannotStart:
    # The error numbers of a name's look-up are others, and on some systems the same as these.
    number = 0 if isinstance(error, socket.gaierror | UnicodeError) else error.errno or 0
    if number in PORT_REASONS:
        return CannotStart(
            f"port {port} on {host} {PORT_REASONS[number]}", hint="Choose another with --port"
        )
    reason = "no name" if isinstance(error, UnicodeError) else error.strerror
    return CannotStart(
        f"{host} is no address of this machine: {reason}",
        hint="Choose another with --host, such as 127.0.0.1, or 0.0.0.0 for all",
    )
