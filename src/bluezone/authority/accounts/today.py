"""What the first page says of accounts: second factor, roles that end, invitations and emergencies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy, ngettext

from bluezone.authority.access.emergency_queries import waiting_for_review
from bluezone.authority.access.roles import (
    AUDIT_READERS,
    EMERGENCY_REVIEWERS,
    EMERGENCY_ROLES,
    INVITERS,
    SECOND_FACTOR_ROLES,
)
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
        in_navigation=gettext_lazy("Mời cán bộ"),
    ),
    Page(
        "audit",
        gettext_lazy("Nhật ký kiểm toán"),
        gettext_lazy("Ai đã xem hoặc sửa gì trong địa bàn của anh/chị; tải về"),
        AUDIT_READERS,
        "audit log nhat ky kiem toan tra cuu",
        in_navigation=gettext_lazy("Nhật ký"),
    ),
    Page(
        "emergency-review",
        gettext_lazy("Xem xét truy cập khẩn cấp"),
        gettext_lazy("Ai đã mở thêm vai trò hoặc địa bàn, và vì sao"),
        EMERGENCY_REVIEWERS,
        "review emergency access",
    ),
    Page(
        "emergency",
        gettext_lazy("Truy cập khẩn cấp"),
        gettext_lazy("Mở thêm vai trò hoặc địa bàn trong vài giờ, có ghi lý do"),
        frozenset(EMERGENCY_ROLES),
        "emergency access break glass",
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
    Page(
        "passkeys",
        gettext_lazy("Passkey của tôi"),
        gettext_lazy("Đăng nhập bằng vân tay, khuôn mặt hoặc khóa USB"),
        None,
        "webauthn fido khoa bao mat security key",
    ),
)

_ENDS_SOON = timedelta(days=7)
_DAY = timedelta(days=1)


def todays_work(person: Person) -> Iterator[WorkItem]:
    """For everybody, and for whoever invites others."""
    if isinstance(person.user, User):
        yield from _second_factor(person, person.user)
        yield from _emergencies(person, person.user)
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
        if one.is_emergency or one.until is None or one.until > person.now + _ENDS_SOON:
            continue
        end = timezone.localtime(one.until)
        text = gettext("Vai trò {role} của anh/chị hết hạn lúc {when}").format(
            role=ROLE_NAMES[one.role],
            when=f"{end:%H:%M %d/%m/%Y}",
        )
        yield WorkItem(Urgency.SOON, text, note=gettext("Nếu còn cần, hãy hỏi người đã cấp vai trò."))


def _emergencies(person: Person, user: User) -> Iterator[WorkItem]:
    scope = person.scope(EMERGENCY_REVIEWERS)
    if scope == Scope.nothing():
        return
    waiting = waiting_for_review(person.held, user.pk, scope, person.now)
    if waiting:
        text = ngettext(
            "{count} truy cập khẩn cấp chờ anh/chị xem xét",
            "{count} truy cập khẩn cấp chờ anh/chị xem xét",
            len(waiting),
        ).format(count=len(waiting))
        ended = min(one.grant.valid_until or person.now for one in waiting)
        yield WorkItem(Urgency.OVERDUE, text, reverse("emergency-review"), ended)


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
