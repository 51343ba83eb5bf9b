"""The form that an application sends to a token endpoint."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote

from starlette.requests import Request


async def read(request: Request) -> dict[str, str]:
    """The fields, with the client's Basic credentials if it sent such (RFC 6749 2.3.1)."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return form
    try:
        name, _, secret = base64.b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return form
    return form | {"client_id": unquote(name), "client_secret": unquote(secret)}
