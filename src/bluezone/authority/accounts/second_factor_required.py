"""Where it is required: who sees personal data gets to no other page before they have a second factor."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext

from bluezone.authority import runtime
from bluezone.authority.accounts.second_factor_queries import needs_second_factor

__all__ = ["PASSED", "SecondFactorRequired", "lacks_second_factor"]

PASSED = "second_factor"
"""In a session: it was opened with a second factor, or one was set up in it."""

_OPEN = frozenset(
    {"front", "language", "login", "logout", "login-second-factor"}
    | {"account", "change-password", "sign-out-everywhere"}
    | {"second-factor", "second-factor-begin", "second-factor-confirm", "accept-invitation"}
    | {"login-passkey", "passkeys", "passkey-begin", "passkey-add"}
)
"""Names of pages without personal data that lead to a second factor, or away."""


class SecondFactorRequired:
    """Nothing for devices and whoever is not in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponseBase | None:
        """Before a page: whether it may be seen like this."""
        match = request.resolver_match
        if (match and match.url_name in _OPEN) or not lacks_second_factor(request):
            return None
        messages.warning(
            request, gettext("Vai trò của anh/chị xem được dữ liệu cá nhân: hãy bật xác thực hai lớp trước.")
        )
        return redirect("second-factor")


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether it is required of who asks, and this session was opened without."""
    if not settings.BLUEZONE_REQUIRE_SECOND_FACTOR or not request.session.session_key:
        return False
    if not request.user.is_authenticated or request.session.get(PASSED):
        return False
    return needs_second_factor(request.user, runtime.now())
