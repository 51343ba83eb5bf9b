"""Where a person may be sent after a round: our own pages, or DataCite Commons. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

from ..config import Config

# Pages that begin or end a session lead nowhere: coming back to them would go round in circles.
# Nor does the start page, whose button was pressed to get further.
_NO_RETURN = (
    "",
    "/sign-in",
    "/sign_in",
    "/sign-out",
    "/sign_out",
    "/auth",
    "/users/auth",
    "/link-orcid",
)


def safe(unverified_url: str | None, config: Config) -> str | None:
    """The address if it is on the allow-list, else None."""
    if not unverified_url or not url_has_allowed_host_and_scheme(
        unverified_url,
        allowed_hosts={urlsplit(config.base_url).netloc, urlsplit(config.commons_url).netloc},
        require_https=not config.is_loopback,
    ):
        return None
    parts = urlsplit(unverified_url)
    ours = not parts.netloc or parts.netloc == urlsplit(config.base_url).netloc
    if ours and any(_is_under(parts.path, path) for path in _NO_RETURN):
        return None
    return unverified_url


def _is_under(path: str, page: str) -> bool:
    return path.rstrip("/") == page or (page != "" and path.startswith(f"{page}/"))
