"""No token in any text, however it is spelled."""

from __future__ import annotations

import base64
import html
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.delivery.secrecy import WITHHELD, redacted

TOKEN = "8f1c+de/ad==&<'beef'>"
UUID = "4f2a8c1e-0b7d-4d0e-9a3b-5c6d7e8f9a0b"


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        (f"Invalid access token: {TOKEN}", "ORCID's own words"),
        (f"Invalid access token: {TOKEN.upper()}", "in capitals"),
        (f"GET /?access_token={quote(TOKEN, safe='')}&x=1", "in an address"),
        (f"GET /?access_token={quote_plus(TOKEN)}&x=1", "in a form"),
        (
            f"return=%2F%3Ft%3D{quote(quote(TOKEN, safe=''), safe='')}",
            "in an address in an address",
        ),
        (f"<code>{html.escape(TOKEN)}</code>", "in a page"),
        (f"<code>{html.escape(html.escape(TOKEN))}</code>", "in a page in a page"),
        ("".join(f"&#{ord(letter)};" for letter in TOKEN), "letter by letter"),
        ("".join(f"%{ord(letter):02x}" for letter in TOKEN), "byte by byte"),
        (f"{TOKEN[:9]}\n  {TOKEN[9:]}", "broken over lines"),
        (f"{TOKEN[:9]}<wbr>{TOKEN[9:]}", "broken in a page"),
        (f"{TOKEN[:9]}\u200b{TOKEN[9:]}", "broken by what nobody sees"),
    ],
)
def test_the_token_is_taken_out(text: str, remark: str) -> None:
    safe = redacted(text, TOKEN, complete=True)
    for part in (TOKEN, quote(TOKEN, safe=""), html.escape(TOKEN), TOKEN[:9], TOKEN[9:]):
        assert part.lower() not in safe.lower(), remark


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Invalid access token: 8f1c-secret", "Invalid access token: …"),
        (f"nothing is called token, but {UUID} is one", "nothing is called token, but … is one"),
        ("Authorization: Bearer 8f1c-secret", "Authorization: Bearer …"),
        ('{"access_token": "8f1c-secret"}', '{"access_token": "…"}'),
        # what is no token stays
        ("Access token is for a different record", "Access token is for a different record"),
        ('Bearer realm="ORCID T2 API"', 'Bearer realm="ORCID T2 API"'),
        (
            "400 Bad Request: Invalid incoming message.",
            "400 Bad Request: Invalid incoming message.",
        ),
        ("", ""),
    ],
)
def test_other_peoples_tokens_too_and_nothing_else(text: str, left: str) -> None:
    assert redacted(text, "", complete=True) == left
    assert redacted(text, TOKEN, complete=True) == left


@pytest.mark.parametrize("kept", range(4, len(UUID)))
def test_what_broke_off_in_the_middle_of_the_token_does_not_show_its_beginning(kept: int) -> None:
    safe = redacted(f"<p>{UUID[:kept]}", UUID, complete=False)
    assert UUID[:4] not in safe


def test_where_it_cannot_be_cut_out_the_text_is_left_out() -> None:
    spread = " ".join(UUID)
    assert redacted(f"You sent {spread}.", UUID, complete=True) == WITHHELD


@given(
    st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=8, max_size=60),
    st.sampled_from([str, html.escape, quote, quote_plus, lambda text: quote(html.escape(text))]),
    st.text(max_size=40),
    st.text(max_size=40),
)
def test_no_spelling_of_any_token_gets_through(token, spell, before, after) -> None:
    safe = redacted(f"{before} {spell(token)} {after}", token, complete=True)
    assert token.lower() not in safe.lower()
    assert spell(token).lower() not in safe.lower()


def test_what_is_not_text_any_more_is_another_matter() -> None:
    """Base64 and the like are not read: nobody echoes a bearer token in it."""
    coded = base64.b64encode(TOKEN.encode()).decode()
    assert coded in redacted(coded, TOKEN, complete=True)
