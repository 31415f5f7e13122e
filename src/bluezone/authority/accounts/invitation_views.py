"""Pages of invitations: invite somebody, take it back, accept one."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority import runtime
from bluezone.authority.access.audit import user_actor
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.accounts.forms import AcceptForm, InvitationForm
from bluezone.authority.accounts.invitation_links import invitation_link
from bluezone.authority.accounts.invitation_queries import grantable_invitations
from bluezone.authority.accounts.models import Invitation
from bluezone.authority.accounts.rules import end_of_day
from bluezone.authority.accounts.services.account_rows import BadUsername, UsernameTaken, WeakPassword
from bluezone.authority.accounts.services.invitations import (
    InvitationNotOpen,
    InvitationRefused,
    accept_invitation,
    invite,
    open_invitation,
    withdraw_invitation,
)
from bluezone.authority.accounts.staff import Inviter, inviter_of
from bluezone.authority.accounts.texts import ROLE_NAMES, why_weak
from bluezone.authority.accounts.views import too_often

__all__ = ["ACCEPT_LIMIT", "accept", "invitations", "withdraw"]

ACCEPT_LIMIT = FixedWindow(limit=30, window=timedelta(minutes=5))
_TRIES = "Đã có quá nhiều lần thử từ mạng này."
_EVERYWHERE_NAME = "Tất cả địa bàn"


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """``/invitations/``: the form, and the links that wait; after it is sent, the new link, this once."""
    inviter = inviter_of(request)
    areas = {**({EVERYWHERE: _EVERYWHERE_NAME} if inviter.scope.unlimited else {}), **inviter.areas}
    roles = {role.value: name for role, name in ROLE_NAMES.items() if role in inviter.grantable}
    if request.method != "POST":
        return _page(request, inviter, InvitationForm(areas=areas, roles=roles))
    form = InvitationForm(request.POST, areas=areas, roles=roles)
    if form.is_valid():
        asked = form.cleaned_data
        until = end_of_day(asked["until"]) if asked["until"] else None
        wanted = HeldRole(Role(asked["role"]), asked["area"], until)
        try:
            made, secret = invite(wanted, for_whom=asked["for_whom"], inviter=inviter.user, now=inviter.now)
        except InvitationRefused as refusal:
            form.add_error(refusal.field, refusal.said.vi)
        else:
            fresh = InvitationForm(areas=areas, roles=roles)
            return _page(request, inviter, fresh, made=made, link=invitation_link(secret))
    return _page(request, inviter, form, status=422)


@login_required
@require_POST
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """``/invitations/ID/withdraw``: one of those that the page of invitations shows."""
    inviter = inviter_of(request)
    if invitation_id in {one.pk for one in _waiting(inviter)}:
        withdraw_invitation(invitation_id, by=user_actor(inviter.user.pk), now=inviter.now)
        messages.success(request, "Đã thu hồi lời mời. Liên kết không dùng được nữa.")
    else:
        messages.error(request, "Lời mời này đã được dùng, đã hết hạn hoặc đã bị thu hồi.")
    return redirect("invitations")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, secret: str) -> HttpResponse:
    """``/invitation/SECRET/``: choose name and password. Looking at it, as messengers do, uses nothing up."""
    now, address = runtime.now(), client_address(request)
    if not ACCEPT_LIMIT.allows(address, now):
        return too_often(request, ACCEPT_LIMIT.retry_after(now), _TRIES)
    try:
        invitation = open_invitation(secret, now)
        if request.method != "POST":
            ACCEPT_LIMIT.give_back(address, now)
            form = AcceptForm(initial={"display_name": invitation.for_whom})
            return _accept_page(request, invitation, form)
        form = AcceptForm(request.POST)
        if form.is_valid() and _is_accepted(secret, form):
            ACCEPT_LIMIT.give_back(address, now)
            logout(request)  # perhaps whoever sent the link has used this browser before
            messages.success(request, "Đã tạo tài khoản. Hãy đăng nhập.")
            return redirect("login")
    except InvitationNotOpen:
        return render(request, "accounts/invitation_closed.html", status=404)
    return _accept_page(request, invitation, form, status=422)


def _is_accepted(secret: str, form: AcceptForm) -> bool:
    given = form.cleaned_data
    try:
        accept_invitation(secret, given["username"], given["new"], given["display_name"], now=runtime.now())
    except BadUsername:
        form.add_error("username", "Chỉ dùng chữ thường không dấu, chữ số, dấu chấm, gạch ngang, gạch dưới.")
    except UsernameTaken:
        form.add_error("username", "Tên đăng nhập này đã có người dùng. Hãy chọn tên khác.")
    except WeakPassword as refusal:
        form.add_error("new", why_weak(refusal.codes))
    else:
        return True
    return False


def _accept_page(
    request: HttpRequest, invitation: Invitation, form: AcceptForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "invitation": invitation, "role": ROLE_NAMES[Role(invitation.role)]}
    return render(request, "accounts/accept.html", context, status=status)


def _waiting(inviter: Inviter) -> list[Invitation]:
    return list(grantable_invitations(inviter.held, inviter.user.pk, inviter.now, inviter.scope))


def _page(
    request: HttpRequest,
    inviter: Inviter,
    form: InvitationForm,
    *,
    made: Invitation | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    names = {**inviter.areas, EVERYWHERE: _EVERYWHERE_NAME}
    rows = [
        (ROLE_NAMES[Role(one.role)], names.get(one.area_path, one.area_path), one)
        for one in _waiting(inviter)
    ]
    context = {"form": form, "waiting": rows, "made": made, "link": link}
    return render(request, "accounts/invitations.html", context, status=status)
