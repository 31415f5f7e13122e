"""The city's sheet: as it comes, and with every fault that clerks and spreadsheets put into it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import pytest
import xlsxwriter

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.sheet import CitySheet, read_city_sheet
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.faults import SheetRefused

pytestmark = pytest.mark.django_db

TODAY = date(2021, 3, 10)
MARCH_8 = date(2021, 3, 8)
HEADING = "Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ"
LETTER = "Quận Thanh Xuân; 08/3/2021; 157.542; 402.706; 39,12%"


@pytest.fixture(autouse=True)
def areas(db: None) -> None:
    load_thanh_xuan()


def read(*lines: str, scope: Scope | None = None) -> CitySheet:
    areas = AreasInScope(scope or Scope.everything())
    return read_city_sheet("\n".join(lines).encode(), areas, TODAY)


def rows(sheet: CitySheet) -> list[tuple[int, str, date, int | None, int | None]]:
    return [
        (
            one.row,
            one.area_name,
            one.as_of,
            one.counts.get(Metric.PHONE_LINKED),
            one.counts.get(Metric.SMARTPHONES),
        )
        for one in sheet.rows
    ]


def told(sheet: CitySheet) -> list[tuple[int, str, str, str]]:
    return [(one.row, one.column, one.severity.value, one.said.vi) for one in sheet.faults]


def workbook(*rows: Sequence[object]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy"}) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    return out.getvalue()


THE_LETTERS_ROW = (2, "Quận Thanh Xuân", MARCH_8, 157_542, 402_706)


def test_the_letters_own_line() -> None:
    sheet = read(HEADING, LETTER)
    assert rows(sheet) == [THE_LETTERS_ROW]
    assert told(sheet) == []
    assert not sheet.rows[0].disagrees


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        ("Tỷ lệ;Số điện thoại thông minh;Số cài đặt;Ngày;Địa bàn",
         "39,12%;402.706;157.542;08/03/2021;Quận Thanh Xuân"),
        ("Mã;Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh",
         "009;Quận Thanh Xuân;2021-03-08;157542;402706"),
        ("Mã địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh", "009;8/3/2021;157 542;402 706"),
        ("dia ban;ngay;so cai dat;so dien thoai thong minh;ti le (%)",
         "Q. Thanh Xuân;08-03-2021;157.542;402.706;39,1"),
        ("STT;Đơn vị;Ngày;Số cài đặt;Số ĐTTM;Ghi chú", "1;thanh xuan;08/3/2021;157.542;402.706;x"),
    ],
)  # fmt: skip
def test_other_columns_and_orders(heading: str, line: str) -> None:
    sheet = read(heading, line)
    assert rows(sheet) == [THE_LETTERS_ROW]
    assert told(sheet) == []


def test_a_workbook_with_typed_numbers_days_and_percentages() -> None:
    heading = HEADING.split(";")
    for line in (
        ("Quận Thanh Xuân", MARCH_8, 157_542, 402_706, 0.39120847),
        ("Quận Thanh Xuân", "08/3/2021", "157.542", "402.706", "39,12%"),
        ("Quận Thanh Xuân", MARCH_8, 157_542, 402_706, 39.12),
    ):
        sheet = read_city_sheet(workbook(heading, line), AreasInScope(Scope.everything()), TODAY)
        assert rows(sheet) == [THE_LETTERS_ROW]
        assert told(sheet) == []


def test_a_rate_that_disagrees_is_told_with_both_values() -> None:
    sheet = read(
        HEADING, LETTER.replace("39,12%", "39,21%"), LETTER.replace("08/3", "09/3").replace("39,12%", "39%")
    )
    assert [one.disagrees for one in sheet.rows] == [True, False]
    assert told(sheet) == [
        (2, "Tỷ lệ", "remark", "bảng ghi 39,21%, nhưng 157.542/402.706 (đạt 39,12%)"),
    ]


W = "Phường Nhân Chính"


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        (f"{W};08/3/21;1;2;", "Ngày", "“08/3/21” không phải ngày như 08/03/2021"),
        (f"{W};31/02/2021;1;2;", "Ngày", "“31/02/2021” không phải ngày như 08/03/2021"),
        (f"{W};;1;2;", "Ngày", "đang trống"),
        (f"{W};11/03/2021;1;2;", "Ngày", "ngày 11/03/2021 chưa đến"),
        (f"{W};08/03/2021;1,5;2;", "Số cài đặt", "“1,5” không phải số nguyên như 157.542"),
        (f"{W};08/03/2021;1.57;2;", "Số cài đặt", "“1.57” không phải số nguyên như 157.542"),
        (f"{W};08/03/2021;khoảng 5;2;", "Số cài đặt", "“khoảng 5” không phải số nguyên như 157.542"),
        (f"{W};08/03/2021;1;-2;", "Số điện thoại thông minh", "“-2” không phải số nguyên như 157.542"),
        (f"{W};08/03/2021;1;2;năm mươi", "Tỷ lệ", "“năm mươi” không phải tỷ lệ như 39,12%"),
        (";08/03/2021;1;2;", "Địa bàn", "đang trống"),
        ("Phường Thanh Xuân;08/03/2021;1;2;", "Địa bàn",
         "không có địa bàn “Phường Thanh Xuân” vào ngày 08/03/2021 trong phạm vi của bạn"),
        ("Phường Nhân;08/03/2021;1;2;", "Địa bàn",
         "không có địa bàn “Phường Nhân” vào ngày 08/03/2021 trong phạm vi của bạn"),
        (f"{W};01/01/2020;1;2;", "Địa bàn",
         "không có địa bàn “Phường Nhân Chính” vào ngày 01/01/2020 trong phạm vi của bạn"),
    ],
)  # fmt: skip
def test_faults_of_a_row(line: str, column: str, reason: str) -> None:
    """The row is left out, with the one reason; the others come in."""
    sheet = read(HEADING, line, LETTER)
    assert rows(sheet) == [(3, *THE_LETTERS_ROW[1:])]
    assert told(sheet) == [(2, column, "error", reason)]


def test_every_fault_of_a_row_is_told_at_once() -> None:
    sheet = read(HEADING, f"{W};hôm nay;nhiều;ít;vừa")
    assert [one.column for one in sheet.faults] == ["Ngày", "Số cài đặt", "Số điện thoại thông minh", "Tỷ lệ"]


def test_faults_of_codes() -> None:
    heading = "Mã;Địa bàn;Ngày;Số cài đặt"
    sheet = read(
        heading,
        "343;Phường Nhân Chính;08/03/2021;1",
        "00346;Phường Hạ Đình;08/03/2021;2",
        "00999;;08/03/2021;3",
        "00361;;08/03/2021;4",
    )
    assert rows(sheet) == [(2, W, MARCH_8, 1, None), (5, "Phường Hạ Đình", MARCH_8, 4, None)]
    assert told(sheet) == [
        (2, "Mã", "remark", "mã 343 được bổ sung số 0 ở đầu thành 00343"),
        (3, "Địa bàn", "error", "mã là của Phường Thượng Đình, tên là “Phường Hạ Đình”"),
        (4, "Mã", "error", "không có địa bàn mã “00999” vào ngày 08/03/2021 trong phạm vi của bạn"),
    ]


def test_a_spreadsheet_that_took_dots_for_decimal_points() -> None:
    data = workbook(HEADING.split(";"), (W, MARCH_8, 157.542, 402_706, ""))
    sheet = read_city_sheet(data, AreasInScope(Scope.everything()), TODAY)
    assert rows(sheet) == []
    [(row, column, severity, reason)] = told(sheet)
    assert (row, column, severity) == (2, "Số cài đặt", "error")
    assert "157,542 không phải số nguyên; có lẽ Excel" in reason


def test_titles_totals_notes_and_unknown_columns_are_told_and_left_out() -> None:
    sheet = read(
        "UBND QUẬN THANH XUÂN;;;;;",
        "BÁO CÁO ngày 8/3/2021;;;;;",
        f"{HEADING};Người lập",
        f"{LETTER};An",
        "Tổng cộng:;08/3/2021;157.542;402.706;39,12%;",
        "Nguồn: Sở TTTT;;;;;",
    )
    assert rows(sheet) == [(4, *THE_LETTERS_ROW[1:])]
    assert told(sheet) == [
        (3, "Người lập", "remark", "không dùng cột này: không nhập"),
        (5, "", "remark", "dòng tổng: không nhập"),
        (6, "", "remark", "không có số liệu: không nhập"),
    ]


def test_the_same_area_and_day_twice() -> None:
    sheet = read(HEADING, LETTER, LETTER.replace("157.542", "157.543"))
    assert rows(sheet) == [THE_LETTERS_ROW]
    assert told(sheet)[-1] == (3, "", "error", "cùng địa bàn và ngày với dòng 2")


def test_decomposed_text_doubled_spaces_and_a_rate_alone() -> None:
    sheet = read(
        "Đi\u0323a ba\u0300n;Ngày;Số  cài  đặt;Tỷ lệ",
        "Phươ\u0300ng  Ha\u0323 Đi\u0300nh\u00a0;8/3/2021;5;39%",
    )
    assert rows(sheet) == [(2, "Phường Hạ Đình", MARCH_8, 5, None)]
    assert told(sheet) == [(2, "Tỷ lệ", "remark", "không có đủ hai số để đối chiếu tỷ lệ")]


def test_a_serial_number_for_a_day() -> None:
    sheet = read(HEADING, f"{W};44263;1;2;50%")
    assert rows(sheet) == [(2, W, MARCH_8, 1, 2)]
    assert told(sheet) == [(2, "Ngày", "remark", "44263 được hiểu là ngày 08/03/2021")]


def test_areas_outside_the_scope_are_not_there() -> None:
    sheet = read(HEADING, LETTER, f"{W};08/3/2021;1;2;", scope=Scope.of(["01/009/00343"]))
    assert [row[1] for row in rows(sheet)] == [W]
    assert [one.row for one in sheet.errors] == [2]


def test_a_name_of_two_areas_needs_the_code() -> None:
    huyen = Area.objects.create(
        code="016", valid_from=date(2021, 2, 1), level="district", name="Huyện Sóc Sơn", path="01/016"
    )
    for code, parent in (("00376", huyen), ("00377", huyen)):
        Area.objects.create(
            code=code,
            valid_from=date(2021, 2, 1),
            level="ward",
            name="Xã Tân Minh",
            path=f"01/016/{code}",
            parent=parent,
        )
    [(_, column, severity, reason)] = told(read(HEADING, "xã Tân Minh;08/3/2021;1;2;"))
    assert (column, severity) == ("Địa bàn", "error")
    assert "Xã Tân Minh (01/016/00376), Xã Tân Minh (01/016/00377); hãy ghi mã" in reason


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["Địa bàn;Số cài đặt", "x;1"], "no column “Ngày”"),
        (["Ngày;Số cài đặt", "08/3/2021;1"], "no column “Địa bàn” or “Mã”"),
        (["Địa bàn;Ngày;Tỷ lệ", "x;08/3/2021;5%"], "no column of figures"),
        ([HEADING], "a heading and no row below it"),
        (["Địa bàn;Ngày;Ngày", "x;1;2"], "“Ngày” is there twice"),
    ],
)
def test_sheets_that_are_none(lines: list[str], reason: str) -> None:
    with pytest.raises(SheetRefused, match=reason):
        read(*lines)


def test_rows_without_counts_are_left_out_and_columns_that_look_swapped_are_told() -> None:
    sheet = read(HEADING, f"{W};08/3/2021;;;50%", "Phường Hạ Đình;08/3/2021;402.706;157.542;255,62%")
    assert [one.row for one in sheet.rows] == [3]
    assert (2, "", "remark", "không có số liệu: không nhập") in told(sheet)
    swapped = "nhiều hơn số điện thoại thông minh: có lẽ hai cột bị đổi chỗ"
    assert told(sheet)[-1] == (3, "Số cài đặt", "remark", swapped)


def test_an_english_reader_finds_english_decimals_in_the_fault() -> None:
    [fault] = read(HEADING, LETTER.replace("39,12%", "40%")).faults
    assert fault.said.en == "the sheet says 40%, its counts make 39.12%"
