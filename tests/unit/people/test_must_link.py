"""What a person without an ORCID iD can reach."""

from __future__ import annotations

import pytest

from profiles.web.middleware import is_open


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("/link-orcid", True),
        ("/sign-out", True),
        ("/sign_out", True),
        ("/users/auth/orcid/callback", True),
        ("/static/site.css", True),
        ("/health/ready", True),
        ("/", False),
        ("/settings", False),
        ("/works", False),
        ("/orcid/auto_update/callback", False),  # nobody without an iD asked for permission
        ("/link-orcid-and-more", False),
        ("/staticity", False),
        ("/admin/", False),
    ],
)
def test_only_the_link_page_the_ways_out_and_what_machines_ask_for(
    path: str, reached: bool
) -> None:
    assert is_open(path) is reached
