"""Pages of the second factor: set it up, renew or remove it, and the second step of a login."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bluezone.authority import runtime
from bluezone.authority.access.growing_delay import GrowingDelay
from bluezone.authority.access.rate_limit import client_address
from bluezone.authority.accounts.forms import (
    BeginForm,
    CodeForm,
    FaultsForm,
    FirstCodeForm,
    RemoveForm,
)
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.passkey_asking import answer_of, ask_second_step
from bluezone.authority.accounts.passkey_ceremony import PasskeyRefused
from bluezone.authority.accounts.second_factor_queries import (
    authenticator_app_since,
    has_second_factor,
    pending_secret,
    recovery_codes_left,
)
from bluezone.authority.accounts.second_factor_required import PASSED
from bluezone.authority.accounts.services import second_factor as services
from bluezone.authority.accounts.services.account_rows import AccountRefused
from bluezone.authority.accounts.services.own_account import WrongPassword
from bluezone.authority.accounts.services.passkeys import log_in_with
from bluezone.authority.accounts.staff import Myself, myself
from bluezone.authority.accounts.texts import TOO_MANY_TRIES, WRONG_PASSWORD
from bluezone.authority.accounts.totp import provisioning_uri
from bluezone.authority.accounts.views import LOGIN_LIMIT, LOGINS, PENDING, enter, too_often

__all__ = [
    "CODE_DELAY",
    "begin",
    "confirm",
    "login_second_step",
    "recovery_codes",
    "remove",
    "second_factor",
]

CODE_DELAY = GrowingDelay(
    after=5,
    first=timedelta(seconds=30),
    longest=timedelta(hours=1),
    forgiven=timedelta(hours=1),
    forgotten=timedelta(days=1),
)
"""Of wrong codes and passwords of one account, from wherever they come."""

_PENDING_LIFE = timedelta(minutes=5)
_WRONG = gettext_lazy("Mã không đúng, đã dùng hoặc đã hết hạn.")


@login_required
@never_cache
@require_safe
def second_factor(request: HttpRequest) -> HttpResponse:
    """``/account/second-factor/``: whether there is one, and how to get or renew it."""
    return _page(request, myself(request))


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """``…/begin``: a secret for the app, after the password."""
    me, form = myself(request), BeginForm(request.POST)
    if wait := _wait(me.user, me.now):
        return too_often(request, wait, TOO_MANY_TRIES)
    if form.is_valid():
        try:
            services.begin_totp(me.user.pk, form.cleaned_data["password"], now=me.now)
        except WrongPassword:
            _failed(me)
            form.add_error("password", WRONG_PASSWORD)
        except AccountRefused:
            return redirect("second-factor")
        else:
            return _page(request, me)
    return _page(request, me, begin_form=form, status=422)


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """``…/confirm``: the app's first code; other browsers are out."""
    me, form = myself(request), FirstCodeForm(request.POST)
    if wait := _wait(me.user, me.now):
        return too_often(request, wait, TOO_MANY_TRIES)
    if form.is_valid():
        try:
            user, codes = services.confirm_totp(me.user.pk, form.cleaned_data["code"], now=me.now)
        except services.WrongCode:
            _failed(me)
            look = gettext("Hãy xem đồng hồ của điện thoại có đúng giờ không.")
            form.add_error("code", f"{_WRONG} {look}")
        else:
            update_session_auth_hash(request, user)
            request.session[PASSED] = True
            request.user = user
            return _page(request, Myself(user, me.now), codes=codes)
    return _page(request, me, code_form=form, status=422)


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """``…/codes``: other recovery codes."""
    me, form = myself(request), CodeForm(request.POST)
    if wait := _wait(me.user, me.now):
        return too_often(request, wait, TOO_MANY_TRIES)
    if form.is_valid():
        try:
            codes = services.renew_recovery_codes(me.user.pk, form.cleaned_data["code"], now=me.now)
        except services.WrongCode:
            _failed(me)
            form.add_error("code", _WRONG)
        else:
            return _page(request, me, codes=codes)
    return _page(request, me, code_form=form, status=422)


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """``…/remove``: the password alone again, after both."""
    me, form = myself(request), RemoveForm(request.POST)
    if wait := _wait(me.user, me.now):
        return too_often(request, wait, TOO_MANY_TRIES)
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.remove_second_factor(me.user.pk, given["password"], given["code"], now=me.now)
        except WrongPassword:
            _failed(me)
            form.add_error("password", WRONG_PASSWORD)
        except services.WrongCode:
            _failed(me)
            form.add_error("code", _WRONG)
        else:
            if not has_second_factor(me.user):
                request.session.pop(PASSED, None)
            messages.success(request, gettext("Đã tắt mã từ ứng dụng xác thực."))
            return redirect("second-factor")
    return _page(request, me, remove_form=form, status=422)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def login_second_step(request: HttpRequest) -> HttpResponse:
    """``/login/second-factor/``: the code or a passkey, within five minutes after the password."""
    now, address = runtime.now(), client_address(request)
    user = _pending_user(request, now)
    if user is None:
        return redirect("login")
    if request.method != "POST":
        return _step_page(request, user, now, CodeForm())
    if not LOGIN_LIMIT.allows(address, now):
        return too_often(request, LOGIN_LIMIT.retry_after(now), LOGINS)
    if wait := _wait(user, now):
        return too_often(request, wait, TOO_MANY_TRIES)
    by_passkey = "answer" in request.POST
    form = CodeForm() if by_passkey else CodeForm(request.POST)
    fault = ""
    if by_passkey or form.is_valid():
        try:
            if by_passkey:
                here, challenge, answer = answer_of(request)
                log_in_with(challenge, answer, of=user.pk, site=here, now=now)
            else:
                services.check_code(user.pk, form.cleaned_data["code"], now=now)
        except services.WrongCode:
            CODE_DELAY.add(str(user.pk), now)
            form.add_error("code", _WRONG)
        except PasskeyRefused:
            CODE_DELAY.add(str(user.pk), now)
            fault = gettext("Passkey không đúng hoặc đã quá thời gian. Hãy thử lại.")
        else:
            for _time in range(2):  # the password's and this one
                LOGIN_LIMIT.give_back(address, now)
            return enter(request, user, str(request.session.pop(PENDING)["next"]))
    return _step_page(request, user, now, form, fault=fault, status=422)


def _pending_user(request: HttpRequest, now: datetime) -> User | None:
    """Who gave the right password a moment ago, unless it was changed or the account disabled since."""
    pending = request.session.get(PENDING)
    if not pending or not timedelta(0) <= now - datetime.fromisoformat(pending["at"]) < _PENDING_LIFE:
        return None
    user = User.objects.filter(pk=pending["user"], is_active=True).first()
    if user is None or not constant_time_compare(pending["hash"], user.get_session_auth_hash()):
        return None
    return user


def _wait(user: User, now: datetime) -> int:
    return CODE_DELAY.wait(str(user.pk), now)


def _failed(me: Myself) -> None:
    CODE_DELAY.add(str(me.user.pk), me.now)


def _step_page(
    request: HttpRequest, user: User, now: datetime, form: CodeForm, *, fault: str = "", status: int = 200
) -> HttpResponse:
    options = ask_second_step(request, user, now)
    if not options:  # nothing else is to be done on this page
        form.fields["code"].widget.attrs["autofocus"] = True
    context = {
        "form": form,
        "fault": fault or form.first_fault,
        "has_app": authenticator_app_since(user) is not None,
        "passkey_options": options,
    }
    return render(request, "accounts/login_second_step.html", context, status=status)


def _page(
    request: HttpRequest,
    me: Myself,
    *,
    begin_form: BeginForm | None = None,
    code_form: CodeForm | None = None,
    remove_form: RemoveForm | None = None,
    codes: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    secret = pending_secret(me.user)
    bound: list[FaultsForm] = [one for one in (begin_form, code_form, remove_form) if one is not None]
    context = {
        "since": authenticator_app_since(me.user),
        "has_second_factor": has_second_factor(me.user),
        "codes_left": recovery_codes_left(me.user),
        "secret": secret and " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "qr": secret and _qr(provisioning_uri(secret, me.user.username)),
        "begin_form": begin_form or BeginForm(auto_id="begin_%s"),
        "code_form": code_form or CodeForm(),
        "confirm_form": code_form or FirstCodeForm(auto_id="confirm_%s"),
        "remove_form": remove_form or RemoveForm(auto_id="remove_%s"),
        "fault": next((one.first_fault for one in bound), ""),
        "codes": codes,
    }
    return render(request, "accounts/second_factor.html", context, status=status)


def _qr(text: str) -> str:
    return str(segno.make(text, error="m").svg_data_uri(scale=5, border=4, light="#fff"))
