"""JSON around records, parted without being read, so that no record spoils the others.

Nearly always msgspec does it; by hand only where a text or number within is broken, for that is
the business of its own record.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8

import msgspec

from ...errors import MalformedRecord


class Envelope(msgspec.Struct):
    """What may stand around records, unread: a page of the API, or a sample of a collection."""

    data: msgspec.Raw = msgspec.Raw(b"null")
    record: msgspec.Raw = msgspec.Raw(b"null")
    included: msgspec.Raw = msgspec.Raw(b"null")
    links: msgspec.Raw = msgspec.Raw(b"null")
    meta: msgspec.Raw = msgspec.Raw(b"null")


_ENVELOPE = msgspec.json.Decoder(Envelope)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


def records(data: bytes) -> list[bytes]:
    """The records in a file, each for `read`: of a list, a page of the API or a sample.

    All else is given back as it is: `read` takes it for a record, or says what is wrong.
    """
    data = data.removeprefix(BOM_UTF8)
    try:
        if is_list(data):
            return items(data)
        around = opened(data)
        if (sample := bytes(around.record)) != b"null":
            return [sample]
        if not is_list(bytes(around.data)):
            return [data]
        found = items(bytes(around.data))
    except MalformedRecord:
        return [data]
    if (included := bytes(around.included)) != b"null":
        found = [b'{"data":%b,"included":%b}' % (one, included) for one in found]
    return found


def is_list(data: bytes) -> bool:
    return data.lstrip()[:1] == b"["


def opened(data: bytes) -> Envelope:
    """By hand where something in it is broken."""
    try:
        return _ENVELOPE.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        members = {} if is_list(data) else dict(map(_member, parts(data)))
    return Envelope(
        **{name: msgspec.Raw(members.get(name, b"null")) for name in Envelope.__struct_fields__}
    )


def items(data: bytes) -> list[bytes]:
    """Of a list, each unread; by hand where one of them is broken."""
    try:
        return [bytes(one) for one in _ITEMS.decode(data)]
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return [one.strip() for one in parts(data)]


def _member(part: bytes) -> tuple[str, bytes]:
    name, _, value = part.partition(b":")
    return name.strip().strip(b'"').decode("utf-8", "replace"), value.strip()


def check_whole(data: bytes) -> None:
    """Raises MalformedRecord for what is no JSON at all, or was cut off."""
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        parts(data)  # perhaps only a text within is broken


# What tells where a part of JSON ends: whole texts, whatever is in them, and marks outside of them.
_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\Z)|[\[\]{},]', re.DOTALL)


def parts(data: bytes) -> list[bytes]:
    """The items of a list or the `"name": value` of an object, unread, so that none spoils the others.

    Raises MalformedRecord when it is neither, or was cut off.
    """
    if data.lstrip()[:1] not in (b"[", b"{"):
        raise MalformedRecord("neither a list nor an object")
    found: list[bytes] = []
    depth = begin = 0
    for mark in _MARK.finditer(data):
        match mark[0]:
            case b"[" | b"{":
                depth += 1
                begin = begin if depth > 1 else mark.end()
            case b"]" | b"}":
                depth -= 1
            case b",":
                pass
            case _:
                continue
        if depth == 0 or (depth == 1 and mark[0] == b","):
            found.append(data[begin : mark.start()])
            begin = mark.end()
        if depth == 0:
            break
    if depth:
        raise MalformedRecord("it was cut off")
    if data[begin:].strip():
        raise MalformedRecord("more than one list or object")
    return [one for one in found if one.strip()]
