"""The page of one's own account: another password, one's sessions, and their end."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from bluezone.authority.access.queries import roles_of
from bluezone.authority.access.rate_limit import FixedWindow
from bluezone.authority.access.roles import EMERGENCY_REVIEWERS
from bluezone.authority.accounts.forms import PasswordForm
from bluezone.authority.accounts.language import language_of
from bluezone.authority.accounts.places import place_names
from bluezone.authority.accounts.queries import own_sessions
from bluezone.authority.accounts.second_factor_queries import has_second_factor, passkeys_of
from bluezone.authority.accounts.seen_sessions import note_present_session
from bluezone.authority.accounts.services import own_account
from bluezone.authority.accounts.services.account_rows import WeakPassword
from bluezone.authority.accounts.staff import Myself, myself
from bluezone.authority.accounts.texts import ROLE_NAMES, TOO_MANY_PASSWORDS, WRONG_PASSWORD, why_weak
from bluezone.authority.accounts.views import too_often

__all__ = ["PASSWORD_LIMIT", "account", "change_password", "sign_out_everywhere"]

PASSWORD_LIMIT = FixedWindow(limit=10, window=timedelta(minutes=15))
"""Of wrong present passwords of one account: who finds a browser open must not guess in it."""


@login_required
@never_cache
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """``/account/``: who I am here, from where I am logged in, and the form for another password."""
    return _page(request, myself(request), PasswordForm())


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """``/account/password``: this browser stays in, all others are out."""
    me = myself(request)
    form = PasswordForm(request.POST)
    if form.is_valid():
        if not PASSWORD_LIMIT.allows(str(me.user.pk), me.now):
            return too_often(request, PASSWORD_LIMIT.retry_after(me.now), TOO_MANY_PASSWORDS)
        try:
            user = own_account.change_own_password(
                me.user.pk, form.cleaned_data["old"], form.cleaned_data["new"], now=me.now
            )
        except own_account.WrongPassword:
            form.add_error("old", WRONG_PASSWORD)
        except own_account.SamePassword:
            PASSWORD_LIMIT.give_back(str(me.user.pk), me.now)
            form.add_error("new", gettext("Mật khẩu mới trùng với mật khẩu hiện tại."))
        except WeakPassword as refusal:
            PASSWORD_LIMIT.give_back(str(me.user.pk), me.now)
            form.add_error("new", why_weak(refusal.codes))
        else:
            PASSWORD_LIMIT.give_back(str(me.user.pk), me.now)
            update_session_auth_hash(request, user)
            request.user = user
            messages.success(request, gettext("Đã đổi mật khẩu. Các trình duyệt khác đã bị đăng xuất."))
            return redirect("account")
    return _page(request, me, form, status=422)


@login_required
@require_POST
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """``/account/sign-out-everywhere``: this browser too."""
    me = myself(request)
    own_account.sign_out_everywhere(me.user.pk, now=me.now)
    logout(request)
    with translation.override(language_of(request)):  # that of the page to come, which knows no account
        messages.success(request, gettext("Đã đăng xuất khỏi mọi trình duyệt."))
    return redirect("login")


def _page(request: HttpRequest, me: Myself, form: PasswordForm, status: int = 200) -> HttpResponse:
    note_present_session(request)  # else one from before this was kept would be missing
    held = roles_of(me.user, me.now)
    names = place_names(one.area_path for one in held)
    context = {
        "form": form,
        "has_second_factor": has_second_factor(me.user),
        "passkeys": len(passkeys_of(me.user)),
        "may_review_emergencies": any(
            one.role in EMERGENCY_REVIEWERS and not one.is_emergency for one in held
        ),
        "roles": [(ROLE_NAMES[one.role], names[one.area_path], one.until) for one in held],
        "sessions": own_sessions(me.user, request.session.session_key or ""),
    }
    return render(request, "accounts/account.html", context, status=status)
