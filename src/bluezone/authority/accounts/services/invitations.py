"""The writers of invitations: a link by which one person makes an account with one role, once."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from bluezone.authority.access.audit import Actor, record, user_actor
from bluezone.authority.access.queries import roles_of
from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole, may_grant
from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.access.services import grant_role
from bluezone.authority.accounts.models import Invitation, User
from bluezone.authority.accounts.organisation_grants import (
    OrganisationRefused,
    check_organisation_role,
    is_organisation,
    located_in,
    places_of,
)
from bluezone.authority.accounts.rules import INVITATION_LIFE, is_open_invitation
from bluezone.authority.accounts.services import create_user
from bluezone.authority.areas.queries import known_path
from bluezone.authority.tabular.faults import SaidRefused
from bluezone.errors import Refused

__all__ = [
    "InvitationNotOpen",
    "InvitationRefused",
    "accept_invitation",
    "forget_old_invitations",
    "invite",
    "open_invitation",
    "withdraw_invitation",
]

_KEPT = timedelta(days=30)
"""After its end an invitation, and the name in it, is deleted; the audit log keeps that there was one."""

_CLI = Actor("cli")


class InvitationRefused(SaidRefused):
    """Nobody can be invited like this; ``said`` has both languages, ``field`` is what is wrong."""

    def __init__(self, field: str, vi: str, en: str) -> None:
        super().__init__(vi, en)
        self.field = field


class InvitationNotOpen(Refused):
    """No such link, or used, expired or withdrawn, or whoever made it may not grant this any more."""


@transaction.atomic
def invite(
    wanted: HeldRole, *, for_whom: str = "", inviter: User | None, now: datetime
) -> tuple[Invitation, str]:
    """A new invitation and the secret of its link, which is told this once.

    :param inviter: ``None`` is the command line, which may grant everything.
    :raises InvitationRefused: what it is for is not theirs to grant, is not there, or would be over already.
    """
    if wanted.until is not None and wanted.until <= now:
        raise InvitationRefused(
            "until", "Ngày cuối đã qua.", f"the role {wanted.role.value} would have ended already"
        )
    places = places_of(wanted.area_path)
    if not _is_there(wanted.area_path, places):
        raise InvitationRefused("area", "Không có địa bàn này.", f"there is no area {wanted.area_path!r}")
    if is_organisation(wanted.area_path):
        try:
            check_organisation_role(wanted.role)
        except OrganisationRefused as refusal:
            raise InvitationRefused("role", *refusal.said) from None
    if inviter is not None and not may_grant(roles_of(inviter, now), wanted, places):
        raise InvitationRefused(
            "role",
            "Anh/chị không được mời vai trò này cho địa bàn và thời hạn này: "
            "không vượt quá vai trò, địa bàn và thời hạn của chính mình.",
            f"{inviter.username} may not grant {wanted.role.value} in {wanted.area_path}",
        )
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        secret_hash=_hash(secret),
        for_whom=unicodedata.normalize("NFC", for_whom.strip())[:120],
        role=wanted.role.value,
        area_path=wanted.area_path,
        role_until=wanted.until,
        invited_by=inviter,
        invited_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    details = {
        "role": wanted.role.value,
        "until": wanted.until.isoformat() if wanted.until else None,
        **_where(invitation),
    }
    by = _CLI if inviter is None else user_actor(inviter.pk)
    record(by, "accounts.invited", f"invitation:{invitation.pk}", details, now=now)
    return invitation, secret


def open_invitation(secret: str, now: datetime) -> Invitation:
    """The invitation of a link.

    :raises InvitationNotOpen: it cannot be used.
    """
    return _open(Invitation.objects.filter(secret_hash=_hash(secret)).first(), now)


@transaction.atomic
def accept_invitation(secret: str, username: str, password: str, display_name: str, *, now: datetime) -> User:
    """Make the account and give it the role; the link is used up only if all of it succeeds.

    :raises InvitationNotOpen: it cannot be used.
    :raises AccountRefused: the name or the password cannot be taken.
    """
    rows = Invitation.objects.select_for_update().filter(secret_hash=_hash(secret))
    invitation = _open(rows.first(), now)
    subject = f"invitation:{invitation.pk}"
    user = create_user(username, password, display_name=display_name, by=Actor(subject), now=now)
    wanted, inviter = _wanted(invitation), invitation.invited_by
    by = _CLI if inviter is None else user_actor(inviter.pk)
    grant_role(
        user,
        wanted.role,
        wanted.area_path,
        by=by,
        now=now,
        until=wanted.until,
        located_in=located_in(wanted.area_path),
    )
    unused = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)
    if not unused.update(accepted_by=user, accepted_at=now):  # where rows cannot be locked
        raise InvitationNotOpen("this invitation cannot be used")
    record(user_actor(user.pk), "accounts.invitation-accepted", subject, _where(invitation), now=now)
    return user


@transaction.atomic
def withdraw_invitation(invitation_id: UUID, *, by: Actor, now: datetime) -> Invitation:
    """Let a link be used no more; the caller has looked whether this one is theirs to withdraw.

    :raises InvitationNotOpen: there is none of this number that could be used.
    """
    invitation = Invitation.objects.select_for_update().filter(pk=invitation_id).first()
    if invitation is None or not _is_open(invitation, now):
        raise InvitationNotOpen(f"there is no open invitation {invitation_id}")
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    record(by, "accounts.invitation-withdrawn", f"invitation:{invitation.pk}", _where(invitation), now=now)
    return invitation


def forget_old_invitations(now: datetime) -> None:
    """Delete what ended long ago."""
    Invitation.objects.filter(expires_at__lt=now - _KEPT).delete()


def _open(invitation: Invitation | None, now: datetime) -> Invitation:
    if invitation is None or not _is_open(invitation, now):
        raise InvitationNotOpen("this invitation cannot be used")
    inviter, places = invitation.invited_by, places_of(invitation.area_path)
    if not _is_there(invitation.area_path, places):  # an organisation that was moved or closed since
        raise InvitationNotOpen("this invitation cannot be used")
    if inviter is not None and not may_grant(roles_of(inviter, now), _wanted(invitation), places):
        raise InvitationNotOpen("this invitation cannot be used")
    return invitation


def _is_there(path: str, places: Collection[str]) -> bool:
    """Whether there is what a role would be for."""
    return bool(places) if is_organisation(path) else path == EVERYWHERE or _is_area(path)


def _is_area(path: str) -> bool:
    return known_path(path, Scope.everything())


def _is_open(one: Invitation, now: datetime) -> bool:
    return is_open_invitation(one.expires_at, one.role_until, one.accepted_at, one.withdrawn_at, now)


def _where(one: Invitation) -> dict[str, str | None]:
    """For the audit log: auditors of the area see it."""
    found = located_in(one.area_path)
    return {"area": one.area_path, **({} if found is None else {"located_in": found})}


def _wanted(one: Invitation) -> HeldRole:
    return HeldRole(Role(one.role), one.area_path, one.role_until)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
