"""Targets on the staff pages: set for a district and its wards, shown on the overview, withdrawn."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.models import Target
from bluezone.authority.adoption.services import record_facts
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_pages import CLI, logged_in, text_of

pytestmark = pytest.mark.django_db

MARCH_8 = date(2021, 3, 8)
TARGETS = "/adoption/targets/?area=01/009&day=2021-03-08"


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def report(clock: Any, code: str, installs: int, smartphones: int, day: date = MARCH_8) -> None:
    area = area_on(code, day, Scope.everything())
    assert area is not None
    counts = {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: smartphones}
    record_facts(area, day, counts, scope=Scope.everything(), by=CLI, now=clock.now())


def test_a_district_and_its_wards_against_their_target(officer: Client, authority_clock: Any) -> None:
    report(authority_clock, "009", 157_542, 402_706)
    report(authority_clock, "00361", 1_000, 10_000, MARCH_8 - timedelta(9))
    for at in range(4):
        report(authority_clock, "00343", 20_000 + 100 * at, 40_000, MARCH_8 - timedelta(7 * (3 - at)))
    page = officer.post(TARGETS, {"due": "2021-03-29", "percent": "60", "parts": "on"}, follow=True)
    assert "Đã đặt chỉ tiêu 60% đến 29/03/2021 cho 12 địa bàn; 0 địa bàn đã có" in text_of(page)
    assert Target.objects.count() == 12

    page = text_of(officer.get("/adoption/?day=2021-03-08"))
    assert "60,00% đến 29/03/2021 : chưa rõ còn thiếu 84.082 máy (20,88 điểm phần trăm)" in page
    assert "chưa đủ số liệu để dự báo" in page
    # 50 % and a quarter of a point a week: 51.5 % three weeks on
    [row] = re.findall(r"Phường Nhân Chính 60,00% đến 29/03/2021 (.*?) Phường", page)
    assert row == "chậm 50,75% (08/03/2021) 3.700 máy 51,5% (51,5–51,5%)"
    assert page.index("Phường Nhân Chính 60,00%") < page.index("Phường Hạ Đình 60,00%")  # who is behind first
    assert "Phường Hạ Đình : số cuối ngày 27/02/2021, 9 ngày trước" in page
    assert page.count("chưa báo lần nào") == 9
    assert "Phường Nhân Chính : số cuối" not in page

    [own] = Target.objects.filter(area__code="009")
    page = officer.post("/adoption/targets/withdraw", {"target": own.pk, "day": "2021-03-08"}, follow=True)
    assert "Đã rút lại chỉ tiêu 60,00%." in text_of(page)
    assert "60,00 % đến 29/03/2021 đã rút lại" in text_of(page)
    page = officer.post("/adoption/targets/withdraw", {"target": own.pk}, follow=True)
    assert "Chưa rút lại: chỉ tiêu này không còn hiệu lực" in text_of(page)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "Hãy ghi tỷ lệ."),
        ({"percent": "60"}, "Hãy ghi ngày."),
        ({"percent": "60", "due": "31/02/2021"}, "Ngày không đúng."),
        ({"percent": "nhiều", "due": "2021-03-31"}, "“nhiều” không phải tỷ lệ như 39,12%"),
        ({"percent": "0,6", "due": "2021-03-31"}, "“0,6” có thể là 60"),
        ({"percent": "101", "due": "2021-03-31"}, "101 không phải tỷ lệ trên 0 đến 100"),
        ({"percent": "0%", "due": "2021-03-31"}, "0 không phải tỷ lệ trên 0"),
        ({"percent": "60", "due": "2025-07-01"}, "ngày 01/07/2025 không có địa bàn Quận Thanh Xuân"),
    ],
)
def test_what_is_no_target_is_told(officer: Client, fields: dict[str, str], reason: str) -> None:
    response = officer.post(TARGETS, fields)
    assert response.status_code == 422
    assert reason in text_of(response)
    assert Target.objects.count() == 0


def test_who_may(officer: Client, authority_clock: Any) -> None:
    officer.post(TARGETS, {"due": "2021-03-31", "percent": "60"})
    [target] = Target.objects.all()
    ward = logged_in(authority_clock, "ward", "01/009/00343", Role.WARD_OFFICER)
    assert ward.post(TARGETS, {"due": "2021-03-31", "percent": "1"}).status_code == 404
    assert "60,00%" not in text_of(ward.get("/adoption/?day=2021-03-08"))
    refused = ward.post("/adoption/targets/withdraw", {"target": target.pk}, follow=True)
    assert "không thuộc phạm vi của bạn" in text_of(refused)
    auditor = logged_in(authority_clock, "auditor", "01/009", Role.AUDITOR)
    assert auditor.get(TARGETS).status_code == 403
    assert auditor.post("/adoption/targets/withdraw", {"target": target.pk}).status_code == 403
    assert "60,00% đến 31/03/2021" in text_of(auditor.get("/adoption/?day=2021-03-08"))
    assert officer.post("/adoption/targets/withdraw", {"target": "x"}).status_code == 404
    assert "không có địa bàn nào" in text_of(officer.get("/adoption/targets/?day=2019-01-01"))
