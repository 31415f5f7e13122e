"""Figures typed in on a page: right and wrong ones, corrections, and all that was ever said of one."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.services import import_city_sheet
from bluezone.authority.adoption.sheet import CityRow
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_pages import CLI, logged_in, text_of

pytestmark = pytest.mark.django_db

ENTER = "/adoption/enter/?area=01/009/00343&day=2021-03-08"
HISTORY = "/adoption/history/?area=01/009/00343&day=2021-03-08"


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def test_typed_in_corrected_and_withdrawn_and_all_of_it_kept(officer: Client, authority_clock: Any) -> None:
    page = officer.post(ENTER, {"phone-linked": "20.000", "smartphones": "40 000"}, follow=True)
    assert "Phường Nhân Chính, ngày 08/03/2021: 2 số liệu mới, 0 đính chính, 0 không đổi." in text_of(page)
    assert 'value="20.000"' in page.content.decode()  # there to be corrected
    overview = text_of(officer.get("/adoption/?area=01/009/00343"))
    assert "20.000/40.000 (đạt 50,00%)" in overview
    assert "nhập tay" in overview

    authority_clock.advance(timedelta(hours=1))
    page = officer.post(ENTER, {"phone-linked": "21000", "smartphones": "40.000"}, follow=True)
    assert "0 số liệu mới, 1 đính chính, 1 không đổi" in text_of(page)
    assert "21.000/40.000" in text_of(officer.get("/adoption/?area=01/009/00343"))
    sayings = re.findall(r"<li>.*?</li>", officer.get(HISTORY).content.decode(), re.DOTALL)
    newest, oldest = (" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in sayings)
    assert newest.startswith("21.000 đang dùng")
    assert oldest.startswith("20.000 đã được đính chính")
    assert "đính chính thành 21.000" in oldest
    assert "Bs lan" in oldest

    [current] = Fact.objects.filter(metric="phone-linked", ended_at=None)
    page = officer.post("/adoption/withdraw", {"fact": current.pk}, follow=True)
    assert "Đã rút lại số 21.000." in text_of(page)
    assert "21.000 đã rút lại" in text_of(page)
    assert "đang dùng" not in text_of(page)
    assert "21.000/40.000" not in text_of(officer.get("/adoption/?area=01/009/00343"))
    assert Fact.objects.count() == 3
    again = officer.post("/adoption/withdraw", {"fact": current.pk}, follow=True)
    assert "Chưa rút lại: số liệu này không còn hiệu lực" in text_of(again)
    actions = AuditEntry.objects.filter(subject="area:01/009/00343").values_list("action", flat=True)
    assert sorted(actions) == ["adoption.typed-in", "adoption.typed-in", "adoption.withdrawn"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"phone-linked": "157.54"}, "“157.54” không phải số nguyên như 157.542"),
        ({"phone-linked": "39,12%"}, "“39,12%” không phải số nguyên"),
        ({"phone-linked": "-5"}, "“-5” không phải số nguyên"),
        ({"phone-linked": "9" * 15}, "là số âm hoặc quá lớn"),
        ({"phone-linked": "  "}, "Hãy ghi ít nhất một số."),
        ({}, "Hãy ghi ít nhất một số."),
        ({"phone-linked": "12", "smartphones": "nhiều"}, "“nhiều” không phải số nguyên"),
    ],
)
def test_what_is_no_figure_is_refused_and_nothing_written(
    officer: Client, fields: dict[str, str], reason: str
) -> None:
    response = officer.post(ENTER, fields)
    assert response.status_code == 422
    assert reason in text_of(response)
    assert "Chưa ghi số nào." in text_of(response)
    assert Fact.objects.count() == 0


def test_a_day_to_come_is_refused_by_hanois_calendar(officer: Client, authority_clock: Any) -> None:
    """At 18:30 UTC on the 10th it is the 11th in Hà Nội."""
    authority_clock.advance(authority_clock.now().replace(hour=18, minute=30) - authority_clock.now())
    today = authority_clock.now().date() + timedelta(1)
    path = "/adoption/enter/?area=01/009/00343&day="
    response = officer.post(f"{path}{today + timedelta(1)}", {"phone-linked": "1"})
    assert response.status_code == 422
    assert "chưa đến" in text_of(response)
    assert officer.post(f"{path}{today}", {"phone-linked": "1"}).status_code == 302
    [fact] = Fact.objects.all()
    assert fact.as_of == today


def test_today_is_meant_where_no_day_is_named(officer: Client) -> None:
    assert 'id="day" name="day" value="2021-03-10"' in officer.get("/adoption/enter/").content.decode()
    assert "không có địa bàn nào" in text_of(officer.get("/adoption/enter/?day=2019-01-01"))
    for wrong in ("day=x", "area=x", "area=%00", "area=01/009%00"):
        assert officer.get(f"/adoption/enter/?{wrong}").status_code == 404
    assert officer.post("/adoption/enter/?day=2019-01-01", {"phone-linked": "1"}).status_code == 200
    assert Fact.objects.count() == 0


def test_who_may_enter_see_and_withdraw(officer: Client, authority_clock: Any) -> None:
    officer.post(ENTER, {"phone-linked": "20.000"})
    [fact] = Fact.objects.all()
    ward = logged_in(authority_clock, "ward", "01/009/00361", Role.WARD_OFFICER)
    assert ward.post(ENTER, {"phone-linked": "1"}).status_code == 404
    assert ward.get(HISTORY).status_code == 404
    refused = ward.post("/adoption/withdraw", {"fact": fact.pk}, follow=True)
    assert "không thuộc phạm vi của bạn" in text_of(refused)
    auditor = logged_in(authority_clock, "auditor", "01/009", Role.AUDITOR)
    assert "20.000 đang dùng" in text_of(auditor.get(HISTORY))
    assert "Rút lại" not in text_of(auditor.get(HISTORY))
    assert auditor.get(ENTER).status_code == 403
    assert auditor.post("/adoption/withdraw", {"fact": fact.pk}).status_code == 403
    for wrong in ("", "x", "١", "9" * 30):
        assert officer.post("/adoption/withdraw", {"fact": wrong}).status_code == 404
    assert officer.get("/adoption/withdraw").status_code == 405
    assert officer.get(f"{HISTORY}&metric=x").status_code == 404
    # The neighbour of the one who wrote it reads that it was another, not who.
    own = logged_in(authority_clock, "own", "01/009/00343", Role.WARD_OFFICER)
    assert "cán bộ ngoài phạm vi của bạn" in text_of(own.get(HISTORY))
    assert "Bs lan" not in text_of(own.get(HISTORY))
    fact.refresh_from_db()
    assert fact.ended_at is None


def test_what_is_typed_in_beside_the_citys_sheet_does_not_pass_for_a_correction(officer: Client) -> None:
    area = area_on("00343", date(2021, 3, 8), Scope.everything())
    assert area is not None
    rows = [CityRow(2, area.pk, area.name, date(2021, 3, 8), {Metric.PHONE_LINKED: 20_000}, False)]
    import_city_sheet(rows, file_name="a.csv", data=b"a", by=CLI, now=datetime(2021, 3, 9, tzinfo=UTC))
    told = "bảng của thành phố ghi 20.000 cho ngày này, và số đó được dùng"
    assert told.capitalize() in text_of(officer.get(ENTER))
    page = text_of(officer.post(ENTER, {"phone-linked": "21.000", "smartphones": "40.000"}, follow=True))
    assert f"Đã đăng ký Bluezone: {told}" in page
    assert "Điện thoại thông minh: bảng" not in page
    page = text_of(officer.get(HISTORY))
    assert "20.000 đang dùng" in page
    assert "21.000 ghi bên cạnh: số của nguồn khác được dùng" in page
    assert "Rút lại số 21.000" in page
    page = text_of(officer.post(ENTER, {"phone-linked": "20.000"}, follow=True))
    assert f"Đã đăng ký Bluezone: {told}" not in page  # the same figure: nothing is to be told
