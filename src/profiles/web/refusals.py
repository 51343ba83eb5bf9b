"""A round with a provider that did not end well, as a friendly page with a way on."""

from __future__ import annotations

import logging
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..errors import Misconfigured, ProfilesError, UnexpectedAnswer, Unreachable
from ..people import refusals
from ..people.sealing import CannotOpen

logger = logging.getLogger(__name__)


class Again(NamedTuple):
    """The way on: a page to go to, or a form to send."""

    label: str | Promise
    url: str
    fields: dict[str, str] | None = None  # None: a link


class Words(NamedTuple):
    status: int
    title: str | Promise
    text: str | Promise


# The first row whose class fits. Completeness is tested.
WORDS: tuple[tuple[type[ProfilesError], Words], ...] = (
    (
        refusals.Declined,
        Words(
            403,
            _("You declined"),
            _("So nothing was changed. You can try again whenever you like."),
        ),
    ),
    (
        refusals.StaleRound,
        Words(
            400,
            _("This step is no longer valid"),
            _(
                "It was begun too long ago, was used already, or was begun in another browser. "
                "Nothing was changed; please start it again."
            ),
        ),
    ),
    (
        refusals.EmptyHanded,
        Words(
            400,
            _("No answer came back"),
            _("The other service sent you back without an answer. Nothing was changed."),
        ),
    ),
    (
        refusals.ProviderRefused,
        Words(
            502,
            _("The other service could not do this"),
            _("It sent you back with an error. Nothing was changed; please try again."),
        ),
    ),
    (
        refusals.NotVerified,
        Words(
            403,
            _("We could not verify the answer"),
            _(
                "What came back did not pass our checks, so we did not use it. "
                "Nothing was changed; please try again."
            ),
        ),
    ),
    (
        refusals.IdTaken,
        Words(
            403,
            _("This ORCID iD belongs to another account"),
            _(
                "The ORCID iD that you signed in with at ORCID is linked to another account here. "
                "To use that account, sign out and sign in with ORCID. Nothing was changed."
            ),
        ),
    ),
    (
        refusals.DifferentOrcidId,
        Words(
            403,
            _("You authorised a different ORCID iD"),
            _("Nothing was changed."),
        ),
    ),
    (
        refusals.AccountClosed,
        Words(
            403,
            _("This account is closed"),
            _(
                "It cannot be signed in to any more. If you closed it yourself, it will soon be "
                "deleted for good; after that you can sign up again."
            ),
        ),
    ),
    (
        Unreachable,
        Words(
            502,
            _("The other service does not answer"),
            _("This is likely to pass by itself. Nothing was changed; please try again later."),
        ),
    ),
    (
        UnexpectedAnswer,
        Words(
            502,
            _("The other service gave an answer that we do not understand"),
            _("Nothing was changed; please try again later."),
        ),
    ),
    (
        Misconfigured,
        Words(
            502,
            _("This is not set up correctly here"),
            _("Nothing was changed. This is ours to mend; please contact support."),
        ),
    ),
    (
        CannotOpen,
        Words(
            502,
            _("This is not set up correctly here"),
            _("Nothing was changed. This is ours to mend; please contact support."),
        ),
    ),
)

# What a view that takes part in a round turns into a page.
EXPECTED = tuple(kind for kind, _words in WORDS)


def words_for(error: ProfilesError) -> Words:
    return next(words for kind, words in WORDS if isinstance(error, kind))


def page(request: HttpRequest, error: ProfilesError, again: Again) -> HttpResponse:
    """One of EXPECTED as a page; the log gets the detail, which holds no token."""
    level = logging.INFO if isinstance(error, refusals.Refused) else logging.WARNING
    logger.log(level, "%s: %s", request.path, error)
    words = words_for(error)
    context = {
        "title": words.title,
        "text": words.text,
        "action_label": again.label,
        "action_url": again.url,
        "action_post": again.fields is not None,
        "action_fields": again.fields or {},
    }
    if isinstance(error, refusals.DifferentOrcidId):
        context |= {
            "expected": error.expected,
            "got": error.got,
            "orcid_sign_out": f"{settings.PROFILES.orcid_url}/userStatus.json?logUserOut=true",
        }
        return render(request, "different_orcid_id.html", context, status=words.status)
    return render(request, "problem.html", context, status=words.status)


def sign_in_again(request: HttpRequest, error: ProfilesError) -> HttpResponse:
    """The page for a sign-in or a linking: whoever is signed in was linking."""
    if isinstance(error, refusals.IdTaken):
        return page(request, error, Again(_("Sign out"), reverse("sign-out")))
    if request.user.is_authenticated and request.user.orcid is None:
        return page(request, error, Again(_("Try again"), reverse("link-orcid")))
    return page(request, error, Again(_("Try again"), reverse("sign-in")))
