"""The calibration table of phone models: which row a name finds, and which rows are refused."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import median_low

import pytest

from bluezone.protocols.phone_calibration import (
    AmbiguousPhone,
    BadCalibration,
    CalibrationTable,
    PhoneCalibration,
    calibration_csv,
    parse_calibration,
)

HEADER = (
    "oem,model,rssi correction (android rssi + rssi correction = iphone rssi),"
    "tx (as iphone would report for same power),has direct measurement\n"
)
ROWS = (
    "Samsung,SM-G981B,-3,-24,no\r\n"
    "Google,Pixel 4,-6,-31,yes\r\n"
    "Motorola,XT1706,-4,-23,yes\r\n"
    "Lenovo,XT1706,-2,-26,no\r\n"
    "Google,Lenovo N23 Yoga/Flex 11 Chromebook,-5,-30,no\r\n"
    'Sharp,"2T-C40AE1T""",-7,-20,no\r\n'
)


def table(rows: str = ROWS) -> CalibrationTable:
    return parse_calibration(HEADER + rows, source="phones.csv")


def test_the_published_table(shared_data: Path) -> None:
    """Its rows and measured models by a plain count; the Samsungs of the scenes as they stand in it."""
    path = shared_data / "radio" / "en-calibration-2020-06-13.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        raw = list(csv.reader(lines))[1:]
    published = parse_calibration(path.read_text(encoding="utf-8"), source=path.name)
    assert (len(published.rows), published.measured) == (9_896, 313)
    assert (len(raw), sum(row[4] == "yes" for row in raw)) == (9_896, 313)
    for model in ("SM-A405FN", "SM-A515F", "SM-A908B", "SM-G970F", "SM-G973F", "SM-G981B/DS"):
        assert published.lookup(model) == PhoneCalibration(-3, -24, measured=False)
    assert published.fallback == PhoneCalibration(
        median_low(int(row[2]) for row in raw),
        median_low(int(row[3]) for row in raw),
        measured=False,
        known=False,
    )
    # Every row is found again by maker and model.
    for oem, model, correction, tx, measured in raw:
        assert published.lookup(f"{oem} {model}") == PhoneCalibration(
            int(correction), int(tx), measured == "yes"
        )


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Pixel 4", PhoneCalibration(-6, -31, measured=True)),
        ("pixel  4 ", PhoneCalibration(-6, -31, measured=True)),
        ("GOOGLE PIXEL 4", PhoneCalibration(-6, -31, measured=True)),
        ("SM-G981B/DS", PhoneCalibration(-3, -24, measured=False)),
        ("sm-g981b/ds", PhoneCalibration(-3, -24, measured=False)),
        ("Lenovo N23 Yoga/Flex 11 Chromebook", PhoneCalibration(-5, -30, measured=False)),
        ('2T-C40AE1T"', PhoneCalibration(-7, -20, measured=False)),
        ("Motorola XT1706", PhoneCalibration(-4, -23, measured=True)),
        ("lenovo xt1706/DS", PhoneCalibration(-2, -26, measured=False)),
    ],
)
def test_a_name_finds_its_row(name: str, values: PhoneCalibration) -> None:
    assert table().lookup(name) == values


@pytest.mark.parametrize("name", ["Bphone B86", "", "/", "/DS", "SM-G981", "SM-G981B-DS"])
def test_an_unknown_phone_gets_the_median_marked_as_such(name: str) -> None:
    # Corrections -7 -6 -5 -4 -3 -2: the lower middle is -5. Powers -31 -30 -26 -24 -23 -20: -26.
    assert table().lookup(name) == PhoneCalibration(-5, -26, measured=False, known=False)


def test_exact_comes_before_another_case() -> None:
    both = table("A,One,1,-10,no\nB,ONE,2,-20,no\n")
    assert both.lookup("One").rssi_correction == 1
    assert both.lookup("ONE").rssi_correction == 2
    with pytest.raises(AmbiguousPhone, match="A One, B ONE"):
        both.lookup("one")


def test_a_model_of_two_makers_is_not_guessed() -> None:
    with pytest.raises(AmbiguousPhone, match=r"'XT1706' .*: Motorola XT1706, Lenovo XT1706"):
        table().lookup("XT1706")


def test_makers_that_agree_need_not_be_told_apart() -> None:
    agreeing = table("A,One,1,-10,no\nB,One,1,-10,yes\n")
    assert agreeing.lookup("One") == PhoneCalibration(1, -10, measured=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "phones.csv, line 1: the columns must be oem, model"),
        (HEADER, "phones.csv: there is no phone model"),
        ("oem,model,tx\nA,B,1\n", "line 1: the columns"),
        (HEADER + "A,One,1,-10,no\nA,Two,1,-10\n", "line 3: has 4 fields, needs 5"),
        (HEADER + "A,One,one,-10,no\n", "line 2: rssi correction 'one' is not a whole number"),
        (HEADER + "A,One,1.5,-10,no\n", "line 2: rssi correction '1.5'"),
        (HEADER + "A,One,41,-10,no\n", "line 2: rssi correction 41 is outside -40 to 40"),
        (HEADER + "A,One,1,,no\n", "line 2: tx '' is not"),
        (HEADER + "A,One,1,21,no\n", "line 2: tx 21 is outside -127 to 20"),
        (HEADER + "A,One,1,-10,maybe\n", "line 2: has direct measurement 'maybe'"),
        (HEADER + ",One,1,-10,no\n", "line 2: oem is empty"),
        (HEADER + "A, ,1,-10,no\n", "line 2: model is empty"),
        (HEADER + "A,One,1,-10,no\n\nA,One,1,-10,no\n", "line 4: A One stands on line 2 already"),
        (HEADER + 'A,"One,1,-10,no\n', "line 2: not CSV"),
        (HEADER + "A," + "x" * 200_000 + ",1,-10,no\n", "line 2: not CSV: field larger"),
    ],
)
def test_a_bad_table_is_refused_by_line_field_and_value(text: str, says: str) -> None:
    with pytest.raises(BadCalibration) as caught:
        parse_calibration(text, source="phones.csv")
    assert says in str(caught.value)


def test_a_byte_order_mark_and_a_plain_header_are_fine() -> None:
    text = "\ufeffOEM,Model,RSSI correction,TX,Has direct measurement\nA,One,1,-10,yes\n"
    assert parse_calibration(text, source="x").lookup("One") == PhoneCalibration(1, -10, measured=True)


def test_a_table_is_written_as_it_is_read() -> None:
    read = table()
    again = parse_calibration(calibration_csv(read.rows), source="again")
    assert again.rows == read.rows
    assert again.rows[5].model == '2T-C40AE1T"'
    first, *_ = calibration_csv(read.rows).splitlines()[1:]
    assert first == "Samsung,SM-G981B,-3,-24,no"
