"""The Django project's settings, all from the environment; importing them creates no file and no folder."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from bluezone.authority.databases import database_config
from bluezone.authority.export_storage_settings import export_storages
from bluezone.authority.keys.sms.config import sms_settings
from bluezone.authority.keys.wire import is_authority_id
from bluezone.authority.log_format import log_config
from bluezone.errors import Refused
from bluezone.protocols.export_region import REGION

__all__: list[str] = []

_HERE = Path(__file__).resolve().parent
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


_ON, _OFF = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _flag(name: str) -> bool:
    return _checked(name, "", "1 (on) or 0 (off)", lambda text: text.lower() in _ON + _OFF).lower() in _ON


def _checked(name: str, usual: str, wanted: str, is_good: Callable[[str], object]) -> str:
    """A setting's text; ``is_good`` may also refuse it by a ``ValueError``."""
    text = os.environ.get(name) or usual
    try:
        good = is_good(text)
    except ValueError:
        good = False
    if not good:
        raise Refused(f"{name} is {text!r}, not {wanted}")
    return text


def _number(name: str, default: float, low: float, high: float) -> float:
    text = os.environ.get(name, "")
    try:
        value = float(text or default)
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        raise Refused(f"{name} is {text!r}, not a number from {low:g} to {high:g}")
    return value


def _is_origin(url: str) -> bool:
    parts = urlsplit(url.rstrip("/"))
    beyond = parts.path or parts.query or parts.fragment or parts.username
    # reading the port refuses what is none
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not beyond


def _secret_key(path: Path) -> str:
    """The folder's secret; before it is made, one that is forgotten with the process."""
    return path.read_text() if path.exists() else token_hex(32)


BLUEZONE_DATA = Path(os.environ.get("BLUEZONE_DATA") or "data").resolve()
BLUEZONE_DEMO = _flag("BLUEZONE_DEMO")
BLUEZONE_REGION = _checked("BLUEZONE_REGION", "VN", "a region like VN or VN-HN", REGION.fullmatch)
BLUEZONE_HEALTH_AUTHORITY = _checked(
    "BLUEZONE_HEALTH_AUTHORITY", "vn.bluezone", "up to 100 printable ASCII characters", is_authority_id
)
"""Identifier and issuer of the health authority whose certificates this server signs itself."""

BLUEZONE_BASE_URL = _checked(
    "BLUEZONE_BASE_URL", "http://127.0.0.1:8000", "an address like https://bluezone.example.vn", _is_origin
).rstrip("/")
"""The address that browsers and devices use; its name is a name this server answers to."""

BLUEZONE_TRUSTED_PROXY = _checked(
    "BLUEZONE_TRUSTED_PROXY", "", "an IP address", lambda text: not text or ip_address(text)
)
"""Address of the one proxy whose X-Forwarded-For and X-Forwarded-Proto are believed; empty: none."""

BLUEZONE_CODE_MINUTES = int(_number("BLUEZONE_CODE_MINUTES", 15, 1, 60))
"""How long a code of 8 digits is good for; the long one of a message always has a day."""

BLUEZONE_CODE_LINK = os.environ.get("BLUEZONE_CODE_LINK", "")
"""Web address that the app opens by, to which a long code is appended, as ``https://…/v?c=``; empty: none."""

if BLUEZONE_CODE_LINK and not (
    BLUEZONE_CODE_LINK.startswith("https://") and BLUEZONE_CODE_LINK.endswith("=")
):
    raise Refused(f"BLUEZONE_CODE_LINK is {BLUEZONE_CODE_LINK!r}, not like https://bluezone.example.vn/v?c=")

BLUEZONE_DEVICE_API_KEY = _flag("BLUEZONE_DEVICE_API_KEY")
"""Phones verify codes only through an app that has an API key."""

BLUEZONE_USER_REPORTS = _flag("BLUEZONE_USER_REPORTS")
"""Who says that they are infected gets a code by message, without a test."""

BLUEZONE_USER_REPORT_LIMIT = int(_number("BLUEZONE_USER_REPORT_LIMIT", 200, 0, 1_000_000))
"""Self reports a day."""

BLUEZONE_CASE_LINKS = _flag("BLUEZONE_CASE_LINKS")
"""Apps may ask an F0 whether their keys may be kept with their case for 14 days."""

BLUEZONE_ISSUE_LIMIT = int(_number("BLUEZONE_ISSUE_LIMIT", 2_000, 0, 1_000_000))
"""Codes a day until two weeks are known; from then on their trend decides."""

BLUEZONE_ISSUE_FACTOR = _number("BLUEZONE_ISSUE_FACTOR", 3, 0.1, 100)
"""How many times the codes that the last three weeks lead to expect may be issued in a day."""

BLUEZONE_STATISTICS_EMBARGO_HOURS = int(_number("BLUEZONE_STATISTICS_EMBARGO_HOURS", 0, 0, 24 * 14))
"""How long a day has been over before its statistics are shown."""

BLUEZONE_REQUIRE_SECOND_FACTOR = _flag("BLUEZONE_REQUIRE_SECOND_FACTOR")
"""Whose role sees personal data comes in with a second factor only; until they have one, they set it up."""

BLUEZONE_PUBLIC_ADOPTION = _flag("BLUEZONE_PUBLIC_ADOPTION")
"""Everybody may see the rates of areas, without small counts and what would give them away."""

BLUEZONE_METRICS_TOKEN = os.environ.get("BLUEZONE_METRICS_TOKEN", "")
"""What ``/metrics`` asks for; empty: it answers to this machine only."""

if BLUEZONE_METRICS_TOKEN and len(BLUEZONE_METRICS_TOKEN) < 20:
    raise Refused("BLUEZONE_METRICS_TOKEN is too easy to guess: it needs 20 characters or more")

_base = urlsplit(BLUEZONE_BASE_URL)
_https = _base.scheme == "https"

BLUEZONE_SMS = sms_settings(
    os.environ, public=not BLUEZONE_DEMO and (_base.hostname not in _LOOPBACK or _https)
)
"""How codes are sent to phones, if at all."""

DEBUG = False
SECRET_KEY = _secret_key(BLUEZONE_DATA / "secrets" / "django.key")
ROOT_URLCONF = "bluezone.authority.urls"
WSGI_APPLICATION = "bluezone.authority.wsgi.application"
ALLOWED_HOSTS = [
    *dict.fromkeys(
        [h for h in os.environ.get("BLUEZONE_ALLOWED_HOSTS", "").split(",") if h]
        + list(_LOOPBACK[:3])
        + ([_base.hostname] if _base.hostname else [])
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
DATABASES = {"default": database_config(os.environ.get("DATABASE_URL", ""), BLUEZONE_DATA)}

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "bluezone.authority.access",
    "bluezone.authority.tabular",
    "bluezone.authority.areas",
    "bluezone.authority.organisations",
    "bluezone.authority.accounts",
    "bluezone.authority.keys",
    "bluezone.authority.adoption",
    "bluezone.authority.returns",
    "bluezone.authority.heartbeats",
    "bluezone.authority.home",
]
if BLUEZONE_DEMO:
    INSTALLED_APPS.append("bluezone.authority.demo")

MIDDLEWARE = [
    "bluezone.authority.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "bluezone.authority.middleware.ReplyHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "bluezone.authority.accounts.language.ReaderLanguage",
    "bluezone.authority.accounts.seen_sessions.SeenSessions",
    "bluezone.authority.accounts.second_factor_required.SecondFactorRequired",
    "bluezone.authority.accounts.emergency_notice.EmergencyNotice",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "bluezone.authority.accounts.language.languages",
                "bluezone.authority.accounts.staff.offered_pages",
                "bluezone.authority.home.navigation.navigation",
            ]
        },
    }
]

STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    **export_storages(os.environ),
}
STATIC_URL = "/static/"
STATIC_ROOT = None
STATICFILES_DIRS = [_HERE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

FORM_RENDERER = "bluezone.authority.form_rendering.FaultFirst"

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [_HERE / "locale"]
FORMAT_MODULE_PATH = "bluezone.authority.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Ho_Chi_Minh"

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "front"
LOGOUT_REDIRECT_URL = "front"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

SESSION_ENGINE = "bluezone.authority.accounts.session_store"
SESSION_COOKIE_AGE = int(timedelta(hours=8).total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not set(ALLOWED_HOSTS) <= set(_LOOPBACK)
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [BLUEZONE_BASE_URL] if _https else []
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_700_000  # a sheet that is confirmed, see tabular.forms
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = log_config(
    _checked(
        "BLUEZONE_LOG_LEVEL",
        "INFO",
        f"one of {', '.join(_LOG_LEVELS)}",
        lambda text: text.upper() in _LOG_LEVELS,
    ).upper()
)
