"""The error tree. A class's docstring is its message; attributes carry what the caller needs.

ProfilesError
├── BadInput               what was given cannot be read
│   ├── NotADoi
│   ├── NotAnOrcidId
│   └── MalformedRecord
├── NotConvertible         a work that ORCID could not take
├── Misconfigured          a setting is missing or wrong
├── Unreachable            another service did not answer (try again later)
├── UnexpectedAnswer       another service answered what its documentation does not know
├── NotFound               another service, or we, have no such thing
├── Forbidden              the person may not do this
└── ImpossibleTransition   a claim's state does not allow this
    └── Blocked            support staff do not
"""

from __future__ import annotations

import inspect


class ProfilesError(Exception):
    """Something went wrong."""

    def __init__(self, detail: str = "", *, hint: str = "") -> None:
        self.detail = detail
        self.hint = hint
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One line: what happened, to what, and how to mend it."""
        what = (inspect.getdoc(type(self)) or "").splitlines()[0].rstrip(".")
        line = f"{what}: {self.detail}" if self.detail else what
        return f"{line}. {self.hint}" if self.hint else line


class BadInput(ProfilesError):
    """This cannot be read"""


class NotADoi(BadInput):
    """Not a DOI"""


class NotAnOrcidId(BadInput):
    """Not an ORCID iD"""


class MalformedRecord(BadInput):
    """Not a DataCite record"""


class NotConvertible(ProfilesError):
    """ORCID could not take this work"""


class Misconfigured(ProfilesError):
    """A setting is wrong"""


class Unreachable(ProfilesError):
    """A service does not answer"""

    def __init__(
        self, detail: str = "", *, hint: str = "", retry_after: float | None = None
    ) -> None:
        self.retry_after = retry_after
        super().__init__(detail, hint=hint)


class UnexpectedAnswer(ProfilesError):
    """A service gave an answer that we do not understand"""


class NotFound(ProfilesError):
    """There is no such thing"""


class Forbidden(ProfilesError):
    """This is not allowed"""


class ImpossibleTransition(ProfilesError):
    """The claim's state does not allow this"""


class Blocked(ImpossibleTransition):
    """Support staff blocked this work for this ORCID record"""

    def __init__(self, doi: str) -> None:
        super().__init__(
            doi, hint="Who thinks that this is wrong asks DataCite's support (support@datacite.org)"
        )
