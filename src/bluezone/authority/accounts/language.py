"""In which language a reader is answered: Vietnamese until they choose English."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

__all__ = ["COOKIE", "ReaderLanguage", "language_of", "languages", "offered_languages"]

COOKIE: Final = "bluezone_language"
_AUTHORITY: Final = Path(__file__).resolve().parents[1]
_log = structlog.get_logger("bluezone.authority.language")


class ReaderLanguage:
    """The account's choice, else that of the browser's cookie; what a browser is set to says nothing here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = language_of(request)
        with translation.override(language):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ["Cookie"])
        return response


@cache
def offered_languages() -> dict[str, str]:
    """Languages and their own names; English only where its texts are compiled."""
    offered = dict(settings.LANGUAGES)
    if not all(
        po.with_suffix(".mo").exists() for po in _AUTHORITY.glob("**/locale/en/LC_MESSAGES/django.po")
    ):
        _log.warning("pages are Vietnamese only: their English is not compiled, which make setup does")
        del offered["en"]
    return offered


def languages(request: HttpRequest) -> dict[str, Any]:
    """For every template: what the switch offers, where going back to this address shows this page again."""
    offered = offered_languages()
    return {"offered_languages": offered if len(offered) > 1 and request.method == "GET" else {}}


def language_of(request: HttpRequest) -> str:
    """What a page is answered in to whoever asks."""
    offered = offered_languages()
    # without a session there is no account to look up
    if request.session.session_key and request.user.is_authenticated and request.user.language in offered:
        return request.user.language
    chosen = request.COOKIES.get(COOKIE, "")
    return chosen if chosen in offered else settings.LANGUAGE_CODE
