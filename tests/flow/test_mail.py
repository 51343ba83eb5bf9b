"""Messages on their way through a real mail server: taken once, refused, or nobody knows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string

import pytest
from pytest_django import Settings

from profiles.people.models import Grant, Person
from profiles.pipeline import permissions, tell
from profiles.project.settings import _email

from .mail_server import MailServer, listening
from .people import ALICE, permit, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with listening() as server:
        for name, value in _email(f"smtp://127.0.0.1:{server.port}").items():
            setattr(settings, name, value)
        yield server


@pytest.fixture
def alice() -> Person:
    """Her permission has ended at ORCID."""
    made = person(ALICE)
    made.email = "alice@example.org"
    made.save()
    permit(made, "secret-token")
    permissions.grant_ended(Grant.objects.get().pk, reason="permission_ended")
    return made


def told() -> bool:
    return Grant.objects.get().told_at is not None


def test_a_message_has_two_parts_and_a_name_of_its_own(server: MailServer, alice: Person) -> None:
    tell.tell(ALICE)
    tell.tell(ALICE)
    (text,) = server.messages
    message = message_from_string(text)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert message["From"] == "profiles@localhost"
    assert message["Message-ID"] == f"<permission_ended.{Grant.objects.get().pk}@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "secret-token" not in text
    assert told()


def test_a_server_out_of_reach_is_tried_again(
    server: MailServer, alice: Person, settings: Settings
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tell.tell(ALICE)
    assert not told()
    settings.EMAIL_PORT = port
    tell.tell(ALICE)
    assert told()
    assert len(server.messages) == 1


@pytest.mark.parametrize(
    ("answer", "over"),
    [("450 busy, try later", False), ("550 nobody of that name", True)],
)
def test_a_refusal_for_good_is_not_tried_again(
    server: MailServer,
    alice: Person,
    caplog: pytest.LogCaptureFixture,
    answer: str,
    over: bool,
) -> None:
    server.refuse_recipients = answer
    with caplog.at_level(logging.INFO):
        tell.tell(ALICE)
    assert told() == over
    assert "alice@example.org" not in caplog.text
    server.refuse_recipients = ""
    tell.tell(ALICE)
    assert len(server.messages) == (0 if over else 1)


def test_what_may_have_gone_out_is_not_sent_again(server: MailServer, alice: Person) -> None:
    server.break_off = True
    tell.tell(ALICE)
    server.break_off = False
    tell.tell(ALICE)
    assert len(server.messages) == 1
    assert told()


def test_an_address_that_is_none_is_given_up(server: MailServer, alice: Person) -> None:
    Person.objects.update(email="alice@example.org\nBcc: all@example.org")
    tell.tell(ALICE)
    assert server.messages == []
    assert told()


def test_a_public_service_without_a_mail_server_tells_nobody_and_does_not_claim_so(
    alice: Person, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    public = replace(settings.PROFILES, base_url="https://profiles.example.org")
    settings.PROFILES = public
    tell.tell(ALICE)
    assert not told()
    settings.PROFILES = replace(public, base_url="http://localhost:8000")
    assert "Subject:" not in capsys.readouterr().out
    tell.tell(ALICE)
    assert told()
    assert "Subject:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("smtp://user:p%40ss@mail.example.org", ("mail.example.org", 587, True, False)),
        ("smtp://mail.example.org:25", ("mail.example.org", 25, True, False)),
        ("smtps://user:p%40ss@mail.example.org", ("mail.example.org", 465, False, True)),
        ("smtp://localhost:2525", ("localhost", 2525, False, False)),  # nobody listens in between
    ],
)
def test_over_a_network_messages_go_encrypted(url: str, means: tuple[str, int, bool, bool]) -> None:
    found = _email(url)
    names = ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USE_TLS", "EMAIL_USE_SSL")
    assert tuple(found[name] for name in names) == means
    assert found["EMAIL_HOST_PASSWORD"] == ("p@ss" if "@mail" in url else "")
