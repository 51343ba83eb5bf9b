"""Held against ORCID's own data: recorded exchanges, samples, and XML schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree  # type: ignore[import-untyped]

from profiles.simulator.orcid.refusal import CODES
from profiles.simulator.server import Simulation

from .conftest import CARBERRY, Api, a_work, external_id

TOLD = ("Content-Type", "Access-Control-Allow-Origin", "Cache-Control", "Pragma", "Expires")


def recording(orcid_data: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((orcid_data / f"wire-captures/{name}.json").read_text())
    return found


def replayed(api: Api, recorded: dict[str, Any], body: str = "") -> Any:
    """The recorded request, sent with its own headers and our token."""
    request = recorded["request"]
    headers = {
        name: values[0]
        for name, values in request["headers"].items()
        if name in ("Accept", "Content-Type")
    }
    headers["Authorization"] = f"Bearer {api.token}"
    path = request["uri"].partition(".org")[2]
    method = request["method"].upper()
    content = body.encode() if method == "POST" else None
    return api.http.request(method, path, headers=headers, content=content)


def same_headers(answer: Any, recorded: dict[str, Any], *names: str) -> None:
    wanted = recorded["response"]["headers"]
    for name in names:
        if name in wanted:
            assert answer.headers[name] == wanted[name][0], name


def load(sim: Simulation, works: dict[str, Any]) -> None:
    """Bring the record to the recorded state."""
    for group in works["group"]:
        for summary in group["work-summary"]:
            source = summary["source"]["source-client-id"]
            if source and source["path"] not in sim.orcid.registry.clients:
                name = summary["source"]["source-name"]["value"]
                sim.orcid.add_client(name, redirect_uris=(), client_id=source["path"])
            content = {
                "title": summary["title"],
                "type": summary["type"],
                "external-ids": {
                    "external-id": [
                        {k: v for k, v in one.items() if "normalized" not in k}
                        for one in summary["external-ids"]["external-id"]
                    ]
                },
                "publication-date": summary["publication-date"],
                "journal-title": summary["journal-title"],
                "url": summary["url"],
            }
            sim.orcid.add_work(
                CARBERRY,
                {k: v for k, v in content.items() if v is not None},
                client_id=source["path"] if source else "",
                put_code=summary["put-code"],
                created=summary["created-date"]["value"],
                modified=summary["last-modified-date"]["value"],
                visibility=summary["visibility"],
                display_index=summary["display-index"],
            )


@pytest.mark.parametrize("name", ["get-works-200-a", "get-works-200-b"])
def test_a_record_in_the_recorded_state_is_printed_as_recorded(
    api: Api, sim: Simulation, orcid_data: Path, name: str
) -> None:
    recorded = recording(orcid_data, name)
    expected = recorded["response"]["body"]
    load(sim, expected)
    answer = replayed(api, recorded)
    assert answer.status_code == 200
    same_headers(answer, recorded, *TOLD)
    text = json.dumps(expected).replace("https://sandbox.orcid.org", "https://orcid.org")
    wanted = json.loads(text.replace('"sandbox.orcid.org"', '"orcid.org"'))
    printed = answer.json()

    # Only the name of the person behind the account was taken out of the recording.
    for one in (work for group in wanted["group"] for work in group["work-summary"]):
        if one["source"]["source-orcid"]:
            one["source"]["source-name"] = {"value": "Josiah Carberry"}
    assert printed == wanted


def test_the_recorded_post_is_answered_as_recorded(api: Api, orcid_data: Path) -> None:
    recorded = recording(orcid_data, "post-work-201")
    body = (orcid_data / "samples/write/work-simple-3.0.xml").read_text()
    answer = replayed(api, recorded, body)
    assert answer.status_code == 201
    assert answer.content == b""
    same_headers(answer, recorded, *TOLD, "Content-Length")
    wanted = recorded["response"]["headers"]["Location"][0]
    assert (
        answer.headers["location"]
        .rsplit("/", 1)[0]
        .endswith(wanted.partition(".org")[2].rsplit("/", 1)[0])
    )


def test_the_recorded_bad_token_is_answered_as_recorded(api: Api, orcid_data: Path) -> None:
    recorded = recording(orcid_data, "post-work-401-invalid-token")
    api.token = "<redacted>"
    answer = replayed(api, recorded, "")
    assert answer.status_code == 401
    assert answer.json() == recorded["response"]["body"]
    same_headers(answer, recorded, "Content-Type", "Cache-Control", "Pragma")


def test_the_recorded_missing_scope_is_answered_as_recorded(api: Api, orcid_data: Path) -> None:
    recorded = recording(orcid_data, "delete-403-9038")
    answer = replayed(api, recorded)
    assert answer.status_code == 403
    assert answer.text == recorded["response"]["body"]
    same_headers(answer, recorded, *TOLD)


SAMPLES: list[tuple[str, str, list[int]]] = [
    # file, path, codes of the items (0: added)
    ("work-simple-3.0.xml", "work", [0]),
    ("work-full-3.0.xml", "work", [0]),
    ("work-full-3.0.json", "work", [0]),
    ("work-51-contributors-3.0.json", "work", [0]),
    ("work-with-NISO-roles-51-contributors-3.0.json", "work", [0]),
    ("bulk-works-3-works-3.0.json", "works", [0] * 3),
    ("bulk-works-100-works-3.0.json", "works", [0] * 100),
    ("bulk-work-3.0.xml", "works", [0] * 2),
    ("bulk-work-3.0.json", "works", [0, 9023]),
]


@pytest.mark.parametrize(("name", "path", "codes"), SAMPLES)
def test_orcids_own_samples_are_taken_or_refused_as_documented(
    api: Api, orcid_data: Path, name: str, path: str, codes: list[int]
) -> None:
    body = (orcid_data / "samples/write" / name).read_bytes()
    kind = "application/vnd.orcid+xml" if name.endswith("xml") else "application/vnd.orcid+json"
    answer = api.call("POST", path, body, content_type=kind)
    if path == "work":
        assert answer.status_code == 201, answer.text
    else:
        assert answer.status_code == 200
        items = answer.json()["bulk"]
        assert [item.get("error", {}).get("error-code", 0) for item in items] == codes
    assert len(api.works()) == codes.count(0)


def test_every_sample_is_tried(orcid_data: Path) -> None:
    files = {one.name for one in (orcid_data / "samples/write").iterdir()}
    assert files == {name for name, _, _ in SAMPLES}


def test_an_identifier_that_cannot_be_normalised_says_so(api: Api, orcid_data: Path) -> None:
    body = (orcid_data / "samples/write/work-full-3.0.json").read_bytes()
    put_code = api.added(body)
    ids = api.call("GET", f"work/{put_code}").json()["external-ids"]["external-id"]
    odd = next(one for one in ids if one["external-id-value"] == "work:doi")
    assert odd["external-id-normalized"] is None
    assert odd["external-id-normalized-error"] == {
        "error-code": "8001",
        "error-message": "Cannot normalize identifier value doi:work:doi",
        "transient": True,
    }


# --- XML ---


@pytest.fixture(scope="module")
def schemas(shared: Path) -> dict[str, etree.XMLSchema]:
    folder = shared / "data/orcid/xsd/record_3.0"
    names = ("work", "bulk", "error", "activities", "person", "record")
    return {name: etree.XMLSchema(etree.parse(folder / f"{name}-3.0.xsd")) for name in names}


def valid(schemas: dict[str, etree.XMLSchema], name: str, text: str) -> None:
    schema = schemas[name]
    assert schema.validate(etree.fromstring(text.encode())), schema.error_log


def test_every_xml_answer_is_valid(
    api: Api, schemas: dict[str, etree.XMLSchema], orcid_data: Path
) -> None:
    full = (orcid_data / "samples/write/work-full-3.0.json").read_bytes()
    put_code = api.added(full)
    api.added(
        a_work(
            external_ids={
                "external-id": [
                    external_id("10.5555/a<b"),
                    external_id("10.5555/all", relation="version-of"),
                ]
            }
        )
    )
    got = {
        path: api.call("GET", path, accept="*/*").text
        for path in ("works", f"work/{put_code}", f"work/summary/{put_code}", f"works/{put_code},1")
    }
    valid(schemas, "activities", got["works"])
    valid(schemas, "work", got[f"work/{put_code}"])
    valid(schemas, "work", got[f"work/summary/{put_code}"])
    valid(schemas, "bulk", got[f"works/{put_code},1"])
    for path, name in (("person", "person"), ("record", "record"), ("activities", "activities")):
        valid(schemas, name, api.call("GET", path, accept="application/xml").text)
    valid(schemas, "error", api.call("GET", "work/1", accept="application/vnd.orcid+xml").text)
    bulk = {"bulk": [{"work": a_work("10.5555/n")}, {"work": a_work("10.5555/n")}]}
    valid(schemas, "bulk", api.call("POST", "works", bulk, accept="*/*").text)
    body = json.loads(full) | {"put-code": put_code, "type": "book"}
    valid(schemas, "work", api.call("PUT", f"work/{put_code}", body, accept="*/*").text)


def test_what_is_read_as_xml_can_be_sent_back_unchanged(
    api: Api, sim: Simulation, orcid_data: Path
) -> None:
    put_code = api.added((orcid_data / "samples/write/work-full-3.0.json").read_bytes())
    text = api.call("GET", f"work/{put_code}", accept="application/xml").text
    kind = "application/vnd.orcid+xml"
    answer = api.call("PUT", f"work/{put_code}", text.encode(), content_type=kind)
    assert answer.status_code == 200, answer.text
    assert len(sim.orcid.registry.inboxes[CARBERRY]) == 1


XML_REFUSED: list[tuple[str, str, int, str]] = [
    ("<work:type>journal-article</work:type>", "", 9001, "a required element is missing"),
    ("journal-article", "novel", 9051, "an enum"),
    ("<common:title>Work Title</common:title>", "<common:title> </common:title>", 9001, "empty"),
    ("Work Title", "x" * 1001, 9001, "too long"),
    ("<work:type>", "<work:colour/><work:type>", 9001, "an unknown element"),
    ("</work:work>", "", 9001, "not XML"),
]


@pytest.mark.parametrize(("old", "new", "error", "remark"), XML_REFUSED)
def test_xml_is_held_against_the_schema(
    api: Api, orcid_data: Path, old: str, new: str, error: int, remark: str
) -> None:
    text = (orcid_data / "samples/write/work-simple-3.0.xml").read_text()
    assert old in text
    body = text.replace(old, new).encode()
    answer = api.call("POST", "work", body, content_type="application/orcid+xml")
    assert (answer.status_code, answer.json()["error-code"]) == (400, error), remark


def test_the_texts_of_the_error_codes_are_orcids(orcid_data: Path) -> None:
    known = json.loads((orcid_data / "messages/error-codes.json").read_text())["codes"]
    for number, (status, developer, user) in CODES.items():
        row = known[str(number)]
        assert status == row["status"] or number == 9007, number  # 301, but 409 for a write
        for ours, theirs in ((developer, row["developer_message"]), (user, row["user_message"])):
            if theirs is not None and "${" not in theirs and "{" not in theirs:
                assert ours == theirs, number
