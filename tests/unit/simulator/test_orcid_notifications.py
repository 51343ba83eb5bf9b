"""Permission notifications and webhooks of the simulated ORCID (facts on ORCID, 6), over the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from lxml import etree

from profiles.simulator.orcid import webhooks
from profiles.simulator.server import Simulation

from .conftest import CARBERRY, OTHER, Api, a_work, external_id
from .rounds import OrcidRound

NOTIFICATION = "notification-permission"
JSON_BODY = {"content-type": "application/json"}
CALLBACK = "http://localhost:9/webhooks/orcid/0000-0002-1825-0097/secret"


def message(**changes: Any) -> dict[str, Any]:
    return {
        "notification-type": "permission",
        "authorization-url": {"uri": "https://orcid.org/oauth/authorize?client_id=APP-1&a=b"},
        "notification-subject": "your works",
        "notification-intro": "Works & more",
        "items": {
            "item": [
                {"item-type": "work", "item-name": "Tides < Seas", "external-id": an_id()},
                {"item-type": "employment", "item-name": "Head of Research"},
            ]
        },
    } | changes


def an_id() -> dict[str, Any]:
    return external_id("10.5555/tides")


@pytest.fixture
def premium(api: Api) -> str:
    return client_token(api, "/premium-notification")


@pytest.fixture
def watching(api: Api) -> str:
    return client_token(api, "/webhook")


@pytest.fixture
def browser(sim: Simulation) -> Iterator[httpx2.Client]:
    found = OrcidRound(sim).browser
    yield found
    found.close()


def client_token(api: Api, scope: str, *, client_id: str = "", secret: str = "") -> str:
    client = api.simulation.orcid_client
    form = {
        "client_id": client_id or client.id,
        "client_secret": secret or client.secret,
        "grant_type": "client_credentials",
        "scope": scope,
    }
    answer = api.http.post("/oauth/token", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["orcid"] is None
    token: str = answer.json()["access_token"]
    return token


def sent(api: Api, token: str, **changes: Any) -> int:
    answer = api.call("POST", NOTIFICATION, message(**changes), token=token)
    assert answer.status_code == 201, answer.text
    return int(answer.headers["location"].rsplit("/", 1)[-1])


def code(answer: httpx2.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error-code"]


def test_a_notification_is_kept_and_shown_to_its_sender(api: Api, premium: str) -> None:
    number = sent(api, premium)
    shown = api.call("GET", f"{NOTIFICATION}/{number}", token=premium).json()
    assert shown["put-code"] == number
    assert shown["authorization-url"]["path"] == "/oauth/authorize?client_id=APP-1&a=b"
    assert shown["items"]["item"][0]["external-id"]["external-id-value"] == "10.5555/tides"
    assert shown["source"]["source-client-id"]["path"] == api.simulation.orcid_client.id
    listed = api.call("GET", NOTIFICATION, token=premium).json()
    assert [each["put-code"] for each in listed["notifications"]] == [number]


def test_a_client_sees_its_own_notifications_only(api: Api, premium: str) -> None:
    number = sent(api, premium)
    other = api.simulation.orcid.add_client("Other", redirect_uris=())
    token = client_token(api, "/premium-notification", client_id=other.id, secret=other.secret)
    assert api.call("GET", NOTIFICATION, token=token).json() == {"notifications": []}
    assert code(api.call("GET", f"{NOTIFICATION}/{number}", token=token)) == (404, 9029)


def test_an_address_may_be_a_path_at_orcid(api: Api, premium: str) -> None:
    sent(api, premium, **{"authorization-url": {"path": "/oauth/authorize?x=1"}})
    (found,) = api.simulation.orcid.inbox(CARBERRY)
    assert found["authorization-url"]["uri"] == f"{api.simulation.orcid.url}/oauth/authorize?x=1"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"notification-type": "amended"}, 400, 9047),
        ({"notification-intro": "x" * 1001}, 400, 9020),
        ({"items": {"item": []}}, 400, 9020),
        ({"items": {"item": [{"item-type": "work", "item-name": "x" * 1001}]}}, 400, 9020),
        ({"items": {"item": [{"item-type": "song", "item-name": "x"}]}}, 400, 9047),
        ({"authorization-url": {}}, 400, 9020),
        ({"sender": "me"}, 400, 9047),
    ],
)
def test_what_the_schema_does_not_know_is_refused(
    api: Api, premium: str, *, changes: dict[str, Any], status: int, error: int
) -> None:
    answer = api.call("POST", NOTIFICATION, message(**changes), token=premium)
    assert code(answer) == (status, error)


def test_a_persons_token_gives_no_right_to_notify(api: Api) -> None:
    assert code(api.call("POST", NOTIFICATION, message())) == (403, 9038)


def test_only_premium_clients_get_the_scope(api: Api) -> None:
    member = api.simulation.orcid.add_client("Member", redirect_uris=(), kind="member")
    form = {"client_id": member.id, "client_secret": member.secret}
    form |= {"grant_type": "client_credentials", "scope": "/premium-notification"}
    answer = api.http.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def test_whoever_takes_no_notifications_gets_none(api: Api, premium: str) -> None:
    api.simulation.orcid.registry.people[CARBERRY].takes_notifications = False
    answer = api.call("POST", NOTIFICATION, message(), token=premium)
    assert code(answer) == (409, 9032)
    assert api.simulation.orcid.inbox(CARBERRY) == []


@pytest.mark.parametrize(
    ("state", "error"),
    [("locked", (409, 9018)), ("deactivated", (409, 9044)), ("deprecated", (409, 9007))],
)
def test_a_record_that_cannot_be_used_takes_none(
    api: Api, premium: str, *, state: Any, error: tuple[int, int]
) -> None:
    api.simulation.orcid.set_state(CARBERRY, state, deprecated_to=OTHER)
    assert code(api.call("POST", NOTIFICATION, message(), token=premium)) == error


def test_an_unread_notification_can_be_archived_and_a_read_one_cannot(
    api: Api, premium: str, browser: httpx2.Client
) -> None:
    first, second = sent(api, premium), sent(api, premium)
    answer = api.call("DELETE", f"{NOTIFICATION}/{first}", token=premium)
    assert answer.status_code == 200
    assert answer.json()["archived-date"]
    assert [each["put-code"] for each in api.simulation.orcid.inbox(CARBERRY)] == [second]
    browser.post("/signin", data={"orcid": CARBERRY})
    page = browser.get("/inbox")
    assert "asks for permission: your works" in page.text
    assert "Tides &lt; Seas" in page.text
    assert code(api.call("DELETE", f"{NOTIFICATION}/{second}", token=premium)) == (403, 9009)
    assert code(api.call("DELETE", f"{NOTIFICATION}/77", token=premium)) == (404, 9029)


def test_the_button_in_the_inbox_leads_where_the_client_said(
    api: Api, premium: str, browser: httpx2.Client
) -> None:
    number = sent(api, premium)
    assert browser.get(f"/inbox/{number}/action").headers["location"] == "/inbox"  # nobody's
    browser.post("/signin", data={"orcid": CARBERRY})
    way = browser.get(f"/inbox/{number}/action").headers["location"]
    assert way == message()["authorization-url"]["uri"]
    (found,) = api.simulation.orcid.inbox(CARBERRY)
    assert found["actioned-date"]


def test_a_person_can_decide_against_such_messages(
    api: Api, premium: str, browser: httpx2.Client
) -> None:
    browser.post("/signin", data={"orcid": CARBERRY})
    browser.post("/account", data={"visibility": "public"})  # the box is not ticked
    assert code(api.call("POST", NOTIFICATION, message(), token=premium)) == (409, 9032)


@pytest.mark.parametrize("what", ["", "/one"])
def test_what_is_printed_as_xml_is_valid(
    api: Api, premium: str, orcid_data: Path, what: str
) -> None:
    number = sent(api, premium)
    sent(api, premium)
    api.call("DELETE", f"{NOTIFICATION}/{number}", token=premium)
    path = f"{NOTIFICATION}/{number}" if what else NOTIFICATION
    answer = api.call("GET", path, token=premium, accept="application/xml")
    text = answer.content
    # The schema asks for ORCID's own client ids: APP- and 16 letters or digits.
    assert api.simulation.orcid_client.id.encode() in text
    schema = etree.parse(orcid_data / "xsd/notification_3.0/notification-permission-3.0.xsd")
    etree.XMLSchema(schema).assertValid(etree.fromstring(text))


def test_orcids_own_sample_is_taken(api: Api, premium: str, orcid_data: Path) -> None:
    """Its parts, as JSON: the reader here takes JSON alone."""
    root = etree.parse(orcid_data / "samples/read/notification-permission-3.0.xml").getroot()
    names = [item.findtext("{*}item-name") for item in root.iter("{*}item")]
    types = [item.findtext("{*}item-type") for item in root.iter("{*}item")]
    items = [
        {"item-type": kind, "item-name": name} for kind, name in zip(types, names, strict=True)
    ]
    uri = root.findtext("{*}authorization-url/{*}uri")
    sent(api, premium, items={"item": items}, **{"authorization-url": {"uri": uri}})
    (found,) = api.simulation.orcid.inbox(CARBERRY)
    assert found["authorization-url"]["path"] == root.findtext("{*}authorization-url/{*}path")


# --- webhooks ---


def hook(api: Api, method: str, token: str, *, uri: str = CALLBACK) -> httpx2.Response:
    return api.call(method, f"/{CARBERRY}/webhook/{quote(uri, safe='')}", token=token)


class Ear:
    """Where the simulator calls back to."""

    def __init__(self, *answers: int | None) -> None:
        self.answers = list(answers)
        self.heard: list[str] = []

    def __call__(self, uri: str) -> int | None:
        self.heard.append(uri)
        return self.answers.pop(0) if self.answers else 204


def test_registering_is_new_once(api: Api, watching: str) -> None:
    assert [hook(api, "PUT", watching).status_code for _ in range(2)] == [201, 204]
    assert hook(api, "DELETE", watching).status_code == 204
    assert code(hook(api, "DELETE", watching)) == (404, 9028)


def test_a_webhook_belongs_to_its_client_and_needs_its_scope(
    api: Api, watching: str, premium: str
) -> None:
    hook(api, "PUT", watching)
    other = api.simulation.orcid.add_client("Other", redirect_uris=())
    theirs = client_token(api, "/webhook", client_id=other.id, secret=other.secret)
    assert code(hook(api, "DELETE", theirs)) == (403, 9014)
    assert code(hook(api, "PUT", theirs)) == (403, 9014)
    assert code(hook(api, "PUT", premium)) == (403, 9038)


def test_changes_of_a_record_are_told_once_a_batch(
    api: Api, watching: str, sim: Simulation
) -> None:
    hook(api, "PUT", watching)
    ear = Ear()
    assert sim.orcid.deliver_webhooks(ear) == 0
    put_code = api.added(a_work())
    api.added(a_work(doi="10.5555/two"))
    assert sim.orcid.deliver_webhooks(ear) == 1
    assert sim.orcid.deliver_webhooks(ear) == 0
    sim.orcid.delete_work(CARBERRY, put_code)  # by the person
    assert sim.orcid.deliver_webhooks(ear) == 1
    api.call("PUT", f"/v3.0/{OTHER}/work/1", a_work())  # somebody else's record
    assert ear.heard == [CALLBACK] * 2


def test_a_failed_call_is_repeated_with_doubling_pauses(
    api: Api, watching: str, sim: Simulation
) -> None:
    hook(api, "PUT", watching)
    api.added(a_work())
    ear = Ear(500, None, 404, 429)
    for pause in (1, 2, 4, 4):
        assert sim.orcid.deliver_webhooks(ear) == 0
        heard = len(ear.heard)
        sim.clock.advance(webhooks.BATCH * pause - 5)
        sim.orcid.deliver_webhooks(ear)
        assert len(ear.heard) == heard
        sim.clock.advance(10)
    assert sim.orcid.deliver_webhooks(ear) == 1


def test_the_batch_comes_by_order(api: Api, watching: str, sim: Simulation) -> None:
    """To nobody's address: what counts is that it was tried."""
    hook(api, "PUT", watching)
    api.added(a_work())
    answer = api.http.post("/_control/webhooks", content="{}", headers=JSON_BODY)
    assert answer.json() == {"told": 0}
    (registered,) = sim.orcid.registry.webhooks[CARBERRY].values()
    assert registered.failures == 1


def test_the_batch_comes_by_itself(api: Api, watching: str, sim: Simulation) -> None:
    hook(api, "PUT", watching)
    api.added(a_work())
    (registered,) = sim.orcid.registry.webhooks[CARBERRY].values()
    sim.clock.advance(webhooks.BATCH)
    give_up = time.monotonic() + 10
    while not registered.failures and time.monotonic() < give_up:
        time.sleep(0.05)
    assert registered.failures == 1


def test_nobody_there_is_no_accident(api: Api) -> None:
    assert webhooks.post("http://localhost:9/") is None
    assert webhooks.post(f"{api.simulation.orcid.url}/signin") == 400
