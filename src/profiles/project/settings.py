"""Django's settings, made from the one Config. Nothing else here reads the environment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from psycopg.conninfo import conninfo_to_dict

from .. import config
from ..people.allauth_settings import allauth_settings

PROFILES = config.load(os.environ)
_base = urlsplit(PROFILES.base_url)
_https = _base.scheme == "https"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


# A worker's machine that vanishes holds its locks until the server notices: within a minute.
_KEEPALIVE = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"


def _database(url: str) -> dict[str, object]:
    """A libpq URL as Django wants it; what Django has no name for is handed to libpq."""
    parts = dict(conninfo_to_dict(url))
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    known: dict[str, object] = {django: parts.pop(libpq, "") for django, libpq in names.items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **known,
        "PORT": parts.pop("port", ""),
        "OPTIONS": {"options": _KEEPALIVE, **parts},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def _email(url: str) -> dict[str, object]:
    """Where messages go. Over a network they go encrypted, or not at all."""
    if url == "console:":
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = urlsplit(url)
    encrypted = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if encrypted else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": encrypted,
        "EMAIL_USE_TLS": not encrypted and not config.is_loopback(url),
        "EMAIL_TIMEOUT": 10,
    }


SECRET_KEY = PROFILES.secret_key
DEBUG = False
ALLOWED_HOSTS = [_base.hostname or "localhost"]
if PROFILES.is_loopback:
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [_origin(PROFILES.base_url)]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "csp",
    "django_htmx",
    "procrastinate.contrib.django",
    "profiles.people",
    "profiles.claims",
    "profiles.delivery",
    "profiles.pipeline",
    "profiles.web",
]
MIDDLEWARE = [
    "profiles.web.middleware.BodilessHead",
    "profiles.ops.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "profiles.project.urls"
WSGI_APPLICATION = "profiles.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "profiles.web.context.site",
            ]
        },
    }
]

# `ops` opens the embedded database and says where it is before Django starts.
DATABASES = {"default": _database(PROFILES.database_url or "")}
DEFAULT_FROM_EMAIL = PROFILES.email_from
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.Person"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("es", "Español"), ("fr", "Français")]
LOCALE_PATHS = [Path(__file__).resolve().parents[1] / "locale"]
FORMAT_MODULE_PATH = "profiles.project.formats"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
# Files are served from the packages themselves, found once at start: no step to forget.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

SESSION_COOKIE_NAME = "profiles_session"
SESSION_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
# Lax, not Strict: the way back from ORCID is a cross-site navigation and needs the session.
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "profiles_csrf"
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "profiles.web.errors.csrf_failure"
SECURE_SSL_REDIRECT = False  # the proxy in front ends TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Browsers apply form-action to the whole chain of redirects that a form starts, so the
# services that our buttons lead to are named.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": [
            "'self'",
            *sorted(
                {
                    _origin(url)
                    for url in (
                        PROFILES.orcid_url,
                        PROFILES.globus_url,
                        PROFILES.commons_url,  # where sign-out may lead back to
                        *(provider.issuer for provider in PROFILES.oidc_providers),
                    )
                }
            ),
        ],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "profiles": {"level": "INFO"},
        # Full addresses may carry codes and states: never log requests of the HTTP client.
        "httpx2": {"level": "WARNING"},
        "httpcore2": {"level": "WARNING"},
        # A refused request is an answer, not an accident of ours.
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

_allauth = allauth_settings(PROFILES)
INSTALLED_APPS += _allauth.pop("INSTALLED_APPS")
MIDDLEWARE += _allauth.pop("MIDDLEWARE")
globals().update(_allauth, **_email(PROFILES.email_url))
