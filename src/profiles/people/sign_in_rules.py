"""Our rules where allauth asks for them: who is recognised, who is made, who may link what."""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ..errors import NotAnOrcidId
from ..values import orcid_id
from ..values.orcid_id import OrcidId
from . import accounts, wiring
from .models import Person
from .openid import OpenIdProvider, assertions_of
from .profile import Names
from .providers import ORCID
from .refusals import AccountClosed, Declined, EmptyHanded, NotVerified, ProviderRefused, StaleRound
from .return_address import safe

LINK_PAGE = "/link-orcid"
HOME = "/settings"


class AccountRules(DefaultAccountAdapter):
    def is_safe_url(self, url: str) -> bool:
        return safe(url, wiring.config()) is not None

    def add_message(self, *args: object, **kwargs: object) -> None:
        """Silent: our pages say what they have to say."""

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> NoReturn:
        raise AccountClosed

    def post_login(  # type: ignore[override]
        self,
        request: HttpRequest,
        user: Person,
        **kwargs: Any,  # noqa: ANN401
    ) -> HttpResponse:
        answer = super().post_login(request, user, **kwargs)
        if user.orcid is None:
            query = urlencode({"next": answer["Location"]})
            return HttpResponseRedirect(f"{LINK_PAGE}?{query}")
        return answer


class SocialAccountRules(DefaultSocialAccountAdapter):
    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: OpenIdProvider,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> NoReturn:
        """allauth tells little about the case; the request itself tells the rest."""
        if exception is not None:
            raise NotVerified(type(exception).__name__) from exception
        if not any(name in request.GET for name in ("code", "error", "state")):
            raise EmptyHanded(provider.name)
        if not (extra_context or {}).get("state"):
            raise StaleRound(provider.name)
        if error == AuthError.CANCELLED:
            raise Declined(provider.name)
        raise ProviderRefused(provider.name)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Called when the identity is proven and looked up, before anything is done with it."""
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(_link(request, sociallogin))
        if not sociallogin.is_existing and sociallogin.account.provider == ORCID:
            _recognise(request, sociallogin)
        if sociallogin.is_existing:
            accounts.remember_names(
                person=_person(sociallogin),
                names=_names(sociallogin),
                from_orcid=sociallogin.account.provider == ORCID,
            )

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> Person:
        person = _person(sociallogin)
        from_orcid = sociallogin.account.provider == ORCID
        accounts.fill_names(person, _names(sociallogin), from_orcid=from_orcid)
        return person

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: object = None
    ) -> Person:
        """A new person. An iD stands in the account only because ORCID itself has just said so."""
        person = _person(sociallogin)
        if sociallogin.account.provider == ORCID:
            person.orcid = _orcid_of(sociallogin)
        try:
            with transaction.atomic():
                sociallogin.save(request)
        except IntegrityError:
            # The same person came in twice at the same moment; the other one was first.
            raise StaleRound("you signed in twice at once") from None
        return person


def _person(sociallogin: SocialLogin) -> Person:
    if not isinstance(sociallogin.user, Person):
        raise TypeError("AUTH_USER_MODEL is not people.Person")
    return sociallogin.user


def _link(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    person = request.user
    if not isinstance(person, Person):
        raise StaleRound("the account was closed meanwhile")
    accounts.link_orcid(
        person=person,
        orcid=_orcid_of(sociallogin),
        names=_names(sociallogin),
        extra_data=sociallogin.account.extra_data,
    )
    next_url = safe(sociallogin.state.get("next"), wiring.config())
    return HttpResponseRedirect(next_url or HOME)


def _recognise(request: HttpRequest, sociallogin: SocialLogin) -> None:
    """An account that has this iD, but was never signed in to with it: proving the iD opens it."""
    person = accounts.person_by_orcid(_orcid_of(sociallogin))
    if person is not None:
        sociallogin.user = person
        sociallogin.save(request, connect=True)


def _orcid_of(sociallogin: SocialLogin) -> OrcidId:
    """The verified subject of ORCID's own id_token; no other provider's word counts."""
    if sociallogin.account.provider != ORCID:
        raise NotVerified("an ORCID iD comes from ORCID only")
    try:
        return orcid_id.parse(sociallogin.account.uid)
    except NotAnOrcidId as error:
        raise NotVerified("ORCID's subject is not an ORCID iD") from error


def _names(sociallogin: SocialLogin) -> Names:
    found = assertions_of(sociallogin.account)
    return Names(
        name=found.name or "",
        given_name=found.given_name or "",
        family_name=found.family_name or "",
        organization=found.organization or "",
        # To write to only; it never finds or joins accounts. One that nobody has verified may be
        # somebody else's.
        email=(found.email or "") if found.email_verified else "",
    )
