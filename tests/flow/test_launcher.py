"""The launcher in a checkout of its own, with a stand-in for the product and nothing to install."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ECHO = "import sys; print(*sys.argv[1:], sep='|')\n"


def checkout(place: Path) -> Path:
    place.mkdir(parents=True)
    shutil.copy(ROOT / "profiles", place)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (place / name).write_text("# nothing\n")
    (place / "src" / "profiles").mkdir(parents=True)
    (place / "src" / "profiles" / "__main__.py").write_text(ECHO)
    return place


def run(
    place: Path, *words: str, cwd: Path | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(place / "profiles"), *words],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": ""} | environ,  # an empty HOME, too
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = checkout(tmp_path_factory.mktemp("launcher") / "with a space")
    first = run(place, "hello", "big world")
    assert first.returncode == 0, first.stderr
    assert first.stdout == "hello|big world\n"
    assert len(first.stderr.splitlines()) == 1  # one line of progress
    return place


def test_the_second_call_installs_nothing_and_says_nothing(installed: Path) -> None:
    assert run(installed, "again").stderr == ""


def test_it_works_from_any_folder_even_one_with_names_like_ours(
    installed: Path, tmp_path: Path
) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "__main__.py").write_text("print('not ours')")
    assert run(installed, "here", cwd=tmp_path).stdout == "here\n"


def test_it_works_through_a_link(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "profiles").symlink_to(installed / "profiles")
    assert run(tmp_path, "linked").stdout == "linked\n"


def test_changed_requirements_are_installed(installed: Path) -> None:
    (installed / "requirements.txt").write_text("# still nothing\n")
    assert "installing" in run(installed).stderr
    assert run(installed).stderr == ""


@pytest.mark.parametrize("command", ["test", "check"])
def test_developing_installs_the_tools_of_the_tests(installed: Path, command: str) -> None:
    (installed / "requirements-dev.txt").write_text(f"# for {command}\n")
    assert "installing" in run(installed, command).stderr
    assert run(installed, command).stderr == ""


def test_what_cannot_be_installed_is_no_installation(installed: Path) -> None:
    (installed / "requirements.txt").write_text("datacite-profiles-absent==1 --hash=sha256:00\n")
    failed = run(installed, PIP_NO_INDEX="1")
    assert failed.returncode == 1
    assert "could not be installed" in failed.stderr.splitlines()[-1]
    (installed / "requirements.txt").write_text("# nothing again\n")
    assert run(installed, "mended").stdout == "mended\n"


def test_a_half_made_environment_is_made_anew(tmp_path: Path) -> None:
    place = checkout(tmp_path / "half")
    (place / ".venv" / "bin").mkdir(parents=True)
    (place / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (place / ".venv" / "bin" / "python").chmod(0o755)
    (place / ".venv" / ".unfinished").touch()
    assert run(place, "whole").stdout == "whole\n"


def pythons(folder: Path, script: str) -> str:
    """A PATH on which every Python is `script`."""
    folder.mkdir()
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    for tool in ("sh", "dirname", "cat", "cksum", "mkdir", "flock", "readlink", "find", "rm"):
        found = shutil.which(tool)
        if found:
            (folder / tool).symlink_to(found)
    return str(folder)


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ("exit 1", "Python 3.11 or newer is needed"),  # too old, or a shim that leads nowhere
        ('case "$2" in *ensurepip*) exit 1 ;; esac', "apt install python3-venv"),
    ],
)
def test_what_is_missing_is_one_line_and_code_2(tmp_path: Path, script: str, word: str) -> None:
    done = run(checkout(tmp_path / "place"), PATH=pythons(tmp_path / "bin", script))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert word in line
