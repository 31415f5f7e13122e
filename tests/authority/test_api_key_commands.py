"""API keys and the day's limit from the command line, in an empty folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from .command_line import Run, commands_in


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return commands_in(tmp_path / "data")


def test_a_key_is_printed_once_listed_without_itself_and_revoked(run: Run) -> None:
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


def test_the_limit_is_shown_and_set_for_the_day(run: Run) -> None:
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
