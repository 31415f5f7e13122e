"""Returns from the command line: a schedule, a sheet with a fault, the round, and back out."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .command_line import commands_in

ORGANISATIONS = """\
Mã đơn vị;Tên đơn vị;Loại;Mã địa bàn
A1;UBND phường;Cơ quan;01
A2;Công an;Cơ quan;01
A3;Trạm y tế;Cơ quan;01
"""
HEADING = "Tên đơn vị;Ngày;Số cán bộ;Có điện thoại thông minh;Đã cài Bluezone;Đang bật;Người thân\n"


def test_from_a_schedule_to_a_round(tmp_path: Path) -> None:
    run = commands_in(tmp_path / "data")
    organisations = tmp_path / "don-vi.csv"
    organisations.write_text(ORGANISATIONS, encoding="utf-8")
    assert run("organisation", "import", str(organisations))[0] == 0
    coming = (datetime.now(UTC) + timedelta(days=8)).date()
    schedule = ("returns", "schedule", "--area", "01", "--kind", "agency", "--first-day", coming.isoformat())
    status, out, err = run(*schedule, "--json")
    assert (status, json.loads(out)["area"]) == (0, "01"), err
    status, out, err = run(*schedule, "--kind", "school-staff", "--json")
    assert (status, json.loads(out)["kind"], json.loads(out)["form"]) == (0, "school", "staff"), err
    status, _, err = run(*schedule)
    assert (status, "asks these already" in err) == (1, True)
    report = ("returns", "report", "--area", "01", "--kind", "agency", "--round")
    document = json.loads(run(*report, coming.isoformat(), "--json")[1])
    assert [one["state"] for one in document["organisations"]] == ["awaited"] * 3
    assert document["total"]["counts"] is None
    document = json.loads(run(*report, coming.isoformat(), "--kind", "school-staff", "--json")[1])
    assert (document["form"], document["counted_at"], document["organisations"]) == ("staff", "work", [])

    sheet = tmp_path / "bao-cao.csv"
    sheet.write_text(HEADING + f"UBND phường;{coming:%d/%m/%Y};12;10;6;5;9\n", encoding="utf-8")
    status, _, err = run("returns", "import", str(sheet))
    assert (status, "has not come yet" in err) == (1, True)

    # Rounds cannot be set for the past, which would make everybody late: time goes on in the database.
    passed = coming - timedelta(days=14)
    with sqlite3.connect(tmp_path / "data" / "bluezone.sqlite3") as database:
        database.execute("UPDATE returns_returnschedule SET first_day = ?", [passed.isoformat()])
        database.execute("UPDATE organisations_organisation SET registered_at = '2021-01-01 00:00:00'")
    database.close()
    rows = [f"UBND phường;{passed:%d/%m/%Y};12;10;6;5;9", f"Công an;{passed:%d/%m/%Y};12;10;11;5;9"]
    sheet.write_text(HEADING + "\n".join(rows), encoding="utf-8")
    status, out, _ = run("returns", "import", str(sheet), "--json")
    assert (status, json.loads(out)["import"]) == (1, None)
    status, out, _ = run("returns", "import", str(sheet), "--good-rows", "--json")
    done = json.loads(out)
    assert (status, done["rows"], done["new"]) == (0, 1, 1)
    [fault] = done["faults"]
    assert (fault["row"], fault["column"]) == (3, "Đã cài Bluezone")
    assert fault["reason"] == "11 is more than the 10 with a smartphone"

    document = json.loads(run(*report, passed.isoformat(), "--json")[1])
    total = document["total"]
    assert (total["asked"], total["resting_on"], total["counts"]["installed"]) == (3, 1, 6)
    assert (total["numerator"], total["denominator"], total["percent"]) == (6, 10, 60.0)
    by_code = {one["code"]: one for one in document["organisations"]}
    assert (by_code["A1"]["state"], by_code["A2"]["state"]) == ("late", "missing")
    assert by_code["A2"]["missing_since"] == passed.isoformat()
    text = run(*report, passed.isoformat())[1]
    assert "6/10 (đạt 60,00%), counted at work; rests on 1 of 3" in text

    assert run("returns", "undo", done["import"])[0] == 0
    assert json.loads(run(*report, passed.isoformat(), "--json")[1])["total"]["resting_on"] == 0
    for wrong in (("--kind", "x"), ("--round", "x")):
        assert run("returns", "report", "--area", "01", "--round", passed.isoformat(), *wrong)[0] == 2
    assert run("returns", "report", "--area", "99", "--round", passed.isoformat())[0] == 1
