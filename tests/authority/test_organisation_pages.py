"""Staff pages of organisations: an import and its undoing, list, search, drill down, whom to ask, who may."""

from __future__ import annotations

import random
import re
import zlib
from base64 import b64encode
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.roles import Role
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.models import Organisation

from .staff_pages import logged_in, text_of

pytestmark = pytest.mark.django_db

SHEET = """\
Tên đơn vị;Loại;Trực thuộc;Địa bàn;Người liên hệ;Điện thoại;Ngày;Số cán bộ;Sĩ số;Năm học;Lớp
UBND quận Thanh Xuân;Cơ quan;;Quận Thanh Xuân;Nguyễn Thị Lan;0912345678;08/3/2021;120;;;
Trường THCS Nhân Chính;Trường học;UBND quận Thanh Xuân;Phường Nhân Chính;;;08/3/2021;60;1.100;;
Trường THCS Nhân Chính;;;;;;08/3/2021;;42;2020-2021;6A1
Trường Lạ;Trường học;;Phường Lạ;;;;;;;
"""


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def upload(client: Client, text: str | bytes = SHEET) -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    return client.post("/organisations/import/", {"file": SimpleUploadedFile("bảng.csv", data)})


def confirm(client: Client, preview: Any) -> Any:
    fields = re.findall(r'name="(name|sheet|content)"(?: value="([^"]*)")?', preview.content.decode())
    sent = {name: unescape(value) for name, value in fields}
    return client.post("/organisations/import/confirm", sent, follow=True)


def key_of(name: str) -> str:
    return Organisation.objects.get(name=name, withdrawn_at=None).key


def test_previewed_imported_found_and_taken_back(officer: Client) -> None:
    preview = upload(officer)
    assert "3 dòng nhập được. Chưa có gì được ghi." in text_of(preview)
    assert "Dòng 5, Địa bàn (lỗi, không nhập): không có địa bàn “Phường Lạ”" in text_of(preview)
    assert "đơn vị ở dòng 2" in text_of(preview)
    assert Organisation.objects.count() == 0
    done = confirm(officer, preview)
    assert "Đã nhập 3 dòng: 2 đơn vị mới, 1 lớp mới, 4 số liệu, 1 người liên hệ." in text_of(done)
    assert "đã được nhập trước đó" in text_of(confirm(officer, upload(officer)))

    page = text_of(officer.get("/organisations/"))
    assert "2 đơn vị" in page
    assert "Cán bộ, nhân viên: 120 (08/03/2021)" in page
    assert "Trường THCS" not in text_of(officer.get("/organisations/?q=ubnd"))
    assert "Trường THCS" in text_of(officer.get("/organisations/?area=01/009&q=nhan+chinh&kind=school"))
    assert "Không có đơn vị nào có “xyz”" in text_of(officer.get("/organisations/?q=%00xyz"))
    assert "Không có đơn vị nào có “xyz”" in text_of(officer.get("/organisations/?q=xyz"))
    district = officer.get("/organisations/?area=01/009").content.decode()
    assert "?area=01/009/00343" in district
    school = text_of(officer.get(f"/organisations/{key_of('Trường THCS Nhân Chính')}/"))
    assert "Học sinh, sinh viên: 1.100 , ngày 08/03/2021" in school
    assert "6A1, năm học 2020-2021: 42 học sinh, ngày 08/03/2021" in school
    assert "Trực thuộc UBND quận Thanh Xuân" in school

    [run] = set(re.findall(r"/organisations/imports/([0-9a-f-]+)/undo", done.content.decode()))
    undone = officer.post(f"/organisations/imports/{run}/undo", follow=True)
    assert "Đã hoàn tác lần nhập bảng.csv." in text_of(undone)
    assert "0 đơn vị" in text_of(officer.get("/organisations/"))


def test_whom_to_ask_is_shown_on_purpose_recorded_and_erased(officer: Client) -> None:
    confirm(officer, upload(officer))
    address = f"/organisations/{key_of('UBND quận Thanh Xuân')}/"
    assert "Lan" not in text_of(officer.get(address)).replace("Bs lan", "")
    assert officer.get(f"{address}contact").status_code == 405
    shown = text_of(officer.post(f"{address}contact"))
    assert "Nguyễn Thị Lan" in shown
    assert "+84912345678" in shown
    assert AuditEntry.objects.filter(action="organisations.contact-seen").count() == 1
    assert "Đã xóa người liên hệ." in text_of(officer.post(f"{address}contact/erase", follow=True))
    assert "Nguyễn Thị Lan" not in text_of(officer.post(f"{address}contact"))


def test_who_sees_what(officer: Client, authority_clock: Any) -> None:
    confirm(officer, upload(officer))
    school, office = (
        f"/organisations/{key_of(name)}/" for name in ("Trường THCS Nhân Chính", "UBND quận Thanh Xuân")
    )
    ward = logged_in(authority_clock, "ward", "01/009/00343", Role.WARD_OFFICER)
    assert "1 đơn vị" in text_of(ward.get("/organisations/"))
    page = ward.get(school)
    assert "Trực thuộc UBND quận Thanh Xuân" in text_of(page)  # whom it answers to is its own matter
    assert office not in page.content.decode()
    for path in (
        office,
        *(f"/organisations/{one}" for one in ("?area=01/009/00361", "?area=x", "?area=%00", "?kind=x", "X/")),
    ):
        assert ward.get(path).status_code == 404
    assert ward.post(f"{office}contact").status_code == 404
    assert ward.post(f"{office}contact/erase").status_code == 404

    path = Organisation.objects.get(name="UBND quận Thanh Xuân").path
    clerk = logged_in(authority_clock, "clerk", path, Role.AGENCY_CLERK)
    assert "2 đơn vị" in text_of(clerk.get("/organisations/"))
    assert "1 đơn vị" in text_of(clerk.get("/organisations/?area=01/009/00343"))
    assert "không có quyền xem" in text_of(clerk.get(office))
    assert clerk.post(f"{office}contact").status_code == 403
    assert upload(clerk).status_code == 403
    guard = logged_in(authority_clock, "guard", "01/009", Role.GUARD)
    assert guard.get("/organisations/").status_code == 403
    assert Client().get("/organisations/").status_code == 302


def test_a_large_file_is_refused_before_it_could_fail(officer: Client) -> None:
    response = upload(officer, "x" * 4_000_001)
    assert response.status_code == 422
    assert "Tệp lớn hơn 4 MB." in text_of(response)
    response = upload(officer, random.Random(1).randbytes(2_000_000))  # noise, which nothing packs
    assert response.status_code == 422
    assert "Tệp lớn hơn 1,9 MB khi nén." in text_of(response)
    rows = "".join(f"Cơ quan {n};Cơ quan;;Phường Hạ Đình;;;;;;;\n" for n in range(13_000))
    text = SHEET.splitlines()[0] + "\n" + rows
    padded = text + " " * (699_000 - len(text.encode()))
    preview = upload(officer, padded[:699_000])
    assert preview.status_code == 200
    assert "dòng nữa." in text_of(preview)
    assert "đơn vị mới" in text_of(confirm(officer, preview))


@pytest.mark.parametrize(
    "content",
    [
        b64encode(zlib.compress(b"x" * 4_000_001)),  # larger than any sheet that was shown
        b64encode(zlib.compress(SHEET.encode())[:-9]),
        b64encode(SHEET.encode()),
        b"not base64",
    ],
)
def test_content_that_no_preview_gave_is_refused(officer: Client, content: bytes) -> None:
    fields = {"name": "a.csv", "sheet": "", "content": content.decode()}
    response = officer.post("/organisations/import/confirm", fields, follow=True)
    assert "Dữ liệu của tệp bị hỏng." in text_of(response)
    assert Organisation.objects.count() == 0
