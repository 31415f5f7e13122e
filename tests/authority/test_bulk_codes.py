"""Files of tests as laboratories and spreadsheets write them, and every way to get one wrong."""

from __future__ import annotations

import uuid
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bluezone.authority.keys.bulk_codes import MAX_BYTES, BulkRefused, Fault, read_bulk_file, row_uuid
from bluezone.authority.keys.report_types import ReportTypeName

TODAY = date(2021, 3, 10)
HEADING = "Mã mẫu,Kết quả,Ngày lấy mẫu,Ngày khởi phát,Số điện thoại"
ROW = "XN-1,dương tính,08/03/2021,06/03/2021,0912345678"


def read(*lines: str, end: str = "\r\n") -> list[tuple[object, ...]]:
    file = read_bulk_file(end.join(lines).encode(), TODAY)
    return [
        (one.line, one.sample, one.report_type, one.test_date, one.onset_date, one.phone) for one in file.rows
    ]


GOOD = (2, "XN-1", ReportTypeName.CONFIRMED, date(2021, 3, 8), date(2021, 3, 6), "+84912345678")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("delimiter", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_spreadsheets_make_of_a_table(end: str, delimiter: str, name: str, encoding: str) -> None:
    text = f"{HEADING}{end}{ROW}{end}".replace(",", delimiter)
    file = read_bulk_file(text.encode(encoding), TODAY)
    assert file.delimiter == delimiter, name
    (row,) = file.good
    assert (row.line, row.sample, row.report_type, row.test_date, row.onset_date, row.phone) == GOOD


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["sep={}", "SEP={}", '"sep={}"', "\r\nsep={}"])
def test_the_line_that_tells_excel_the_delimiter(delimiter: str, first: str) -> None:
    table = f"{HEADING}\r\n{ROW}\r\n".replace(",", delimiter)
    file = read_bulk_file(f"{first.format(delimiter)}\r\n{table}".encode("utf-8-sig"), TODAY)
    assert file.delimiter == delimiter
    (row,) = file.good
    assert (row.line, row.sample) == (2 + len(first.format(delimiter).splitlines()), "XN-1")
    with pytest.raises(BulkRefused, match="trống"):
        read_bulk_file(b"sep=;\r\n", TODAY)


def test_headings_and_words_without_diacritics_in_any_order_and_english() -> None:
    assert read("so_dien_thoai;NGAY LAY MAU;ket_qua", "912345678;2021-03-08;Duong Tinh") == [
        (2, "", ReportTypeName.CONFIRMED, date(2021, 3, 8), None, "+84912345678")
    ]
    assert read("onset_date,report_type", "2021-03-01,likely", "1/3/2021,Nghi dương tính") == [
        (2, "", ReportTypeName.LIKELY, None, date(2021, 3, 1), ""),
        (3, "", ReportTypeName.LIKELY, None, date(2021, 3, 1), ""),
    ]


def test_letters_in_pieces_are_put_together() -> None:
    """Files from a Mac hold ế as e and two marks."""
    pieces = f"{HEADING}\n{ROW}".replace("ế", "e\u0302\u0301").replace("ẫ", "a\u0302\u0303")
    assert len(read_bulk_file(pieces.encode(), TODAY).good) == 1


def test_empty_lines_and_quotes_and_where_a_row_begins() -> None:
    rows = read("", HEADING, "", ",,,,", '"XN-1","dương tính","08/03/2021",,', "", '"XN-2",âm tính,9/3/2021')
    assert [(row[0], row[1]) for row in rows] == [(5, "XN-1"), (7, "XN-2")]


@pytest.mark.parametrize(
    ("row", "faults"),
    [
        (",,08/03/2021,,", [("Kết quả", "đang trống")]),
        (",khỏe,08/03/2021,,", [("Kết quả", "phải là")]),
        (",user-report,08/03/2021,,", [("Kết quả", "phải là")]),
        (",dương tính,,,", [("Ngày", "Cần ngày lấy mẫu")]),
        (",dương tính,31/02/2021,,", [("Ngày lấy mẫu", "không phải ngày")]),
        (",dương tính,03/31/2021,,", [("Ngày lấy mẫu", "không phải ngày")]),
        (",dương tính,44263,,", [("Ngày lấy mẫu", "không phải ngày")]),
        (",dương tính,8-3-21,,", [("Ngày lấy mẫu", "không phải ngày")]),
        (",dương tính,11/03/2021,,", [("Ngày", "tương lai")]),
        (",dương tính,23/02/2021,,", [("Ngày", "14 ngày")]),
        (",âm tính,08/03/2021,06/03/2021,", [("Ngày", "âm tính")]),
        (",dương tính,08/03/2021,,12", [("Số điện thoại", "không đúng")]),
        (",dương tính,08/03/2021,,9.12E+08", [("Số điện thoại", "Excel")]),
        (",dương tính,08/03/2021,,,thêm", [("Cả dòng", "nhiều hơn")]),
        ("a\x07b,dương tính,08/03/2021,,", [("Mã mẫu", "ký tự lạ")]),
        (f"{'x' * 61},dương tính,08/03/2021,,", [("Mã mẫu", "60")]),
        (
            ",x,hôm qua,y,z",
            [
                ("Kết quả", "phải là"),
                ("Ngày lấy mẫu", "không phải ngày"),
                ("Ngày khởi phát", "không phải ngày"),
                ("Số điện thoại", "chỉ gồm chữ số"),
            ],
        ),
    ],
)
def test_every_fault_of_a_row(row: str, faults: list[tuple[str, str]]) -> None:
    file = read_bulk_file(f"{HEADING}\n{row}\n{ROW}".encode(), TODAY)
    bad, good = file.rows
    assert [one.column for one in bad.faults] == [column for column, _ in faults]
    for fault, (_, words) in zip(bad.faults, faults, strict=True):
        assert words in fault.reason
    assert file.good == (good,)


def test_a_mark_that_comes_twice_names_the_line_it_came_first() -> None:
    file = read_bulk_file(f"{HEADING}\n{ROW}\n{ROW}".encode(), TODAY)
    assert file.rows[1].faults == (Fault("Mã mẫu", "trùng với dòng 2"),)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "trống"),
        (b"\xef\xbb\xbf\r\n\r\n", "trống"),
        (HEADING.encode(), "chưa có dòng nào"),
        (
            f"{HEADING}\n".encode() + b"XN-1,d\xb0\xbdng t\xednh,08/03/2021,,",
            "Dòng 2 không phải văn bản UTF-8",
        ),
        (b"PK\x03\x04\x14\x00\x06\x00", "không phải tệp CSV"),
        (b"\xff\xfea", "UTF-8"),
        ("Họ tên,Kết quả,Ngày lấy mẫu\nAn,dương tính,08/03/2021".encode(), "không dùng cột “Họ tên”"),
        (",Kết quả,Ngày lấy mẫu\n1,dương tính,08/03/2021".encode(), "không dùng cột “”"),
        ("Kết quả,Kết quả,Ngày lấy mẫu\n".encode(), "hai lần"),
        ("Mã mẫu,Ngày lấy mẫu\n1,08/03/2021".encode(), "thiếu cột “Kết quả”"),
        ("Mã mẫu,Kết quả\n1,dương tính".encode(), "cần cột"),
        (f'{HEADING}\n"XN-1,dương tính\n'.encode(), "Dòng 2 có dấu ngoặc kép"),
        (f'{HEADING}\n{ROW}\n"a"b,dương tính,,,\n'.encode(), "Dòng 3 có dấu ngoặc kép"),
        (f"{HEADING}\n".encode() + b"\n".join([b",am tinh,08/03/2021,,"] * 1001), "hơn 1000 dòng"),
        (b"x" * (MAX_BYTES + 1), "lớn hơn"),
    ],
)
def test_files_that_are_refused_as_a_whole(data: bytes, words: str) -> None:
    with pytest.raises(BulkRefused) as refused:
        read_bulk_file(data, TODAY)
    assert words in str(refused.value)


def test_a_thousand_rows_are_taken() -> None:
    assert (
        len(read_bulk_file(f"{HEADING}\n".encode() + b",am tinh,08/03/2021,,\n" * 1000, TODAY).good) == 1000
    )


@example(b",")
@example(b"sep=;\n;\n")
@example(b"sep=;\n")
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"{HEADING}\n{text}".encode()))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        file = read_bulk_file(data, TODAY)
    except BulkRefused:
        return
    for row in file.good:
        assert row.report_type in (ReportTypeName.CONFIRMED, ReportTypeName.LIKELY, ReportTypeName.NEGATIVE)
        assert row.test_date or row.onset_date


def test_a_rows_uuid_follows_from_the_upload_and_its_number() -> None:
    upload, other = uuid.uuid4(), uuid.uuid4()
    assert row_uuid(upload, 1) == row_uuid(upload, 1)
    assert len({row_uuid(one, number) for one in (upload, other) for number in range(1, 1001)}) == 2000
