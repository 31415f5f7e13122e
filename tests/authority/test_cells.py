"""Cells as clerks and spreadsheets write them: read, read with a remark, or refused with the reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.tabular.cells import read_code, read_count, read_date, read_percents, read_text
from bluezone.authority.tabular.faults import CellRefused
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import plain, tidy

MARCH_8 = date(2021, 3, 8)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("157.542", 157_542),
        ("157542", 157_542),
        ("157 542", 157_542),
        (157_542, 157_542),
        ("0", 0),
        ("1.234.567", 1_234_567),
    ],
)
def test_counts(cell: Cell, number: int) -> None:
    assert read_count(cell) == number


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (157.542, "157,542 không phải số nguyên"),  # a spreadsheet took the dot for a decimal point
        ("157,542", "không phải số nguyên"),  # a comma is for decimals here
        ("15.7542", "không phải số nguyên"),
        ("12a", "không phải số nguyên"),
        ("", "không phải số nguyên"),
        (None, "không phải số nguyên"),
        ("１５", "không phải số nguyên"),
        (-1, "là số âm"),
        ("-1", "không phải số nguyên"),
        (10**13, "quá lớn"),
        ("9" * 400, "quá lớn"),
        (MARCH_8, "không phải số nguyên"),
    ],
)
def test_what_is_no_count(cell: Cell, reason: str) -> None:
    with pytest.raises(CellRefused) as refused:
        read_count(cell)
    assert reason in refused.value.said.vi
    assert len(refused.value.said.vi) < 200


@given(st.integers(0, 10**12))
def test_every_count_is_read_back_as_it_is_written_in_vietnam(number: int) -> None:
    digits = str(number)[::-1]
    assert read_count(".".join(digits[at : at + 3] for at in range(0, len(digits), 3))[::-1]) == number


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("39,12%", ["39.12"]),
        ("39,12 %", ["39.12"]),
        ("39.12%", ["39.12"]),
        ("39", ["39"]),
        (39.12, ["39.12"]),
        (0.3912, ["39.12", "0.3912"]),  # as a spreadsheet holds 39,12 %, or just so
        ("0,39", ["0.39", "39"]),
        ("0,39%", ["0.39"]),
        (0, ["0", "0"]),
    ],
)
def test_percentages(cell: Cell, values: list[str]) -> None:
    assert set(read_percents(cell)) == {Decimal(one) for one in values}


@pytest.mark.parametrize("cell", ["", "x", "39,1,2%", "-3%", -0.1, "1000000%", None, MARCH_8])
def test_what_is_no_percentage(cell: Cell) -> None:
    with pytest.raises(CellRefused):
        read_percents(cell)


@pytest.mark.parametrize(
    "cell",
    [MARCH_8, "08/3/2021", "8/3/2021", "08/03/2021", "8-3-2021", "08.03.2021", "2021-03-08",
     "2021-03-08 00:00:00", "ngày 08 tháng 3 năm 2021", "08 tháng 3 năm 2021"],
)  # fmt: skip
def test_days(cell: Cell) -> None:
    reading = read_date(cell)
    assert (reading.value, reading.remark) == (MARCH_8, None)


def test_a_serial_number_is_a_day_with_a_remark() -> None:
    reading = read_date(44_263)  # what a spreadsheet holds for 8 March 2021
    assert reading.value == MARCH_8
    assert reading.remark is not None
    assert "08/03/2021" in reading.remark.vi


@pytest.mark.parametrize(
    "cell",
    ["", None, "08/3/21", "31/02/2021", "3/2021", "08/03-2021", "2021-3-8", 21, 3.5, "hôm qua", "٠٨/03/2021"],
)
def test_what_is_no_day(cell: Cell) -> None:
    with pytest.raises(CellRefused, match="is not a day like"):
        read_date(cell)


def test_codes_get_their_zeros_back_and_it_is_told() -> None:
    assert read_code("00343", 5).remark is None
    for eaten in (343, "343", "'343"):
        reading = read_code(eaten, 5)
        assert reading.value == "00343"
        assert reading.remark is not None
        assert "00343" in reading.remark.en
    for bad in ("000343", "34a", "", None, 3.5):
        with pytest.raises(CellRefused):
            read_code(bad, 5)


def test_text_is_tidied_and_limited() -> None:
    assert read_text("  Hà   Nội\u00a0", 20) == "Hà Nội"
    assert read_text("Ha\u0300 No\u0302\u0323i", 20) == "Hà Nội"  # decomposed
    for bad in ("x" * 21, "a\x07b"):
        with pytest.raises(CellRefused):
            read_text(bad, 20)


def test_spelling() -> None:
    assert tidy("\ufeffĐịa\u200b  bàn ") == "Địa bàn"
    assert plain("ĐỊA_BÀN") == plain("dia ban") == "dia ban"
