"""Plain text from what metadata hold: HTML, escaped HTML, entities, control characters.

Most texts need nothing of this, and a look at a few characters tells.
"""

from __future__ import annotations

import re
from html import unescape

_LINE, _PARAGRAPH = "\x1e", "\x1d"  # stand-ins while blanks are put in order

_INLINE = (
    "a abbr acronym article-title b bdi bdo big bold cite code del dfn em ext-link font i img ins "
    "inline-formula italic kbd label mark link meta monospace named-content nobr q s samp sc small "
    "span strike strong styled-content sub sup tex-math tt u underline uri var wbr xref o:p"
)
_MATH = (
    "annotation maction math menclose merror mfenced mfrac mi mmultiscripts mn mo mover mpadded "
    "mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr "
    "munder munderover semantics"
)
_LINE_BREAK = "br dd dt li list-item td th tr"
_BLOCK = (
    "abstract address article aside blockquote body center col colgroup div dl figure "
    "figcaption footer h1 h2 h3 h4 h5 h6 head header hr html list main ol p pre sec section table "
    "tbody tfoot thead title ul"
)
# What stands in a tag's place. Only names of elements count as tags, so that "p < 0.05 and n > 3"
# stays as it is.
_INSTEAD = {
    name: instead
    for names, instead in ((_INLINE, ""), (_MATH, ""), (_LINE_BREAK, _LINE), (_BLOCK, _PARAGRAPH))
    for name in names.split()
}
# Only these attributes need no value: "a<b and c>d" is no tag either.
_TAG = re.compile(
    r"""</?([a-zA-Z][\w:-]*)(?:\s+(?:[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
    r"""|(?:data-[\w-]+|compact|hidden|itemscope|noshade|nowrap|reversed)(?=[\s/>])))*\s*/?>"""
)
_SECTION = re.compile(r"<!\[CDATA\[|\]\]>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_UNSHOWN = re.compile(
    r"<(?:iframe|script|style|svg)\b.*?</(?:iframe|script|style|svg)\s*>",
    re.IGNORECASE | re.DOTALL,
)
_UNSHOWN_END = re.compile(r"</(?:iframe|script|style|svg)\s*>", re.IGNORECASE)
# Rules of a style sheet whose tag was lost, as word processors leave them: `p.p1 {margin: 0}`.
_STYLES = re.compile(
    r"(?:\s*(?:@page|(?:a|body|div|h[1-6]|li|ol|p|span|table|td|ul)(?:[.:][\w-]+)*|\.[\w-]+)"
    r"\s*\{\s*[\w-]+\s*:[^{}]*\})+",
    re.IGNORECASE,
)
# More digits than any character's number has, and than Python reads.
_NO_CHARACTER = re.compile(r"&#[0-9]{9,};?")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")

# What XML cannot hold, what is not seen (joiners apart, which some scripts need) or changes the
# direction of what follows, and what str.split does not take for a blank.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u200b\u202a-\u202e\u2060\u2066-\u2069"
    "\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]"
)
# Standard values for unknown information (DataCite Metadata Schema, appendix 3), with a colon and
# in any brackets. Without the colon they may be somebody's name.
_UNKNOWN = r"(?:unac|unal|unap|unas|unav|unkn|none|null|tba|etal|at)"
_PLACEHOLDER = re.compile(
    rf"(?<!\S)[(){{}}\[\]]*:[:(){{}}\[\]\s]*{_UNKNOWN}[:(){{}}\[\]\s]*(?=[\s,;]|$)",
    re.IGNORECASE,
)
_BARE_PLACEHOLDERS = re.compile(rf"(?:{_UNKNOWN}|[\s,;])*", re.IGNORECASE)


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
    if "{" in text and (styles := _STYLES.match(text)):
        text = text[styles.end() :]
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


def says_something(text: str) -> bool:
    """Whether anything is left of it as one line, and not one of DataCite's words for "unknown"."""
    return bool(text := line(text, 1000)) and not is_placeholder(text)


def is_placeholder(text: str) -> bool:
    """Whether it is one of DataCite's words for "unknown": `:unav`, `(:unkn)` …"""
    return ":" in text and _PLACEHOLDER.fullmatch(text.strip()) is not None


def without_placeholders(text: str) -> str:
    """Without DataCite's words for "unknown"; empty when nothing else is left.

    Beside one of them, also a bare `none` says nothing.
    """
    rest = _PLACEHOLDER.sub("", text) if ":" in text else text
    return text if rest == text else "" if _BARE_PLACEHOLDERS.fullmatch(rest) else rest


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
            text = unescape(_NO_CHARACTER.sub("", text))
        if text == before:
            break
    return text


def _without_tags(text: str) -> str:
    if "<!" in text:
        text = _SECTION.sub("", _without(_COMMENT, text, until=text.rfind("-->") + 3))
    if "</" in text:
        ends = [found.end() for found in _UNSHOWN_END.finditer(text)]
        text = _without(_UNSHOWN, text, until=ends[-1]) if ends else text
    made = _TAG.sub(_instead, text)
    if _PARAGRAPH in made or _LINE in made:
        # In HTML a line break of the source is a blank like any other.
        return made.replace("\n", " ").replace("\r", " ")
    return made


def _without(pattern: re.Pattern[str], text: str, *, until: int) -> str:
    """Without what begins and ends before `until`, the last end.

    Behind that nothing ends, and to look for an end from each beginning would take for ever.
    """
    return pattern.sub("", text[:until]) + text[until:]


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
