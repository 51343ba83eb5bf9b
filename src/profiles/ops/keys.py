"""The keys that a service on loopback makes for itself: one file each, readable by its owner only."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ..errors import Misconfigured


def _signing_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


MAKERS: Mapping[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "SEALING_KEYS": lambda: Fernet.generate_key().decode(),
    "SIGNING_KEYS": _signing_key,
}


def files(home: Path) -> dict[str, Path]:
    """Where each generated key lies."""
    return {name: home / "keys" / name.lower().replace("_", "-") for name in MAKERS}


def ensure(home: Path) -> dict[str, str]:
    """Make what is missing. Returns the settings that lead to the files: SECRET_KEY_FILE and so on."""
    try:
        for name, path in files(home).items():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                _write_once(path, MAKERS[name]())
    except OSError as error:
        raise Misconfigured(
            f"keys cannot be kept in {home / 'keys'}: {error.strerror}",
            hint="Set PROFILES_HOME to a folder that you may write to",
        ) from None
    return {f"{name}_FILE": str(path) for name, path in files(home).items()}


def _write_once(path: Path, text: str) -> None:
    """Write a file whole or not at all; when two commands start together, the first one's key stays."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # mode 600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # fails, atomically, where a file exists
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()
