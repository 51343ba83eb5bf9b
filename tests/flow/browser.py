"""A browser without a screen: goes where links and redirects lead, presses buttons by their words.

Our own pages are asked through Django's test client (with CSRF checked, as in earnest); everything
else goes over the wire. It has one cookie jar per host, follows redirects as browsers do, and stops
with `left` set where the way leads to a host that is not part of the test.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import httpx2
from django.test import Client
from lxml import html

HOPS = 12


class Browser:
    def __init__(self, service_url: str, *, others: tuple[str, ...]) -> None:
        self.service_url = service_url
        self.hosts = {urlsplit(url).netloc for url in others}
        self.ours = Client(enforce_csrf_checks=True, headers={"host": urlsplit(service_url).netloc})
        self.wire = httpx2.Client(follow_redirects=False)
        self.url = service_url
        self.status = 0
        self.came_from = service_url  # redirects keep it
        self.left = ""  # the outside address that the last step led to
        self.way: list[str] = []  # every address of the last step
        self.root: Any = None

    # --- what a person does -----------------------------------------------------------------------

    def go(self, url: str, *, stop_at: str = "") -> Browser:
        """Follows the address (a path is ours), and stops before one that contains `stop_at`."""
        self.way, self.left, self.came_from = [], "", self.url
        return self._follow("GET", urljoin(self.service_url, url), {}, stop_at=stop_at)

    def press(self, words: str, *, stop_at: str = "", **fields: str) -> Browser:
        """The button with these words or this id; `fields` are typed in before."""
        for form in self.root.iterfind(".//form"):
            for button in form.iterfind(".//button"):
                if words in (button.get("id"), seen(button)) or seen(button).startswith(words):
                    data = {
                        field.get("name"): field.get("value") or ""
                        for field in form.iterfind(".//input")
                        if field.get("name") and is_sent(field)
                    }
                    data |= fields
                    if button.get("name"):
                        data[button.get("name")] = button.get("value") or ""
                    url = urljoin(self.url, form.get("action") or self.url)
                    self.way, self.left, self.came_from = [], "", self.url
                    method = (form.get("method") or "get").upper()
                    return self._follow(method, url, data, stop_at=stop_at)
        raise AssertionError(f"no button {words!r} on {self.url}: {self.buttons}\n{self.words}")

    # --- what a person sees -----------------------------------------------------------------------

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def words(self) -> str:
        return seen(self.root.find("body"))

    @property
    def heading(self) -> str:
        return seen(self.root.find(".//h1"))

    @property
    def buttons(self) -> list[str]:
        return [seen(button) for button in self.root.iterfind(".//button")]

    @property
    def ids(self) -> set[str]:
        return set() if self.root is None else {found.get("id") for found in self.root.iter()}

    def link(self, words: str) -> str:
        found: str = next(a.get("href") for a in self.root.iterfind(".//a") if seen(a) == words)
        return found

    # --- how it goes on ---------------------------------------------------------------------------

    def _follow(self, method: str, url: str, data: dict[str, str], *, stop_at: str) -> Browser:
        for _ in range(HOPS):
            if stop_at and stop_at in url:
                self.left = url
                return self
            where = urlsplit(url).netloc
            if where != urlsplit(self.service_url).netloc and where not in self.hosts:
                self.left = url
                return self
            self.way.append(url)
            answer = self._ask(method, url, data)
            self.status, self.url = answer.status_code, url
            if self.status not in (301, 302, 303, 307):
                self.root = html.fromstring(answer.content) if answer.content else None
                return self
            method, data = "GET", {}
            url = urljoin(url, answer.headers["Location"])
        raise AssertionError(f"round in circles: {self.way}")

    def _ask(self, method: str, url: str, data: dict[str, str]) -> Any:
        url = urldefrag(url).url  # what follows # stays in the browser
        if method == "GET" and data:
            url = f"{urlsplit(url)._replace(query='').geturl()}?{urlencode(data)}"
            data = {}
        if urlsplit(url).netloc != urlsplit(self.service_url).netloc:
            return self.wire.request(method, url, data=data or None)
        target = url.removeprefix(self.service_url) or "/"
        headers = {"referer": self.came_from}
        if method == "GET":
            return self.ours.get(target, headers=headers)
        return self.ours.post(target, data, headers=headers)


def is_sent(field: Any) -> bool:
    """Boxes and buttons that are not ticked are not."""
    return field.get("type") not in ("radio", "checkbox") or field.get("checked") is not None


def seen(element: Any) -> str:
    return " ".join(element.text_content().split())
