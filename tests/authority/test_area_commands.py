"""Areas from the command line: the list of a day, a national list brought in and taken back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .command_line import Run, commands_in

THREE = (
    "Tỉnh Thành Phố;Mã TP;Quận Huyện;Mã QH;Phường Xã;Mã PX;Cấp;Tên Tiếng Anh\n"
    "Tỉnh Hà Giang;02;Thành phố Hà Giang;024;Phường Quang Trung;00688;Phường;\n"
    "Tỉnh Hà Giang;02;Huyện Đồng Văn;026;Xã Lũng Cú;00715;Xã;\n"
)
TWO = "Tỉnh Thành Phố;Mã TP;Phường Xã;Mã PX;Cấp\nTỉnh Hà Giang;02;Xã Lũng Cú;00715;Xã\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return commands_in(tmp_path / "data")


def test_lists_brought_in_listed_and_taken_back(run: Run, tmp_path: Path) -> None:
    three, two = tmp_path / "three.csv", tmp_path / "two.csv"
    three.write_text(THREE, encoding="utf-8")
    two.write_text(TWO, encoding="utf-8")
    first = ("area", "import", str(three), "--valid-from", "2021-02-01", "--json")
    status, out, _ = run(*first, "--dry-run")
    told = json.loads(out)
    assert (status, told["import"], told["levels"], told["faults"]) == (0, None, 3, [])
    assert [one["path"] for one in told["plan"]["added"]] == [
        "02", "02/024", "02/024/00688", "02/026", "02/026/00715",
    ]  # fmt: skip
    assert [one["path"] for one in told["plan"]["not_listed"]] == ["01"]
    assert run(*first)[0] == 0
    status, _, err = run("area", "import", str(two), "--valid-from", "2025-07-01")
    assert status == 0
    assert "1 named or placed otherwise\n  02/026/00715 Xã Lũng Cú → 02/00715 Xã Lũng Cú" in err
    assert "3 ended\n" in err
    run_id = err.split("imported as ")[1].split()[0]

    listed = ("area", "list", "--under", "02", "--date")
    status, out, _ = run(*listed, "2025-06-30")
    assert (status, out.splitlines()[:2]) == (
        0,
        [
            "02  Tỉnh Hà Giang  (city, from 01/02/2021)",
            "  024  Thành phố Hà Giang  (district, from 01/02/2021 to 01/07/2025)",
        ],
    )
    document = json.loads(run(*listed, "2025-07-01", "--json")[1])
    assert document == {
        "date": "2025-07-01",
        "areas": [
            {"code": "02", "path": "02", "level": "city", "name": "Tỉnh Hà Giang",
             "valid_from": "2021-02-01", "valid_until": None},
            {"code": "00715", "path": "02/00715", "level": "ward", "name": "Xã Lũng Cú",
             "valid_from": "2025-07-01", "valid_until": None},
        ],
    }  # fmt: skip
    assert len(run("area", "list", "--date", "2021-03-08", "--under", "01/009")[1].splitlines()) == 12
    status, _, err = run("area", "undo", run_id)
    assert (status, "taken back: two.csv" in err) == (0, True)
    assert len(run(*listed, "2025-07-01")[1].splitlines()) == 5


def test_mistakes_are_told_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(THREE.replace("00715", ""), encoding="utf-8")
    status, out, err = run("area", "import", str(path), "--valid-from", "2021-02-01", "--json")
    told = json.loads(out)
    [fault] = told["faults"]
    assert (status, told["import"], told["plan"]) == (1, None, None)
    assert (fault["row"], fault["column"], fault["reason_vi"]) == (3, "Mã PX", "đang trống")
    assert "nothing was imported: 1 errors" in err
    hanoi = "Tỉnh Thành Phố;Mã TP;Phường Xã;Mã PX\nThành phố Hà Nội;01;Phường Yên Hòa;00175\n"
    path.write_text(hanoi, encoding="utf-8")
    status, _, err = run("area", "import", str(path), "--valid-from", "2025-07-01")
    assert status == 1
    assert "contradiction: the list lacks 01/00364" not in err
    assert "contradiction: the list lacks 00364 “Phường Khương Đình” (01/00364)" in err
    for arguments, code, words in (
        (("list", "--date", "8/3/2021"), 2, "not a day"),
        (("import", str(path), "--valid-from", ""), 2, "is needed"),
        (("list", "--date", "2021-03-08", "--under", "999"), 1, "there is no area '999'"),
        (("import", str(tmp_path / "none"), "--valid-from", "2025-07-01"), 1, "cannot read"),
        (("import", str(path), "--valid-from", "x"), 2, "not a day"),
        (("undo", "x"), 2, "does not name an import"),
        (("undo", "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"), 1, "no import"),
    ):
        status, _, err = run("area", *arguments)
        assert (status, words in err, "Traceback" in err) == (code, True, False), (arguments, err)


def test_boundaries_brought_in_and_taken_back(run: Run, tmp_path: Path) -> None:
    def feature(code: str, west: float) -> dict[str, object]:
        east = west + 0.01
        ring = [[west, 21.0], [east, 21.0], [east, 21.01], [west, 21.01], [west, 21.0]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        return {"type": "Feature", "properties": {"code": code}, "geometry": geometry}

    path = tmp_path / "ranh-gioi.geojson"
    both = [feature("00343", 105.8), feature("00999", 105.81)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": both}), encoding="utf-8")
    command = ("area", "boundaries", str(path), "--date", "2021-03-08", "--json")
    status, out, err = run(*command)
    told = json.loads(out)
    assert (status, told["areas"], told["points"], told["import"]) == (1, 1, 10, None)
    [fault] = told["faults"]
    assert (fault["feature"], fault["severity"]) == (2, "error")
    assert "there is no area with the code “00999”" in fault["reason"]
    assert "nothing was imported" in err
    assert "error: feature 2: there is no area" in run(*command[:-1], "--dry-run")[2]
    status, out, _ = run(*command, "--good-features")
    told = json.loads(out)
    assert (status, told["added"], told["replaced"], told["points_kept"]) == (0, 1, 0, 5)
    assert run("area", "undo", told["import"])[0] == 0
    path.write_text("{}", encoding="utf-8")
    status, _, err = run(*command)
    assert (status, "not a FeatureCollection" in err) == (1, True)


def test_what_became_of_areas_is_entered_listed_and_taken_back(run: Run, tmp_path: Path) -> None:
    three, two = tmp_path / "three.csv", tmp_path / "two.csv"
    three.write_text(THREE, encoding="utf-8")
    two.write_text(TWO, encoding="utf-8")
    for path, day in ((three, "2021-02-01"), (two, "2025-07-01")):
        assert run("area", "import", str(path), "--valid-from", day)[0] == 0
    told = tmp_path / "nghi-quyet.toml"
    told.write_text('[[change]]\nday = 2025-07-01\n[[change.area]]\ncode = "00715"\nwhole = ["00715"]\n')
    status, _, err = run("area", "succession", "add", str(told), "--dry-run")
    assert (status, "1 links can be entered" in err) == (0, True)
    status, out, _ = run("area", "succession", "add", str(told), "--json")
    entry = json.loads(out)["entry"]
    assert (status, json.loads(out)["links"]) == (0, 1)
    options = ("--date", "2025-07-01", "--to", "00715")
    status, _, err = run("area", "succession", "add", *options, "--whole", "00688")
    assert status == 0, err
    status, _, err = run("area", "succession", "add", *options, "--part", "00688", "--whole", "00715")
    assert (status, "is said twice, or known already" in err) == (1, True)
    listed = run("area", "succession", "list", "--under", "02")[1].splitlines()
    assert listed[0].startswith("01/07/2025  00688 Phường Quang Trung → 00715 Xã Lũng Cú")
    assert listed[1] == f"01/07/2025  00715 Xã Lũng Cú → 00715 Xã Lũng Cú  [{entry}]"
    assert run("area", "succession", "list", "--under", "00688")[1].splitlines() == listed[:1]
    assert "01  Thành phố Hà Nội" in run("area", "list")[1]  # of today
    assert run("area", "succession", "undo", entry)[0] == 0
    links = json.loads(
        run("area", "succession", "list", "--date", "2025-07-01", "--under", "02", "--json")[1]
    )
    assert [one["from"]["code"] for one in links["links"]] == ["00688"]

    card = json.loads(run("area", "show", "02/00715", "--on", "2025-07-01", "--json")[1])
    assert [(one["code"], one["whole"]) for one in card["came_from"]] == [("00688", True)]
    assert [one["valid_from"] for one in card["same_code"]] == ["2021-02-01"]
    status, out, _ = run("area", "show", "00367", "--on", "2025-01-01")
    assert (status, out.splitlines()[:4]) == (
        0,
        [
            "00367  Phường Thanh Xuân Bắc  (ward, from 01/01/2025 to 01/07/2025)",
            "  in Quận Thanh Xuân, Thành phố Hà Nội",
            "  came of 00367 Phường Thanh Xuân Bắc (from 01/02/2021)",
            "  came of 00370 Phường Thanh Xuân Nam (from 01/02/2021)",
        ],
    )
    told.write_text("[[change]]\nday = 1\n", encoding="utf-8")
    for arguments, code, words in (
        (("succession", "add"), 2, "give either a file"),
        (("succession", "add", str(told), "--to", "1"), 2, "a file says all of it"),
        (("succession", "add", str(told)), 1, "change 1 has no area"),
        (("succession", "add", str(tmp_path / "none")), 1, "cannot read"),
        (("succession", "list", "--under", "x"), 1, "there is no area 'x'"),
        (("succession", "undo", "x"), 2, "does not name an import"),
        (("show", "99999", "--on", "2021-03-08"), 1, "there is no area '99999'"),
        (("show", "02/00367", "--on", "2021-03-08"), 1, "there is no area '02/00367'"),
    ):
        status, _, err = run("area", *arguments)
        assert (status, words in err, "Traceback" in err) == (code, True, False), (arguments, err)
