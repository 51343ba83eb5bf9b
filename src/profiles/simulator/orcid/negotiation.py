"""Media types of ORCID's API: what is accepted, what is answered."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Format = Literal["json", "xml"]


class Media(NamedTuple):
    type: str
    format: Format
    server_quality: int

    @property
    def header(self) -> str:
        """As recorded: `application/orcid+json; qs=2;charset=UTF-8`."""
        quality = f"; qs={self.server_quality}" if self.server_quality > 1 else ""
        return f"{self.type}{quality};charset=UTF-8"


# The server's own preference. XML wins a tie, hence XML where nothing was asked for.
OFFERED: Final = (
    Media("application/vnd.orcid+xml", "xml", 5),
    Media("application/vnd.orcid+json", "json", 4),
    Media("application/orcid+xml", "xml", 3),
    Media("application/orcid+json", "json", 2),
    Media("application/xml", "xml", 1),
    Media("application/json", "json", 1),
)
DEFAULT: Final = OFFERED[0]
_BY_TYPE: Final = {media.type: media for media in OFFERED}


def answer_as(accept: str) -> Media | None:
    """The best of caller's quality times server's quality; None for 406.

    The product explains the recordings: `application/json, …, */*;q=0.5` got XML.
    """
    if not accept.strip():
        return DEFAULT
    if accept in _BY_TYPE:
        return _BY_TYPE[accept]
    best: tuple[float, Media] | None = None
    for part in accept.split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = _quality(parameters)
        for media in OFFERED:
            if quality and _covers(name, media.type):
                score = quality * media.server_quality
                if best is None or score > best[0]:
                    best = (score, media)
    return best[1] if best else None


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 1.0
    return 1.0


def _covers(pattern: str, media_type: str) -> bool:
    if pattern in ("*/*", "*", media_type):
        return True
    kind, _, rest = pattern.partition("/")
    return rest == "*" and media_type.startswith(f"{kind}/")


def sent_as(content_type: str) -> Format | None:
    """The format of a request body; None for 415."""
    media = _BY_TYPE.get(content_type.partition(";")[0].strip().lower())
    return media.format if media else None
