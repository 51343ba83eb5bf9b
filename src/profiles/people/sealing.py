"""Tokens at rest: sealed with Fernet keys, newest first, and bound to the row they belong to.

The context stands inside the sealed text and is checked on opening, so that somebody who can write
to the database cannot give one person's token to another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ..errors import Misconfigured, ProfilesError

_BETWEEN = "\n"


class CannotOpen(ProfilesError):
    """A sealed token cannot be opened"""


class Secret:
    """Text that no log, traceback or page shows by accident."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    @property
    def fingerprint(self) -> str:
        """Names the secret without telling it."""
        return hashlib.sha256(self._text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


class Sealer:
    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise Misconfigured("SEALING_KEYS is empty", hint="Set at least one Fernet key.")
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: Secret, *, context: str) -> str:
        return self._fernet.encrypt(f"{context}{_BETWEEN}{secret.reveal()}".encode()).decode()

    def open(self, sealed: str, *, context: str) -> Secret:
        try:
            opened = self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen(
                context, hint="Is the key that sealed it missing from SEALING_KEYS?"
            ) from None
        found, _, text = opened.partition(_BETWEEN)
        if found != context:
            raise CannotOpen(f"{context} holds what was sealed for another row")
        return Secret(text)

    def reseal(self, sealed: str) -> str:
        """The same secret under the newest key."""
        try:
            return self._fernet.rotate(sealed.encode()).decode()
        except InvalidToken:
            raise CannotOpen(hint="Is the key that sealed it missing from SEALING_KEYS?") from None
