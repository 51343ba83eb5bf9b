"""The public status page: is the service well, and how long do works wait?"""

from __future__ import annotations

import msgspec
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from ..claims import queries


class Status(msgspec.Struct, frozen=True):
    database: bool
    waiting: int = 0
    oldest: float = 0.0  # seconds

    @property
    def well(self) -> bool:
        return self.database and self.oldest < queries.LATE.total_seconds()

    @property
    def minutes(self) -> int:
        return int(self.oldest // 60)


def read() -> Status:
    try:
        return Status(True, *queries.backlog(timezone.now()))
    except (InterfaceError, OperationalError):
        return Status(False)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    status = read()
    if status.database:
        return render(request, "status.html", {"status": status})
    # Without the request: whose session this is could not be looked up either.
    return HttpResponse(render_to_string("status.html", {"status": status}), status=503)
