"""Staff accounts from the command line, in an empty folder."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from bluezone.authority.access.roles import Role
from bluezone.authority.access.rules import HeldRole
from bluezone.authority.accounts.rules import end_of_day
from bluezone.cli.users import told_role

from .command_line import commands_in


def test_a_role_is_told_with_its_organisations_name_and_its_last_day() -> None:
    held = HeldRole(Role.GUARD, "ORG/K5F0DYRPVG", end_of_day(date(2021, 5, 31)))
    told = told_role(held, {"ORG/K5F0DYRPVG": "UBND phường Nhân Chính"})
    assert told == "guard in ORG/K5F0DYRPVG (UBND phường Nhân Chính) until 2021-05-31"


def test_an_account_from_its_making_to_its_end(tmp_path: Path) -> None:
    run = commands_in(tmp_path / "data")
    here = ("--area", "01/009")
    assert run("user", "create", "an", "--role", "health-worker", *here)[0] == 0
    assert run("user", "grant", "an", "--role", "guard", "--area", "*", "--until", "2100-12-31")[0] == 0
    assert run("user", "grant", "an", "--role", "guard", "--area", "*", "--until", "2001-12-31")[0] == 1
    [row] = json.loads(run("user", "list", "--json")[1])["users"]
    assert (row["user"], row["active"], row["last_login"]) == ("an", True, None)
    held = {one["role"]: (one["area"], one["until"]) for one in row["roles"]}
    # the last day ends at midnight in Hà Nội, seven hours before that of UTC
    assert "guard in * until 2100-12-31" in run("user", "list")[1]
    assert held == {"health-worker": ("01/009", None), "guard": ("*", "2100-12-31T17:00:00+00:00")}
    assert run("user", "revoke", "an", "--role", "guard", "--area", "*")[0] == 0
    status, _, err = run("user", "revoke", "an", "--role", "guard", "--area", "*")
    assert (status, "an is not guard in *" in err) == (1, True)
    first, second = (run("user", "password", "an")[1].strip() for _ in range(2))
    assert len(first) == len(second) > 20
    assert first != second
    typed = run("user", "password", "an", "--password-stdin", "--json", stdin="rừng-tre-gió-thổi\n")
    assert json.loads(typed[1]) == {"user": "an", "password": None}
    assert run("user", "disable", "an")[0] == 0
    assert "an  health-worker in 01/009  last login never  disabled" in run("user", "list")[1]
    assert run("user", "enable", "an")[0] == 0
    assert "disabled" not in run("user", "list")[1]
    assert run("user", "disable", "bo")[0] == 1
    status, _, err = run("user", "reset-second-factor", "an")
    assert (status, "an has no second factor" in err) == (1, True)
    assert run("user", "grant", "an", "--role", "king", *here)[0] == 2
    assert run("user", "grant", "an", "--role", "guard", "--area", "99")[0] == 1
    status, _, err = run("user", "grant", "an", "--role", "guard", "--area", "009")
    assert (status, "there is no area '009': its whole path is 01/009" in err) == (1, True)
    assert run("audit", "verify")[0] == 0
