"""Sheets of organisations: as clerks have them, with every fault told and nothing mended in silence."""

from __future__ import annotations

import io
import unicodedata
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.organisations.directory import Directory
from bluezone.authority.organisations.kinds import Kind, People
from bluezone.authority.organisations.rules import (
    ManagementLoop,
    is_tax_code,
    management_paths,
    school_year,
)
from bluezone.authority.organisations.services import import_organisations
from bluezone.authority.organisations.sheet import OrganisationSheet, read_organisation_sheet
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.clock import SettableClock

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 10)
MARCH_8 = date(2021, 3, 8)
HEADING = "Mã đơn vị;Tên đơn vị;Loại;Trực thuộc;Địa bàn;Điện thoại;Email;Ngày số liệu;Số cán bộ;Số học sinh"


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def read(*lines: str, scope: Scope | None = None) -> OrganisationSheet:
    directory = Directory(scope or Scope.everything())
    return read_organisation_sheet("\n".join(lines).encode(), directory, TODAY)


def told(sheet: OrganisationSheet) -> list[tuple[int, str, str, str]]:
    return [(one.row, one.column, one.severity.value, one.said.vi) for one in sheet.faults]


def test_a_messy_workbook_of_a_district() -> None:
    """Merged headings, numbers for codes and phones, text for dates, notes: every fault with its words."""
    decomposed = unicodedata.normalize("NFD", "Trường  THCS  Nhân Chính ")
    rows: list[tuple[object, ...]] = [
        # code, name, kind, manager, area code, contact, phone, email, day, staff, pupils
        ("TX-01", "UBND quận Thanh Xuân", "Cơ quan", "", "009", "Nguyễn Văn A", "0243 858 2000", "a@b.vn",
         MARCH_8, 120, None),
        ("", decomposed, "truong hoc", "UBND quận Thanh Xuân", 343, "Trần B", 912345678, "", "08/3/2021", 60,
         "1.100"),
        (100109106, "Tập đoàn Viettel", "Doanh nghiệp", "Bộ Quốc phòng", "00343", "", "", "", "", None, None),
        ("0100109107", "Công ty Sai Mã", "Doanh nghiệp", "", "00343", "", "", "", "", None, None),
        ("", "Trường Không Địa Bàn", "Trường học", "", "99999", "", "", "", "", None, None),
        ("", "Hội Phụ nữ", "Câu lạc bộ", "", "00343", "", "", "", "", None, None),
        ("", "", "Cơ quan", "", "00343", "", "", "", "", None, None),
        ("", "Cơ quan X", "Cơ quan", "", "00343", "", "9,12E+08", "", "", None, None),
        ("", "Cơ quan Y", "Cơ quan", "", "00343", "", "12345678", "ai đó", "", None, None),
        ("", "Cơ quan Z", "Cơ quan", "", "00343", "", "", "", "8/3/21", 5, None),
        ("", "Cơ quan T", "Cơ quan", "", "00343", "", "", "", "11/03/2021", 5, None),
        ("", "Cơ quan U", "Cơ quan", "", "00343", "", "", "", "", 5, None),
        ("", "Cơ quan V", "Cơ quan", "", "00343", "", "", "", MARCH_8, 1.5, None),
        ("", "Cơ quan W", "Cơ quan", "Cơ quan W", "00343", "", "", "", "", None, 7),
        ("", "UBND quận Thanh Xuân", "Cơ quan", "Cơ quan Z", "00346", "", "", "", "", None, None),
        ("TX-01", "UBND quận Thanh Xuân", "Cơ quan", "", "009", "", "", "", "", None, None),
        (1234, "Đội thuế số 1", "Cơ quan", "", "", "", "", "", "", None, None),
        ("", "Tổng cộng", "", "", "", "", "", "", "", 185, 1100),
        ("", "Người lập biểu", "", "", "", "", "", "", "", None, None),
    ]  # fmt: skip
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy"}) as book:
        page = book.add_worksheet("Danh bạ")
        page.merge_range(0, 0, 0, 11, "DANH BẠ ĐƠN VỊ QUẬN THANH XUÂN")
        for at, title in enumerate(("STT", "Mã đơn vị", "Tên đơn vị", "Loại", "Trực thuộc", "Mã địa bàn")):
            page.merge_range(2, at, 3, at, title)
        page.merge_range(2, 6, 2, 8, "Người liên hệ")
        page.write_row(3, 6, ("Họ  và tên", "Điện thoại", "Email"))
        page.merge_range(2, 9, 3, 9, "Ngày số liệu")
        page.merge_range(2, 10, 2, 11, "Số lượng")
        page.write_row(3, 10, ("Cán bộ", "Học sinh"))
        page.write(3, 12, "Người ký")
        for at, row in enumerate(rows):
            page.write_row(4 + at, 0, (at + 1, *row))
    sheet = read_organisation_sheet(out.getvalue(), Directory(Scope.everything()), TODAY)
    unknown_manager = "“{}” chưa có trong danh bạ: chỉ ghi tên"
    assert told(sheet) == [
        (4, "Người ký", "remark", "không dùng cột này: không nhập"),
        (6, "Điện thoại", "remark", "số được bổ sung số 0 ở đầu"),
        (6, "Trực thuộc", "error", "có 3 đơn vị là “UBND quận Thanh Xuân”; hãy ghi mã"),
        (6, "Mã địa bàn", "remark", "mã 343 được bổ sung số 0 ở đầu thành 00343"),
        (7, "Mã đơn vị", "remark", "mã 100109106 được bổ sung số 0 ở đầu thành 0100109106"),
        (7, "Trực thuộc", "remark", unknown_manager.format("Bộ Quốc phòng")),
        (8, "Mã đơn vị", "error",
         "“0100109107” không phải mã số thuế: cần 10 chữ số, chữ số cuối là số kiểm tra"),
        (9, "Mã địa bàn", "error",
         "không có địa bàn mã “99999” vào ngày 10/03/2021 trong phạm vi của bạn"),
        (10, "Loại", "error",
         "“Câu lạc bộ” không phải một loại đơn vị: "
         "Cơ quan, Trường học, Doanh nghiệp, Đoàn thể, Tổ chức khu dân cư"),
        (11, "Tên đơn vị", "error", "đang trống"),
        (12, "Điện thoại", "error",
         "Excel đã đổi số điện thoại sang dạng 9,12E+08; hãy định dạng cột thành Văn bản"),
        (13, "Điện thoại", "error", "không phải số điện thoại Việt Nam như 0912 345 678"),
        (13, "Email", "error", "không phải địa chỉ email"),
        (14, "Ngày số liệu", "error", "“8/3/21” không phải ngày như 08/03/2021"),
        (15, "Ngày số liệu", "error", "ngày 11/03/2021 chưa đến"),
        (16, "Ngày số liệu", "error", "số người phải kèm ngày"),
        (17, "Cán bộ", "error",
         "1,5 không phải số nguyên; có lẽ Excel đã coi dấu chấm là dấu thập phân"),
        (18, "Học sinh", "error", "chỉ trường học mới có học sinh"),
        (18, "Ngày số liệu", "error", "số người phải kèm ngày"),
        (18, "Trực thuộc", "error", "đơn vị không thể trực thuộc chính nó"),
        (19, "Trực thuộc", "error", "dòng 14 mà dòng này dựa vào có lỗi"),
        (20, "", "error", "cùng đơn vị với dòng 5"),
        (21, "Mã đơn vị", "remark",
         "mã 1234 là số trong bảng tính: nếu mã bắt đầu bằng số 0 thì số 0 đã mất"),
        (21, "Mã địa bàn", "error", "đang trống"),
        (22, "", "remark", "dòng tổng: không nhập"),
        (23, "", "remark", "chỉ có chữ, không có loại hay địa bàn: coi là tiêu đề hoặc ghi chú, không nhập"),
    ]  # fmt: skip
    assert [(row.row, row.code, row.name, row.kind) for row in sheet.rows] == [
        (5, "TX-01", "UBND quận Thanh Xuân", Kind.AGENCY),
        (7, "0100109106", "Tập đoàn Viettel", Kind.ENTERPRISE),
    ]
    first, viettel = sheet.rows
    assert first.contact is not None
    assert (first.contact.name, first.contact.phone) == ("Nguyễn Văn A", "+842438582000")
    assert "Nguyễn" not in repr(first)
    assert (first.area_name, first.as_of, first.counts) == ("Quận Thanh Xuân", MARCH_8, {People.STAFF: 120})
    assert (viettel.manager.name, viettel.contact) == ("Bộ Quốc phòng", None)


def test_a_decomposed_name_is_one_with_its_composed_form() -> None:
    name = "Trường  Tiểu học Hạ Đình"
    sheet = read(HEADING, f";{unicodedata.normalize('NFD', name)};Trường học;;p. ha dinh;;;08/3/2021;;900",
                 ";Trường Tiểu học Hạ Đình;Trường học;;Phường Hạ Đình;;;;;")  # fmt: skip
    assert [(row.name, row.area_name) for row in sheet.rows] == [
        ("Trường Tiểu học Hạ Đình", "Phường Hạ Đình")
    ]
    assert told(sheet) == [(3, "", "error", "cùng đơn vị với dòng 2")]


CLASSES = "Tên đơn vị;Loại;Địa bàn;Ngày số liệu;Sĩ số;Năm học;Lớp"


def test_classes_belong_to_a_school_and_a_year() -> None:
    sheet = read(
        CLASSES,
        "Trường Tiểu học A;;;8/3/2021;40;2020-2021;1A",
        "Trường Tiểu học A;Trường học;Phường Hạ Đình;;;;",
        "Trường Tiểu học A;;;8/3/2021;41;2020 – 2021;1B",
        "Trường Tiểu học A;;;8/3/2021;41;2020-2021;1A",
        "Trường Tiểu học A;;;8/3/2021;41;2020-2022;1C",
        "Trường Tiểu học A;;;8/3/2021;41;;1C",
        "Trường Tiểu học B;;;8/3/2021;41;2020-2021;1A",
        "Trường Tiểu học A;Cơ quan;;8/3/2021;;2020-2021;1D",
        "Trường Tiểu học C;Trường học;Phường Kim Giang;;;2020-2021;",
    )
    assert [(row.row, row.same_as, row.school_class, dict(row.counts)) for row in sheet.rows] == [
        (2, 3, (2020, "1A"), {People.PUPILS: 40}),
        (3, None, None, {}),
        (4, 3, (2020, "1B"), {People.PUPILS: 41}),
    ]
    assert told(sheet) == [
        (5, "", "error", "cùng lớp với dòng 2"),
        (6, "Năm học", "error", "“2020-2022” không phải năm học như 2020-2021"),
        (7, "Năm học", "error", "lớp phải kèm năm học"),
        (8, "Tên đơn vị", "error", "không có đơn vị “Trường Tiểu học B” trong tệp hay danh bạ"),
        (9, "Loại", "error", "chỉ trường học mới có lớp"),
        (10, "Lớp", "error", "có năm học mà không có lớp"),
    ]


def test_circles_of_management() -> None:
    sheet = read(
        HEADING,
        ";A một;Cơ quan;A hai;Phường Hạ Đình;;;;;",
        ";A hai;Cơ quan;A một;Phường Hạ Đình;;;;;",
        ";A ba;Cơ quan;A hai;Phường Hạ Đình;;;;;",
        ";B;Cơ quan;;Phường Hạ Đình;;;;;",
    )
    assert [row.name for row in sheet.rows] == ["B"]
    assert [row for row, *_ in told(sheet)] == [2, 3, 4]
    assert "vòng tròn" in told(sheet)[0][3]


def test_what_is_registered_is_not_changed_by_a_sheet(authority_clock: SettableClock) -> None:
    first = read(HEADING, "M1;Cơ quan A;Cơ quan;;Phường Hạ Đình;;;08/3/2021;5;",
                 ";Cơ quan B;Cơ quan;;Phường Hạ Đình;;;;;")  # fmt: skip
    import_organisations(first.rows, file_name="a", data=b"a", by=Actor("cli"), now=authority_clock.now())
    sheet = read(
        HEADING,
        "M1;Cơ quan A;Cơ quan;;Phường Hạ Đình;;;09/3/2021;6;",
        "M1;Cơ quan khác;Cơ quan;;Phường Hạ Đình;;;;;",
        "M1;Cơ quan A;Đoàn thể;;Phường Hạ Đình;;;;;",
        "M1;Cơ quan A;Cơ quan;;Phường Kim Giang;;;;;",
        ";Cơ quan A;Cơ quan;;Phường Hạ Đình;;;;;",
        ";co quan b;Cơ quan;;Phường Hạ Đình;;;;;",
    )
    changed = "danh bạ ghi “{}”, bảng ghi “{}”; nhập bảng không sửa đơn vị đã có"
    added = "đã có trong danh bạ: chỉ thêm số người, và người liên hệ nếu chưa có"
    assert [one for one in told(sheet) if one[3] != "cùng đơn vị với dòng 2"] == [
        (2, "", "remark", added),
        (3, "Tên đơn vị", "error", "mã M1 trong danh bạ là của “Cơ quan A”"),
        (4, "Loại", "error", changed.format("Cơ quan", "Đoàn thể")),
        (5, "Địa bàn", "error", changed.format("Phường Hạ Đình", "Phường Kim Giang")),
        (6, "Mã đơn vị", "error", "đơn vị này đã có mã trong danh bạ; hãy ghi mã"),
        (7, "", "remark", added),
    ]
    assert [row.row for row in sheet.rows] == [2, 7]


def test_a_ward_registers_what_is_in_it_and_what_its_own_manage(authority_clock: SettableClock) -> None:
    lines = (HEADING, ";A;Cơ quan;;Phường Hạ Đình;;;;;", ";B;Cơ quan;;Phường Kim Giang;;;;;")
    sheet = read(*lines, scope=Scope.of(["01/009/00361"]))
    assert [row.name for row in sheet.rows] == ["A"]
    assert "không có địa bàn “Phường Kim Giang”" in told(sheet)[0][3]
    first = read(HEADING, "M1;Sở;Cơ quan;;Phường Hạ Đình;;;;;")
    import_organisations(first.rows, file_name="a", data=b"a", by=Actor("cli"), now=authority_clock.now())
    path = Directory(Scope.everything()).by_code("M1").path  # type: ignore[union-attr]
    managed = read(
        HEADING,
        ";C;Cơ quan;Sở;Phường Kim Giang;;;;;",
        ";D;Cơ quan;;Phường Kim Giang;;;;;",
        scope=Scope.of([path]),
    )
    assert [row.name for row in managed.rows] == ["C"]
    assert told(managed) == [(3, "Địa bàn", "error", "ngoài phạm vi của bạn")]
    other = read(HEADING, "M1;Sở;Cơ quan;;Phường Kim Giang;;;;;", scope=Scope.of(["01/009/00373"]))
    assert told(other) == [(2, "Mã đơn vị", "error", "mã này là của đơn vị ngoài phạm vi của bạn")]


def test_sheets_that_are_none() -> None:
    for lines, reason in (((HEADING,), "no row below it"), (("Loại;Địa bàn", "a;b"), "“Tên đơn vị”")):
        with pytest.raises(SheetRefused, match=reason):
            read(*lines)


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("0100109106", True),  # Viettel, as published
        ("0100686209", True),  # MobiFone
        ("0100109106-001", True),
        ("0100109105", False),
        ("100109106", False),
        ("01001091O6", False),
        ("", False),
    ],
)
def test_tax_codes(code: str, right: bool) -> None:
    assert is_tax_code(code) is right


def test_school_years() -> None:
    assert [school_year(text) for text in ("2020-2021", "2020 – 2021", "2020/2021")] == [2020] * 3
    assert [school_year(text) for text in ("2020", "2020-21", "2021-2020", "1999-2000", "")] == [None] * 5


def test_paths_of_management() -> None:
    names = {1: "A", 2: "B", 3: "C"}
    assert management_paths(names, {1: 2, 2: "ORG/Z", 3: None}) == {1: "ORG/Z/B/A", 2: "ORG/Z/B", 3: "ORG/C"}
    for managers in ({1: 1}, {1: 2, 2: 3, 3: 1}, {1: "ORG" + "/X" * 10}):
        with pytest.raises(ManagementLoop):
            management_paths(names, managers)
