"""Find works: search DataCite, tick what is yours, add it to the ORCID record (Search & Link)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from ..claims.reasons import REASONS
from ..errors import NotADoi
from ..matching import told
from ..people.permissions import Purpose
from ..pipeline import find
from ..pipeline.find import Added, Found, Results
from ..values import doi as dois
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import paging, wording
from .access import Owner, for_owner
from .wording import Words

LONGEST = 500  # characters of a search
NAMED = 5  # DOIs listed in one message


@require_http_methods(["GET", "HEAD", "POST"])
@for_owner
def works(request: HttpRequest, owner: Owner) -> HttpResponse:
    if request.method == "POST":
        return _add(request, owner)
    asked, number = _asked(request.GET), paging.number(request.GET)
    held_for = find.held_for(owner.orcid)
    return render(
        request,
        "works/find.html",
        {
            "asked": asked,
            "longest": LONGEST,
            "held": REASONS[held_for] if held_for else None,
            "purpose": Purpose.SEARCH_AND_LINK,
            "here": request.get_full_path(),
            **_results(owner.orcid, asked, number),
        },
    )


def _results(orcid: OrcidId, asked: str, number: int) -> dict[str, object]:
    try:
        results = find.find(orcid, asked, number=number)
    except tuple(wording.SEARCH_PROBLEMS) as error:
        return {"problem": wording.SEARCH_PROBLEMS[type(error)]}
    if results is None:
        return {"problem": wording.NOTHING_ASKED}
    return {
        "results": results,
        "found": [_shown(one) for one in results.found],
        "addable": any(one.addable for one in results.found),
        "suggested": any(one.suggested for one in results.found),
        **_neighbours(asked, results),
    }


def _neighbours(asked: str, results: Results) -> dict[str, str]:
    number = results.number
    return {
        "previous": _address(asked, number - 1) if number > 1 else "",
        "next": _address(asked, number + 1) if number < results.pages else "",
    }


def _shown(one: Found) -> dict[str, object]:
    return {
        "work": one,
        "by": "; ".join(one.creators),
        "facts": [fact for fact in (one.publisher, one.year, one.kind) if fact],
        "pill": wording.found(one),
        "about": _about(one),
    }


def _about(one: Found) -> tuple[Words, ...]:
    """Where the iD stands in the metadata; and, where that matters, what keeps it off by itself."""
    if one.named is None or one.claim or not one.against:
        return (wording.NAMED[one.named],)
    says = gettext(told(one.against, "person"))
    return (says,) if one.named == "contributors" else (wording.NAMED[one.named], says)


def _add(request: HttpRequest, owner: Owner) -> HttpResponse:
    back = redirect(_address(_asked(request.POST), paging.number(request.POST)))
    chosen = _chosen(request.POST)
    if not chosen:
        messages.warning(request, gettext("Tick the works that you want to add."))
    elif len(chosen) > find.MOST:
        text = gettext("At most %(most)d works can be added at once. Nothing was added.")
        messages.warning(request, text % {"most": find.MOST})
    else:
        _report(request, owner.orcid, chosen)
    return back


def _chosen(form: QueryDict) -> list[Doi]:
    """The DOIs that were ticked, once each. Our own form sends nothing else."""
    try:
        return list(dict.fromkeys(dois.parse(text) for text in form.getlist("doi")))
    except NotADoi as error:
        raise BadRequest(str(error)) from None


def _report(request: HttpRequest, orcid: OrcidId, chosen: Sequence[Doi]) -> None:
    try:
        added = find.add(orcid, chosen)
    except tuple(wording.SEARCH_PROBLEMS) as error:
        problem = wording.SEARCH_PROBLEMS[type(error)]
        nothing = gettext("Nothing was added.")
        messages.error(request, f"{nothing} {problem}")
        return
    for level, text in _told(added, held=bool(added.added and find.held_for(orcid))):
        messages.add_message(request, level, text)


def _told(added: Added, *, held: bool) -> Iterator[tuple[int, str]]:
    if added.added:
        count = len(added.added)
        if held:
            level = messages.WARNING
            text = ngettext(
                "%(count)d work is noted and waits until you give permission.",
                "%(count)d works are noted and wait until you give permission.",
                count,
            )
        else:
            level = messages.SUCCESS
            text = ngettext(
                "%(count)d work is queued for your ORCID record.",
                "%(count)d works are queued for your ORCID record.",
                count,
            )
        link = format_html('<a href="{}">{}</a>', reverse("works"), gettext("See your works"))
        yield level, format_html("{} {}", text % {"count": count}, link)
    if added.already:
        text = ngettext(
            "%(count)d work was among your works already.",
            "%(count)d works were among your works already.",
            len(added.already),
        )
        yield messages.INFO, text % {"count": len(added.already)}
    for reason, refused in added.refused:
        yield messages.WARNING, f"{wording.REFUSALS[reason]} {_listed(refused)}"


def _listed(refused: Sequence[Doi]) -> str:
    shown = ", ".join(refused[:NAMED])
    more = len(refused) - NAMED
    if more <= 0:
        return shown
    return gettext("%(shown)s and %(more)d more") % {"shown": shown, "more": more}


def _asked(query: QueryDict) -> str:
    return query.get("query", "").strip()[:LONGEST]


def _address(asked: str, number: int) -> str:
    query = ({"query": asked} if asked else {}) | ({"page": str(number)} if number > 1 else {})
    return f"{reverse('find')}?{urlencode(query)}" if query else reverse("find")
