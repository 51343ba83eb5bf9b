"""Reads an answered page as a person does: its words, its controls, its links."""

from __future__ import annotations

from typing import Any

from lxml import html


class Page:
    def __init__(self, response: Any) -> None:
        self.status: int = response.status_code
        self.root = html.fromstring(response.content)

    @property
    def words(self) -> str:
        return _words(self.root.find("body"))

    @property
    def heading(self) -> str:
        return _words(self.root.find(".//h1"))

    @property
    def rows(self) -> dict[str, str]:
        """The lines of a description list."""
        terms, values = self.root.iterfind(".//dl/div/dt"), self.root.iterfind(".//dl/div/dd")
        return {_words(dt): _words(dd) for dt, dd in zip(terms, values, strict=True)}

    @property
    def buttons(self) -> list[str]:
        """What is seen on the buttons of the content, in order."""
        return [_seen(button) for button in self.root.iterfind(".//main//button")]

    @property
    def links(self) -> dict[str, str]:
        return {_words(a): a.get("href") for a in self.root.iterfind(".//a")}

    def form(self, button: str) -> dict[str, str]:
        """The action (as `action`) and the hidden fields of the form with this button."""
        for form in self.root.iterfind(".//form"):
            if button in [_seen(one) for one in form.iterfind(".//button")]:
                fields = {
                    field.get("name"): field.get("value") for field in form.iterfind(".//input")
                }
                return {"action": form.get("action"), "method": form.get("method"), **fields}
        raise AssertionError(f"no form with the button {button}: {self.buttons}")


def _words(element: Any) -> str:
    return " ".join(element.text_content().split())


def _seen(button: Any) -> str:
    hidden = [_words(span) for span in button.iterfind("span[@class='visually-hidden']")]
    return _words(button).removesuffix(hidden[0]).strip() if hidden else _words(button)
