"""Signing in with any OpenID provider, on django-allauth's generic one.

allauth keeps the state, the PKCE verifier and the account; what it leaves out is done here: nonce,
signature, one and the same subject in id_token and userinfo, no token kept.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

import msgspec
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ..config import Client
from ..errors import NotFound
from . import wiring
from .id_token import Assertions
from .openid_server import OpenIdServer
from .providers import ORCID
from .refusals import NotVerified


def callback_path(provider_id: str) -> str:
    """Registered at the providers: it does not change."""
    return f"/users/auth/{provider_id}/callback"


def start_sign_in(request: HttpRequest, *, provider_id: str, next_url: str | None) -> HttpResponse:
    """Off to the provider. Raises NotFound for one that is not offered, Unreachable."""
    provider = OpenIdAdapter(request, provider_id).offered_provider()
    return provider.redirect(request, AuthProcess.LOGIN, next_url)


def start_linking(request: HttpRequest, *, next_url: str | None) -> HttpResponse:
    """Off to ORCID, to come back with the iD of the person who is signed in.

    The round is kept in that person's session, which ends when somebody else signs in.
    """
    provider = OpenIdAdapter(request, ORCID).offered_provider()
    return provider.redirect(request, AuthProcess.CONNECT, next_url)


def finish(request: HttpRequest, *, provider_id: str) -> HttpResponse:
    """The way back, for sign-in and linking. Raises Refused, Unreachable and the like."""
    adapter = OpenIdAdapter(request, provider_id)
    adapter.offered_provider()
    view = OAuth2CallbackView.adapter_view(adapter)  # type: ignore[no-untyped-call]
    answer: HttpResponse = view(request)
    return answer


def nonce_for(state_id: str) -> str:
    """The nonce hangs on the state, and the state on the browser session: nothing more to keep."""
    return salted_hmac("profiles.openid.nonce", state_id, algorithm="sha256").hexdigest()


class OpenIdAdapter(OpenIDConnectOAuth2Adapter):
    """The exchange with one provider."""

    basic_auth = False

    @property
    def _app(self) -> SocialApp:
        app: SocialApp = self.offered_provider().app
        return app

    @property
    def _server(self) -> OpenIdServer:
        return wiring.openid_server(self._app.settings["server_url"])

    @property
    def _client(self) -> Client:
        return Client(id=self._app.client_id, secret=self._app.secret)

    @property
    def authorize_url(self) -> str:
        return self._server.metadata().authorization_endpoint

    @property
    def access_token_url(self) -> str:  # type: ignore[override]
        return self._server.metadata().token_endpoint

    def offered_provider(self) -> OpenIdProvider:
        try:
            provider: OpenIdProvider = self.get_provider()  # type: ignore[no-untyped-call]
        except SocialApp.DoesNotExist:
            raise NotFound(f"a sign-in provider {self.provider_id}") from None
        return provider

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Our outside address by configuration, never by the request's Host header."""
        return wiring.config().base_url + callback_path(self.provider_id)

    def get_access_token_data(
        self,
        request: HttpRequest,
        app: SocialApp,
        client: object,
        pkce_code_verifier: str | None = None,
    ) -> dict[str, Any]:
        """Redeems the code and learns who it is. The token ends here; allauth is given none."""
        now = timezone.now()
        tokens = self._server.redeem(
            request.GET["code"],
            client=self._client,
            redirect_uri=self.get_callback_url(request, app),
            verifier=pkce_code_verifier,
            now=now,
        )
        assertions = self._server.verified(
            tokens.id_token, client=self._client, nonce=nonce_for(request.GET["state"]), now=now
        )
        if app.settings["fetch_userinfo"]:
            told = self._server.userinfo(tokens.access_token)
            # OpenID Connect Core 5.3.2: else a token of somebody else could be slipped in.
            if not hmac.compare_digest(told.sub.encode(), assertions.sub.encode()):
                raise NotVerified("userinfo speaks of another person than the id_token")
            assertions = told
        return {"access_token": "", "assertions": assertions}

    def complete_login(  # type: ignore[override]
        self, request: HttpRequest, app: SocialApp, token: object, *, response: dict[str, Any]
    ) -> SocialLogin:
        assertions: Assertions = response["assertions"]
        login: SocialLogin = self.offered_provider().sociallogin_from_response(request, assertions)
        return login


class OpenIdProvider(OpenIDConnectProvider):
    """What allauth asks of a provider, answered from verified assertions."""

    oauth2_adapter_class = OpenIdAdapter

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: object = None,
        **kwargs: object,
    ) -> HttpResponse:
        state_id = secrets.token_urlsafe(24)
        answer: HttpResponse = super().redirect(
            request,
            process,
            next_url,
            data,
            state_id=state_id,
            auth_params={"nonce": nonce_for(state_id)},
            **kwargs,
        )
        return answer

    def get_callback_url(self) -> str:
        return callback_path(self.app.provider_id)

    def extract_uid(self, data: Assertions) -> str:
        return data.sub

    def extract_extra_data(self, data: Assertions) -> dict[str, Any]:
        """Only what `Assertions` names: no token, nothing we have no use for."""
        kept: dict[str, Any] = msgspec.to_builtins(data)
        return kept

    def extract_common_fields(self, data: Assertions) -> dict[str, Any]:
        """Nothing: e-mail must not reach allauth's matching, names are ours to read."""
        return {}

    def extract_email_addresses(self, data: Assertions) -> list[Any]:
        return []


def assertions_of(account: SocialAccount) -> Assertions:
    return msgspec.convert(account.extra_data, Assertions)
