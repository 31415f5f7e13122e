"""The registry from the command line, in an empty folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .command_line import Run, commands_in

HEADING = "Tên đơn vị;Loại;Mã địa bàn;Ngày số liệu;Số cán bộ\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return commands_in(tmp_path / "data", BLUEZONE_DEMO="1")


def test_from_sheet_to_list_and_back(run: Run, tmp_path: Path) -> None:
    sheet = tmp_path / "bang.csv"
    sheet.write_text(f"{HEADING}Cơ quan A;Cơ quan;01;08/3/2021;5\nCơ quan B;Sai;01;;\n", encoding="utf-8")
    status, out, err = run("organisation", "import", str(sheet), "--json")
    assert (status, json.loads(out)["import"]) == (1, None), err
    assert "nothing was imported" in err
    status, out, _ = run("organisation", "import", str(sheet), "--good-rows", "--dry-run", "--json")
    assert (status, json.loads(out)["rows"], json.loads(out)["organisations"]) == (0, 1, 0)
    status, out, _ = run("organisation", "import", str(sheet), "--good-rows", "--json")
    outcome = json.loads(out)
    assert (status, outcome["organisations"], outcome["headcounts"]) == (0, 1, 1)
    [fault] = outcome["faults"]
    assert (fault["row"], fault["column"], fault["severity"]) == (3, "Loại", "error")

    status, out, _ = run("organisation", "list", "--area", "01", "--json")
    [one] = json.loads(out)["organisations"]
    assert (one["name"], one["kind"], one["located_in"]) == ("Cơ quan A", "agency", "01")
    assert one["headcounts"] == [{"people": "staff", "value": 5, "as_of": "2021-03-08"}]
    assert "Cơ quan A" in run("organisation", "list", "--area", "01")[1]
    assert run("organisation", "undo", outcome["import"])[0] == 0
    assert json.loads(run("organisation", "list", "--area", "01", "--json")[1])["organisations"] == []
    for arguments, wanted, words in (
        (("undo", outcome["import"]), 1, "no import"),
        (("undo", "x"), 2, "does not name an import"),
        (("list", "--area", "999"), 1, "there is no area '999'"),
        (("import", str(tmp_path / "none.csv")), 1, "cannot read"),
    ):
        status, _, err = run("organisation", *arguments)
        assert (status, words in err, "Traceback" in err) == (wanted, True, False), err


def test_a_sheet_of_many_rows_comes_in_whole(run: Run, tmp_path: Path) -> None:
    run("setup")
    sheet = tmp_path / "bang.csv"
    rows = (f"Công ty {n};Doanh nghiệp;01;08/3/2021;{n}\n" for n in range(3_000))
    sheet.write_text(HEADING + "".join(rows), encoding="utf-8")
    status, out, err = run("organisation", "import", str(sheet), "--json")
    assert (status, json.loads(out)["organisations"]) == (0, 3_000), err
