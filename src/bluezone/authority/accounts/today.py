"""What the first page says of accounts: the own second factor, roles that end, invitations that wait."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from bluezone.authority.access.roles import INVITERS, SECOND_FACTOR_ROLES
from bluezone.authority.access.scope import Scope
from bluezone.authority.accounts.invitation_queries import grantable_invitations
from bluezone.authority.accounts.models import User
from bluezone.authority.accounts.second_factor_queries import has_second_factor
from bluezone.authority.accounts.texts import ROLE_NAMES
from bluezone.authority.todays_work import Page, Person, Urgency, WorkItem

__all__ = ["PAGES", "todays_work"]

PAGES = (
    Page(
        "invitations",
        gettext_lazy("Mời cán bộ"),
        gettext_lazy("Tạo liên kết mời, thu hồi lời mời"),
        INVITERS,
        "tai khoan moi phan quyen invite staff",
    ),
    Page(
        "account",
        gettext_lazy("Tài khoản của tôi"),
        gettext_lazy("Mật khẩu, các phiên đăng nhập"),
        None,
        "doi mat khau dang xuat moi noi password sessions account",
    ),
    Page(
        "second-factor",
        gettext_lazy("Xác thực hai lớp"),
        gettext_lazy("Ứng dụng xác thực, mã dự phòng"),
        None,
        "totp bao mat second factor recovery codes",
    ),
)

_ENDS_SOON = timedelta(days=7)
_DAY = timedelta(days=1)


def todays_work(person: Person) -> Iterator[WorkItem]:
    """For everybody, and for whoever invites others."""
    if isinstance(person.user, User):
        yield from _second_factor(person, person.user)
        yield from _invitations(person, person.user)
    yield from _own_roles(person)


def _second_factor(person: Person, user: User) -> Iterator[WorkItem]:
    if not person.holds(SECOND_FACTOR_ROLES) or has_second_factor(user):
        return
    required = settings.BLUEZONE_REQUIRE_SECOND_FACTOR
    yield WorkItem(
        Urgency.ALARM if required else Urgency.OPEN,
        gettext("Bật xác thực hai lớp"),
        reverse("second-factor"),
        note=gettext("Vai trò của anh/chị xem được dữ liệu cá nhân."),
    )


def _own_roles(person: Person) -> Iterator[WorkItem]:
    for one in person.held:
        if one.until is None or one.until > person.now + _ENDS_SOON:
            continue
        end = timezone.localtime(one.until)
        text = gettext("Vai trò {role} của anh/chị hết hạn lúc {when}").format(
            role=ROLE_NAMES[one.role],
            when=f"{end:%H:%M %d/%m/%Y}",
        )
        yield WorkItem(Urgency.SOON, text, note=gettext("Nếu còn cần, hãy hỏi người đã cấp vai trò."))


def _invitations(person: Person, user: User) -> Iterator[WorkItem]:
    scope = person.scope(INVITERS)
    if scope == Scope.nothing():
        return
    waiting = grantable_invitations(person.held, user.pk, person.now, scope)
    if not waiting:
        return
    end = min(one.expires_at for one in waiting)
    text = ngettext(
        "{count} lời mời chưa có người nhận", "{count} lời mời chưa có người nhận", len(waiting)
    ).format(count=len(waiting))
    note = gettext("Lời mời đầu tiên hết hạn lúc {when}.").format(
        when=f"{timezone.localtime(end):%H:%M %d/%m/%Y}"
    )
    urgency = Urgency.SOON if end <= person.now + _DAY else Urgency.OPEN
    since = min(one.invited_at for one in waiting)
    yield WorkItem(urgency, text, reverse("invitations"), since, note)
