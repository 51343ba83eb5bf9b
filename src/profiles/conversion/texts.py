"""Plain text from what metadata hold: HTML, escaped HTML, entities, control characters.

Most texts need nothing of this, and a look at a few characters tells.
"""

from __future__ import annotations

import re
from html import unescape

_LINE, _PARAGRAPH = "\x1e", "\x1d"  # stand-ins while blanks are put in order

_INLINE = (
    "a abbr acronym article-title b bdi bdo big bold cite code del dfn em ext-link font i img ins "
    "inline-formula italic kbd label mark monospace named-content q s samp sc small span strike "
    "strong styled-content sub sup tt u underline uri var wbr xref o:p"
)
_LINE_BREAK = "br dd dt li list-item td th tr"
_BLOCK = (
    "abstract address article aside blockquote body center div dl figure figcaption footer h1 h2 "
    "h3 h4 h5 h6 head header hr html list main ol p pre sec section table tbody tfoot thead title "
    "ul"
)
# What stands in a tag's place. Only names of elements count as tags, so that "p < 0.05 and n > 3"
# stays as it is.
_INSTEAD = {
    name: instead
    for names, instead in ((_INLINE, ""), (_LINE_BREAK, _LINE), (_BLOCK, _PARAGRAPH))
    for name in names.split()
}
_TAG = re.compile(
    r"""</?([a-zA-Z][\w:-]*)(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>"""
)
_COMMENT = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>", re.DOTALL)
_UNSHOWN = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")

# What XML cannot hold, what is not seen, and what str.split does not take for a blank.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]"
)
# Standard values for unknown information (DataCite Metadata Schema, appendix 3).
_PLACEHOLDERS = frozenset(
    "unac unal unap unas unav unkn none null tba etal at".split()  # noqa: SIM905
)


def line(text: str, limit: int) -> str:
    """The text as one line of at most `limit` characters; empty when it says nothing."""
    if "<" in text or "&" in text:
        text = _unmarked(text).replace(_LINE, " ").replace(_PARAGRAPH, " ")
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    text = " ".join(text.split())
    return text if len(text) <= limit else _cut(text, limit)


def paragraphs(text: str, limit: int) -> str:
    """The text with its paragraphs and line breaks, at most `limit` characters."""
    if "<" in text or "&" in text:
        text = _unmarked(text)
    if text.isprintable():
        text = " ".join(text.split())
    else:
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        made = _in_paragraphs(text)
        if not made.replace("\n", "").isprintable():
            made = _in_paragraphs(_UNSEEN.sub("", text))
        text = made
    return text if len(text) <= limit else _cut(text, limit)


def is_placeholder(text: str) -> bool:
    """Whether it is one of DataCite's words for "unknown": `:unav`, `(:unkn)` …"""
    if text[:1] not in (":", "("):
        return False
    bare = text.strip("() ")
    return bare[:1] == ":" and bare[1:].strip().lower() in _PLACEHOLDERS


def _in_paragraphs(text: str) -> str:
    paragraphs = _BLANK_LINE.sub(_PARAGRAPH, text).split(_PARAGRAPH)
    return "\n\n".join(filter(None, map(_lines, paragraphs)))


def _lines(paragraph: str) -> str:
    lines = (" ".join(one.split()) for one in paragraph.split(_LINE))
    return "\n".join(filter(None, lines))


def _unmarked(text: str) -> str:
    """Without tags and entities, also where they were escaped once more."""
    for _ in range(4):
        before = text
        if "<" in text:
            text = _without_tags(text)
        if "&" in text:
            text = unescape(text)
        if text == before:
            break
    return text


def _without_tags(text: str) -> str:
    if "<!" in text:
        text = _COMMENT.sub("", text)
    if "</s" in text:
        text = _UNSHOWN.sub(" ", text)
    made = _TAG.sub(_instead, text)
    if _PARAGRAPH in made or _LINE in made:
        # In HTML a line break of the source is a blank like any other.
        return made.replace("\n", " ").replace("\r", " ")
    return made


def _instead(tag: re.Match[str]) -> str:
    name = tag[1].lower()
    if name.startswith("mml:"):
        return ""
    return _INSTEAD.get(name.removeprefix("jats:"), tag[0])


def _cut(text: str, limit: int) -> str:
    """Cut after a whole word, with an ellipsis."""
    room = text[: limit - 1]
    if not text[limit - 1].isspace():
        start = max(room.rfind(" "), room.rfind("\n"))
        if start > limit // 2:  # else it is one long word, or a script without blanks
            room = room[:start]
    return room.rstrip(" \n,;:.–-") + "…"
