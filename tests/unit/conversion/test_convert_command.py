"""`profiles convert` and `profiles benchmark convert`, as a shell would call them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from profiles.ops.benchmark import benchmark
from profiles.ops.convert import convert

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures/records"
GOOD = (FIXTURES / "plain_dataset.json").read_bytes()
COMPACT = json.dumps(json.loads(GOOD)).encode()
BAD = b'{"doi":"10.5555/bare"}'

app = typer.Typer()
app.command()(convert)


def run(*files: str | Path, stdin: bytes = b"") -> tuple[int, list[str], list[str]]:
    """Exit code, DOIs of the works on stdout, lines on stderr."""
    result = CliRunner().invoke(app, [str(file) for file in files], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    works = [json.loads(line) for line in result.stdout.splitlines()]
    dois = [work["external-ids"]["external-id"][0]["external-id-value"] for work in works]
    return result.exit_code, dois, result.stderr.splitlines()


ONE = "10.5555/psycho.ceramics-1"
FORMS = [
    (GOOD, [ONE], "a record over many lines"),
    (COMPACT, [ONE], "a record in one line"),
    (b"\xef\xbb\xbf" + COMPACT, [ONE], "with a byte order mark"),
    (COMPACT + b"\n\n" + COMPACT + b"\n", [ONE, ONE], "JSON Lines"),
    (b"[" + GOOD + b"," + COMPACT + b"]", [ONE, ONE], "a list"),
    (b'{"data":[' + GOOD + b'],"links":{},"meta":{"total":1}}', [ONE], "a page of the API"),
    (b'{"data":' + GOOD + b',"included":[]}', [ONE], "an answer of the API"),
    (b'{"_sample":{"doi":"x"},"record":' + GOOD + b"}", [ONE], "a sample"),
    (b"[]", [], "an empty list"),
    (
        b"[" + COMPACT + b',{"x":"\\ud800"' + COMPACT.replace(b"{", b",", 1) + b"]",
        [ONE, ONE],
        "half a character in one of them",
    ),
]


@pytest.mark.parametrize(("data", "dois", "remark"), FORMS)
def test_every_form_is_converted(data: bytes, dois: list[str], remark: str, tmp_path: Path) -> None:
    file = tmp_path / "records"
    file.write_bytes(data)
    assert run(file) == (0, dois, []), remark
    assert run(stdin=data) == (0, dois, []), remark
    assert run("-", stdin=data) == (0, dois, []), remark


def test_ids_of_the_registry_in_use_are_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "record.json"
    file.write_bytes(
        GOOD.replace(b"https://orcid.org/", b"").replace(b"orcid.org", b"sandbox.orcid.org")
    )
    monkeypatch.setenv("ORCID_URL", "https://sandbox.orcid.org")
    for name in ("ORCID_API_URL", "ORCID_PUBLIC_API_URL"):
        monkeypatch.delenv(name, raising=False)
    result = CliRunner().invoke(app, [str(file)])
    (author,) = json.loads(result.stdout)["contributors"]["contributor"]
    assert author["contributor-orcid"]["host"] == "sandbox.orcid.org"


FAILURES = [
    (BAD, ["-:1 10.5555/bare: it has no title"], "no title"),
    (b"{}", ["-:1: it has no DOI"], "no DOI"),
    (COMPACT + b"\n" + BAD, ["-:2 10.5555/bare: it has no title"], "the line is named"),
    (b"[" + BAD + b"]", ["-:1 10.5555/bare: it has no title"], "the number is named"),
    (b'{"doi":"10.5555/x"', ["-:1: this is not JSON"], "cut off"),
    (b"junk\n" + COMPACT, ["-:1: this is not JSON"], "one broken line does not spoil the rest"),
    (b"\x1f\x8b\x08\x00", ["-:1: this is not JSON"], "packed"),
    (b"", ["-:1: this is not JSON"], "nothing"),
]


@pytest.mark.parametrize(("data", "lines", "remark"), FAILURES)
def test_what_cannot_be_converted_is_named(data: bytes, lines: list[str], remark: str) -> None:
    code, dois, found = run(stdin=data)
    assert code == 1, remark
    assert len(found) == len(lines)
    assert all(one.startswith(start) for one, start in zip(found, lines, strict=True)), found
    assert dois == ([ONE] if COMPACT in data else [])


def test_a_wrong_path_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_bytes(GOOD)
    code, dois, lines = run(tmp_path / "missing.json", tmp_path, good)
    assert code == 2
    assert dois == [ONE]
    assert len(lines) == 2
    assert lines[0].endswith("No such file or directory. Give the path of a JSON file")


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_bytes((COMPACT + b"\n") * 3000)
    program = "import typer; from profiles.ops.convert import convert; typer.run(convert)"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(many)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


def test_all_shared_samples_are_converted_from_the_command_line(shared: Path) -> None:
    code, dois, lines = run(*sorted((shared / "data/datacite/records").iterdir()))
    assert (code, len(dois), len(lines)) == (1, 146, 4)


def test_the_benchmark_says_how_fast_it_is_against_orjson() -> None:
    result = CliRunner().invoke(benchmark, ["convert", "--records", str(FIXTURES), "--rounds", "1"])
    assert result.exit_code == 0
    for words in ("records a second", "µs a record", "ratio to orjson", "not convertible"):
        assert words in result.stdout
    refused = next(line for line in result.stdout.splitlines() if "not convertible" in line)
    assert refused.split()[2] == "3"


def test_a_benchmark_without_records_fails(tmp_path: Path) -> None:
    result = CliRunner().invoke(benchmark, ["convert", "--records", str(tmp_path)])
    assert result.exit_code == 2
    assert "No records found" in result.stderr
    result = CliRunner().invoke(benchmark, ["convert", "--records", str(tmp_path / "missing")])
    assert result.exit_code == 2
