"""The simulators' pages: plain templates, one style sheet, nothing from outside."""

from __future__ import annotations

from pathlib import Path

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, select_autoescape
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent


class Renderer:
    """Renders one simulator's templates."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=select_autoescape(),
            undefined=ChainableUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, template: str, status: int = 200, **context: object) -> HTMLResponse:
        text = self._templates.get_template(f"{self._folder}/{template}").render(**context)
        return HTMLResponse(text, status, headers={"cache-control": "no-store"})

    def routes(self) -> list[Mount]:
        return [Mount("/static", StaticFiles(directory=HERE / "static"))]
