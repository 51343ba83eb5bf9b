"""What load balancers, watchmen and proxies ask: health, wrong hosts, and answers without a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from .reading import Page

pytestmark = pytest.mark.django_db


def test_a_wrong_host_is_told_so_on_a_page() -> None:
    page = Page(Client(headers={"host": "elsewhere.example.org"}).get("/"))
    assert page.status == 400
    assert page.heading
    assert "Sign In" in page.links


@pytest.mark.parametrize("host", ["10.0.0.5:8000", "localhost", "elsewhere.example.org"])
def test_health_is_told_whatever_the_host(host: str) -> None:
    client = Client(headers={"host": host})
    assert client.get("/health/live").content == b"OK"
    assert client.get("/health/ready").json()["ready"] is True


@pytest.mark.django_db(transaction=True)
def test_without_the_database_it_lives_and_is_not_ready() -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(refuse):
        assert Client().get("/health/live").status_code == 200
        assert Client().get("/health/ready").status_code == 503


def test_health_takes_no_orders() -> None:
    assert Client().post("/health/live").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/settings",
        "/no-such-page",
        "/health/live",
        "/health/ready",
        "/static/profiles/icon.svg",
    ],
)
def test_an_answer_to_head_has_the_headers_and_no_body(path: str) -> None:
    """As the server gets it: the test client empties such answers by itself."""
    heard: dict[str, Any] = {}

    def hear(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        heard.update(headers, status=status)
        return bytes

    environ = RequestFactory().head(path).environ
    answer = get_wsgi_application()(environ, hear)
    assert b"".join(answer) == b""
    assert heard["status"]
    assert heard["Content-Type"]
