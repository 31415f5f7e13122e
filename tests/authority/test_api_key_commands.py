"""API keys and the day's limit from the command line, in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BLUEZONE = Path(sys.executable).with_name("bluezone")


@pytest.fixture
def run(tmp_path: Path) -> Any:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BLUEZONE_", "DJANGO_")) and name != "DATABASE_URL"
    }
    environment |= {"BLUEZONE_DATA": str(tmp_path / "data"), "BLUEZONE_LOG_LEVEL": "CRITICAL"}

    def command(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [BLUEZONE, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return command


def test_a_key_is_printed_once_listed_without_itself_and_revoked(run: Any) -> None:
    status, out, err = run("api-key", "create", "Phòng xét nghiệm", "--kind", "admin", "--area", "01/009")
    assert status == 0
    key, key_id = out.strip(), err.split()[1].rstrip(":")
    listed = run("api-key", "list", "--json")[1]
    assert key not in listed
    [row] = json.loads(listed)["keys"]
    assert (row["id"], row["name"], row["kind"], row["area"]) == (
        key_id,
        "Phòng xét nghiệm",
        "admin",
        "01/009",
    )
    assert row["last_used_on"] is row["revoked_at"] is None
    for _ in range(2):
        assert run("api-key", "revoke", key_id)[0] == 0
    assert "revoked" in run("api-key", "list")[1]
    assert run("api-key", "revoke", "7")[0] == 2
    status, _, err = run("api-key", "revoke", "00000000-0000-4000-8000-000000000000")
    assert (status, "there is no API key" in err) == (1, True)
    assert run("api-key", "create", "x", "--kind", "root")[0] == 2
    assert run("api-key", "create", "x", "--kind", "stats", "--area", "99")[0] == 1


def test_the_limit_is_shown_and_set_for_the_day(run: Any) -> None:
    limit = ("code", "limit", "--json")
    assert json.loads(run(*limit)[1]) == {"area": "*", "codes": 2000, "issued": 0, "set": False}
    assert run(*limit, "--codes", "1")[0] == 1  # no reason
    set_one = run(*limit, "--codes", "0", "--reason", "tài khoản bị lộ", "--area", "01/009")
    assert json.loads(set_one[1]) == {"area": "01/009", "codes": 0, "issued": 0, "set": True}
    onset = subprocess.check_output(["date", "-u", "+%Y-%m-%d"], text=True).strip()
    issue = ("code", "issue", "--report-type", "confirmed", "--onset", onset, "--area")
    status, _, err = run(*issue, "01/009/00343")
    assert (status, "0 mã" in err) == (1, True)
    assert run(*issue, "*")[0] == 0
    assert json.loads(run(*limit)[1])["issued"] == 1
    assert run(*limit, "--codes", "5", "--reason", "x", "--day", "2021-03-08")[0] == 1
    assert run(*limit, "--day", "2021-03-08")[0] == 2
