"""The Member API over the wire: order of checks, duplicates, bulk, no-change, errors."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from profiles.simulator.server import Simulation

from .conftest import CARBERRY, OTHER, Api, a_work, external_id

BAD_TITLE = a_work(title="  ")


def code(answer: httpx2.Response) -> tuple[int, int]:
    return answer.status_code, answer.json()["error-code"]


def test_a_new_work_is_answered_with_an_empty_body_and_an_http_address(api: Api) -> None:
    answer = api.post(a_work())
    assert answer.status_code == 201
    assert answer.content == b""
    assert answer.headers["location"].startswith("http://")
    assert answer.headers["location"].endswith(f"/v3.0/{CARBERRY}/work/1000001")
    assert [one["put-code"] for one in api.works()] == [1_000_001]


def test_put_codes_come_from_one_sequence_for_all_records(api: Api, sim: Simulation) -> None:
    other = Api(sim, orcid=OTHER)
    assert [api.added(a_work()), other.added(a_work()), api.added(a_work("10.5555/two"))] == [
        1_000_001,
        1_000_002,
        1_000_003,
    ]
    other.http.close()


def test_without_a_token_it_is_403_and_with_a_bad_one_401_that_repeats_it(api: Api) -> None:
    none = api.post(a_work(), token="")
    assert (none.status_code, none.json()["error"]) == (403, "forbidden")
    bad = api.post(a_work(), token="not-a-token")
    assert bad.status_code == 401
    assert bad.json() == {
        "error": "invalid_token",
        "error_description": "Invalid access token: not-a-token",
    }


def test_the_checks_come_in_orcids_order(api: Api, sim: Simulation) -> None:
    """Every request breaks the rule tested and all rules behind it."""
    wrong_scope = api.granted("/read-limited")
    other_record = api.granted("/read-limited", orcid=OTHER)
    assert api.post("{", token="bad").status_code == 401
    assert code(api.post("{", token=other_record)) == (401, 9017)
    assert code(api.post("{", token=wrong_scope)) == (400, 9047)
    sim.orcid.set_state(CARBERRY, "locked")
    assert code(api.post(BAD_TITLE, token=wrong_scope)) == (409, 9018)
    sim.orcid.set_state(CARBERRY, "active")
    assert code(api.post(BAD_TITLE, token=wrong_scope)) == (403, 9038)
    assert code(api.post(BAD_TITLE)) == (400, 9022)
    api.added(a_work())
    unknown_role = {"contributor-attributes": {"contributor-role": "nobody"}}
    contributors = {"contributor": [unknown_role]}
    assert code(api.post(a_work(contributors=contributors))) == (409, 9021)
    assert code(api.post(a_work("10.5555/two", contributors=contributors))) == (400, 9058)


def test_the_checks_of_a_put_come_in_orcids_order(api: Api, sim: Simulation) -> None:
    stranger = sim.orcid.add_client("Another", redirect_uris=())
    foreign = api.granted(client_id=stranger.id)
    put_code = api.added(a_work())
    place = f"work/{put_code}"
    assert code(api.call("PUT", place, BAD_TITLE)) == (400, 9019)
    assert code(api.call("PUT", "work/7", a_work(put_code=7, title=" "))) == (404, 9016)
    same = a_work(put_code=put_code)
    assert code(api.call("PUT", place, same, token=foreign)) == (403, 9014)
    broken = a_work(put_code=put_code, title=" ")
    assert code(api.call("PUT", place, broken, token=foreign)) == (400, 9022)
    changed = a_work(put_code=put_code, title="Other")
    assert code(api.call("PUT", place, changed, token=foreign)) == (403, 9010)
    assert code(api.call("DELETE", place, token=foreign)) == (403, 9010)
    assert api.call("PUT", place, changed).status_code == 200


STATES: list[tuple[str, str, tuple[int, int]]] = [
    ("locked", "POST", (409, 9018)),
    ("deactivated", "POST", (409, 9044)),
    ("unclaimed", "POST", (409, 9036)),
    ("deprecated", "POST", (409, 9007)),
    ("deprecated", "GET", (301, 9007)),
]


@pytest.mark.parametrize(("state", "method", "expected"), STATES)
def test_a_record_that_cannot_be_used_says_why(
    api: Api, sim: Simulation, state: Any, method: str, expected: tuple[int, int]
) -> None:
    sim.orcid.set_state(CARBERRY, state, deprecated_to=OTHER)
    answer = api.call(method, "work" if method == "POST" else "works", a_work())
    assert code(answer) == expected
    if state == "deprecated":
        assert answer.headers["location"].startswith(f"{sim.orcid.url}/v3.0/{OTHER}/")


def test_a_record_that_does_not_exist_and_a_put_code_that_does_not_exist_differ_in_the_text(
    api: Api, sim: Simulation
) -> None:
    token = api.granted(orcid="0000-0000-0000-0001")
    gone = api.call("GET", "/v3.0/0000-0000-0000-0001/works", token=token)
    assert gone.status_code == 404
    assert "ORCID iD 0000-0000-0000-0001 not found" in gone.json()["developer-message"]
    missing = api.call("GET", "work/77")
    assert missing.status_code == 404
    assert "No entity found for query" in missing.json()["developer-message"]


VALIDATION: list[tuple[dict[str, Any], tuple[int, int], str]] = [
    ({"title": None}, (400, 9022), "no title"),
    ({"country": {"value": "ZZ"}}, (400, 9037), "no such country"),
    (
        {"title": {"title": {"value": "A"}, "translated-title": {"language-code": "en"}}},
        (400, 9020),
        "a language without a text",
    ),
    (
        {"title": {"title": {"value": "A"}, "translated-title": {"value": "B"}}},
        (400, 9037),
        "a text without a language",
    ),
    ({"type": None}, (400, 9037), "no type"),
    ({"type": "novel"}, (400, 9047), "a type outside the enum fails while the JSON is read"),
    ({"language_code": "xx"}, (400, 9037), "no such language"),
    ({"publication_date": {"year": {"value": "2020"}, "month": {"value": "13"}}}, (400, 9049), ""),
    ({"publication_date": {"year": {"value": "20"}}}, (400, 9020), "four digits"),
    ({"publication_date": {"year": {"value": "2020"}, "month": {"value": "2"}}}, (400, 9020), ""),
    ({"publication_date": {"year": {"value": "2020"}, "day": {"value": "02"}}}, (400, 9020), ""),
    ({"publication_date": {}}, (500, 9008), "an empty date is a null reference"),
    ({"citation": {"citation-value": "x"}}, (400, 9037), "a citation without a type"),
    ({"citation": {"citation-type": "bibtex"}}, (400, 9020), "a citation without a value"),
    ({"external_ids": None}, (400, 9023), "no identifier"),
    (
        {"external_ids": {"external-id": [external_id("x", kind="isbn", relation="funded-by")]}},
        (400, 9020),
        "funded-by with an ISBN",
    ),
    (
        {"contributors": {"contributor": {"contributor-orcid": {"path": "12"}}}},
        (400, 9020),
        "no iD (and a single object in place of an array)",
    ),
    (
        {"contributors": {"contributor": [{"credit-name": {"value": ""}}]}},
        (400, 9020),
        "an empty name",
    ),
    ({"put_code": 5}, (400, 9024), "a put-code on POST"),
    (
        {"external_ids": {"external-id": [external_id("x", kind="nonsense")]}},
        (400, 9023),
        "an unknown kind of identifier",
    ),
    (
        {"external_ids": {"external-id": [external_id("x", relation="part-of")]}},
        (400, 9023),
        "nothing that is `self`",
    ),
    (
        {"external_ids": {"external-id": [{"external-id-value": "x"}]}},
        (500, 9008),
        "an identifier without a type is a null reference",
    ),
    ({"colour": "blue"}, (400, 9047), "an unknown property"),
    ({"short_description": "x" * 5001}, (500, 9008), "too long for the database"),
]


@pytest.mark.parametrize(("change", "expected", "remark"), VALIDATION)
def test_what_breaks_a_rule_is_refused_with_its_code(
    api: Api, change: dict[str, Any], expected: tuple[int, int], remark: str
) -> None:
    answer = api.post(a_work(**change))
    assert code(answer) == expected, (remark, answer.text)
    assert api.works() == []


def test_the_first_broken_rule_wins(api: Api) -> None:
    answer = api.post(a_work(title=" ", type=None, external_ids=None))
    assert code(answer) == (400, 9022)


def test_an_unknown_property_is_named_beside_the_17_known_ones(api: Api) -> None:
    text = api.post(a_work(colour="blue")).json()["developer-message"]
    assert 'Unrecognized field "colour"' in text
    assert "(17 known properties:" in text


def test_the_users_default_overwrites_the_visibility_that_was_sent(
    api: Api, sim: Simulation
) -> None:
    sim.orcid.registry.people[CARBERRY].default_visibility = "limited"
    put_code = api.added(a_work(visibility="public"))
    assert api.works()[0]["visibility"] == "limited"
    answer = api.call(
        "PUT", f"work/{put_code}", a_work(put_code=put_code, visibility="public", title="New")
    )
    assert code(answer) == (403, 9035)


def test_a_put_that_changes_nothing_tells_nobody(api: Api, sim: Simulation) -> None:
    put_code = api.added(a_work())
    before = api.works()
    answer = api.call("PUT", f"work/{put_code}", a_work(put_code=put_code))
    assert answer.status_code == 200
    assert answer.json() == before[0]
    assert api.works() == before
    assert len(sim.orcid.registry.inboxes[CARBERRY]) == 1
    api.call("PUT", f"work/{put_code}", a_work(put_code=put_code, title="New"))
    assert len(sim.orcid.registry.inboxes[CARBERRY]) == 2


def test_leaving_out_only_a_date_looks_unchanged_so_the_old_one_stays(api: Api) -> None:
    date = {"year": {"value": "2020"}}
    put_code = api.added(a_work(publication_date=date))
    answer = api.call("PUT", f"work/{put_code}", a_work(put_code=put_code))
    assert answer.status_code == 200
    assert answer.json()["publication-date"]["year"] == {"value": "2020"}
    both = a_work(put_code=put_code, title="New")
    assert api.call("PUT", f"work/{put_code}", both).json()["publication-date"] is None


def test_a_put_replaces_the_whole_work(api: Api) -> None:
    put_code = api.added(a_work(short_description="Old", url={"value": "https://example.org"}))
    answer = api.call("PUT", f"work/{put_code}", a_work(put_code=put_code, title="New")).json()
    assert (answer["short-description"], answer["url"]) == (None, None)


def test_the_same_self_identifier_of_the_same_source_is_a_duplicate(api: Api) -> None:
    put_code = api.added(a_work("10.5555/ABC"))
    answer = api.post(a_work("https://doi.org/10.5555/abc"))
    assert code(answer) == (409, 9021)
    assert f"see element with put-code {put_code}." in answer.json()["developer-message"]


DUPLICATES: list[tuple[str, str, bool, bool, str]] = [
    # relation that exists, relation that is added, single refuses, bulk refuses, remark
    ("self", "self", True, True, "both are self"),
    ("version-of", "self", False, True, "the bulk check is wider"),
    ("part-of", "self", False, False, "part-of never counts"),
    ("self", "version-of", False, False, "the new one must be self"),
]


@pytest.mark.parametrize(("old", "new", "single", "bulk", "remark"), DUPLICATES)
def test_single_and_bulk_look_at_different_identifiers(
    api: Api, old: str, new: str, single: bool, bulk: bool, remark: str
) -> None:
    def work(name: str, relation: str) -> dict[str, Any]:
        ids = [external_id("10.5555/shared", relation=relation)]
        if relation != "self":
            ids.append(external_id(f"10.5555/{name}"))
        return a_work(external_ids={"external-id": ids})

    api.added(work("old", old))
    in_bulk = api.call("POST", "works", {"bulk": [{"work": work("bulk", new)}]}).json()["bulk"][0]
    assert ("error" in in_bulk) is bulk, remark
    if not bulk and new == "self":
        api.simulation.orcid.delete_work(CARBERRY, in_bulk["work"]["put-code"])
    assert (api.post(work("single", new)).status_code == 409) is single, remark


def test_the_same_work_of_another_client_is_grouped_and_no_duplicate(
    api: Api, sim: Simulation
) -> None:
    other = sim.orcid.add_client("Another", redirect_uris=())
    api.added(a_work())
    api.added(a_work(), token=api.granted(client_id=other.id))
    groups = api.call("GET", "works").json()["group"]
    assert [len(group["work-summary"]) for group in groups] == [2]


def test_works_on_behalf_of_the_user_have_another_source(api: Api, sim: Simulation) -> None:
    api.added(a_work())
    client = sim.orcid.registry.clients[sim.orcid_client.id]
    client.on_behalf_of_user = True
    put_code = api.added(a_work())
    source = api.call("GET", f"work/{put_code}").json()["source"]
    assert source["assertion-origin-orcid"]["path"] == CARBERRY


def test_a_bulk_is_200_though_every_item_fails_and_keeps_the_order(api: Api) -> None:
    works = [a_work("10.5555/1"), a_work("10.5555/1"), a_work("10.5555/3", title=" ")]
    answer = api.call("POST", "works", {"bulk": [{"work": one} for one in works]})
    assert answer.status_code == 200
    first, second, third = answer.json()["bulk"]
    assert first["work"]["put-code"] == 1_000_001
    assert second["error"]["error-code"] == 9021
    assert "put-code 1000001" in second["error"]["developer-message"]
    assert third["error"]["error-code"] == 9022
    again = api.call("POST", "works", {"bulk": [{"work": works[0]}]})
    assert (again.status_code, again.json()["bulk"][0]["error"]["error-code"]) == (200, 9021)


def test_one_message_covers_a_whole_bulk(api: Api, sim: Simulation) -> None:
    works = [{"work": a_work(f"10.5555/{n}", title=f"W{n}")} for n in range(3)]
    api.call("POST", "works", {"bulk": works})
    inbox = sim.orcid.registry.inboxes[CARBERRY]
    assert [one.items for one in inbox] == [("W0", "W1", "W2")]


def test_the_limit_of_works_comes_before_the_limit_of_a_bulk(api: Api, sim: Simulation) -> None:
    too_many = {"bulk": [{"work": a_work(f"10.5555/{n}")} for n in range(101)]}
    assert code(api.call("POST", "works", too_many)) == (400, 9006)
    for number in range(9_900):
        sim.orcid.add_work(CARBERRY, a_work(f"10.5555/old-{number}"))
    assert code(api.call("POST", "works", too_many)) == (409, 9048)
    hundred = {"bulk": too_many["bulk"][:100]}
    assert api.call("POST", "works", hundred).status_code == 200
    assert code(api.post(a_work("10.5555/last"))) == (409, 9048)


def test_a_bulk_body_sent_for_one_work_is_a_type_mismatch(api: Api) -> None:
    answer = api.post({"bulk": [{"work": a_work()}]})
    assert answer.status_code == 400
    assert "argument type mismatch" in answer.json()["developer-message"]


def test_delete_still_works_after_the_person_revoked_access(api: Api, sim: Simulation) -> None:
    put_code = api.added(a_work())
    assert sim.orcid.revoke_tokens(CARBERRY) == 1
    assert api.call("GET", "works").status_code == 401
    assert api.call("PUT", f"work/{put_code}", a_work(put_code=put_code)).status_code == 401
    assert api.call("DELETE", f"work/{put_code}").status_code == 204
    assert api.works() == []


def test_a_revocation_by_the_client_ends_deleting_too(api: Api, sim: Simulation) -> None:
    put_code = api.added(a_work())
    client = sim.orcid_client
    form = {"client_id": client.id, "client_secret": client.secret, "token": api.token}
    assert api.http.post("/oauth/revoke", data=form).status_code == 200
    assert api.call("DELETE", f"work/{put_code}").status_code == 401


def test_reading_several_works_gives_a_work_or_an_error_for_each(api: Api) -> None:
    put_code = api.added(a_work())
    items = api.call("GET", f"works/{put_code},5,abc").json()["bulk"]
    assert items[0]["work"]["put-code"] == put_code
    assert [one["error"]["error-code"] for one in items[1:]] == [9034, 9034]
    assert "'abc' is not a valid put code" in items[2]["error"]["developer-message"]
    many = ",".join(str(n) for n in range(101))
    assert code(api.call("GET", f"works/{many}")) == (400, 9042)


def test_limited_works_of_others_need_read_limited_and_private_ones_their_source(
    api: Api, sim: Simulation
) -> None:
    own = api.added(a_work())
    for visibility in ("public", "limited", "private"):
        sim.orcid.add_work(CARBERRY, a_work(f"10.5555/{visibility}"), visibility=visibility)
    sim.orcid.registry.records[CARBERRY].works[own].visibility = "private"

    def seen(scope: str) -> list[str]:
        groups = api.call("GET", "works", token=api.granted(scope)).json()["group"]
        ids = [one["external-ids"]["external-id"][0]["external-id-value"] for one in groups]
        return sorted(ids)

    both = ["10.5555/limited", "10.5555/one", "10.5555/public"]
    assert seen("/read-limited /activities/update") == both
    assert seen("/activities/update") == ["10.5555/one", "10.5555/public"]


def test_a_contributors_name_is_that_of_the_record_and_mail_is_never_shown(
    api: Api, sim: Simulation
) -> None:
    def contributor(orcid: str, name: str) -> dict[str, Any]:
        return {
            "contributor-orcid": {"path": orcid},
            "credit-name": {"value": name},
            "contributor-email": "someone@example.org",
        }

    nobody = "0000-0000-0000-0001"
    sim.orcid.registry.people[OTHER].names_visibility = "private"
    people = [contributor(CARBERRY, "X"), contributor(OTHER, "Y"), contributor(nobody, "Z")]
    put_code = api.added(a_work(contributors={"contributor": people}))
    shown = api.call("GET", f"work/{put_code}").json()["contributors"]["contributor"]
    assert [one["credit-name"]["value"] for one in shown] == ["Josiah Carberry", "", "Z"]
    assert {one["contributor-email"] for one in shown} == {None}


def test_the_public_api_needs_no_token_and_shows_what_is_public(api: Api, sim: Simulation) -> None:
    public = sim.orcid.add_work(CARBERRY, a_work("10.5555/public"))
    hidden = sim.orcid.add_work(CARBERRY, a_work("10.5555/hidden"), visibility="limited")
    assert len(api.call("GET", f"/pub/v3.0/{CARBERRY}/works", token="").json()["group"]) == 1
    one = api.call("GET", f"/pub/v3.0/{CARBERRY}/work/{public.put_code}", token="")
    assert one.status_code == 200
    two = api.call("GET", f"/pub/v3.0/{CARBERRY}/work/{hidden.put_code}", token="")
    assert code(two) == (403, 9039)
    person = api.call("GET", f"/pub/v3.0/{CARBERRY}/person", token="").json()
    assert person["name"]["family-name"] == {"value": "Carberry"}


PATHS: list[tuple[str, str, int, int]] = [
    ("POST", f"/{CARBERRY}/work", 400, 9012),
    ("PUT", f"/v3.0_rc1/{CARBERRY}/work/1", 308, 9056),
    ("PUT", f"/v3.0/{CARBERRY}/works", 405, 9001),
    ("GET", f"/v3.0/{CARBERRY}/nonsense", 500, 9008),
    ("GET", f"/v3.0/{CARBERRY}/employment/1", 404, 9016),
]


@pytest.mark.parametrize(("method", "path", "status", "error"), PATHS)
def test_a_path_that_does_not_exist_is_refused(
    api: Api, method: str, path: str, status: int, error: int
) -> None:
    assert code(api.call(method, path, a_work())) == (status, error)


def test_media_types_that_are_not_known_are_406_and_415(api: Api) -> None:
    assert api.post(a_work(), content_type="text/plain").status_code == 415
    assert api.call("GET", "works", accept="text/html").status_code == 406


def test_two_posts_at_once_can_make_a_double_when_nothing_locks(sim: Simulation) -> None:
    """What a client must serialise itself: the gap between check and insert."""
    from concurrent.futures import ThreadPoolExecutor

    sim.orcid.write_latency = 0.1
    one, two = Api(sim), Api(sim)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda api: api.post(a_work()), (one, two)))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sim.orcid.concurrent_writes == {CARBERRY: 2}
    one.http.close()
    two.http.close()
