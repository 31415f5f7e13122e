"""Notes which session a page was asked with, so that people can see their own and end them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from bluezone.authority import runtime
from bluezone.authority.accounts.rules import browser_family
from bluezone.authority.accounts.services.sessions import note_session

__all__ = ["SeenSessions", "note_present_session"]


class SeenSessions:
    """After a page that looked who is asking; nothing for devices, public files and whoever is not in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.session.accessed:
            note_present_session(request)
        return response


def note_present_session(request: HttpRequest) -> None:
    """Note the session of a request, if somebody is logged in."""
    cookie = request.session.session_key
    if cookie and request.user.is_authenticated:
        note_session(
            request.user, cookie, browser_family(request.headers.get("User-Agent", "")), runtime.now()
        )
