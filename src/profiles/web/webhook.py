"""What ORCID calls when a record has changed. Its call carries nothing: the address says it all."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ..pipeline import webhooks
from ..values.orcid_id import OrcidId


@csrf_exempt  # no browser sends this, and no session is looked at
@require_POST
def changed(request: HttpRequest, orcid: str, signature: str) -> HttpResponse:
    """Noted and answered at once; the record is read later, by a worker."""
    if not webhooks.is_genuine(orcid, signature):
        return HttpResponseNotFound()
    webhooks.called(OrcidId(orcid), now=timezone.now())
    return HttpResponse(status=204)
