"""Work to ORCID work (pure): `convert`, then `render`; `fingerprint` and `body` of what is rendered."""

from .orcid_work import OrcidWork, render
from .work import REASONS, RefusedWork, body, convert, fingerprint

__all__ = ["REASONS", "OrcidWork", "RefusedWork", "body", "convert", "fingerprint", "render"]
