"""Staff pages of areas: of a day, what they came of and became, and a ward's groups brought in by sheet."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_pages import logged_in, text_of

pytestmark = pytest.mark.django_db

SHEET = "Phường;Tổ dân phố;Ngõ\nPhường Nhân Chính;1;12\n;;14\nPhường Lạ;2;\n"


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def test_an_area_on_a_day_with_what_it_became(officer: Client) -> None:
    page = text_of(officer.get("/areas/"))
    assert "Quận Thanh Xuân Vào ngày" in page
    assert "Phường Hạ Đình 00361" in page
    ward = officer.get("/areas/?area=01/009/00367&day=2025-01-01")
    shown = text_of(ward)
    assert "Được lập từ Phường Thanh Xuân Bắc (00367), Phường Thanh Xuân Nam (00370)" in shown
    assert (
        "Đã trở thành một phần của Phường Thanh Xuân (00367), một phần của Phường Thanh Liệt (00643)" in shown
    )
    assert "Có từ ngày 01/01/2025, đến hết ngày trước 01/07/2025" in shown
    assert "Cùng mã, vào lúc khác Phường Thanh Xuân Bắc (từ 01/02/2021)" in shown
    assert "01/00367" not in ward.content.decode()  # the ward of today is outside the scope
    for wrong in ("?area=01", "?area=02", "?area=%00", "?day=x", "?area=01/009/00367/x"):
        assert officer.get(f"/areas/{wrong}").status_code == 404


def test_groups_are_previewed_imported_listed_and_taken_back(officer: Client, authority_clock: Any) -> None:
    file = SimpleUploadedFile("tổ.csv", SHEET.encode())
    preview = officer.post("/areas/import/", {"file": file})
    said = text_of(preview)
    assert "2 dòng nhập được. Chưa có gì được ghi." in said
    assert "Dòng 4, Phường (lỗi, không nhập): không có địa bàn “Phường Lạ”" in said
    assert "Dòng 3, Tổ dân phố (lưu ý): lấy theo dòng trên: 1" in said
    assert not Area.objects.filter(level="alley").exists()
    fields = re.findall(r'name="(name|sheet|content)"(?: value="([^"]*)")?', preview.content.decode())
    sent = {name: unescape(value) for name, value in fields}
    done = officer.post("/areas/import/confirm", sent, follow=True)
    assert "Đã nhập 2 dòng: 1 tổ dân phố mới, 2 ngõ mới." in text_of(done)
    assert "Tổ dân phố Tổ dân phố 1" in text_of(officer.get("/areas/?area=01/009/00343"))
    assert "Ngõ 14" in text_of(officer.get("/areas/?area=01/009/00343/00343-1"))
    assert "chưa có tổ dân phố" in text_of(officer.get("/areas/?area=01/009/00361")).lower()
    [run] = set(re.findall(r"/areas/imports/([0-9a-f-]+)/undo", done.content.decode()))
    elsewhere = logged_in(authority_clock, "khac", "01/009/00361", Role.WARD_OFFICER)
    assert elsewhere.post(f"/areas/imports/{run}/undo").status_code == 403
    auditor = logged_in(authority_clock, "soat", "01/009", Role.AUDITOR)
    assert auditor.get("/areas/").status_code == 200
    assert auditor.get("/areas/import/").status_code == 403
    undone = officer.post(f"/areas/imports/{run}/undo", follow=True)
    assert "Đã hoàn tác lần nhập tổ.csv." in text_of(undone)
    assert not Area.objects.filter(level__in=("alley", "residential-group")).exists()


def test_without_a_role_there_is_no_page(officer: Client, authority_clock: Any) -> None:
    guard = logged_in(authority_clock, "gac", "01/009", Role.GUARD)
    assert guard.get("/areas/").status_code == 403
    assert Client().get("/areas/").status_code == 302
