"""Pages of passkeys: one's own, another one, another name, an end; and a login with nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bluezone.authority import runtime
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.accounts.forms import BeginForm, NameForm, RemovePasskeyForm
from bluezone.authority.accounts.passkey_asking import answer_of, ask_alone, ask_new, site
from bluezone.authority.accounts.passkey_ceremony import PasskeyRefused
from bluezone.authority.accounts.rules import MOST_PASSKEYS, OTHER_BROWSER, browser_family
from bluezone.authority.accounts.second_factor_queries import (
    authenticator_app_since,
    passkeys_of,
    recovery_codes_left,
)
from bluezone.authority.accounts.second_factor_required import PASSED
from bluezone.authority.accounts.second_factor_views import CODE_DELAY
from bluezone.authority.accounts.services import passkeys as services
from bluezone.authority.accounts.services.own_account import WrongPassword
from bluezone.authority.accounts.services.second_factor import WrongCode
from bluezone.authority.accounts.staff import Myself, myself
from bluezone.authority.accounts.texts import TOO_MANY_TRIES, WRONG_PASSWORD
from bluezone.authority.accounts.views import LOGIN_LIMIT, LOGINS, enter, too_often

__all__ = ["PAGE_LIMIT", "add", "begin", "login_alone", "passkeys", "remove", "rename"]

PAGE_LIMIT = FixedWindow(limit=60, window=timedelta(minutes=5))
"""Of login pages for passkeys that one network asks for: each keeps a challenge."""

_REFUSED = gettext_lazy("Passkey không dùng được ở đây hoặc đã quá thời gian. Hãy thử lại.")


@login_required
@never_cache
@require_safe
def passkeys(request: HttpRequest) -> HttpResponse:
    """``/account/passkeys/``: which there are, and how to get another."""
    return _page(request, myself(request))


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """``…/begin``: the page that asks the browser, after the password."""
    me, form = myself(request), BeginForm(request.POST)
    if wait := CODE_DELAY.wait(str(me.user.pk), me.now):
        return too_often(request, wait, TOO_MANY_TRIES)
    if site() is None:
        return redirect("passkeys")
    if form.is_valid():
        try:
            challenge = services.begin_adding(me.user.pk, form.cleaned_data["password"], now=me.now)
        except WrongPassword:
            CODE_DELAY.add(str(me.user.pk), me.now)
            form.add_error("password", WRONG_PASSWORD)
        except services.TooManyPasskeys:
            fault = gettext("Tài khoản đã có {most} passkey. Hãy xóa bớt trước.").format(most=MOST_PASSKEYS)
            return _page(request, me, fault=fault, status=422)
        else:
            return _page(request, me, options=ask_new(request, me.user, challenge))
    return _page(request, me, begin_form=form, fault=form.first_fault, status=422)


@login_required
@never_cache
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """``…/add``: the browser's answer; with the first second factor other browsers are out."""
    me, form = myself(request), NameForm(request.POST)
    family = browser_family(request.headers.get("User-Agent", ""))
    usual = "Passkey" if family == OTHER_BROWSER else f"Passkey {family}"
    name = form.cleaned_data["name"] if form.is_valid() else ""
    try:
        here, challenge, answer = answer_of(request)
        user, codes = services.add_passkey(
            me.user.pk, challenge, answer, name or usual, site=here, now=me.now
        )
    except (PasskeyRefused, services.TooManyPasskeys):
        return _page(request, me, fault=_REFUSED, status=422)
    if codes:
        update_session_auth_hash(request, user)
        request.user = user
    request.session[PASSED] = True
    messages.success(request, gettext("Đã thêm passkey."))
    return _page(request, Myself(user, me.now), codes=codes)


@login_required
@require_POST
def rename(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """``…/ID/rename``: one of one's own."""
    me, form = myself(request), NameForm(request.POST)
    try:
        if form.is_valid() and form.cleaned_data["name"].strip():
            services.rename_passkey(me.user.pk, passkey_id, form.cleaned_data["name"], now=me.now)
            messages.success(request, gettext("Đã đổi tên passkey."))
        else:
            messages.error(request, gettext("Tên passkey cần từ 1 đến 60 ký tự."))
    except services.NoSuchPasskey:
        messages.error(request, gettext("Passkey này không còn nữa."))
    return redirect("passkeys")


@login_required
@never_cache
@sensitive_post_parameters()
@require_POST
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """``…/ID/remove``: with the password, and a code where nothing else would be left."""
    me = myself(request)
    form = RemovePasskeyForm(request.POST, needs_code=_is_last(me))
    if wait := CODE_DELAY.wait(str(me.user.pk), me.now):
        return too_often(request, wait, TOO_MANY_TRIES)
    fault: object = form.first_fault
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.remove_passkey(
                me.user.pk, passkey_id, given["password"], given.get("code", ""), now=me.now
            )
        except WrongPassword:
            CODE_DELAY.add(str(me.user.pk), me.now)
            fault = WRONG_PASSWORD
        except WrongCode:
            CODE_DELAY.add(str(me.user.pk), me.now)
            fault = gettext("Mã dự phòng không đúng hoặc đã dùng.")
        except services.NoSuchPasskey:
            fault = gettext("Passkey này không còn nữa.")
        else:
            if _has_none(me):
                request.session.pop(PASSED, None)
            messages.success(request, gettext("Đã xóa passkey."))
            return redirect("passkeys")
    return _page(request, me, fault=fault, status=422)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def login_alone(request: HttpRequest) -> HttpResponse:
    """``/login/passkey/``: who holds a passkey that verified them has shown two factors at once."""
    now, address = runtime.now(), client_address(request)
    if site() is None:
        return redirect("login")
    if not PAGE_LIMIT.allows(address, now):
        return too_often(request, PAGE_LIMIT.retry_after(now), LOGINS)
    onward = (request.POST if request.method == "POST" else request.GET).get("next", "")
    fault = ""
    if request.method == "POST":
        if not LOGIN_LIMIT.allows(address, now):
            return too_often(request, LOGIN_LIMIT.retry_after(now), LOGINS)
        try:
            here, challenge, answer = answer_of(request)
            user = services.log_in_with(challenge, answer, of=None, site=here, now=now)
        except PasskeyRefused:
            fault = gettext(
                "Passkey không đúng, không mở khóa bằng vân tay, khuôn mặt hay mã PIN, hoặc đã quá lâu."
            )
        else:
            LOGIN_LIMIT.give_back(address, now)
            return enter(request, user, onward)
    context = {"fault": fault, "options": ask_alone(request, now), "next": onward}
    return render(request, "accounts/login_passkey.html", context, status=422 if fault else 200)


def _is_last(me: Myself) -> bool:
    return authenticator_app_since(me.user) is None and len(passkeys_of(me.user)) == 1


def _has_none(me: Myself) -> bool:
    return authenticator_app_since(me.user) is None and not passkeys_of(me.user)


def _page(
    request: HttpRequest,
    me: Myself,
    *,
    begin_form: BeginForm | None = None,
    options: str = "",
    codes: Sequence[str] = (),
    fault: object = "",
    status: int = 200,
) -> HttpResponse:
    needs_code = _is_last(me)
    rows = [
        {
            "passkey": one,
            "rename": NameForm(initial={"name": one.name}, auto_id=f"rename_{one.pk}_%s"),
            "remove": RemovePasskeyForm(needs_code=needs_code, auto_id=f"remove_{one.pk}_%s"),
        }
        for one in passkeys_of(me.user)
    ]
    context = {
        "rows": rows,
        "is_possible": site() is not None,
        "begin_form": begin_form or BeginForm(auto_id="begin_%s"),
        "name_form": NameForm(),
        "options": options,
        "codes": codes,
        "codes_left": recovery_codes_left(me.user),
        "fault": fault,
    }
    return render(request, "accounts/passkeys.html", context, status=status)
