"""Keys that a service on loopback makes for itself."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from profiles.config import load
from profiles.errors import Misconfigured
from profiles.ops import keys


def test_keys_are_made_once_and_fit_the_configuration(tmp_path: Path) -> None:
    settings = keys.ensure(tmp_path)
    first = load(settings)
    assert first.secret_key
    assert len(first.sealing_keys) == len(first.signing_keys) == 1
    assert load(keys.ensure(tmp_path)) == first


def test_only_their_owner_may_read_them(tmp_path: Path) -> None:
    keys.ensure(tmp_path)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in keys.files(tmp_path).values()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_two_first_starts_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as starts:
        settings = list(starts.map(lambda _: keys.ensure(tmp_path), range(4)))
    assert len({load(each).secret_key for each in settings}) == 1
    left = {path.name for path in (tmp_path / "keys").iterdir()}
    assert left == {path.name for path in keys.files(tmp_path).values()}


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="PROFILES_HOME"):
        keys.ensure(tmp_path / "file")
