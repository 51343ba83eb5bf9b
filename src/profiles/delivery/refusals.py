"""What is raised where ORCID refuses to show a record."""

from __future__ import annotations

from ..errors import UnexpectedAnswer
from .outcomes import Outcome


class RefusedReading(UnexpectedAnswer):
    """ORCID does not let us read the record"""

    def __init__(
        self, outcome: Outcome, *, status: int | None = None, error_code: int | None = None
    ) -> None:
        self.status, self.error_code = status, error_code
        self.outcome = outcome  # HOLD, GRANT_ENDED or FAIL, with its reason
        super().__init__(outcome.message or outcome.reason)
