"""Every text that the code and the templates mark for translation, found without gettext's tools."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.template import engines
from django.template.base import FilterExpression, Node, NodeList
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

import profiles

PACKAGE = Path(profiles.__file__).parent
ONE = frozenset({"_", "gettext", "gettext_lazy", "gettext_noop"})
COUNTED = frozenset({"ngettext", "ngettext_lazy"})


def texts() -> set[str]:
    """The English of everything that people read; the simulators speak English only."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if "simulator" not in path.parts:
            found |= set(_of_code(path))
    for path in templates():
        found |= set(_of_template(path))
    return found


def templates() -> list[Path]:
    """Of pages and mails."""
    files = [path for path in PACKAGE.rglob("templates/**/*") if path.is_file()]
    return sorted(path for path in files if "simulator" not in path.parts)


def _of_code(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            name, first = node.func.id, node.args[0]
            if name in ONE | COUNTED and isinstance(first, ast.Constant):
                yield str(first.value)


def _of_template(path: Path) -> Iterator[str]:
    template = engines["django"].from_string(path.read_text("utf-8"))
    nodes: NodeList = template.template.nodelist
    for node in nodes.get_nodes_by_type(Node):
        if isinstance(node, TranslateNode):
            yield _literal(node.filter_expression)
        elif isinstance(node, BlockTranslateNode):
            text, _ = node.render_token_list(node.singular)
            yield text.strip() if node.trimmed else text


def _literal(expression: FilterExpression) -> str:
    return str(expression.var.literal if hasattr(expression.var, "literal") else expression.var)
