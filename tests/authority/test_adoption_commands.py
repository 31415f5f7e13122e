"""The ledger from the command line, in an empty folder, as the letter's own clerk would use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .command_line import Run, commands_in

SHEET = "Địa bàn;Ngày;Số cài đặt;Số điện thoại thông minh;Tỷ lệ\n"
LETTER = "Quận Thanh Xuân; 08/3/2021; 157.542; 402.706; 39,12%\n"


Sheet = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return commands_in(tmp_path / "data")


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    def write(text: str, name: str = "bang.csv") -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_the_letter_from_sheet_to_report(run: Run, sheet: Sheet) -> None:
    path = sheet(SHEET + LETTER)
    status, out, _ = run("adoption", "import", path, "--dry-run", "--json")
    assert (status, json.loads(out)["import"]) == (0, None)
    status, out, _ = run("adoption", "import", path, "--json")
    outcome = json.loads(out)
    assert (status, outcome["rows"], outcome["added"], outcome["faults"]) == (0, 1, 2, [])

    report = ("adoption", "report", "--date", "2021-03-08", "--area")
    status, out, _ = run(*report, "009", "--json")
    document = json.loads(out)
    assert (status, document["area"], document["as_of"]) == (0, "009", "2021-03-08")
    [rate] = document["rates"]
    assert rate["metric"] == "phone-linked"
    assert (rate["numerator"], rate["denominator"], rate["percent"]) == (157_542, 402_706, 39.12)
    assert rate["text"] == "157.542/402.706 (đạt 39,12%)"
    assert rate["source"] == "city-sheet"
    assert "157.542/402.706 (đạt 39,12%)" in run(*report, "01/009")[1]

    status, _, err = run("adoption", "import", path)
    assert (status, "imported already" in err) == (1, True)
    assert run("adoption", "undo", outcome["import"])[0] == 0
    assert json.loads(run(*report, "009", "--json")[1])["rates"] == []
    status, _, err = run("adoption", "undo", outcome["import"])
    assert (status, "no import" in err) == (1, True)


def test_nothing_is_imported_while_a_row_is_wrong_unless_told(run: Run, sheet: Sheet) -> None:
    path = sheet(SHEET + LETTER + "Phường X;08/3/2021;1;2;50%\n")
    status, out, err = run("adoption", "import", path, "--json")
    [fault] = json.loads(out)["faults"]
    assert (status, json.loads(out)["import"]) == (1, None)
    assert (fault["row"], fault["column"], fault["severity"]) == (3, "Địa bàn", "error")
    assert "nothing was imported" in err
    assert run("adoption", "import", path)[0] == 1
    status, out, _ = run("adoption", "import", path, "--good-rows", "--json")
    assert (status, json.loads(out)["added"]) == (0, 2)


def test_mistakes_are_told_without_a_traceback(run: Run, sheet: Sheet, tmp_path: Path) -> None:
    for arguments, status, words in (
        (("import", str(tmp_path / "none.csv")), 1, "cannot read"),
        (("import", str(tmp_path)), 1, "cannot read"),
        (("import", sheet("a;b\n1;2\n")), 1, "there is no column “Ngày”"),
        (("import", sheet("PK\x03\x04", "x.xlsx")), 1, "damaged"),
        (("report", "--area", "999", "--date", "2021-03-08"), 1, "there is no area '999'"),
        (("report", "--area", "01/010/009", "--date", "2021-03-08"), 1, "there is no area"),
        (("report", "--area", "009", "--date", "8/3/2021"), 2, "is not a day like"),
        (("undo", "x"), 2, "does not name an import"),
    ):
        found, _, err = run("adoption", *arguments)
        assert (found, words in err, "Traceback" in err) == (status, True, False), (arguments, err)


def test_figures_in_the_areas_of_another_day(run: Run, sheet: Sheet) -> None:
    text = "Phường Nhân Chính;08/3/2021;20;40;50%\nPhường Hạ Đình;08/3/2021;1;10;10%\n"
    assert run("adoption", "import", sheet(SHEET + LETTER + text))[0] == 0
    report = ("adoption", "report", "--area", "009", "--date", "2021-03-08", "--areas-of")
    status, out, _ = run(*report, "2025-01-01", "--json")
    document = json.loads(out)
    assert (status, document["area"], document["areas_of"], document["unexplained"]) == (
        0, "009", "2025-01-01", [],
    )  # fmt: skip
    told = {one["path"]: one for one in document["areas"]}
    assert told["01/009/00343"]["rate"] == {
        "numerator": 20, "denominator": 40, "percent": 50.0, "text": "20/40 (đạt 50,00%)",
        "made_of": ["00343"], "first_day": "2021-03-08", "last_day": "2021-03-08",
    }  # fmt: skip
    assert (told["01/009/00373"]["rate"], told["01/009/00373"]["reason"]) == (
        None, "there is no figure of Phường Kim Giang (00373)",
    )  # fmt: skip
    assert told["01/009/00373"]["reason_vi"] == "Phường Kim Giang (00373) chưa có số liệu"
    out = run(*report, "2025-07-01")[1]
    assert "  01/00352 Phường Phương Liệt: cannot be told: parts of Phường Khương Trung (00349)" in out
    status, _, err = run(*report, "x")
    assert (status, "not a day" in err) == (2, True)
    # In an area that nothing is known of before.
    status, _, err = run(
        "adoption", "report", "--area", "00175", "--date", "2025-07-01", "--areas-of", "2020-01-01"
    )
    assert (status, "what became of it is not known" in err) == (0, True)


def test_a_target_is_set_and_reported(run: Run, sheet: Sheet) -> None:
    weeks = zip(("08/2", "15/2", "22/2", "01/3"), (30, 32, 34, 36), strict=True)
    text = "".join(f"Phường Nhân Chính;{day}/2021;{installs};100;{installs}%\n" for day, installs in weeks)
    assert run("adoption", "import", sheet(SHEET + text))[0] == 0
    report = ("adoption", "report", "--area", "00343", "--date", "2021-03-05")
    assert json.loads(run(*report, "--json")[1])["target"] is None
    status, _, err = run("adoption", "target", "00343", "--date", "2021-03-15", "--percent", "62,5")
    assert (status, "Phường Nhân Chính: 62.5 % by 15/03/2021" in err) == (0, True)
    document = json.loads(run(*report, "--json")[1])
    assert document["rates"][0]["text"] == "36/100 (đạt 36,00%)"
    # two points a week, without a wobble: 40 two weeks after the last; 62.5 % of 100 are 63 phones
    assert document["target"] == {
        "percent": 62.5, "due": "2021-03-15", "standing": "behind", "points_missing": 26.5,
        "phones_missing": 27, "forecast": {"percent": 40.0, "low": 40.0, "high": 40.0, "points": 4},
    }  # fmt: skip
    out = run(*report)[1]
    assert "Target: 62.50 % by 15/03/2021: behind, 27 phones to go" in out
    assert "the trend leads to 40.0 % (40.0 to 40.0)" in out
    status, out, _ = run(
        "adoption", "target", "00343", "--date", "2021-06-15", "--percent", "62.5%", "--json"
    )
    assert json.loads(out) == {"area": "00343", "due": "2021-06-15", "percent": 62.5, "changed": True}
    for arguments, status, words in (
        (("00343", "--date", "2021-03-15", "--percent", "0.6"), 2, "may be 60"),
        (("00343", "--date", "2021-03-15", "--percent", "many"), 2, "is not a rate like"),
        (("00343", "--date", "2021-03-15", "--percent", "0%"), 1, "is not a rate above 0"),
        (("999", "--date", "2021-03-15", "--percent", "60"), 1, "there is no area '999'"),
        (("00343", "--date", "15/3/2021", "--percent", "60"), 2, "is not a day like"),
    ):
        found, _, err = run("adoption", "target", *arguments)
        assert (found, words in err, "Traceback" in err) == (status, True, False), (arguments, err)


def test_a_report_of_installs_alone_and_of_an_area_that_ended_says_so(run: Run, sheet: Sheet) -> None:
    assert run("adoption", "import", sheet("Mã;Ngày;Số cài đặt\n009;08/3/2021;157.542\n"))[0] == 0
    report = ("adoption", "report", "--area", "009", "--date")
    document = json.loads(run(*report, "2021-03-08", "--json")[1])
    assert document["rates"] == []
    assert [(one["metric"], one["value"]) for one in document["figures"]] == [("phone-linked", 157_542)]
    status, out, err = run(*report, "2025-07-01")
    assert (status, "in no rate: 157542: phone-linked, city-sheet, 08/03/2021 (" in out) == (0, True)
    assert "Quận Thanh Xuân ended on 01/07/2025: these are its last figures" in err
