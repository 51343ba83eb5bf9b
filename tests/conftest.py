"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the repository: ORCID's schemas and samples, real DataCite records."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the reference data (a folder `shared` beside the repository) are not here")
    return SHARED
