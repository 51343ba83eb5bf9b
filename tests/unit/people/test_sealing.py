"""Tokens at rest: sealed, bound to their row, and shown by no accident."""

from __future__ import annotations

import pickle
import traceback

import pytest
from cryptography.fernet import Fernet

from profiles.errors import Misconfigured
from profiles.people.sealing import CannotOpen, Sealer, Secret

TOKEN = "4f2a7c1e-0000-4000-8000-not-for-any-log"
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_is_sealed_opens_again_and_says_nothing_meanwhile() -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal(Secret(TOKEN), context="grant:1")
    assert TOKEN not in sealed
    assert sealer.open(sealed, context="grant:1").reveal() == TOKEN


def test_a_token_moved_to_another_row_does_not_open() -> None:
    sealed = Sealer([NEW]).seal(Secret(TOKEN), context="grant:1")
    with pytest.raises(CannotOpen, match="grant:2"):
        Sealer([NEW]).open(sealed, context="grant:2")


def test_a_tampered_token_does_not_open() -> None:
    sealed = Sealer([NEW]).seal(Secret(TOKEN), context="grant:1")
    with pytest.raises(CannotOpen):
        Sealer([NEW]).open(sealed[:-8] + "AAAAAAA=", context="grant:1")


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    sealed = Sealer([OLD]).seal(Secret(TOKEN), context="grant:1")
    both = Sealer([NEW, OLD])
    assert both.open(sealed, context="grant:1").reveal() == TOKEN
    resealed = both.reseal(sealed)
    assert Sealer([NEW]).open(resealed, context="grant:1").reveal() == TOKEN


def test_without_the_key_it_says_what_may_be_missing() -> None:
    sealed = Sealer([OLD]).seal(Secret(TOKEN), context="grant:1")
    for attempt in (
        lambda: Sealer([NEW]).open(sealed, context="grant:1"),
        lambda: Sealer([NEW]).reseal(sealed),
    ):
        with pytest.raises(CannotOpen, match="SEALING_KEYS"):
            attempt()


def test_no_keys_at_all_is_a_wrong_setting() -> None:
    with pytest.raises(Misconfigured, match="SEALING_KEYS"):
        Sealer([])


def test_a_secret_hides_in_texts_tracebacks_and_pickles() -> None:
    secret = Secret(TOKEN)
    shown = [repr(secret), str(secret), f"{secret}", f"{[secret]}", secret.fingerprint]
    shown += traceback.format_exception(ValueError(secret))
    assert not any(TOKEN in text for text in shown)
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_secrets_compare_by_what_they_hide() -> None:
    assert Secret(TOKEN) == Secret(TOKEN)
    assert Secret(TOKEN) != Secret(TOKEN + "x")
    assert len({Secret(TOKEN), Secret(TOKEN)}) == 1
