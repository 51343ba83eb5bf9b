"""Every way a round can fail has words of its own for the person."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from profiles.errors import Misconfigured, ProfilesError, UnexpectedAnswer, Unreachable
from profiles.people.openid_server import TOKEN_ERRORS
from profiles.people.refusals import DifferentOrcidId, IdTaken, Refused
from profiles.people.sealing import CannotOpen
from profiles.values.orcid_id import OrcidId
from profiles.web.refusals import WORDS, words_for

JOSIAH, LAURA = OrcidId("0000-0002-1825-0097"), OrcidId("0000-0001-5109-3700")


def below(kind: type[ProfilesError]) -> Iterator[type[ProfilesError]]:
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


@pytest.mark.parametrize(
    "kind", [*below(Refused), Unreachable, UnexpectedAnswer, Misconfigured, CannotOpen]
)
def test_it_has_a_row_of_its_own(kind: type[ProfilesError]) -> None:
    assert kind in [row for row, _words in WORDS]


def test_every_token_error_leads_to_a_page() -> None:
    for make in TOKEN_ERRORS.values():
        assert words_for(make("https://orcid.example", "some_error"))


def test_every_page_has_a_fitting_status_and_ends_its_sentences() -> None:
    for _kind, words in WORDS:
        assert words.status in (400, 403, 502)
        assert not str(words.title).endswith(".")
        assert str(words.text).endswith(".")


def test_the_first_fitting_row_is_the_closest_one() -> None:
    kinds = [kind for kind, _words in WORDS]
    for place, kind in enumerate(kinds):
        assert not any(issubclass(kind, before) for before in kinds[:place])


def test_what_carries_ids_says_them_in_the_log() -> None:
    assert JOSIAH in str(IdTaken(JOSIAH))
    assert {JOSIAH, LAURA} <= set(str(DifferentOrcidId(JOSIAH, LAURA)).replace(",", "").split())
