"""Residential groups and alleys of wards: clerks' sheets with their faults, brought in and taken back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.group_rules import alley_names, group_name, next_group_code
from bluezone.authority.areas.group_services import (
    GroupOutcome,
    GroupsInUse,
    group_imports,
    import_groups,
    undo_groups,
)
from bluezone.authority.areas.group_sheet import GroupSheet, read_group_sheet
from bluezone.authority.areas.list_services import plan_import
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.national_list import read_national_list
from bluezone.authority.areas.queries import areas_on, offered
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.services import AlreadyImported

pytestmark = pytest.mark.django_db

NOW = datetime(2021, 3, 10, 3, tzinfo=UTC)
TODAY = date(2021, 3, 10)
CLERK = Actor("cli")
EVERYTHING = Scope.everything()


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def read(text: str, scope: Scope = EVERYTHING) -> GroupSheet:
    return read_group_sheet(text.encode(), scope, TODAY)


def bring_in(text: str) -> GroupOutcome:
    sheet = read(text)
    return import_groups(sheet.rows, file_name="a.csv", data=text.encode(), by=CLERK, now=NOW)


def told(sheet: GroupSheet) -> list[tuple[int, str, str, str]]:
    return [(one.row, one.column, one.severity.value, one.said.vi) for one in sheet.faults]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("5", "Tổ dân phố 5"),
        ("05", "Tổ dân phố 5"),
        ("Tổ 5", "Tổ dân phố 5"),
        ("TDP số 12a", "Tổ dân phố 12A"),
        ("tổ dân phố số 7", "Tổ dân phố 7"),
        ("Khu tập thể Kim Giang", "Khu tập thể Kim Giang"),
        ("Tổ 0", "Tổ 0"),
    ],
)
def test_what_clerks_write_for_a_group(written: str, name: str) -> None:
    assert group_name(written) == name


def test_what_clerks_write_for_alleys_and_codes() -> None:
    assert alley_names("12; ngõ 014, Ngách 12/5") == ["Ngõ 12", "Ngõ 14", "Ngách 12/5"]
    assert alley_names(" ; ") == []
    assert next_group_code("00343", "Tổ dân phố 5A", set()) == "00343-5A"
    assert next_group_code("00343", "Khu tập thể", {"00343-K1"}) == "00343-K2"
    assert next_group_code("00343", "Tổ dân phố 5", {"00343-5"}) == "00343-K1"


SHEET = """Phường;Tổ dân phố;Ngõ
Phường Nhân Chính;1;"12; 14"
;;16
;2;
Phường Hạ Đình;Khu tập thể 3 tầng;Phố Hạ Đình"""


def test_brought_in_listed_and_taken_back() -> None:
    outcome = bring_in(SHEET)
    assert (outcome.groups, outcome.alleys) == (3, 4)
    rows = Area.objects.filter(listed_in=outcome.run).order_by("path")
    assert [(one.path, one.name, one.level) for one in rows] == [
        ("01/009/00343/00343-1", "Tổ dân phố 1", "residential-group"),
        ("01/009/00343/00343-1/00343-1-N1", "Ngõ 12", "alley"),
        ("01/009/00343/00343-1/00343-1-N2", "Ngõ 14", "alley"),
        ("01/009/00343/00343-1/00343-1-N3", "Ngõ 16", "alley"),
        ("01/009/00343/00343-2", "Tổ dân phố 2", "residential-group"),
        ("01/009/00361/00361-K1", "Khu tập thể 3 tầng", "residential-group"),
        ("01/009/00361/00361-K1/00361-K1-N1", "Phố Hạ Đình", "alley"),
    ]
    assert {one.valid_from for one in rows} == {TODAY}
    with pytest.raises(AlreadyImported):
        bring_in(SHEET)
    assert [run.pk for run in group_imports(Scope.of(["01/009"]))] == [outcome.run]
    assert group_imports(Scope.of(["01/009/00343"])) == []  # Hạ Đình is not theirs
    more = bring_in("Phường;Tổ;Ngõ\nNhân Chính;Tổ 1;18\n")
    assert (more.groups, more.alleys) == (0, 1)
    assert Area.objects.get(name="Ngõ 18").code == "00343-1-N4"
    with pytest.raises(GroupsInUse):
        undo_groups(outcome.run, by=CLERK, now=NOW)
    undo_groups(more.run, by=CLERK, now=NOW)
    undo_groups(outcome.run, by=CLERK, now=NOW)
    assert not Area.objects.filter(level__in=(Level.RESIDENTIAL_GROUP, Level.ALLEY)).exists()
    assert bring_in(SHEET).groups == 3


def test_every_fault_is_told_and_nothing_is_mended_in_silence() -> None:
    bring_in("Phường;Tổ dân phố;Ngõ\nPhường Nhân Chính;1;12\n")
    sheet = read(
        "Mã phường;Phường;Tổ dân phố;Ngõ;Từ ngày;Tổ trưởng\n"
        "343;;1;12;;\n"
        ";Phường Lạ;1;;;\n"
        ";Quận Thanh Xuân;1;;;\n"
        ";Phường Hạ Đình;;5;;\n"
        ";Phường Hạ Đình;1;5;11/03/2021;\n"
        ";Phường Hạ Đình;2;5;8/3/21;\n"
        ";Phường Hạ Đình;3;5;;\n"
        ";Phường Hạ Đình;03;5;;\n"
        f";Phường Hạ Đình;{'x' * 61};5;;\n"
        ";;;7;;\n"
        ";Người lập biểu;;;;\n"
    )
    assert told(sheet) == [
        (1, "Tổ trưởng", "remark", "không dùng cột này: không nhập"),
        (2, "Mã phường", "remark", "mã 343 được bổ sung số 0 ở đầu thành 00343"),
        (2, "", "remark", "đã có trong danh mục: không thêm gì"),
        (3, "Phường", "error", "không có địa bàn “Phường Lạ” vào ngày 10/03/2021 trong phạm vi của bạn"),
        (4, "Phường", "error", "Quận Thanh Xuân không phải phường, xã"),
        (5, "Tổ dân phố", "error", "đang trống"),
        (6, "Từ ngày", "error", "ngày 11/03/2021 chưa đến"),
        (7, "Từ ngày", "error", "“8/3/21” không phải ngày như 08/03/2021"),
        (9, "", "error", "cùng tổ, cùng ngõ với dòng 8"),
        (10, "Tổ dân phố", "error", "dài quá 60 ký tự hoặc có ký tự lạ"),
        (11, "Phường", "remark", "lấy theo dòng trên: Phường Hạ Đình"),
        (11, "Tổ dân phố", "remark", f"lấy theo dòng trên: {'x' * 61}"),
        (11, "Tổ dân phố", "error", "dài quá 60 ký tự hoặc có ký tự lạ"),
        (12, "", "remark", "không có tổ dân phố: coi là tiêu đề hoặc ghi chú, không nhập"),
    ]
    assert [(row.row, row.group, row.new_alleys) for row in sheet.rows] == [
        (2, "Tổ dân phố 1", ()),
        (8, "Tổ dân phố 3", ("Ngõ 5",)),
    ]
    for text, words in (
        ("Phường;Ngõ\nNhân Chính;1", "no column “Tổ dân phố”"),
        ("Tổ dân phố;Ngõ\n1;1", "no column “Phường”"),
        ("Phường;Tổ dân phố\n", "no row below"),
    ):
        with pytest.raises(SheetRefused, match=words):
            read(text)


def test_forms_offer_groups_and_alleys_of_one_ward_alone() -> None:
    bring_in(SHEET)

    def names(path: str, near: str = "") -> set[str]:
        areas = areas_on(TODAY, Scope.of([path]))
        chosen = Area.objects.get(path=near, valid_from__lte=TODAY) if near else None
        return {one.name for one in offered(areas, chosen)}

    district = names("01/009")
    assert (len(district), "Tổ dân phố 1" in district) == (12, False)
    hidden = {"Tổ dân phố 1", "Tổ dân phố 2", "Ngõ 12", "Ngõ 14", "Ngõ 16"}
    for near in ("01/009/00343", "01/009/00343/00343-1/00343-1-N1"):
        assert names("01/009", near) - district == hidden
    assert names("01/009", "01/009") == district
    assert names("01/009/00343") == {"Phường Nhân Chính", *hidden}
    assert names("01/009/00343/00343-1") == {"Tổ dân phố 1", "Ngõ 12", "Ngõ 14", "Ngõ 16"}


def test_a_ward_brings_in_its_own_alone() -> None:
    sheet = read(SHEET, Scope.of(["01/009/00361"]))
    assert [row.ward_name for row in sheet.rows] == ["Phường Hạ Đình"]
    assert {one.row for one in sheet.errors} == {2, 3, 4}


def test_national_lists_of_earlier_days_come_in_all_the_same() -> None:
    bring_in(SHEET)
    text = "Tỉnh Thành Phố;Mã TP;Phường Xã;Mã PX\nTỉnh Hà Giang;02;Xã Lũng Cú;00715\n"
    plan = plan_import(read_national_list(text.encode()), date(2021, 3, 1))
    assert [one.path for one in plan.add] == ["02", "02/00715"]
