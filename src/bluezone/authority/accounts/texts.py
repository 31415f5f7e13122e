"""What staff read about accounts: roles, and why a password or a try is refused."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy

from bluezone.authority.access.roles import Role

__all__ = ["ROLE_NAMES", "TOO_MANY_PASSWORDS", "TOO_MANY_TRIES", "WRONG_PASSWORD", "why_weak"]

WRONG_PASSWORD = gettext_lazy("Mật khẩu hiện tại không đúng.")
TOO_MANY_PASSWORDS = gettext_lazy("Đã có quá nhiều lần nhập sai mật khẩu.")
TOO_MANY_TRIES = gettext_lazy("Đã có quá nhiều lần nhập sai.")

ROLE_NAMES = {
    Role.CITY_OFFICER: gettext_lazy("cán bộ thành phố"),
    Role.DISTRICT_OFFICER: gettext_lazy("cán bộ quận, huyện"),
    Role.WARD_OFFICER: gettext_lazy("cán bộ phường, xã"),
    Role.AGENCY_CLERK: gettext_lazy("cán bộ cơ quan, đơn vị"),
    Role.SCHOOL_CLERK: gettext_lazy("cán bộ nhà trường"),
    Role.GUARD: gettext_lazy("trực chốt, bảo vệ"),
    Role.CANVASSER: gettext_lazy("người đi từng nhà"),
    Role.HEALTH_WORKER: gettext_lazy("nhân viên y tế"),
    Role.EPIDEMIOLOGIST: gettext_lazy("cán bộ dịch tễ"),
    Role.AUDITOR: gettext_lazy("kiểm toán"),
    Role.OPERATOR: gettext_lazy("quản trị máy chủ"),
}

_WEAK = {
    "password_too_short": gettext_lazy("Mật khẩu quá ngắn: cần ít nhất 12 ký tự."),
    "password_too_common": gettext_lazy("Mật khẩu này quá phổ biến."),
    "password_entirely_numeric": gettext_lazy("Mật khẩu không được chỉ gồm chữ số."),
    "password_too_similar": gettext_lazy("Mật khẩu quá giống tên đăng nhập."),
}
_GUESSABLE = gettext_lazy("Mật khẩu này quá dễ đoán.")


def why_weak(codes: Iterable[str]) -> str:
    """The reasons in one text."""
    return " ".join(str(_WEAK.get(code, _GUESSABLE)) for code in codes)
