"""The command line: fast to ask for help, complete, and short about mistakes."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from profiles.ops.command import COMMANDS, Command, main

ROOT = Path(__file__).parents[3]


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """As a person would: in a process of its own, without the tests' environment."""
    return subprocess.run(
        [sys.executable, "-m", "profiles", *words],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "NO_COLOR": "1", "COLUMNS": "100"} | environ,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_there_and_its_help_says_the_same(command: Command) -> None:
    target = command.load()
    if isinstance(target, typer.Typer):
        assert target.info.help == command.help
        _, lists, listed = command.help.partition(": ")
        assert not lists or set(listed.rstrip(".").split(", ")) == _names(target)
    else:
        said = (inspect.getdoc(target) or "").splitlines()[0]
        assert said.startswith(command.help.rstrip("."))


def _names(app: typer.Typer) -> set[str]:
    callbacks = [
        one.name or getattr(one.callback, "__name__", "") for one in app.registered_commands
    ]
    assert callbacks
    return set(callbacks)


def test_help_names_every_command() -> None:
    help_text = run("--help").stdout
    for command in COMMANDS:
        assert re.search(rf"│ {command.name} ", help_text), command.name


def test_help_does_not_wait_for_django_or_the_database() -> None:
    code = (
        "import sys; from profiles.ops.command import build; build(['--help']); print(*sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"django", "psycopg", "httpx2", "starlette", "procrastinate"} & set(found)


def test_the_documented_commands_exist() -> None:
    """What README.md tells people to type can be typed."""
    typed = re.findall(r"`(?:\./)?profiles ([a-z]+)", (ROOT / "README.md").read_text())
    assert typed
    assert set(typed) <= {command.name for command in COMMANDS}


MISTAKES = [
    # what is typed, the environment, a word of the answer
    (["demo"], {"HARVEST_SECONDS": "0"}, "HARVEST_SECONDS must be 1 to 59"),
    (["migrate"], {"PROFILES_BASE_URL": "http://example.org"}, "https"),
    (["migrate"], {"DATABASE_URL": "postgresql://u@127.0.0.1:9/d"}, "DATABASE_URL"),
    (["migrate"], {"DATABASE_URL": "postgresql://u@nowhere.invalid/d"}, "DATABASE_URL"),
    (["explain", "no-doi-at-all"], {}, ""),
    (["serve", "--port", "0"], {}, "--port"),
    (["nonsense"], {}, "No such command"),
]


@pytest.mark.parametrize(("words", "environ", "word"), MISTAKES)
def test_a_mistake_ends_with_code_2_and_without_a_traceback(
    words: list[str], environ: dict[str, str], word: str, tmp_path: Path
) -> None:
    done = run(*words, **({"PROFILES_HOME": str(tmp_path)} | environ))
    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_each_wrong_setting_has_its_own_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PART_RULE", "x")
    monkeypatch.setenv("ORCID_RATE", "x")
    with pytest.raises(SystemExit) as ended:
        main(["doctor"])
    assert ended.value.code == 1  # doctor reports what others stumble over
    assert len(capsys.readouterr().out.splitlines()) == 2
