"""Sightings from CSV: what is read, and that every refusal names row and field."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.matching.sighting_file import SightingFileError, SightingRow, read_sightings, sightings_of

RPI = "8be6cd371c5c891604bfbe49df845096"


def read(text: str) -> list[SightingRow]:
    return read_sightings(io.StringIO(text, newline=""))


def test_rows_in_the_files_order() -> None:
    rows = read(f"rpi,time,attenuation\n{RPI},1616630400,63\n{RPI.upper()},1616630100.5,-4.25\n")
    assert rows == [
        SightingRow(bytes.fromhex(RPI), 1_616_630_400, 63),
        SightingRow(bytes.fromhex(RPI), 1_616_630_100.5, -4.25),
    ]
    assert [type(row.time) for row in rows] == [int, float]
    arrays = sightings_of(rows)
    assert arrays.times.tolist() == [1_616_630_400, 1_616_630_100]
    assert arrays.rpis.shape == (2, 16)
    assert arrays.rpis[1].tobytes().hex() == RPI


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeffrpi,time,attenuation\r\n{RPI},5,6\r\n",  # as a spreadsheet saves it
        f" RPI , Time,Attenuation \n {RPI} , 5 , 6 \n",
        f'time,note,attenuation,rpi\n5,"a, b",6,{RPI}\n',
        f"rpi,time,attenuation\n\n{RPI},5,6\n\n",
        f"rpi,time,attenuation\n{RPI},5.0,6.0",
    ],
)
def test_what_spreadsheets_make_of_it(text: str) -> None:
    assert read(text) == [SightingRow(bytes.fromhex(RPI), 5, 6)]


def test_no_rows() -> None:
    assert read("rpi,time,attenuation\n") == []
    assert len(sightings_of([])) == 0
    assert sightings_of([]).rpis.shape == (0, 16)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "row 1: the header needs one column 'rpi'"),
        ("rpi,time\n", "row 1: the header needs one column 'attenuation'"),
        ("rpi,time,rpi,attenuation\n", "row 1: the header needs one column 'rpi'"),
        (f"{RPI},5,6\n", "row 1: the header"),
        (f"rpi,time,attenuation\n{RPI},5,6\n{RPI},5\n", "row 3: 2 fields, the header has 3"),
        ("rpi,time,attenuation\nxyz,5,6\n", "row 2, field rpi: 'xyz' is not hexadecimal"),
        ("rpi,time,attenuation\nabcd,5,6\n", "row 2, field rpi: .* 16 bytes .* not 2"),
        (f"rpi,time,attenuation\n{RPI},,6\n", "row 2, field time: '' is not a number"),
        (f"rpi,time,attenuation\n{RPI},noon,6\n", "row 2, field time: 'noon' is not a number"),
        (f"rpi,time,attenuation\n{RPI},-1,6\n", "row 2, field time: '-1' is not a time"),
        (f"rpi,time,attenuation\n{RPI},1616630400000,6\n", "field time: '1616630400000' is not a time"),
        (f"rpi,time,attenuation\n{RPI},nan,6\n", "row 2, field time: 'nan' is not a finite"),
        (f"rpi,time,attenuation\n{RPI},5,\n", "row 2, field attenuation: '' is not a number"),
        (f"rpi,time,attenuation\n{RPI},5,inf\n", "row 2, field attenuation: 'inf' is not a finite"),
        (f'rpi,time,attenuation\n"{RPI},5,6\n', "line 2: unexpected end of data"),
    ],
)
def test_refusals_name_row_and_field(text: str, message: str) -> None:
    with pytest.raises(SightingFileError, match=message):
        read(text)


@settings(deadline=None)
@given(st.text(max_size=200), st.booleans())
def test_arbitrary_text_raises_only_refusals(text: str, with_header: bool) -> None:
    try:
        read(("rpi,time,attenuation\n" if with_header else "") + text)
    except SightingFileError as error:
        assert "row" in str(error) or "line" in str(error)  # noqa: PT017 - not every text is refused
