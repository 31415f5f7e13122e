"""Invitations from the command line, in an empty folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

from .command_line import commands_in


def test_a_link_from_its_making_to_its_withdrawal(tmp_path: Path) -> None:
    run = commands_in(tmp_path / "data")
    status, out, _ = run("user", "invite", "--role", "health-worker", "--area", "01/009", "--for", "Bs An")
    assert status == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitation/[\w-]{43}/", out.strip().splitlines()[-1])
    made = run("user", "invite", "--role", "guard", "--area", "*", "--until", "2100-12-31", "--json")
    second = json.loads(made[1])
    assert (second["role"], second["area"]) == ("guard", "*")
    rows = json.loads(run("user", "invitations", "--json")[1])["invitations"]
    assert {(one["for"], one["role"], one["until"]) for one in rows} == {
        ("Bs An", "health-worker", None),
        ("", "guard", "2100-12-31T17:00:00+00:00"),
    }
    assert second["link"].split("/")[-2] not in json.dumps(rows)
    assert run("user", "uninvite", second["invitation"])[0] == 0
    status, _, err = run("user", "uninvite", second["invitation"])
    assert (status, "there is no open invitation" in err) == (1, True)
    assert "health-worker in 01/009" in run("user", "invitations")[1]
    assert second["invitation"] not in run("user", "invitations")[1]
    assert run("user", "invite", "--role", "king", "--area", "01/009")[0] == 2
    assert run("user", "invite", "--role", "guard", "--area", "99")[0] == 1
    assert run("user", "invite", "--role", "guard", "--area", "*", "--until", "2001-01-01")[0] == 1
    assert run("user", "uninvite", "x")[0] == 2
    assert run("audit", "verify")[0] == 0
