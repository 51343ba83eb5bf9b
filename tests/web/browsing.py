"""A real browser: Debian's Chromium by Playwright, and what is asked of every page that it meets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

Visit = Callable[..., Page]


def chromium() -> Iterator[Browser]:
    """Skips where there is no Chromium, except in CI, where there must be one."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        assert os.environ.get("CI") != "true", "CI has no Chromium: apt-get install chromium"
        pytest.skip("browser tests need Chromium on the PATH (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def visits(browser: Browser) -> Iterator[Visit]:
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            complaints.append(message.text)

    def visit(**options: Any) -> Page:
        context = browser.new_context(viewport=options.pop("viewport", DESKTOP), **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        context.on("console", note)
        return context.new_page()

    yield visit
    for context in contexts:
        context.close()
    assert complaints == [], "a page asked for what its content policy forbids"


def check(page: Page) -> None:
    """What holds for every page: accessible by WCAG 2.2 AA, titled, and no wider than the window."""
    found = Axe().run(page, options={"runOnly": WCAG_22_AA})
    violations = [
        (violation["id"], node["html"])
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
    assert violations == [], f"{page.url}: {violations}"
    assert found.response["passes"], f"axe looked at nothing on {page.url}"
    assert page.title(), page.url
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), page.url


def picture(page: Page, name: str) -> None:
    """Kept where SCREENSHOTS names a folder: `SCREENSHOTS=/tmp/shots ./profiles test tests/web`."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
