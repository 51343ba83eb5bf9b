"""Reading works: who sees what, one by one, grouped, and up to 100 at once."""

from __future__ import annotations

from typing import Any, Final

from .access import READ
from .refusal import Refused, shape
from .shapes import Printer
from .state import Record, Token, Work

MOST_PUT_CODES: Final = 100


def visible(work: Work, token: Token | None) -> bool:
    """Public to all, limited to trusted parties, private to its source."""
    if work.visibility == "public":
        return True
    if token is None or not token.orcid:
        return False
    own = work.client_id == token.client_id
    return own or (work.visibility == "limited" and READ in token.scopes)


def refuse_hidden(work: Work, token: Token | None) -> None:
    if visible(work, token):
        return
    if token is None:
        raise Refused(9039)
    raise Refused(9013 if work.visibility == "private" else 9038)


def one(record: Record, put_code: int, token: Token | None) -> Work:
    work = record.works.get(put_code)
    if work is None:
        raise Refused(9016, "No entity found for query")
    refuse_hidden(work, token)
    return work


def several(
    record: Record, texts: list[str], *, orcid: str, token: Token | None, printer: Printer
) -> dict[str, Any]:
    """A bulk read: a work or an error for every put-code asked for."""
    if len(texts) > MOST_PUT_CODES:
        raise Refused(9042, f"Too many put codes specified: maximum is {MOST_PUT_CODES}")
    items: list[dict[str, Any]] = []
    for text in texts:
        work = record.works.get(int(text)) if text.isdigit() else None
        if work is None:
            items.append({"error": shape(Refused(9034, f"'{text}' is not a valid put code"))})
        elif not visible(work, token):
            items.append({"error": shape(Refused(9013))})
        else:
            items.append({"work": printer.work(orcid, work)})
    return {"bulk": items}


def summaries(
    record: Record, *, orcid: str, token: Token | None, printer: Printer
) -> dict[str, Any]:
    return printer.works(orcid, [w for w in record.works.values() if visible(w, token)])
