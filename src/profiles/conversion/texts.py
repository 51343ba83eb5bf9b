"""Plain text from what metadata hold: HTML, escaped HTML, entities, control characters.

Most texts need nothing of this, and a look at a few characters tells.
"""

from __future__ import annotations

import re
from html import unescape

# Only names of elements count as tags, so that "p < 0.05 and n > 3" stays as it is.
_INLINE = (
    "a|abbr|acronym|article-title|b|bdi|bdo|big|bold|cite|code|del|dfn|em|ext-link|font|i|img|ins|"
    "inline-formula|italic|kbd|label|mark|monospace|named-content|q|s|samp|sc|small|span|strike|"
    "strong|styled-content|sub|sup|tt|u|underline|uri|var|wbr|xref|o:p"
)
_BLOCK = (
    "abstract|address|article|aside|blockquote|body|center|div|dl|figure|figcaption|footer|"
    "h[1-6]|header|head|hr|html|list|main|ol|p|pre|sec|section|table|tbody|tfoot|thead|title|ul"
)
_LINE_BREAK = "br|dd|dt|li|list-item|td|th|tr"
_REST = r"""(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>"""
_PREFIX = r"(?:jats:|mml:)?"
_BREAK_TAG = re.compile(rf"</?{_PREFIX}(?:{_LINE_BREAK}){_REST}", re.IGNORECASE)
_BLOCK_TAG = re.compile(rf"</?{_PREFIX}(?:{_BLOCK}){_REST}", re.IGNORECASE)
_INLINE_TAG = re.compile(
    rf"</?{_PREFIX}(?:{_INLINE}){_REST}|</?mml:[a-z]+{_REST}|<!--.*?-->|<!\[CDATA\[|\]\]>",
    re.IGNORECASE | re.DOTALL,
)
_UNSHOWN = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_BLANK_LINE = re.compile(r"(?:\r\n?|\n)[^\S\r\n]*(?:(?:\r\n?|\n)[^\S\r\n]*)+")

# What XML cannot hold, what is not seen, and what str.split does not take for a blank.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u2060\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]"
)
_LINE, _PARAGRAPH = "\x1e", "\x1d"  # stand-ins while blanks are put in order

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
        text = _UNSEEN.sub("", _BLANK_LINE.sub(_PARAGRAPH, text))
        text = "\n\n".join(filter(None, map(_lines, text.split(_PARAGRAPH))))
    return text if len(text) <= limit else _cut(text, limit)


def is_placeholder(text: str) -> bool:
    """Whether it is one of DataCite's words for "unknown": `:unav`, `(:unkn)` …"""
    if text[:1] not in (":", "("):
        return False
    bare = text.strip("() ")
    return bare[:1] == ":" and bare[1:].strip().lower() in _PLACEHOLDERS


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
    if not (_BLOCK_TAG.search(text) or _BREAK_TAG.search(text)):
        return _INLINE_TAG.sub("", text)
    text = _UNSHOWN.sub(" ", text)
    # In HTML a line break of the source is a blank like any other.
    text = re.sub(r"\s+", lambda blanks: _kept(blanks[0]), text)
    text = _BREAK_TAG.sub(_LINE, text)
    text = _BLOCK_TAG.sub(_PARAGRAPH, text)
    return _INLINE_TAG.sub("", text)


def _kept(blanks: str) -> str:
    if _PARAGRAPH in blanks:
        return _PARAGRAPH
    return _LINE if _LINE in blanks else " "


def _cut(text: str, limit: int) -> str:
    """Cut after a whole word, with an ellipsis."""
    room = text[: limit - 1]
    if not text[limit - 1].isspace():
        start = max(room.rfind(" "), room.rfind("\n"))
        if start > limit // 2:  # else it is one long word, or a script without blanks
            room = room[:start]
    return room.rstrip(" \n,;:.–-") + "…"
