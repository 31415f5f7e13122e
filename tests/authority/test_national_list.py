"""The national list of areas as published: read with its faults, and what it changes in the registry."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date

import pytest
import xlsxwriter

from bluezone.authority.areas.list_rules import Listed, Present, plan_list, same_name
from bluezone.authority.areas.national_list import NationalList, read_national_list
from bluezone.authority.tabular.faults import SheetRefused

THREE = "Tỉnh Thành Phố;Mã TP;Quận Huyện;Mã QH;Phường Xã;Mã PX;Cấp;Tên Tiếng Anh"
TWO = "Tỉnh Thành Phố;Mã TP;Phường Xã;Mã PX;Cấp"
HA_DINH = "Thành phố Hà Nội;01;Quận Thanh Xuân;009;Phường Hạ Đình;00361;Phường;Ha Dinh Ward"
KIM_GIANG = "Thành phố Hà Nội;01;Quận Thanh Xuân;009;Phường Kim Giang;00373;Phường;Kim Giang Ward"


def read(*lines: str) -> NationalList:
    return read_national_list("\n".join(lines).encode())


def told(found: NationalList) -> list[tuple[int, str, str, str]]:
    return [(one.row, one.column, one.severity.value, one.said.en) for one in found.faults]


def paths(found: NationalList) -> list[tuple[str, str, str]]:
    return [(one.level, one.path, one.name) for one in found.areas]


def test_the_form_of_three_levels() -> None:
    found = read(THREE, HA_DINH, KIM_GIANG)
    assert paths(found) == [
        ("city", "01", "Thành phố Hà Nội"),
        ("district", "01/009", "Quận Thanh Xuân"),
        ("ward", "01/009/00361", "Phường Hạ Đình"),
        ("ward", "01/009/00373", "Phường Kim Giang"),
    ]
    assert (found.levels, told(found)) == (3, [])


@pytest.mark.parametrize(
    ("heading", "line"),
    [
        (TWO, "Thành phố Hà Nội;01;Phường Thanh Xuân;00367;Phường"),
        (
            "STT;Mã;Tên;Tên Tiếng Anh;Cấp;Nghị Định;Mã TP;Tỉnh / Thành Phố",
            "1;00367;Phường Thanh Xuân;;Phường;1656/NQ-UBTVQH15;01;Thành phố Hà Nội",
        ),
    ],
)
def test_the_forms_of_two_levels(heading: str, line: str) -> None:
    found = read(heading, line)
    assert paths(found) == [("city", "01", "Thành phố Hà Nội"), ("ward", "01/00367", "Phường Thanh Xuân")]
    assert (found.levels, told(found)) == (2, [])


def test_a_workbook_that_ate_the_zeros() -> None:
    """A city's lost zero is told once, not with each of its wards."""
    rows: Sequence[Sequence[object]] = [
        THREE.split(";"),
        ["Thành phố Hà Nội", 1, "Quận Thanh Xuân", 9, "Phường Hạ Đình", 361, "Phường", ""],
        ["Thành phố Hà Nội", 1, "Quận Thanh Xuân", 9, "Phường Kim Giang", 373, "Phường", ""],
    ]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    found = read_national_list(out.getvalue())
    assert [one.path for one in found.areas] == ["01", "01/009", "01/009/00361", "01/009/00373"]
    assert told(found) == [
        (2, "Mã TP", "remark", "the code 1 was read as 01"),
        (2, "Mã QH", "remark", "the code 9 was read as 009"),
        (2, "Mã PX", "remark", "the code 361 was read as 00361"),
        (3, "Mã PX", "remark", "the code 373 was read as 00373"),
    ]


def test_a_district_without_wards_and_a_note_are_told() -> None:
    found = read(THREE, "Thành phố Đà Nẵng;48;Huyện Hoàng Sa;498;;;;", "Nguồn: Tổng cục Thống kê")
    assert [one.path for one in found.areas] == ["48", "48/498"]
    assert told(found) == [
        (2, "Phường Xã", "remark", "no ward: only Huyện Hoàng Sa was taken"),
        (3, "", "remark", "a single cell: taken for a note, not imported"),
    ]
    assert not found.errors


def test_a_type_in_a_column_of_its_own_is_put_before_the_name_and_told() -> None:
    found = read(TWO, "Hà Nội;01;Thanh Xuân;00367;Phường")
    assert found.areas[1].name == "Phường Thanh Xuân"
    assert told(found) == [(2, "Phường Xã", "remark", "“Thanh Xuân” was taken as “Phường Thanh Xuân”")]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([HA_DINH.replace("00361", "")], (2, "Mã PX", "error", "is empty")),
        ([HA_DINH.replace("Phường Hạ Đình", "")], (2, "Phường Xã", "error", "is empty")),
        ([HA_DINH.replace("009", "")], (2, "Mã QH", "error", "is empty")),
        ([HA_DINH.replace("00361", "361a")], (2, "Mã PX", "error", "“361a” is not a code of 5 digits")),
        ([HA_DINH.replace(";01;", ";001;")], (2, "Mã TP", "error", "“001” is not a code of 2 digits")),
        ([HA_DINH.replace(";Phường;", ";Xã;")],
         (2, "Cấp", "error", "the name is “Phường Hạ Đình”, the type “Xã”")),
        ([HA_DINH, KIM_GIANG.replace("00373", "00361")],
         (3, "Mã PX", "error", "the code 00361 is in row 2 already")),
        ([HA_DINH, KIM_GIANG.replace("Thanh Xuân", "Đống Đa")],
         (3, "Mã QH", "error", "the code 009 is “Quận Thanh Xuân” (01/009) in row 2, "
          "here “Quận Đống Đa” (01/009)")),
        ([HA_DINH, KIM_GIANG.replace("Thành phố Hà Nội;01", "Tỉnh Hà Giang;02")],
         (3, "Mã QH", "error", "the code 009 is “Quận Thanh Xuân” (01/009) in row 2, "
          "here “Quận Thanh Xuân” (02/009)")),
        ([HA_DINH.replace("Hạ Đình;", f"{'Hạ ' * 60};")],
         (2, "Phường Xã", "error", "longer than 120 characters, or with control characters")),
    ],
)  # fmt: skip
def test_faults(lines: list[str], fault: tuple[int, str, str, str]) -> None:
    found = read(THREE, *lines)
    assert told(found) == [fault]
    assert len(found.errors) == 1


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([THREE], "no row below it"),
        (["Tỉnh Thành Phố;Mã TP;Mã PX", "a;01;00001"], "no column “Phường Xã”"),
        (["Tỉnh Thành Phố;Mã TP;Quận Huyện;Phường Xã;Mã PX", "a;01;b;c;00001"], "no column “Mã QH”"),
        (["Địa bàn;Ngày", "x;y"], "no column “Tỉnh Thành Phố”, “Mã TP”, “Mã PX”"),
        ([TWO, "ghi chú"], "the file has no area"),
    ],
)
def test_what_is_no_list_is_refused(lines: list[str], words: str) -> None:
    with pytest.raises(SheetRefused, match=words):
        read(*lines)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Phường Yên Hoà", "Phường Yên Hòa", True),
        ("Xã Thuý Loan", "Xã Thúy Loan", True),
        ("Thị Trấn Sóc Sơn", "Thị trấn Sóc Sơn", True),
        ("Phường Hạ Đình", "Phường Hà Đình", False),
        ("Phường Yên Hòa", "Phường Yên Hóa", False),
        ("Phường Ô Chợ Dừa", "Phường O Chợ Dừa", False),
        ("Xã Đồng Tâm", "Phường Đồng Tâm", False),
    ],
)
def test_names_that_differ_in_spelling_alone(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same


DAY = date(2025, 7, 1)
OLD = date(2021, 2, 1)


def present(key: int, level: str, path: str, name: str, until: date | None = None) -> Present:
    return Present(key, level, path.rpartition("/")[2], name, path, OLD, until)


CITY = present(1, "city", "01", "Thành phố Hà Nội")
DISTRICT = present(2, "district", "01/009", "Quận Thanh Xuân")
WARD = present(3, "ward", "01/009/00364", "Phường Khương Đình")
GROUP = present(4, "residential-group", "01/009/00364/1", "Tổ 1")
ALLEY = present(5, "alley", "01/009/00364/1/A", "Ngõ 1")
OTHER = present(6, "city", "02", "Tỉnh Hà Giang")
OTHER_WARD = present(7, "ward", "02/024/00688", "Phường Quang Trung")
ALL = [CITY, DISTRICT, WARD, GROUP, ALLEY, OTHER, OTHER_WARD]
CITY_LISTED = Listed(2, "city", "01", "Thành phố Hà Nội", "01")


def test_what_a_list_of_two_levels_does_to_one_of_three() -> None:
    ward = Listed(2, "ward", "00364", "Phường Khương Đình", "01/00364")
    new = Listed(3, "ward", "00367", "Phường Thanh Xuân", "01/00367")
    plan = plan_list([CITY_LISTED, ward, new], ALL, DAY, whole_country=False)
    assert (plan.keep, plan.add, plan.change) == ((CITY,), (new,), ((WARD, ward),))
    assert plan.end == (DISTRICT, GROUP, ALLEY)
    assert (plan.not_listed, plan.contradictions) == ((OTHER,), ())
    whole = plan_list([CITY_LISTED, ward, new], ALL, DAY, whole_country=True)
    assert whole.end == (DISTRICT, OTHER, OTHER_WARD, GROUP, ALLEY)
    assert whole.not_listed == ()


def test_groups_go_on_under_a_ward_whose_name_alone_changed() -> None:
    district = Listed(2, "district", "009", "Thanh Xuân", "01/009")
    ward = Listed(2, "ward", "00364", "Phường Khương Hạ", "01/009/00364")
    plan = plan_list([CITY_LISTED, district, ward], ALL, DAY, whole_country=False)
    assert (plan.change, plan.end) == (((WARD, ward),), ())
    assert plan.respelled == ((DISTRICT, district),)  # a district's name may come without its type


def test_what_the_registry_knows_otherwise_is_a_contradiction() -> None:
    ended = present(8, "ward", "01/009/00370", "Phường Thanh Xuân Nam", date(2026, 1, 1))
    plan = plan_list([CITY_LISTED], [CITY, ended], DAY, whole_country=False)
    assert [(one.present, one.listed) for one in plan.contradictions] == [(ended, None)]
    renamed = Listed(3, "ward", "00364", "Phường Khác", "01/009/00364")
    plan = plan_list([CITY_LISTED, renamed], [CITY, WARD], OLD, whole_country=False)
    assert [(one.present, one.listed) for one in plan.contradictions] == [(WARD, renamed)]
