"""What staff read about accounts: roles, and why a password is refused."""

from __future__ import annotations

from collections.abc import Iterable

from bluezone.authority.access.roles import Role

__all__ = ["ROLE_NAMES", "why_weak"]

ROLE_NAMES = {
    Role.CITY_OFFICER: "cán bộ thành phố",
    Role.DISTRICT_OFFICER: "cán bộ quận, huyện",
    Role.WARD_OFFICER: "cán bộ phường, xã",
    Role.AGENCY_CLERK: "cán bộ cơ quan, đơn vị",
    Role.SCHOOL_CLERK: "cán bộ nhà trường",
    Role.GUARD: "trực chốt, bảo vệ",
    Role.CANVASSER: "người đi từng nhà",
    Role.HEALTH_WORKER: "nhân viên y tế",
    Role.EPIDEMIOLOGIST: "cán bộ dịch tễ",
    Role.AUDITOR: "kiểm toán",
    Role.OPERATOR: "quản trị máy chủ",
}

_WEAK = {
    "password_too_short": "Mật khẩu quá ngắn: cần ít nhất 12 ký tự.",
    "password_too_common": "Mật khẩu này quá phổ biến.",
    "password_entirely_numeric": "Mật khẩu không được chỉ gồm chữ số.",
    "password_too_similar": "Mật khẩu quá giống tên đăng nhập.",
}


def why_weak(codes: Iterable[str]) -> str:
    """The reasons in one text."""
    return " ".join(_WEAK.get(code, "Mật khẩu này quá dễ đoán.") for code in codes)
