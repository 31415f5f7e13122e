"""Files as they come: CSV of several kinds, workbooks, and files that are neither; and what is handed out."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from bluezone.authority.tabular.cells import read_percents
from bluezone.authority.tabular.columns import Column, read_table
from bluezone.authority.tabular.faults import CellRefused, SheetRefused
from bluezone.authority.tabular.sheets import Cell, Sheet, SheetRow, read_sheet
from bluezone.authority.tabular.spelling import without_guard
from bluezone.authority.tabular.writing import formula_safe, write_csv, write_xlsx


def workbook(*sheets: tuple[str, Sequence[Sequence[object]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "dd/mm/yyyy"}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return out.getvalue()


def cells(data: bytes) -> list[tuple[int, tuple[Cell, ...]]]:
    return [(row.number, row.cells) for row in read_sheet(data).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_every_kind(delimiter: str, end: str, encoding: str) -> None:
    text = end.join([f'Địa bàn{delimiter}"Số; lượng"', "", f"Hà Nội{delimiter}  12 ", f"{delimiter}"])
    assert cells(text.encode(encoding)) == [(1, ("Địa bàn", "Số; lượng")), (3, ("Hà Nội", "12"))]


def test_decimal_commas_do_not_hide_the_semicolons() -> None:
    assert cells(b"a;b;c\n1,5;2,5;3,5")[1] == (2, ("1,5", "2,5", "3,5"))
    assert cells(b"39,12\n40,1")[0] == (1, ("39", "12"))


def test_a_workbook_keeps_numbers_days_and_text_apart() -> None:
    data = workbook(("A", [["x", 12, 1.5, datetime(2021, 3, 8), "00343", True], [], ["  Hà  Nội "]]))
    assert cells(data) == [
        (1, ("x", 12, 1.5, date(2021, 3, 8), "00343", "TRUE")),
        (3, ("Hà Nội", None, None, None, None, None)),
    ]


def test_rows_are_numbered_as_the_spreadsheet_shows_them() -> None:
    assert [number for number, _ in cells(workbook(("A", [[], ["a"], [], ["b"]])))] == [2, 4]


def test_of_several_sheets_one_must_be_named() -> None:
    data = workbook(("Một", [["a"]]), ("Hai", [["b"]]), ("Trống", []))
    with pytest.raises(SheetRefused, match="“Một”, “Hai”: name one"):
        read_sheet(data)
    assert read_sheet(data, "hai").rows[0].cells == ("b",)
    with pytest.raises(SheetRefused, match="no sheet “Ba”"):
        read_sheet(data, "Ba")
    assert read_sheet(workbook(("Một", [["a"]]), ("Trống", []))).name == "Một"


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for at in range(5):
            archive.writestr(f"xl/{at}.xml", bytes(100_000_000))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\r\n \n", "empty"),
        (b"\xd0\xcf\x11\xe0rest", "old Excel file"),
        (b"PK\x03\x04nonsense", "damaged"),
        (workbook(("A", [["a"]]))[:-40], "damaged"),
        (workbook(("A", [])), "no row"),
        (b"a,b\n\xff\xfe", "line 2 is not UTF-8"),
        (b"a\0b", "neither a CSV"),
        (b'a,"b\nc', "line 1 has a quotation mark"),
        (b"a\n" * 100_001, "over 100000 rows"),
        (b"," * 300 + b"x", "over 200 columns"),
        (b"x" * 20_000_001, "larger than 20 MB"),
    ],
)
def test_files_that_cannot_be_read(data: bytes, reason: str) -> None:
    with pytest.raises(SheetRefused, match=reason) as refused:
        read_sheet(data)
    assert refused.value.said.vi


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(SheetRefused, match="unpacks to too much"):
        read_sheet(bomb())


def workbook_of(rows: str, **members: str) -> bytes:
    """A workbook whose one sheet has these rows as they stand."""
    out = io.BytesIO(workbook(("A", [["x"]])))
    with zipfile.ZipFile(out) as archive:
        texts = {name: archive.read(name) for name in archive.namelist()}
    texts["xl/worksheets/sheet1.xml"] = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    ).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in {**texts, **members}.items():
            archive.writestr(name, text)
    return out.getvalue()


FIRST = '<row r="1"><c r="A1"><v>1</v></c></row>'


@pytest.mark.parametrize(
    "far",
    [
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        '<row r="1048576"><c t="n" xr="A1" r = \'CV1048576\'><v>2</v></c></row>',
        '<row r="1048576">' + '<c s="1"/>' * 9 + "<c><v>2</v></c></row>",
        '<x:row r="2"><x:c r="ZZZZZZ2"><x:v>2</x:v></x:c></x:row>',
    ],
)
def test_a_value_far_out_does_not_make_room_for_all_between(far: str) -> None:
    """The reader would abort the whole process over the 550 GB that the last cell of a sheet takes."""
    with pytest.raises(SheetRefused, match=r"reaches as far as cell [A-Z]+[0-9]+, over 5 million cells"):
        read_sheet(workbook_of(FIRST + far))


def test_a_tag_that_no_spreadsheet_writes_is_not_passed_over() -> None:
    hidden = f'<row r="2"><c t="{"x" * 6_000}" r="XFD1048576"><v>2</v></c></row>'
    with pytest.raises(SheetRefused, match="damaged"):
        read_sheet(workbook_of(FIRST + hidden))


def test_borders_far_out_are_no_cells() -> None:
    assert cells(workbook_of(FIRST + '<row r="1048576"><c r="XFD1048576" s="1"/></row>')) == [(1, (1,))]


def test_a_workbook_in_another_format_under_the_same_letters_is_refused() -> None:
    with pytest.raises(SheetRefused, match=r"no \.xlsx file"):
        read_sheet(workbook_of(FIRST, **{"content.xml": "<office/>"}))


@pytest.mark.parametrize("value", ["NaN", "inf", "-inf", "1e400"])
def test_what_is_no_number_is_text(value: str) -> None:
    [(_, (cell,))] = cells(workbook_of(f'<row r="1"><c r="A1"><v>{value}</v></c></row>'))
    assert isinstance(cell, str)
    with pytest.raises(CellRefused):
        read_percents(cell)


COLUMNS = (
    Column("area", "Địa bàn", ("Đơn vị",), required=True),
    Column("installs", "Số cài đặt"),
    Column("phones", "Số điện thoại"),
)


def table(*rows: Sequence[Cell]) -> list[tuple[int, dict[str, Cell]]]:
    sheet = Sheet("", tuple(SheetRow(at, tuple(row)) for at, row in enumerate(rows, 1)))
    return [(one.row, dict(one.cells)) for one in read_table(sheet, COLUMNS).records]


def test_a_heading_below_a_title_and_with_other_names() -> None:
    assert table(["UBND QUẬN"], ["Báo cáo ngày 8/3"], ["don_vi", None, "SỐ CÀI ĐẶT"], ["A", "?", 5]) == [
        (4, {"area": "A", "installs": 5})
    ]


def test_a_heading_of_two_merged_rows() -> None:
    assert table(["Địa bàn", "Số", None], [None, "cài đặt", "điện thoại"], ["A", 5, 9]) == [
        (3, {"area": "A", "installs": 5, "phones": 9})
    ]


def test_headings_that_cannot_be_used() -> None:
    with pytest.raises(SheetRefused, match="no column “Địa bàn”"):
        table(["x", "y"], ["A", 5])
    with pytest.raises(SheetRefused, match=r"column “Địa bàn” is there twice: as “Địa bàn” and as “Đơn vị”$"):
        table(["Địa bàn", "Đơn vị"], ["A", 5])
    with pytest.raises(SheetRefused, match=r"row 1: column “Địa bàn” is there twice$"):
        table(["Địa bàn", "địa  bàn"], ["A", 5])


def test_csv_that_is_handed_out() -> None:
    data = write_csv(["Tên", "Số"], [["=1+1", 5], ["00343", date(2021, 3, 8)], ["a;b", 39.12], [None, -5]])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert rows == [["Tên", "Số"], ["'=1+1", "5"], ["00343", "08/03/2021"], ["a;b", "39,12"], ["", "-5"]]


@pytest.mark.parametrize("text", ["=x", "+x", "-x", "@x", "\tx", "\rx"])
def test_formulas_are_text(text: str) -> None:
    assert formula_safe(text) == f"'{text}"
    assert formula_safe(f"a{text}") == f"a{text}"
    for its_own in (text, f"'{text}", f"''{text}", f"'a{text}"):
        assert without_guard(formula_safe(its_own)) == its_own  # what is handed out comes back as it was


def test_a_workbook_that_is_handed_out() -> None:
    data = write_xlsx("Trang", ["Mã", "Số", "Ngày"], [["00343", 5, date(2021, 3, 8)], ["=1+1", 1.5, None]])
    assert CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("Trang").to_python() == [
        ["Mã", "Số", "Ngày"],
        ["00343", 5.0, date(2021, 3, 8)],
        ["=1+1", 1.5, ""],
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
