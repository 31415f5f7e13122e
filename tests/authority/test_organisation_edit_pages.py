"""Staff pages on which organisations are added, edited, moved, counted and closed by hand."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from bluezone.authority.access.roles import Role
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.models import Contact, Organisation, SchoolClass

from .staff_pages import logged_in, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(authority: Path, authority_clock: Any) -> Client:
    load_thanh_xuan()
    return logged_in(authority_clock, "lan", "01/009", Role.DISTRICT_OFFICER)


def details(**changes: str) -> dict[str, str]:
    return {"name": "Trường A", "kind": "school", "area": "00343", "since": "2021-03-05", **changes}


def added(officer: Client, **changes: str) -> Organisation:
    response = officer.post("/organisations/new/", details(**changes))
    assert response.status_code == 302, text_of(response)
    return Organisation.objects.order_by("pk").last()  # type: ignore[return-value]


def test_added_moved_and_shown_as_it_was(officer: Client) -> None:
    office = added(officer, name="Phòng Giáo dục", kind="agency", code="PGD", area="Quận Thanh Xuân")
    school = added(officer, manager="Phòng Giáo dục", address="Số 1")
    assert (school.managed_by, school.located_in.code, school.address) == (office, "00343", "Số 1")
    page = f"/organisations/{school.key}/"
    form = officer.get(f"{page}edit/").content.decode()
    for value in ("Trường A", "00343", "PGD", "Số 1", "2021-03-10"):
        assert f'value="{value}"' in form
    sent = details(name="Trường B", area="Phường Hạ Đình", manager="Bộ Quốc phòng", version="0")
    assert "Đã ghi Trường B." in text_of(officer.post(f"{page}edit/", sent, follow=True))
    shown = text_of(officer.get(page))
    assert "Trực thuộc Bộ Quốc phòng" in shown
    was = "Trường A, Trường học, Phường Nhân Chính, Số 1; trực thuộc Phòng Giáo dục"
    assert f"Đến hết ngày trước 05/03/2021: {was}" in shown
    then = text_of(officer.get("/organisations/?area=01/009/00343&day=2021-03-04"))
    assert "Trường A Trường học Phường Nhân Chính Phòng Giáo dục" in then
    assert "0 đơn vị" in text_of(officer.get("/organisations/?area=01/009/00343&day=2021-03-05"))
    assert "Trường B" in text_of(officer.get("/organisations/?area=01/009/00361"))
    assert officer.get("/organisations/?day=x").status_code == 404


def test_who_edits_what_somebody_else_edited_is_told_and_keeps_what_was_typed(officer: Client) -> None:
    school = added(officer)
    page = f"/organisations/{school.key}/edit/"
    officer.post(page, details(name="Trường B", version="0"))
    second = officer.post(page, details(name="Trường C", version="0"))
    assert second.status_code == 422
    said = text_of(second)
    assert "đơn vị vừa được người khác sửa; hãy xem lại rồi gửi lần nữa" in said
    assert "Đang ghi là Trường B" in said
    assert 'value="Trường C"' in second.content.decode()
    assert 'name="version" value="1"' in second.content.decode()
    officer.post(page, details(name="Trường C", version="1"))
    school.refresh_from_db()
    assert school.name == "Trường C"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": " "}, "Hãy điền ô này."),
        ({"kind": "club"}, "club"),
        ({"area": "Phường Lạ"}, "không có địa bàn “Phường Lạ”"),
        ({"area": "99999"}, "không có địa bàn mã “99999”"),
        ({"kind": "enterprise", "code": "0100109107"}, "không phải mã số thuế"),
        ({"since": "2021-03-11", "name": "Khác"}, "ngày 11/03/2021 chưa đến"),
        ({"since": "hôm qua"}, "Không phải một ngày."),
        ({"manager": "Trường A", "name": "Khác"}, "không thể trực thuộc vòng tròn"),
        ({"version": ""}, "Chưa ghi:"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(officer: Client, changes: dict[str, str], told: str) -> None:
    school = added(officer)
    response = officer.post(f"/organisations/{school.key}/edit/", details(**{"version": "0", **changes}))
    assert response.status_code == 422
    assert told in text_of(response)
    school.refresh_from_db()
    assert (school.name, school.version) == ("Trường A", 0)


def test_counted_asked_for_closed_and_opened_again(officer: Client) -> None:
    school, heir = added(officer), added(officer, name="Trường B", area="00361")
    page = f"/organisations/{school.key}/"
    counts = {"as_of": "2021-03-04", "staff": "1.060", "pupils": "", "version": "0"}
    assert "Đã ghi 1 số liệu mới." in text_of(officer.post(f"{page}people/", counts, follow=True))
    assert "Cán bộ, nhân viên: 1.060" in text_of(officer.get(page))
    for wrong, told in (
        ({"staff": "1,5"}, "không phải số nguyên"),
        ({"staff": ""}, "Hãy ghi ít nhất một số."),
        ({"as_of": ""}, "Hãy điền ô này."),
    ):
        response = officer.post(f"{page}people/", {**counts, "version": "1", **wrong})
        assert (response.status_code, told in text_of(response)) == (422, True)
    person = {"person": "Nguyễn Thị Lan", "phone": "0912345678", "email": "", "version": "1"}
    assert "không phải số điện thoại" in text_of(
        officer.post(f"{page}contact/new/", {**person, "phone": "1"})
    )
    done = officer.post(f"{page}contact/new/", person, follow=True)
    assert "Đã ghi người liên hệ." in text_of(done)
    assert "Nguyễn Thị Lan" in text_of(officer.post(f"{page}contact"))
    classes = {"school_year": "2020-2021", "classes": "6A1 42\n6A2", "as_of": "2021-03-04", "version": "2"}
    begun = officer.get(f"{page}classes/").content.decode()
    assert 'name="school_year" value="2020-2021"' in begun  # that of today
    wrong_line = officer.post(f"{page}classes/", {**classes, "classes": "6A1\n6A1 bốn"})
    assert "Dòng 2, “6A1 bốn”" in text_of(wrong_line)
    assert "Đã thêm 2 lớp mới và 1 sĩ số mới." in text_of(
        officer.post(f"{page}classes/", classes, follow=True)
    )
    assert SchoolClass.objects.count() == 2
    closing = {"day": "2021-03-09", "into": "Trường B", "version": "3"}
    assert "không có đơn vị “Lạ”" in text_of(officer.post(f"{page}close/", {**closing, "into": "Lạ"}))
    assert "Đã đóng Trường A." in text_of(officer.post(f"{page}close/", closing, follow=True))
    shown = officer.get(page)
    assert "từ ngày 09/03/2021, nhập vào Trường B" in text_of(shown)
    assert f"/organisations/{heir.key}/" in shown.content.decode()
    assert "1 đơn vị" in text_of(officer.get("/organisations/"))
    assert "đóng từ 09/03/2021" in text_of(officer.get("/organisations/?closed=1"))
    assert "vừa được người khác sửa" in text_of(officer.post(f"{page}reopen", {"version": "x"}, follow=True))
    assert "Đã mở lại đơn vị." in text_of(officer.post(f"{page}reopen", {"version": "4"}, follow=True))


def test_handed_out_as_a_sheet_without_contact_persons(officer: Client) -> None:
    school = added(officer, code="S1")
    officer.post(f"/organisations/{school.key}/contact/new/", {"person": "Nguyễn Lan", "version": "0"})
    assert Contact.objects.count() == 1
    response = officer.get("/organisations/table.csv?area=01/009/00343")
    assert response["Content-Disposition"] == 'attachment; filename="don-vi-2021-03-10.csv"'
    heading, row = response.content.decode("utf-8-sig").splitlines()
    assert heading == (
        "Mã trong danh bạ;Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Mã cơ quan chủ quản;Mã địa bàn;"
        "Đóng trên địa bàn;Địa chỉ;Ngày số liệu;Số cán bộ;Số học sinh;Số hội viên;Năm học;Lớp"
    )
    assert row == f"{school.key};S1;Trường A;Trường học;;;00343;Phường Nhân Chính;;;;;;;"
    assert officer.get("/organisations/table.xlsx").content.startswith(b"PK")
    assert officer.get("/organisations/table.pdf").status_code == 404


def test_only_those_of_the_place_may_edit(officer: Client, authority_clock: Any) -> None:
    school = added(officer)
    page = f"/organisations/{school.key}/"
    other = logged_in(authority_clock, "khac", "01/009/00361", Role.WARD_OFFICER)
    ward = logged_in(authority_clock, "phuong", "01/009/00343", Role.WARD_OFFICER)
    auditor = logged_in(authority_clock, "soat", "01/009", Role.AUDITOR)
    for name in ("edit", "people", "contact/new", "classes", "close"):
        assert other.get(f"{page}{name}/").status_code == 404
        assert auditor.get(f"{page}{name}/").status_code == 403
        assert ward.get(f"{page}{name}/").status_code == 200
        assert Client().get(f"{page}{name}/").status_code == 302
    assert other.post(f"{page}reopen", {"version": "0"}).status_code == 404
    assert "Sửa hoặc chuyển" not in text_of(auditor.get(page))
    away = ward.post(f"{page}edit/", details(area="00361", version="0"))
    assert "không có địa bàn mã “00361”" in text_of(away)
    agency = added(officer, name="Cơ quan", kind="agency")
    assert officer.get(f"/organisations/{agency.key}/classes/").status_code == 404


def test_a_closed_year_of_changes_keeps_its_order(officer: Client, authority_clock: Any) -> None:
    school = added(officer)
    page = f"/organisations/{school.key}/edit/"
    officer.post(page, details(name="Trường B", version="0"))
    authority_clock.advance(timedelta(days=400))
    client = logged_in(authority_clock, "moi", "01/009", Role.DISTRICT_OFFICER)
    early = client.post(page, details(name="Trường C", version="1", since="2021-03-01"))
    assert "lần thay đổi gần nhất của Trường B là ngày 05/03/2021" in text_of(early)
    mended = client.post(page, details(name="Trường Bê", version="1", since=""), follow=True)
    assert "Ghi nhầm, sửa ngày 14/04/2022: Trường B" in text_of(mended)
