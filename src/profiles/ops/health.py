"""For load balancers and watchmen: is the process alive, and can it serve?

A middleware, and before those that look at the Host: load balancers ask by address, not by our name.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..claims import queries
from .migrate import unapplied


class Health:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return VIEWS.get(request.path_info, self.get_response)(request)


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("OK", content_type="text/plain")


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served; 503 with the reason otherwise. A late queue is told, not fatal."""
    try:
        missing = unapplied()
        due, oldest = queries.backlog(timezone.now())
    except (InterfaceError, OperationalError):
        return JsonResponse({"ready": False, "database": "unreachable"}, status=503)
    found = {
        "ready": not missing,
        "database": "reachable",
        "migrations_missing": len(missing),
        "claims_due": due,
        "oldest_due_seconds": round(oldest),
        "late": oldest > queries.LATE.total_seconds(),
    }
    return JsonResponse(found, status=200 if found["ready"] else 503)


VIEWS = {"/health/live": live, "/health/ready": ready}
