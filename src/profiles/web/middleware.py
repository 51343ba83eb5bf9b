"""What holds for every request: HEAD has no body, and nobody gets far without an ORCID iD."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

LINK_PAGE = "/link-orcid"
# What a person without an iD can reach: the link page, the ways out, the ways in, and what
# machines ask for.
OPEN_PATHS = (
    LINK_PAGE,
    "/sign-out",
    "/sign_out",
    "/data/close",
    "/users/auth",
    "/static",
    "/health",
    "/heartbeat",
    "/metrics",
    "/status",  # says so when the database is gone, which no session survives
    "/favicon.ico",
)


def is_open(path: str) -> bool:
    return any(path == prefix or path.startswith(f"{prefix}/") for prefix in OPEN_PATHS)


class BodilessHead:
    """Django leaves the body of an answer to HEAD to the server, and gunicorn logs each as a mistake."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD" and not response.streaming:  # files come empty
            response.content = b""
        return response


class MustLinkOrcid:
    """A person without an ORCID iD gets no further than the page that links one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if (
            not is_open(request.path)
            and request.user.is_authenticated
            and request.user.orcid is None
        ):
            # Where they were going is remembered only if it can be gone to again.
            query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
            return HttpResponseRedirect(f"{LINK_PAGE}?{query}" if query else LINK_PAGE)
        return self.get_response(request)
