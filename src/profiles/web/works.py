"""My works: every claim of the signed-in person, its history, what can be done, and why not."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from ..claims import queries
from ..claims.queries import ClaimDetail, ClaimRow, HistoryLine
from ..errors import Blocked, ImpossibleTransition, NotFound
from ..matching import BY_HAND, Answer, ExplainLine, Verdict, mend
from ..people.return_address import safe
from ..pipeline import explain, wishes
from ..pipeline.explain import Explanation
from ..values import doi as dois
from ..values.doi import Doi
from ..values.orcid_id import OrcidId
from . import paging, wording
from .access import Owner, for_owner
from .wording import Pill

WISHES: dict[str, Callable[[OrcidId, Doi], object]] = {
    "retry": wishes.retry,
    "remove": wishes.remove,
    "restore": wishes.restore,
    "decline": wishes.decline,
}


@require_safe
@for_owner
def listing(request: HttpRequest, owner: Owner) -> HttpResponse:
    asked = request.GET.get("show", "")
    chosen = next((one for one in wording.FILTERS if one.key == asked), wording.FILTERS[0])
    page = queries.page(owner.orcid, states=chosen.states, number=paging.number(request.GET))
    return render(
        request,
        "works/list.html",
        {
            "page": page,
            "rows": [_shown(row) for row in page.rows],
            "filters": [{"filter": one, "current": one is chosen} for one in wording.FILTERS],
            "filtered": bool(chosen.states),
            "previous": _page_address(chosen.key, page.number - 1) if page.number > 1 else "",
            "next": _page_address(chosen.key, page.number + 1) if page.number < page.pages else "",
            "here": request.get_full_path(),
        },
    )


@require_safe
@for_owner
def show(request: HttpRequest, owner: Owner, uuid: UUID) -> HttpResponse:
    detail = _mine(owner, uuid)
    return render(
        request,
        "works/show.html",
        {
            "claim": _shown(detail.row),
            "history": [_line(line) for line in detail.history],
            "here": request.path,
        },
    )


@require_POST
@for_owner
def act(request: HttpRequest, owner: Owner, uuid: UUID, name: str) -> HttpResponse:
    """Retry, Remove, Restore or Never add. What the state does not allow is said, not done."""
    action = next((one for one in wording.ACTIONS if one.name == name), None)
    if action is None:
        raise Http404
    row = _mine(owner, uuid).row
    try:
        WISHES[name](owner.orcid, row.doi)
    except Blocked:
        messages.warning(request, wording.ASK_SUPPORT)
    except ImpossibleTransition:
        messages.warning(request, gettext("That is no longer possible: the work has moved on."))
    else:
        messages.success(request, f"{row.title or row.doi}: {action.done}")
    return redirect(_way_back(request))


@require_safe
@for_owner
def why(request: HttpRequest, owner: Owner) -> HttpResponse:
    """Rule by rule for one DOI and the person's own iD, which nobody types."""
    asked = request.GET.get("doi", "").strip()
    answer: dict[str, object] = {}
    if asked:
        try:
            answer = _explained(explain.explain(dois.parse(asked), owner.orcid))
        except tuple(wording.PROBLEMS) as error:
            answer = {"problem": wording.PROBLEMS[type(error)]}
    return render(request, "works/explain.html", {"asked": asked, **answer})


def _explained(found: Explanation) -> dict[str, object]:
    """The rules in words, under the one that decides."""
    verdict, reason = found.evaluation.verdict, found.evaluation.reason
    lines = [wording.spoken(line) for line in found.lines]
    stays = found.outlook in wording.STAYING
    return {
        "title": found.title,
        "headline": wording.ON_RECORD if stays else wording.VERDICTS[verdict],
        "outlook": wording.OUTLOOKS[found.outlook] if found.outlook else "",
        "by_hand": not stays and verdict == Verdict.NO and BY_HAND in mend(reason, "person"),
        "decisive": next((line for line in lines if reason and line.code == reason), None),
        "rules": [_rule(line) for line in lines if not _is_idle(line)],
        "set_aside": [_rule(line) for line in lines if _is_idle(line)],
    }


def _is_idle(line: ExplainLine) -> bool:
    """The rule found nothing in the metadata that concerns it."""
    return line.outcome == Answer.IGNORED and not line.looked_at


def _rule(line: ExplainLine) -> dict[str, object]:
    return {"line": line, "pill": wording.ANSWERS[line.outcome]}


def _mine(owner: Owner, uuid: UUID) -> ClaimDetail:
    """Somebody else's claim is as unknown as one that does not exist."""
    try:
        return queries.show(owner.orcid, uuid)
    except NotFound:
        raise Http404 from None


def _shown(row: ClaimRow) -> dict[str, object]:
    return {
        "row": row,
        "pill": wording.claim(row.state, row.wanted),
        "marks": _marks(row),
        "origin": wording.ORIGINS[row.origin],
        "actions": [action for action in wording.ACTIONS if action.name in row.actions],
    }


def _marks(row: ClaimRow) -> list[Pill]:
    """Why a work that is there may have to go."""
    hidden = [wording.DOI_HIDDEN] if row.hidden_since else []
    return hidden + ([wording.NOT_NAMED_ANY_MORE] if row.unnamed_since else [])


def _line(line: HistoryLine) -> dict[str, object]:
    return {"at": line.at, "words": wording.happened(line.what), "detail": line.detail}


def _page_address(show: str, number: int) -> str:
    query = {"show": show} if show else {}
    return f"{reverse('works')}?{urlencode({**query, 'page': number})}"


def _way_back(request: HttpRequest) -> str:
    return safe(request.POST.get("next"), settings.PROFILES) or reverse("works")
