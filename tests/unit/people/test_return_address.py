"""Where a person may be sent: our own pages and Commons, and no other place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from profiles import config
from profiles.people.return_address import safe

SERVICE = config.load({"COMMONS_URL": "https://commons.datacite.org"})


@pytest.mark.parametrize(
    "address",
    [
        "/settings",
        "/works/find?query=sea",
        "http://localhost:8000/works",
        "https://commons.datacite.org/orcid.org/0000-0002-1825-0097",
        "/orcid/search_and_link/callback?code=restart",  # how ORCID's wizard goes on
        "/oauth/authorize?client_id=1",  # sister services' single sign-on
    ],
)
def test_ours_and_commons_are_safe(address: str) -> None:
    assert safe(address, SERVICE) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "https://evil.example/",
        "//evil.example/settings",
        "/\\evil.example",
        "\\\\evil.example",
        "https:evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://localhost:8000@evil.example/",
        "https://commons.datacite.org.evil.example/",
        "http://localhost:8001/",  # another service on this machine
        "\thttps://evil.example",
        "/",  # the start page: nobody signs in to see that one
        "http://localhost:8000",
        "/sign-in",  # round in circles
        "/sign-in?next=/settings",
        "/sign-out",
        "/link-orcid",
        "http://localhost:8000/sign_out",
        "/users/auth/globus/callback?code=x",
    ],
)
def test_no_other_place_is(address: str | None) -> None:
    assert safe(address, SERVICE) is None


def test_outside_this_machine_only_https_is() -> None:
    service = replace(SERVICE, base_url="https://profiles.example.org")
    assert safe("https://profiles.example.org/works", service)
    assert safe("http://profiles.example.org/works", service) is None
