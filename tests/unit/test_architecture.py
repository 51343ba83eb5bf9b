"""ARCHITECTURE.md names what there is: a newcomer finds every part, and no part that is gone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text()
# Django's own files, and names that say nothing on their own.
PLUMBING = {"__init__", "apps", "models", "migrations"}


@pytest.mark.parametrize("folder", ["pipeline", "delivery", "claims", "sources/datacite"])
def test_every_module_of_the_way_is_named(folder: str) -> None:
    modules = {each.stem for each in (ROOT / "src/profiles" / folder).glob("*.py")} - PLUMBING
    helpers = {"movement", "diagram", "persons", "record", "relations", "query"}  # of one module
    named = set(re.findall(r"`([a-z_]+)(?:\.py)?`", TEXT))
    assert modules - helpers - named == set()


def test_every_folder_is_named() -> None:
    folders = {
        each.name for each in (ROOT / "src/profiles").iterdir() if (each / "__init__.py").exists()
    }
    assert {folder for folder in folders if f"`{folder}/" not in TEXT} == set()
