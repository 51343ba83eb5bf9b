"""The cast and the browser as fixtures. Imported late: pytest reads this before Django is set up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client
    from playwright.sync_api import Browser

    from profiles.people.models import Person

    from ..world import World
    from . import browsing


@pytest.fixture
def alice(db: None) -> Person:
    from . import cast

    return cast.make_alice()


@pytest.fixture
def bob(db: None) -> Person:
    from . import cast

    return cast.make_bob()


@pytest.fixture
def nemo(db: None) -> Person:
    from . import cast

    return cast.make_nemo()


@pytest.fixture
def as_alice(alice: Person) -> Client:
    from . import cast

    return cast.signed_in(alice)


@pytest.fixture
def as_bob(bob: Person) -> Client:
    from . import cast

    return cast.signed_in(bob)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from . import browsing

    with pytest.MonkeyPatch.context() as patch:
        # Playwright keeps an event loop in this thread; the tests' own queries are still in order.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield from browsing.chromium()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[browsing.Visit]:
    """Opens browser windows, each a visitor of its own, and closes them in the end."""
    from . import browsing

    yield from browsing.visits(chromium)


@pytest.fixture(scope="module")
def world(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from .. import world

    with world.running(database_server, tmp_path_factory.mktemp("world")) as running:
        yield running
