"""`profiles benchmark ledger`: what the worker asks of the claims table, the more claims there are."""

from __future__ import annotations


def ledger() -> None:
    """x"""
