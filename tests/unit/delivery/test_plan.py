"""What is to be done about one claim."""

from __future__ import annotations

import pytest

from profiles.delivery.plan import Step, plan


@pytest.mark.parametrize(
    ("present", "put_code", "unsure", "sent", "rendered", "step"),
    [
        (True, None, False, "", "a", Step.ADD),
        (True, 7, False, "a", "a", Step.LEAVE),  # nothing changed: no call
        (True, 7, False, "a", "b", Step.UPDATE),
        (True, 7, False, "", "a", Step.UPDATE),  # an adopted work: its content is not known
        (True, 7, False, "", "", Step.UPDATE),  # unknown is never equal
        (False, 7, False, "a", "", Step.REMOVE),
        (False, None, False, "", "", Step.LEAVE),  # never sent: nothing to take off
        (True, None, True, "", "a", Step.LOOK),  # sent once, no answer: never a second copy
        (False, None, True, "", "", Step.LOOK),  # and never one left behind
        (False, 7, True, "a", "", Step.REMOVE),  # to remove again does no harm
        (True, 7, True, "a", "a", Step.LOOK),  # wanted again: our removal may have been done
    ],
)
def test_plan(
    present: bool, put_code: int | None, unsure: bool, sent: str, rendered: str, step: Step
) -> None:
    found = plan(present=present, put_code=put_code, unsure=unsure, sent=sent, rendered=rendered)
    assert found is step
