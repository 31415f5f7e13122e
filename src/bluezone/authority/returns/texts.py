"""What returns are called, in both languages: states, views, surveys."""

from __future__ import annotations

from collections.abc import Mapping

from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.returns.metrics import FORMS, Form, Survey
from bluezone.authority.returns.rules import State
from bluezone.authority.tabular.faults import Said
from bluezone.authority.tabular.reading import in_language

__all__ = ["FORM_NAMES", "RHYTHMS", "STATE_BADGES", "STATE_NAMES", "SURVEY_NAMES", "VIEWS", "called"]

STATE_NAMES: Mapping[State, Said] = {
    State.ON_TIME: Said("đúng hạn", "on time"),
    State.LATE: Said("muộn", "late"),
    State.INCOMPLETE: Said("thiếu lớp", "classes missing"),
    State.MISSING: Said("chưa báo", "missing"),
    State.AWAITED: Said("đang chờ", "awaited"),
}
STATE_BADGES: Mapping[State, str] = {
    State.ON_TIME: "good",
    State.LATE: "warn",
    State.INCOMPLETE: "warn",
    State.MISSING: "bad",
    State.AWAITED: "",
}
VIEWS: Mapping[Form, Said] = {
    Form.STAFF: Said(
        "Đếm tại nơi làm việc: mỗi người được tính ở đơn vị của mình, không phải ở nơi cư trú. "
        "Không cộng với số của địa bàn: cùng một người sẽ bị tính hai lần.",
        "Counted at work: everybody counts in their own organisation, not where they live. "
        "Not to be added to the figures of areas: the same people would count twice.",
    ),
    Form.PUPILS: Said(
        "Đếm tại trường: mỗi học sinh được tính ở trường mình học. "
        "Không cộng với số đếm tại nhà hay số của địa bàn: cùng một em sẽ bị tính hai lần.",
        "Counted at school: every pupil counts where they learn. "
        "Not to be added to what is counted at home or to the figures of areas: "
        "the same child would count twice.",
    ),
}
"""Which view a page is: what is counted in two places is never added up."""

SURVEY_NAMES: Mapping[Survey, Said] = {
    Survey(Kind.AGENCY, Form.STAFF): Said("Cơ quan", "Agencies"),
    Survey(Kind.ENTERPRISE, Form.STAFF): Said("Doanh nghiệp", "Enterprises"),
    Survey(Kind.MASS_ORGANISATION, Form.STAFF): Said("Đoàn thể", "Mass organisations"),
    Survey(Kind.SCHOOL, Form.PUPILS): Said("Trường học: học sinh", "Schools: pupils"),
    Survey(Kind.SCHOOL, Form.STAFF): Said("Trường học: cán bộ, giáo viên", "Schools: staff, teachers"),
}
"""In the order in which they are offered."""

FORM_NAMES: Mapping[Form, Said] = {
    Form.STAFF: Said("Cán bộ, giáo viên", "Staff, teachers"),
    Form.PUPILS: Said("Học sinh", "Pupils"),
}
"""Whom a school's return counts; the others have one return only."""

RHYTHMS: Mapping[int, Said] = {
    1: Said("hằng ngày", "every day"),
    7: Said("hằng tuần", "every week"),
    14: Said("hai tuần một lần", "every two weeks"),
    28: Said("bốn tuần một lần", "every four weeks"),
}
"""By days from one round to the next."""


def called(name: str, survey: Survey) -> str:
    """An organisation, with whom its return counts where its kind makes several."""
    if len(FORMS[survey.kind]) == 1:
        return name
    return f"{name} ({in_language(FORM_NAMES[survey.form]).lower()})"
