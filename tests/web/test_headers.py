"""What browsers are told beside the page."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client


def test_own_pages_are_not_kept(as_alice: Client) -> None:
    for page in ("/settings", "/works"):
        assert "no-store" in as_alice.get(page)["Cache-Control"]


def test_forms_may_lead_where_our_buttons_lead(client: Client, db: None) -> None:
    """Browsers hold every redirect that a form starts against this list."""
    policy = dict(
        part.strip().split(" ", 1)
        for part in client.get("/sign-in")["Content-Security-Policy"].split(";")
    )
    allowed = policy["form-action"].split()
    for url in (
        settings.PROFILES.orcid_url,
        settings.PROFILES.globus_url,
        settings.PROFILES.commons_url,
    ):
        assert "{0.scheme}://{0.netloc}".format(urlsplit(url)) in allowed
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in str(policy)


def test_no_page_can_be_framed_or_tell_where_one_came_from(client: Client, db: None) -> None:
    answer = client.get("/")
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
