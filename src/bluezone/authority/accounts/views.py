"""The login page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.accounts.forms import LoginForm

__all__ = ["LOGIN_LIMIT", "Login", "too_often"]

LOGIN_LIMIT = FixedWindow(limit=20, window=timedelta(minutes=5))
_LOGINS = "Đã có quá nhiều lần đăng nhập từ mạng này."


@method_decorator(never_cache, name="dispatch")
class Login(LoginView):
    """Name and password; the same answer whatever was wrong, and not wrong too often from one network."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now, address = runtime.now(), client_address(request)
        if not LOGIN_LIMIT.allows(address, now):
            return too_often(request, LOGIN_LIMIT.retry_after(now), _LOGINS)
        response = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:  # a clinic's staff may all log in from one address
            LOGIN_LIMIT.give_back(address, now)
        return response


def too_often(request: HttpRequest, seconds: int, reason: str) -> HttpResponse:
    """What who guesses too often is told."""
    context = {"minutes": (seconds + 59) // 60, "reason": reason}
    response = render(request, "accounts/too_often.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
