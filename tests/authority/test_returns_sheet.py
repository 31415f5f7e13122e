"""A clerk's sheet of returns with its faults, each told with its row, its column and why."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
import xlsxwriter

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import read_organisation_sheet
from bluezone.authority.returns.metrics import SURVEYS, Form
from bluezone.authority.returns.services import set_schedule
from bluezone.authority.returns.sheet import ReturnsSheet, read_returns_sheet
from bluezone.authority.tabular.faults import Severity, SheetRefused

from .staff_pages import CLI

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 10)
BEGIN = datetime(2021, 3, 1, 1, tzinfo=UTC)
EVERYTHING = Scope.everything()
ORGANISATIONS = """\
Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn;Năm học;Lớp
A1;UBND phường;Cơ quan;;Phường Nhân Chính;;
A2;Công an phường;Cơ quan;;Phường Hạ Đình;;
A3;Công an phường;Cơ quan;;Phường Nhân Chính;;
S1;Trường THCS Nhân Chính;Trường học;;Phường Nhân Chính;;
S1;Trường THCS Nhân Chính;;;;2020-2021;6A1
K1;Tổ dân phố 1;Tổ chức khu dân cư;;Phường Nhân Chính;;
"""
HEADING = (
    "Mã;Đơn vị;Kỳ;Lớp;Số cán bộ;Có điện thoại thông minh;Đã cài;Đang bật;Người thân;"
    "Sĩ số;Điện thoại riêng;Dùng chung;Không có máy;Phụ huynh\n"
)


@pytest.fixture(autouse=True)
def asked(authority: Path) -> None:
    load_thanh_xuan()
    data = ORGANISATIONS.encode()
    sheet = read_organisation_sheet(data, Directory(EVERYTHING), TODAY)
    import_organisations(sheet.rows, file_name="a", data=data, by=CLI, now=BEGIN)
    area = area_on("009", TODAY, EVERYTHING)
    assert area is not None
    for code, first_day in (("agency", 1), ("school", 1), ("school-staff", 8)):
        kind, form = SURVEYS[code]
        day = date(2021, 3, first_day)
        set_schedule(area, kind, day, 7, time(16), form=form, scope=EVERYTHING, by=CLI, now=BEGIN)


def read(rows: str, scope: Scope = EVERYTHING, heading: str = HEADING) -> ReturnsSheet:
    return read_returns_sheet(f"{heading}{rows}".encode(), Directory(scope), TODAY)


@pytest.mark.parametrize(
    ("row", "column", "why"),
    [
        ("A1;;08/3/2021;;12;13;6;5;9;;;;;", "Có điện thoại thông minh", "13 lớn hơn số cán bộ 12"),
        ("A1;;08/3/2021;;12;10;6;7;9;;;;;", "Đang bật", "7 lớn hơn số đã cài 6"),
        ("A1;;08/3/2021;;12;10;6;;9;;;;;", "Đang bật", "đang trống; không có ai thì ghi 0"),
        ("A1;;08/3/2021;;12;10;6,5;5;9;;;;;", "Đã cài", "“6,5” không phải số nguyên như 157.542"),
        ("A1;;08/3/2021;;12;10;6;5;9;42;;;;", "Sĩ số", "dòng này đếm cán bộ: không có số này"),
        ("A1;;08/3/2021;6A1;12;10;6;5;9;;;;;", "Lớp", "chỉ học sinh được đếm theo lớp"),
        ("A1;;09/3/2021;;12;10;6;5;9;;;;;", "Kỳ", "không phải kỳ báo cáo cán bộ của đơn vị này"),
        ("A1;;15/3/2021;;12;10;6;5;9;;;;;", "Kỳ", "ngày 15/03/2021 chưa đến"),
        ("A1;;8/3/21;;12;10;6;5;9;;;;;", "Kỳ", "“8/3/21” không phải ngày như 08/03/2021"),
        ("X9;;08/3/2021;;12;10;6;5;9;;;;;", "Mã", "không có đơn vị “X9” trong danh bạ"),
        (";Công an phường;08/3/2021;;12;10;6;5;9;;;;;", "Đơn vị", "có 2 đơn vị là “Công an phường”"),
        (";;08/3/2021;;12;10;6;5;9;;;;;", "Đơn vị", "đang trống"),
        ("A1;Công an;08/3/2021;;12;10;6;5;9;;;;;", "Đơn vị", "mã A1 trong danh bạ là của “UBND phường”"),
        ("K1;;08/3/2021;;12;10;6;5;9;;;;;", "Đơn vị", "đơn vị loại này không báo cáo"),
        ("S1;;01/3/2021;;12;10;6;5;9;;;;;", "Kỳ", "không phải kỳ báo cáo cán bộ của đơn vị này"),
        ("S1;;08/3/2021;6A1;12;;30;;;42;20;15;7;60", "Số cán bộ", "dòng này đếm học sinh: không có số này"),
        ("S1;;08/3/2021;;;;30;;;42;20;15;7;60", "Lớp", "hãy báo cáo theo từng lớp"),
        ("S1;;08/3/2021;6B;;;30;;;42;20;15;7;60", "Lớp", "trường không có lớp “6B”"),
        ("S1;;08/3/2021;6a1;;;30;;;43;20;15;7;60", "Sĩ số", "20 + 15 + 7 = 42, không bằng sĩ số 43"),
    ],
)
def test_a_fault_leaves_its_row_out(row: str, column: str, why: str) -> None:
    good = "A2;;08/3/2021;;12;10;6;5;9;;;;;"
    sheet = read(f"{good}\n{row}")
    assert [one.row for one in sheet.rows] == [2]
    [fault] = sheet.errors
    assert (fault.row, fault.column) == (3, column)
    assert why in fault.said.vi
    assert fault.said.en


def test_a_school_has_rows_of_its_staff_and_of_classes() -> None:
    sheet = read("S1;;08/3/2021;;12;10;6;5;9;;;;;\nS1;;08/3/2021;6A1;;;30;;;42;20;15;7;60\n")
    assert sheet.faults == ()
    assert [(one.form, one.class_name, one.counts["installed"]) for one in sheet.rows] == [
        (Form.STAFF, "", 6),
        (Form.PUPILS, "6A1", 30),
    ]


def test_what_is_left_out_with_a_remark_and_what_is_the_same_twice() -> None:
    rows = (
        "A1;;08/3/2021;;12;10;6;5;9;;;;;\n"
        "a1;ubnd phuong;2021-03-08;;12;10;6;5;9;;;;;\n"
        ";Tổng cộng;08/3/2021;;24;20;12;10;18;;;;;\n"
        "A2;;08/3/2021;;;;;;;;;;;\n"
    )
    sheet = read(rows)
    assert [one.row for one in sheet.rows] == [2]
    said = {one.row: (one.severity, one.said.en) for one in sheet.faults}
    assert said[3] == (Severity.ERROR, "the same organisation, class and day as row 2")
    assert said[4] == (Severity.REMARK, "a row of totals is not imported")
    assert said[5] == (Severity.REMARK, "a row without figures is not imported")


def test_organisations_outside_the_scope_are_not_theirs() -> None:
    sheet = read("A1;;08/3/2021;;12;10;6;5;9;;;;;\n", Scope.of(["01/009/00361"]))
    assert [one.said.en for one in sheet.errors] == ["is outside your scope"]


@pytest.mark.parametrize(
    ("heading", "why"),
    [
        ("Ngày;Đã cài\n", "no column “Mã đơn vị” or “Tên đơn vị”"),
        ("Mã;Ngày\n", "no column of figures"),
        ("Mã;Đã cài\n", "no column “Ngày”"),
    ],
)
def test_a_sheet_without_its_columns_is_refused(heading: str, why: str) -> None:
    with pytest.raises(SheetRefused, match=why):
        read("A1;1\n", heading=heading)


def test_a_workbook_with_a_day_of_its_own() -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet()
        for at, title in enumerate(HEADING.strip().split(";")[:9]):
            page.write(0, at, title)
        for at, value in enumerate(["A1", "UBND  phường"]):
            page.write(1, at, value)
        page.write_datetime(1, 2, datetime(2021, 3, 8), book.add_format({"num_format": "dd/mm/yyyy"}))
        for at, value in enumerate([12, 10, 6, 5, 9], 4):
            page.write(1, at, value)
    [row] = read_returns_sheet(out.getvalue(), Directory(EVERYTHING), TODAY).rows
    assert row.day == date(2021, 3, 8)
    assert row.counts == {
        "staff": 12,
        "with_smartphone": 10,
        "installed": 6,
        "running": 5,
        "relatives_guided": 9,
    }
