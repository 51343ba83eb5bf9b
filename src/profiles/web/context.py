"""What every page's frame needs: the links under the person's name, and what needs the person."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.http import HttpRequest

from ..config import Config
from .notice import notice


def site(request: HttpRequest) -> dict[str, object]:
    config: Config = settings.PROFILES
    # A request refused early, for a wrong Host say, has no user yet, and its page has a frame, too.
    user = getattr(request, "user", None)
    orcid = getattr(user, "orcid", None)
    return {
        "site": {
            "orcid_url": config.orcid_url,
            "orcid_link": f"{config.orcid_url}/{orcid}",
            "commons_link": f"{config.commons_url}/orcid.org/{orcid}",
            "person_name": str(user or ""),
        },
        # Looked up only where a whole page is rendered: a part of one has no room for it.
        "permission_notice": partial(notice, request),
    }
