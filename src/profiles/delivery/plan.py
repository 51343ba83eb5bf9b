"""What is to be done about one claim, decided before anything is sent. Pure."""

from __future__ import annotations

from enum import StrEnum


class Step(StrEnum):
    ADD = "POST"
    UPDATE = "PUT"
    REMOVE = "DELETE"
    LEAVE = "leave"  # ORCID has what is wanted: no call
    LOOK = "look"  # what ORCID has is not known: read the record first


def plan(*, present: bool, put_code: int | None, unsure: bool, sent: str, rendered: str) -> Step:
    """The step that makes ORCID's state the wanted one.

    `sent` is the fingerprint of what ORCID has (empty: not known), `rendered` of what it should
    have; an unknown fingerprint is never taken for an equal one. `unsure`: an addition or removal
    was sent whose answer never came. To remove again does no harm.
    """
    if unsure and (present or put_code is None):
        return Step.LOOK
    if not present:
        return Step.LEAVE if put_code is None else Step.REMOVE
    if put_code is None:
        return Step.ADD
    return Step.LEAVE if sent and sent == rendered else Step.UPDATE
