"""How django-allauth is set up, as Django settings made from our Config."""

from __future__ import annotations

from typing import Any

from ..config import Config
from .providers import SignInProvider, providers


def allauth_settings(config: Config) -> dict[str, Any]:
    """INSTALLED_APPS and MIDDLEWARE are additions; the rest are settings of their own."""
    return {
        "INSTALLED_APPS": [
            "allauth",
            "allauth.account",
            "allauth.socialaccount",
            "allauth.socialaccount.providers.openid_connect",
        ],
        "MIDDLEWARE": [
            "allauth.account.middleware.AccountMiddleware",
            "profiles.web.middleware.MustLinkOrcid",
        ],
        # No password opens anything here: the backend only finds the person of a session.
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "LOGIN_URL": "/sign-in",
        "LOGIN_REDIRECT_URL": "/settings",
        "LOGOUT_REDIRECT_URL": "/",
        "ACCOUNT_ADAPTER": "profiles.people.sign_in_rules.AccountRules",
        # E-mail names nobody: neither sign-in nor linking goes by it.
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_USER_MODEL_EMAIL_FIELD": None,
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        # Only to satisfy allauth's checks: its forms for e-mail and passwords have no address here.
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_SIGNUP_FIELDS": ["email*"],
        "SOCIALACCOUNT_EMAIL_REQUIRED": False,
        "ACCOUNT_EMAIL_NOTIFICATIONS": False,
        "SOCIALACCOUNT_ADAPTER": "profiles.people.sign_in_rules.SocialAccountRules",
        "SOCIALACCOUNT_AUTO_SIGNUP": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": False,
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
        "SOCIALACCOUNT_LOGIN_ON_GET": False,
        # Tokens live in our own sealed table or nowhere.
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_QUERY_EMAIL": False,
        "SOCIALACCOUNT_PROVIDERS": {
            "openid_connect": {
                "provider_class": "profiles.people.openid.OpenIdProvider",
                "APPS": [_app(provider) for provider in providers(config)],
            }
        },
    }


def _app(provider: SignInProvider) -> dict[str, Any]:
    return {
        "provider_id": provider.id,
        "name": provider.name,
        "client_id": provider.client.id,
        "secret": provider.client.secret,
        "settings": {
            "server_url": provider.issuer,
            "scope": list(provider.scope),
            "oauth_pkce_enabled": provider.pkce,
            "fetch_userinfo": provider.userinfo,
        },
    }
