"""Pages for requests that we refuse. Django finds 400, 403, 404 and 500 by their templates' names."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """`reason` is Django's own, for developers: people get a way on instead."""
    return render(request, "403_csrf.html", status=403)
