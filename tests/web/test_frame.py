"""What holds for every page: the way in, the menu, and what the browser may not run."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.views import defaults

import profiles.web
from profiles.people.models import Person

from .cast import ALICE, signed_in
from .reading import Page

WEB = Path(profiles.web.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))

pytestmark = pytest.mark.django_db


def test_the_first_page_says_what_it_is_and_offers_the_way_in() -> None:
    page = Page(Client().get("/"))
    assert "ORCID record" in page.heading
    assert page.links["Sign In"] == "/sign-in"
    assert "Sign out" not in page.words


def test_the_menu_stands_under_the_persons_name(as_alice: Client) -> None:
    page = Page(as_alice.get("/"))
    (menu,) = page.root.iterfind(".//details")
    assert menu.find("summary").text_content().strip() == "Alice Adams"
    assert [link.text_content() for link in menu.iterfind(".//a")] == [
        "Settings",
        "My works",
        "DataCite Commons",
        "ORCID record",
    ]
    assert page.links["DataCite Commons"] == f"{settings.PROFILES.commons_url}/orcid.org/{ALICE}"
    assert page.links["ORCID record"] == f"{settings.PROFILES.orcid_url}/{ALICE}"
    assert page.form("Sign out")["action"] == "/sign-out"
    assert page.form("Sign out")["method"] == "post"


def test_a_person_whose_name_is_private_is_called_by_the_id(as_bob: Client) -> None:
    (summary,) = Page(as_bob.get("/")).root.iterfind(".//details/summary")
    assert summary.text_content().strip() == "0000-0001-5109-3700"


@pytest.mark.parametrize("path", ["/settings", "/settings/account", "/works", "/works/explain"])
def test_a_page_of_ones_own_asks_a_stranger_to_sign_in_and_remembers_the_way(path: str) -> None:
    response = Client().get(path)
    assert response.status_code == 302
    assert response["Location"] == f"/sign-in?next={path}"


@pytest.mark.parametrize("path", ["/settings", "/settings/account", "/works", "/works/explain"])
def test_without_an_orcid_id_every_way_leads_to_linking_one(path: str, nemo: Person) -> None:
    response = signed_in(nemo).get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/link-orcid")


def test_old_addresses_lead_to_the_new_pages(as_alice: Client) -> None:
    assert as_alice.get("/settings/me")["Location"] == "/settings"


def test_an_unknown_address_gets_a_page_with_a_way_on() -> None:
    response = Client().get("/no-such-page")
    page = Page(response)
    assert page.status == 404
    assert page.links["Back to the start"] == "/"


REFUSALS = [
    (defaults.bad_request, 400, "That request could not be read"),
    (defaults.permission_denied, 403, "This is not yours to see"),
]


@pytest.mark.parametrize(("view", "status", "heading"), REFUSALS)
def test_a_refusal_has_a_page_with_a_way_on(
    rf: RequestFactory, view: Callable[..., HttpResponse], status: int, heading: str
) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    request.session = SessionStore()
    page = Page(view(request, Exception()))
    assert (page.status, page.heading) == (status, heading)
    assert page.links["Back to the start"] == "/"


def test_a_form_without_its_token_is_refused_with_a_way_on(alice: Person) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    response = client.post("/settings/account", {"auto_update": "on"})
    assert response.status_code == 403
    assert Page(response).heading == "Please send that again"
    alice.refresh_from_db()
    assert not alice.auto_update


def test_the_page_for_our_own_faults_needs_nothing_that_may_be_broken() -> None:
    """Django renders it without context, and the database may be what is broken."""
    text = render_to_string("500.html")
    assert text == (WEB / "templates/500.html").read_text()
    assert "Something went wrong on our side" in text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_carries_what_the_content_policy_forbids(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(src|<link[^>]*href)=\"(https?:)?//", text), (
        "nothing comes from elsewhere"
    )


def test_every_form_that_changes_something_carries_a_token() -> None:
    for template in TEMPLATES:
        for form in re.findall(r"<form.*?</form>", template.read_text(), flags=re.DOTALL):
            assert "{% csrf_token %}" in form or 'method="get"' in form, f"{template.name}: {form}"


def test_pages_may_not_be_framed_nor_run_foreign_code() -> None:
    response = Client().get("/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in policy


@pytest.mark.parametrize("file", ["profiles/profiles.css", "vendor/htmx-2.0.11/htmx.min.js"])
def test_styles_and_scripts_come_from_this_service(file: str) -> None:
    response = Client().get(f"/static/{file}")
    assert response.status_code == 200
    assert b"sourceMappingURL" not in b"".join(response)


CHANGES = {"sign-out", "work-action", "permission", "permission-delete"}


def test_what_changes_something_cannot_be_done_by_following_a_link(as_alice: Client) -> None:
    """Every address by name that acts on POST refuses GET, or only asks."""
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert names >= CHANGES
    assert as_alice.get("/settings/permission").status_code == 405
    assert as_alice.get("/settings/permission/delete").status_code == 405
    uuid = "00000000-0000-4000-8000-000000000000"
    assert as_alice.get(f"/works/{uuid}/remove").status_code == 405
    assert as_alice.get("/sign-out").status_code == 200
    assert as_alice.get("/settings").status_code == 200, "still signed in"
