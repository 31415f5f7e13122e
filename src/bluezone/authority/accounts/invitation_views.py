"""Pages of invitations: invite somebody, take it back, accept one."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from bluezone.authority import runtime
from bluezone.authority.access.audit import user_actor
from bluezone.authority.access.rate_limit import FixedWindow, client_address
from bluezone.authority.access.roles import ORGANISATION_ROLES, Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.access.scope import EVERYWHERE
from bluezone.authority.accounts.forms import AcceptForm, InvitationForm
from bluezone.authority.accounts.invitation_links import invitation_link
from bluezone.authority.accounts.invitation_queries import grantable_invitations
from bluezone.authority.accounts.models import Invitation
from bluezone.authority.accounts.organisation_grants import is_organisation
from bluezone.authority.accounts.places import place_name, place_names
from bluezone.authority.accounts.rules import end_of_day
from bluezone.authority.accounts.services.account_rows import UsernameTaken
from bluezone.authority.accounts.services.invitations import (
    InvitationNotOpen,
    InvitationRefused,
    accept_invitation,
    invite,
    open_invitation,
    withdraw_invitation,
)
from bluezone.authority.accounts.staff import Inviter, inviter_of
from bluezone.authority.accounts.texts import ROLE_NAMES
from bluezone.authority.accounts.views import too_often
from bluezone.authority.organisations.models import Organisation
from bluezone.authority.organisations.queries import organisation_of
from bluezone.authority.tabular.reading import in_language

__all__ = ["ACCEPT_LIMIT", "accept", "invitations", "withdraw"]

ACCEPT_LIMIT = FixedWindow(limit=30, window=timedelta(minutes=5))
_TRIES = gettext_lazy("Đã có quá nhiều lần thử từ mạng này.")


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: HttpRequest) -> HttpResponse:
    """``/invitations/``: the form, and the links that wait; after it is sent, the new link, this once.

    With ``?organisation=KEY`` somebody is invited to work for that one.
    """
    inviter = inviter_of(request)
    key = (request.POST if request.method == "POST" else request.GET).get("organisation", "")
    organisation = _organisation(key, inviter)
    offered = _offered(inviter, organisation)
    if request.method != "POST":
        return _page(request, inviter, InvitationForm(**offered), organisation)
    form = InvitationForm(request.POST, **offered)
    if form.is_valid():
        asked = form.cleaned_data
        until = end_of_day(asked["until"]) if asked["until"] else None
        wanted = HeldRole(Role(asked["role"]), asked["area"], until)
        try:
            made, secret = invite(wanted, for_whom=asked["for_whom"], inviter=inviter.user, now=inviter.now)
        except InvitationRefused as refusal:
            form.add_error(refusal.field, in_language(refusal.said))
        else:
            fresh, link = InvitationForm(**offered), invitation_link(secret)
            return _page(request, inviter, fresh, organisation, made=made, link=link)
    return _page(request, inviter, form, organisation, status=422)


@login_required
@require_POST
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """``/invitations/ID/withdraw``: one of those that the page of invitations shows."""
    inviter = inviter_of(request)
    try:
        if invitation_id not in {one.pk for one in _waiting(inviter)}:
            raise InvitationNotOpen(f"invitation {invitation_id} is not theirs to withdraw")
        withdraw_invitation(invitation_id, by=user_actor(inviter.user.pk), now=inviter.now)
    except InvitationNotOpen:  # perhaps since the page was shown, or by a second click
        messages.error(request, gettext("Lời mời này đã được dùng, đã hết hạn hoặc đã bị thu hồi."))
    else:
        messages.success(request, gettext("Đã thu hồi lời mời. Liên kết không dùng được nữa."))
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
            messages.success(request, gettext("Đã tạo tài khoản. Hãy đăng nhập."))
            return redirect("login")
    except InvitationNotOpen:
        return render(request, "accounts/invitation_closed.html", status=404)
    return _accept_page(request, invitation, form, status=422)


def _is_accepted(secret: str, form: AcceptForm) -> bool:
    given = form.cleaned_data
    try:
        accept_invitation(secret, given["username"], given["new"], given["display_name"], now=runtime.now())
    except UsernameTaken:
        form.add_error("username", gettext("Tên đăng nhập này đã có người dùng. Hãy chọn tên khác."))
    else:
        return True
    return False


def _accept_page(
    request: HttpRequest, invitation: Invitation, form: AcceptForm, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "invitation": invitation,
        "role": ROLE_NAMES[Role(invitation.role)],
        "place": place_name(invitation.area_path) if is_organisation(invitation.area_path) else "",
    }
    return render(request, "accounts/accept.html", context, status=status)


def _organisation(key: str, inviter: Inviter) -> Organisation | None:
    if not key:
        return None
    found = organisation_of(key, inviter.scope) if key.isalnum() else None
    if found is None:
        raise Http404
    return found


def _offered(inviter: Inviter, organisation: Organisation | None) -> dict[str, dict[str, str]]:
    """The places and roles of the form: what the inviter may grant, at most."""
    roles = inviter.grantable
    if organisation is not None:
        areas, roles = {organisation.path: organisation.name}, roles & ORGANISATION_ROLES
    else:
        everywhere = {EVERYWHERE: gettext("Tất cả địa bàn")} if inviter.scope.unlimited else {}
        areas = {**everywhere, **inviter.areas}
    return {
        "areas": areas,
        "roles": {role.value: str(name) for role, name in ROLE_NAMES.items() if role in roles},
    }


def _waiting(inviter: Inviter) -> list[Invitation]:
    return list(grantable_invitations(inviter.held, inviter.user.pk, inviter.now, inviter.scope))


def _page(
    request: HttpRequest,
    inviter: Inviter,
    form: InvitationForm,
    organisation: Organisation | None,
    *,
    made: Invitation | None = None,
    link: str = "",
    status: int = 200,
) -> HttpResponse:
    waiting = _waiting(inviter)
    names = place_names(one.area_path for one in waiting)
    rows = [(ROLE_NAMES[Role(one.role)], names[one.area_path], one) for one in waiting]
    context = {"form": form, "organisation": organisation, "waiting": rows, "made": made, "link": link}
    return render(request, "accounts/invitations.html", context, status=status)
