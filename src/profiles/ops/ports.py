"""Ports to listen on, asked for in time: one clear line instead of a server that does not start."""

from __future__ import annotations

import errno
import socket

from .errors import CannotStart


def require_port(host: str, port: int) -> None:
    """Raises CannotStart where we could not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reasons = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs more rights"}
            reason = reasons.get(error.errno or 0, f"cannot be used: {error.strerror}")
            raise CannotStart(
                f"port {port} on {host} {reason}", hint="Choose another with --port"
            ) from None
