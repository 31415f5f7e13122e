"""The login page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.accounts.forms import LoginForm
from bluezone.authority.accounts.second_factor_queries import has_second_factor

__all__ = ["LOGINS", "LOGIN_LIMIT", "PENDING", "Login", "too_often"]

LOGIN_LIMIT = FixedWindow(limit=20, window=timedelta(minutes=5))
PENDING = "pending_login"
"""In a session: whose password was right, when, and where to go after the second factor."""

LOGINS = "Đã có quá nhiều lần đăng nhập từ mạng này."


@method_decorator(never_cache, name="dispatch")
class Login(LoginView):
    """Name and password; the same answer whatever was wrong, and not wrong too often from one network."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now, address = runtime.now(), client_address(request)
        if not LOGIN_LIMIT.allows(address, now):
            return too_often(request, LOGIN_LIMIT.retry_after(now), LOGINS)
        response = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:  # a clinic's staff may all log in from one address
            LOGIN_LIMIT.give_back(address, now)
        return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if not has_second_factor(user):
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session[PENDING] = {
            "user": str(user.pk),
            "hash": user.get_session_auth_hash(),
            "at": runtime.now().isoformat(),
            "next": self.get_success_url(),
        }
        return redirect("login-second-factor")


def too_often(request: HttpRequest, seconds: int, reason: str) -> HttpResponse:
    """What who guesses too often is told."""
    context = {"minutes": (seconds + 59) // 60, "reason": reason}
    response = render(request, "accounts/too_often.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
