"""The cast as fixtures. It is imported late: pytest reads this file before Django is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from django.test import Client

    from profiles.people.models import Person


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
