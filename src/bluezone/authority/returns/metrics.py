"""What a return counts: an organisation its staff, a school its pupils too. There is no place for names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.tabular.faults import Said

__all__ = [
    "COUNTS",
    "COUNT_NAMES",
    "COUNT_WORDS",
    "FORMS",
    "PEOPLE",
    "SURVEYS",
    "Form",
    "Survey",
    "form_of",
    "rate_of",
    "surveys_of",
]


class Form(StrEnum):
    """Who is counted, and so which counts a return has."""

    STAFF = "staff"
    """At their place of work."""

    PUPILS = "pupils"
    """At their school, class by class; the same child is counted once more at home by others."""


FORMS: Mapping[Kind, tuple[Form, ...]] = {
    Kind.AGENCY: (Form.STAFF,),
    Kind.ENTERPRISE: (Form.STAFF,),
    Kind.MASS_ORGANISATION: (Form.STAFF,),
    Kind.SCHOOL: (Form.PUPILS, Form.STAFF),
}
"""The kinds of organisations that make returns, and of whom; the first is meant where nothing is said."""


class Survey(NamedTuple):
    """Organisations of a kind, and whom their returns count: what a schedule asks and a round adds up.

    A school's staff and its pupils are different people, in two surveys.
    """

    kind: Kind
    form: Form

    @property
    def code(self) -> str:
        """In addresses and on the command line: ``agency``, ``school`` for its pupils, ``school-staff``."""
        first = self.form is FORMS[self.kind][0]
        return self.kind.value if first else f"{self.kind.value}-{self.form.value}"


SURVEYS: Mapping[str, Survey] = {
    one.code: one for one in (Survey(kind, form) for kind, forms in FORMS.items() for form in forms)
}
"""All there are, by their codes."""

PEOPLE: Mapping[Form, Said] = {
    Form.STAFF: Said("cán bộ", "staff"),
    Form.PUPILS: Said("học sinh", "pupils"),
}
"""Whom each form counts, inside a sentence."""

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
    "staff": (
        "Số cán bộ",
        "Tổng số cán bộ",
        "Số CBNV",
        "Số nhân viên",
        "Số lao động",
        "Số giáo viên",
        "Số cán bộ, giáo viên",
    ),
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


def surveys_of(kind: str) -> tuple[Survey, ...]:
    """Those in which organisations of a kind are asked."""
    return tuple(one for one in SURVEYS.values() if one.kind == kind)


def form_of(kind: str, wanted: Form | None = None) -> Form | None:
    """The form of a kind that is wanted, by default its first; ``None`` where the kind has no such."""
    return next((one.form for one in surveys_of(kind) if wanted in (None, one.form)), None)


def rate_of(form: Form, counts: Mapping[str, int]) -> tuple[int, int]:
    """Who installed, over those who could: staff with a smartphone, pupils with their own or a shared one."""
    if form is Form.STAFF:
        return counts["installed"], counts["with_smartphone"]
    return counts["installed"], counts["own_phone"] + counts["shared_phone"]
