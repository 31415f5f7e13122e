"""The login page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.accounts.forms import LoginForm
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.passkey_asking import site
from bluezone.authority.accounts.second_factor_queries import has_second_factor
from bluezone.authority.accounts.second_factor_required import PASSED

__all__ = ["LOGINS", "LOGIN_LIMIT", "PENDING", "Login", "enter", "too_often"]

LOGIN_LIMIT = FixedWindow(limit=20, window=timedelta(minutes=5))
PENDING = "pending_login"
"""In a session: whose password was right, when, and where to go after the second factor."""

LOGINS = gettext_lazy("Đã có quá nhiều lần đăng nhập từ mạng này.")


@method_decorator(never_cache, name="dispatch")
class Login(LoginView):
    """Name and password; the same answer whatever was wrong, and not wrong too often from one network."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return super().get_context_data(has_passkeys=site() is not None, **more)

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


def enter(request: HttpRequest, user: User, onward: str) -> HttpResponse:
    """Let somebody in who has shown both factors, to a page of ours."""
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[PASSED] = True
    is_ours = onward.startswith("/") and url_has_allowed_host_and_scheme(
        onward, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(onward if is_ours else reverse("front"))


def too_often(request: HttpRequest, seconds: int, reason: object) -> HttpResponse:
    """What who guesses too often is told."""
    context = {"minutes": (seconds + 59) // 60, "reason": reason}
    response = render(request, "accounts/too_often.html", context, status=429)
    response["Retry-After"] = str(seconds)
    return response
