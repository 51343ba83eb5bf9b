"""What is to be done about one claim."""

from __future__ import annotations

import pytest

from profiles.delivery.plan import Step, plan


@pytest.mark.parametrize(
    ("present", "put_code", "sent", "rendered", "step"),
    [
        (True, None, "", "a", Step.ADD),
        (True, 7, "a", "a", Step.LEAVE),  # nothing changed: no call
        (True, 7, "a", "b", Step.UPDATE),
        (True, 7, "", "a", Step.UPDATE),  # an adopted work: its content is not known
        (True, 7, "", "", Step.UPDATE),  # unknown is never equal
        (False, 7, "a", "", Step.REMOVE),
        (False, None, "", "", Step.LEAVE),  # never sent: nothing to take off
    ],
)
def test_plan(present: bool, put_code: int | None, sent: str, rendered: str, step: Step) -> None:
    assert plan(present=present, put_code=put_code, sent=sent, rendered=rendered) is step
