"""What returns are called, in both languages: states, views, kinds."""

from __future__ import annotations

from collections.abc import Mapping

from bluezone.authority.organisations.kinds import Kind
from bluezone.authority.returns.metrics import Form
from bluezone.authority.returns.rules import State
from bluezone.authority.tabular.faults import Said

__all__ = ["KIND_PLURALS", "RHYTHMS", "STATE_BADGES", "STATE_NAMES", "VIEWS"]

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

KIND_PLURALS: Mapping[Kind, Said] = {
    Kind.AGENCY: Said("Cơ quan", "Agencies"),
    Kind.ENTERPRISE: Said("Doanh nghiệp", "Enterprises"),
    Kind.MASS_ORGANISATION: Said("Đoàn thể", "Mass organisations"),
    Kind.SCHOOL: Said("Trường học", "Schools"),
}
RHYTHMS: Mapping[int, Said] = {
    1: Said("hằng ngày", "every day"),
    7: Said("hằng tuần", "every week"),
    14: Said("hai tuần một lần", "every two weeks"),
    28: Said("bốn tuần một lần", "every four weeks"),
}
"""By days from one round to the next."""
