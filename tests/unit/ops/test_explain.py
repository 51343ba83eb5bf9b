"""`profiles explain`, as a program sees it: what it prints, and how it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from profiles.matching import RULES
from profiles.ops.command import main

CARBERRY = "0000-0002-1825-0097"
EDITOR = "0000-0001-5109-3700"
RECORD: dict[str, Any] = {
    "id": "10.5555/12345",
    "type": "dois",
    "attributes": {
        "doi": "10.5555/12345",
        "state": "findable",
        "titles": [{"title": "Toward a [Unified] Theory of High-Energy Metaphysics"}],
        "creators": [
            {
                "name": "Carberry, Josiah",
                "givenName": "Josiah",
                "familyName": "Carberry",
                "nameIdentifiers": [{"nameIdentifier": CARBERRY, "nameIdentifierScheme": "ORCID"}],
            }
        ],
        "contributors": [
            {
                "name": "Editor, Ada",
                "contributorType": "Editor",
                "nameIdentifiers": [{"nameIdentifier": EDITOR, "nameIdentifierScheme": "ORCID"}],
            }
        ],
        "relatedIdentifiers": [
            {
                "relationType": "IsPartOf",
                "relatedIdentifierType": "URL",
                "relatedIdentifier": "https://zenodo.org/communities/psychoceramics",
            }
        ],
    },
}
UNUSABLE = {
    "doi": "10.5555/unusable",
    "state": "findable",
    "titles": [{"title": "Cracked pots"}],
    "creators": [
        {
            "name": "Carberry, Josiah",
            "nameIdentifiers": [
                {"nameIdentifier": "0000-0002-1825-0098", "nameIdentifierScheme": "ORCID"}
            ],
        }
    ],
}


KNOWN: dict[str, tuple[int, object]] = {
    "/dois/10.5555/12345": (200, {"data": RECORD}),
    "/dois/10.5555/broken": (200, {"data": {"attributes": {}}}),
}
MISSING = (404, {"errors": [{"status": "404", "title": "It doesn't exist."}]})


class Api(BaseHTTPRequestHandler):
    """A DataCite that knows one DOI, and one whose record is broken."""

    def do_GET(self) -> None:
        status, answer = KNOWN.get(self.path.partition("?")[0], MISSING)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: what is written to stderr is under test."""


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def run(api: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs the command; gives exit code, output, and the lines of complaint."""
    monkeypatch.setenv("DATACITE_API_URL", api)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> tuple[int, str, list[str]]:
        with pytest.raises(SystemExit) as ended:
            main(["explain", *arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err.splitlines()

    return command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(RECORD), encoding="utf-8")
    return path


def test_each_id_of_the_record_is_explained(run: Any) -> None:
    code, out, errors = run("https://doi.org/10.5555/12345")
    assert (code, errors) == (0, [])
    assert "DOI 10.5555/12345: Toward a [Unified] Theory of High-Energy Metaphysics" in out
    assert f"{CARBERRY}: sent, if the researcher allows it" in out
    assert f"{EDITOR}: not sent. The ORCID iD is only among the contributors" in out
    assert "IsPartOf URL https://zenodo.org/communities/psychoceramics" in out
    assert "permission: not looked at" in out


def test_a_file_is_explained_without_any_service(run: Any, file: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("DATACITE_API_URL", "http://127.0.0.1:9")
    code, out, errors = run(str(file), "--orcid", CARBERRY)
    assert (code, errors) == (0, [])
    assert CARBERRY in out
    assert EDITOR not in out


RAID = {"id": "a.raid", "type": "clients", "attributes": {"clientType": "raidRegistry"}}
OF_RAID = RECORD | {"relationships": {"client": {"data": {"id": "a.raid", "type": "clients"}}}}
FORMS = [
    (b"\xef\xbb\xbf" + json.dumps(RECORD).encode(), "sent", "a byte order mark"),
    (json.dumps({"_sample": {"doi": "x"}, "record": RECORD}).encode(), "sent", "a sample"),
    (json.dumps([RECORD]).encode(), "sent", "a list of one"),
    (json.dumps({"data": [RECORD], "meta": {"total": 1}}).encode(), "sent", "a page of one"),
    (json.dumps({"data": [OF_RAID], "included": [RAID]}).encode(), "not sent. The DOI comes from",
     "a page that names the kind of repository"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "verdict", "remark"), FORMS)
def test_what_can_be_converted_can_be_explained(
    run: Any, tmp_path: Path, data: bytes, verdict: str, remark: str
) -> None:
    path = tmp_path / "record"
    path.write_bytes(data)
    code, out, errors = run(str(path), "--orcid", CARBERRY)
    assert (code, errors) == (0, []), remark
    assert f"{CARBERRY}: {verdict}" in out, remark


@pytest.mark.parametrize("records", [[], [RECORD, RECORD]])
def test_only_one_record_is_explained(run: Any, tmp_path: Path, records: list[Any]) -> None:
    path = tmp_path / "records.json"
    path.write_text(json.dumps({"data": records}), encoding="utf-8")
    code, out, errors = run(str(path))
    assert (code, out, len(errors)) == (2, "", 1)
    assert f"{len(records)} records" in errors[0]


@pytest.mark.parametrize("name", ["x" * 300, "a\x00b", "x" * 5000])
def test_what_cannot_be_the_name_of_a_file_is_one_line(run: Any, name: str) -> None:
    code, out, errors = run(name)
    assert (code, out, len(errors)) == (2, "", 1)


def test_an_id_may_be_given_in_any_spelling(run: Any, file: Path) -> None:
    _, out, _ = run(str(file), "--orcid", f"https://orcid.org/{CARBERRY}/")
    assert f"{CARBERRY}: sent" in out


def test_an_id_that_is_not_in_the_record_is_explained_too(run: Any, file: Path) -> None:
    code, out, _ = run(str(file), "--orcid", "0000-0002-1694-233X")
    assert code == 0
    assert "not sent. The ORCID iD is not in the metadata." in out


def test_a_record_that_names_nobody_says_so_and_why(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "unusable.json"
    path.write_text(json.dumps(UNUSABLE), encoding="utf-8")
    code, out, _ = run(str(path))
    assert code == 0
    assert "names no ORCID iD that can be used" in out
    assert "'0000-0002-1825-0098', its check digit is wrong" in out


def test_json_has_the_documented_shape(run: Any, file: Path) -> None:
    code, out, _ = run(str(file), "--json")
    answer = json.loads(out)
    docs = (Path(__file__).resolve().parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
    documented = json.loads(docs.partition("```json")[2].partition("```")[0])
    assert code == 0
    assert set(answer) == set(documented)
    for found, example in (
        (answer["evaluations"][0], documented["evaluations"][0]),
        (answer["evaluations"][0]["rules"][0], documented["evaluations"][0]["rules"][0]),
    ):
        assert set(found) == set(example)
    assert answer["claimants"] == [CARBERRY, EDITOR]
    assert [(each["verdict"], each["reason"]) for each in answer["evaluations"]] == [
        ("send", ""),
        ("no", "only_contributor"),
    ]
    assert [each["rule"] for each in answer["evaluations"][0]["rules"]] == [
        rule.number for rule in RULES
    ]


def test_json_speaks_of_the_researcher_and_says_what_was_looked_at(run: Any, file: Path) -> None:
    """In English, whatever language the pages speak."""
    _, out, _ = run(str(file), "--json")
    rules = {each["rule"]: each for each in json.loads(out)["evaluations"][0]["rules"]}
    assert rules["R1"]["looked_at"] == ["agency: datacite"]
    assert rules["R2"]["looked_at"] == ["state: findable"]
    assert rules["R15a"]["words"] == "This depends on the researcher's account."


def test_json_of_unusable_entries_has_the_documented_shape(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "unusable.json"
    path.write_text(json.dumps(UNUSABLE), encoding="utf-8")
    answer = json.loads(run(str(path), "--json")[1])
    assert answer["unusable"] == [
        {
            "place": "creators",
            "name": "Carberry, Josiah",
            "raw": "0000-0002-1825-0098",
            "scheme": "ORCID",
            "reason": "its check digit is wrong",
        }
    ]


def test_the_operators_policy_counts(run: Any, file: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("EXCLUDE_PREFIXES", "10.5555")
    assert json.loads(run(str(file), "--json")[1])["evaluations"][0]["reason"] == "prefix_excluded"
    monkeypatch.setenv("EXCLUDE_PREFIXES", "10.55551")
    monkeypatch.setenv("PART_RULE", "strict")
    answer = json.loads(run(str(file), "--json")[1])
    assert answer["evaluations"][0]["reason"] == "part_of_community_strict"


@pytest.mark.parametrize(
    ("remark", "arguments", "code", "words"),
    [
        ("unknown to DataCite", ["10.5555/nope"], 1, "unknown DOI 10.5555/nope"),
        ("DataCite's own mistake", ["10.5555/broken"], 1, "DataCite's record of 10.5555/broken"),
        ("neither file nor DOI", ["nonsense"], 2, "'nonsense' is no file, and no DOI either"),
        ("a wrong iD", ["10.5555/12345", "--orcid", "0000-0002-1825-0098"], 2, "check digit"),
    ],
)
def test_a_mistake_is_one_line(
    run: Any, remark: str, arguments: list[str], code: int, words: str
) -> None:
    ended, out, errors = run(*arguments)
    assert (ended, out, len(errors)) == (code, "", 1), remark
    assert words in errors[0]


@pytest.mark.parametrize("content", [b'{"data":', b"\xff\xfe", b"[1]", b'{"titles": []}'])
def test_a_file_that_is_no_record_is_one_line(run: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    code, out, errors = run(str(path))
    assert (code, out, len(errors)) == (2, "", 1)
    assert "bad.json" in errors[0]


def test_a_folder_is_no_file(run: Any, tmp_path: Path) -> None:
    code, _, errors = run(str(tmp_path))
    assert (code, len(errors)) == (2, 1)
    assert "Is a directory" in errors[0]


def test_an_unreachable_host_is_one_line_and_no_unknown_doi(run: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("DATACITE_API_URL", "http://127.0.0.1:9")
    code, _, errors = run("10.5555/12345")
    assert (code, len(errors)) == (1, 1)
    assert "does not answer" in errors[0]
    assert "DATACITE_API_URL" in errors[0]


def test_a_wrong_setting_is_one_line(run: Any, file: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PART_RULE", "loose")
    code, _, errors = run(str(file))
    assert (code, len(errors)) == (2, 1)
    assert "PART_RULE must be components or strict" in errors[0]
