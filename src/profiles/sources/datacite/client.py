"""DataCite's REST API, read politely: who we are, in pages, and with patience.

The other side's JSON goes no further than the reader; callers get Works or one of our errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, NoReturn, Self
from urllib.parse import quote, unquote

import httpx2
import msgspec

from ... import __version__
from ...config import Config
from ...errors import MalformedRecord, Misconfigured, NotFound, UnexpectedAnswer, Unreachable
from ...values.doi import Doi
from ...values.orcid_id import OrcidId
from ...values.work import Work
from . import envelope, query, reading
from .reading import Page

CHECK_URL = "Check DATACITE_API_URL"
TRIES = 5
FIRST_WAIT = 1.0  # seconds, doubled with each try
LONGEST_WAIT = (
    300.0  # DataCite counts requests in windows of 5 minutes; longer is the job's business
)
MOST_ASKED = 86_400.0  # no server means more than a day
BUSY = frozenset({408, 425, 429})  # and every 5xx, and no answer at all
PAGE_SIZE = 1000  # the API's maximum
FIRST_CURSOR = "1"

SHAPE = {"affiliation": "true", "publisher": "true", "include": "client"}


class Answer(NamedTuple):
    """What came back from one try; status 0 is no answer at all."""

    status: int
    body: bytes = b""
    retry_after: float | None = None
    trouble: str = ""


def next_try(
    attempt: int, *, status: int, retry_after: float | None = None, tries: int = TRIES
) -> float | None:
    """The seconds to wait before trying again after the `attempt`-th try; None: give up.

    A read changes nothing, so it may be repeated whatever became of it.
    """
    transient = status == 0 or status >= 500 or status in BUSY
    if not transient or attempt >= tries:
        return None
    wait = FIRST_WAIT * 2 ** (attempt - 1) if retry_after is None else max(retry_after, 0.0)
    return wait if wait <= LONGEST_WAIT else None


def seconds_to_wait(retry_after: str, date: str = "") -> float | None:
    """What a Retry-After header asks for: seconds, or a time measured from the answer's own Date."""
    if retry_after.strip().isdecimal():
        return min(float(retry_after), MOST_ASKED)
    try:
        wait = parsedate_to_datetime(retry_after) - parsedate_to_datetime(date)
        return min(wait.total_seconds(), MOST_ASKED)
    except (ValueError, TypeError):  # no date; or one with and one without a time zone
        return None


class DataCite:
    """Given an HTTP client, so that its transport, timeouts and pool are the caller's choice."""

    def __init__(
        self,
        http: httpx2.Client,
        *,
        url: str,
        home: str = "",
        mailto: str | None = None,
        orcid_host: str = "orcid.org",
        credentials: tuple[str, str] | None = None,
        tries: int = TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._orcid_host = orcid_host
        self._auth = None if credentials is None else httpx2.BasicAuth(*credentials)
        self._headers = {
            "User-Agent": user_agent(home=home, mailto=mailto),
            "Accept": "application/vnd.api+json",
        }
        self._tries = tries
        self._sleep = sleep

    @classmethod
    def configured(cls, http: httpx2.Client, config: Config, *, tries: int = TRIES) -> Self:
        """The DataCite of this installation's settings."""
        account = None
        if config.datacite_username and config.datacite_password:
            account = config.datacite_username, config.datacite_password
        return cls(
            http,
            url=config.datacite_api_url,
            home=config.base_url,
            mailto=config.datacite_mailto,
            orcid_host=config.orcid_host,
            credentials=account,
            tries=tries,
        )

    def work(self, doi: Doi) -> Work:
        """The public record of a DOI.

        Raises NotFound, Unreachable, UnexpectedAnswer, or MalformedRecord.
        """
        path = f"/dois/{quote(doi, safe='/')}"
        work = reading.read(self._get(path, SHAPE), orcid_host=self._orcid_host)
        if work.doi != doi:
            raise UnexpectedAnswer(f"{self._url}{path} sent the record of {work.doi}")
        return work

    def changes(
        self,
        *,
        since: datetime,
        until: datetime,
        cursor: str | None = None,
        page_size: int = PAGE_SIZE,
    ) -> Iterator[Page]:
        """The findable DOIs whose last change lies between the two times, oldest DOI first.

        A page's `next_cursor`, given as `cursor`, resumes after it.
        """
        return self._pages(
            f"updated:[{_stamp(since)} TO {_stamp(until)}]", cursor=cursor, page_size=page_size
        )

    def works_of(self, orcid: OrcidId, *, page_size: int = PAGE_SIZE) -> Iterator[Page]:
        """The findable DOIs that name the iD among creators or contributors, in any known spelling."""
        asked = query.for_person(orcid, self._orcid_host)
        return self._pages(asked, cursor=None, page_size=page_size)

    def search(self, asked: str, *, number: int = 1, size: int = 25, sort: str = "") -> Page:
        """One page, by its number, of the findable DOIs that match (`query` makes what is asked).

        The best matches come first unless `sort` says otherwise. The API gives numbers to the
        pages of the first 10,000 matches only.
        """
        order = {"sort": sort} if sort else {}
        return self._page(
            {"query": asked, "page[number]": str(number), "page[size]": str(size), **order}
        )

    def _pages(self, asked: str, *, cursor: str | None, page_size: int) -> Iterator[Page]:
        """Rebuilds every address itself: `links.next` repeats only some of the parameters."""
        here = cursor or FIRST_CURSOR
        while here:
            page = self._page({"query": asked, "page[cursor]": here, "page[size]": str(page_size)})
            yield page
            if page.next_cursor == here:
                raise UnexpectedAnswer(f"{self._url}/dois: the page after {here!r} is itself")
            here = page.next_cursor

    def _page(self, params: dict[str, str]) -> Page:
        body = self._get("/dois", {**params, "disable-facets": "true", **SHAPE})
        try:
            return reading.read_page(body, orcid_host=self._orcid_host)
        except MalformedRecord as error:
            raise UnexpectedAnswer(f"{self._url}/dois: {error.detail}") from error

    def _get(self, path: str, params: dict[str, str]) -> bytes:
        attempt = 1
        while True:
            answer = self._once(path, params)
            if answer.status == 200:
                return self._json(path, answer.body)
            wait = next_try(
                attempt, status=answer.status, retry_after=answer.retry_after, tries=self._tries
            )
            if wait is None:
                self._refuse(path, answer)
            else:
                self._sleep(wait)
            attempt += 1

    def _once(self, path: str, params: dict[str, str]) -> Answer:
        try:
            response = self._http.get(
                f"{self._url}{path}", params=params, headers=self._headers, auth=self._auth
            )
        except httpx2.TimeoutException:
            return Answer(0, trouble="no answer in time")
        except httpx2.RequestError as error:
            return Answer(0, trouble=str(error).strip() or type(error).__name__)
        headers = response.headers
        return Answer(
            status=response.status_code,
            body=response.content,
            retry_after=seconds_to_wait(headers.get("Retry-After", ""), headers.get("Date", "")),
            trouble=f"status {response.status_code}",
        )

    def _json(self, path: str, body: bytes) -> bytes:
        """A page of a proxy, or an answer that was cut off, is no record of the DOI.

        Whether each text in it can be read is for the reader to say, record by record.
        """
        try:
            envelope.check_whole(body)
        except MalformedRecord as error:
            raise UnexpectedAnswer(
                f"{self._url}{path} sent no JSON ({error.detail})", hint=CHECK_URL
            ) from None
        return body

    def _refuse(self, path: str, answer: Answer) -> NoReturn:
        """What a final refusal means. A 404 of anybody but the API says nothing about the DOI."""
        where = f"{self._url}{path}"
        titles = error_titles(answer.body)
        if answer.status == 404 and titles and path.startswith("/dois/"):
            raise NotFound(
                f"unknown DOI {unquote(path.removeprefix('/dois/'))}",
                hint="DataCite has no public record of it",
            )
        if answer.status == 0 or answer.status >= 500 or answer.status in BUSY:
            raise Unreachable(
                f"DataCite at {self._url} ({answer.trouble})",
                hint="Try again later, or check DATACITE_API_URL",
                retry_after=answer.retry_after,
            )
        if answer.status in (401, 403) and self._auth is not None:
            raise Misconfigured(
                f"DataCite refuses the account ({answer.trouble})",
                hint="Check DATACITE_USERNAME and DATACITE_PASSWORD",
            )
        said = f": {'; '.join(titles)}" if titles else ""
        raise UnexpectedAnswer(f"{where} ({answer.trouble}{said})", hint=CHECK_URL)


def user_agent(*, home: str, mailto: str | None) -> str:
    """Who asks: with an address the API lets us ask twice as often (facts on DataCite, 4.3)."""
    about = "; ".join([*([f"+{home}"] if home else []), *([f"mailto:{mailto}"] if mailto else [])])
    name = f"DataCiteProfiles/{__version__}"
    return f"{name} ({about})" if about else name


class _Error(msgspec.Struct):
    title: str | None = None


class _Errors(msgspec.Struct):
    errors: list[_Error] | _Error


def error_titles(body: bytes) -> tuple[str, ...]:
    """The titles of an error answer of the API, whose `errors` is a list or one object."""
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors
    except (msgspec.DecodeError, UnicodeError):
        return ()
    found = errors if isinstance(errors, list) else [errors]
    return tuple(each.title or "no title" for each in found)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
