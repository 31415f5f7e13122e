"""What a return counts: an agency its staff, a school its pupils. There is no place for names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.tabular.faults import Said

__all__ = ["COUNTS", "COUNT_NAMES", "COUNT_WORDS", "FORMS", "Form", "rate_of"]


class Form(StrEnum):
    """Who is counted, and so which counts a return has."""

    STAFF = "staff"
    """At their place of work."""

    PUPILS = "pupils"
    """At their school, class by class; the same child is counted once more at home by others."""


FORMS: Mapping[Kind, Form] = {
    Kind.AGENCY: Form.STAFF,
    Kind.ENTERPRISE: Form.STAFF,
    Kind.MASS_ORGANISATION: Form.STAFF,
    Kind.SCHOOL: Form.PUPILS,
}
"""The kinds of organisations that make returns, and of what."""

COUNTS: Mapping[Form, tuple[str, ...]] = {
    Form.STAFF: ("staff", "with_smartphone", "installed", "running", "relatives_guided"),
    Form.PUPILS: ("roll", "own_phone", "shared_phone", "no_phone", "installed", "parents_installed"),
}
"""In the order in which they are asked."""

COUNT_NAMES: Mapping[str, Said] = {
    "staff": Said("Số cán bộ, nhân viên", "Staff"),
    "with_smartphone": Said("Có điện thoại thông minh", "With a smartphone"),
    "installed": Said("Đã cài Bluezone", "Installed"),
    "running": Said("Đang bật Bluezone", "Running"),
    "relatives_guided": Said("Người thân đã hướng dẫn cài", "Relatives guided"),
    "roll": Said("Sĩ số", "Roll"),
    "own_phone": Said("Có điện thoại riêng", "Own phone"),
    "shared_phone": Said("Dùng chung điện thoại gia đình", "Shared family phone"),
    "no_phone": Said("Không có điện thoại", "No phone"),
    "parents_installed": Said("Phụ huynh đã cài", "Parents installed"),
}
COUNT_WORDS: Mapping[str, tuple[str, ...]] = {
    "staff": ("Số cán bộ", "Tổng số cán bộ", "Số CBNV", "Số nhân viên", "Số lao động"),
    "with_smartphone": ("Số có điện thoại thông minh", "Số smartphone", "Điện thoại thông minh"),
    "installed": ("Đã cài", "Đã cài đặt", "Số cài đặt", "Số đã cài"),
    "running": ("Đang bật", "Đang chạy", "Số đang bật"),
    "relatives_guided": ("Người thân", "Người thân đã hướng dẫn", "Số người thân đã hướng dẫn"),
    "roll": ("Số học sinh", "Tổng số học sinh"),
    "own_phone": ("Điện thoại riêng", "Có máy riêng"),
    "shared_phone": ("Điện thoại chung", "Dùng chung điện thoại", "Dùng chung"),
    "no_phone": ("Không có máy", "Không điện thoại"),
    "parents_installed": ("Phụ huynh", "Số phụ huynh đã cài"),
}
"""What clerks write above a count's column besides its name."""


def rate_of(form: Form, counts: Mapping[str, int]) -> tuple[int, int]:
    """Who installed, over those who could: staff with a smartphone, pupils with their own or a shared one."""
    if form is Form.STAFF:
        return counts["installed"], counts["with_smartphone"]
    return counts["installed"], counts["own_phone"] + counts["shared_phone"]
