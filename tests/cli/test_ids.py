"""``bluezone ids``: published vectors through the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
TEK = "75c734c6dd1a782de7a965da5eb93125"


def test_gaen_vectors(bluezone: Run, shared_data: Path) -> None:
    vector = json.loads((shared_data / "vectors/gaen_v1_2.json").read_text())
    ran = bluezone("ids", "gaen", "--tek", vector["tek"], "--start", vector["rolling_start"], "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.document == {
        "rpik": vector["rpik"],
        "aemk": vector["aemk"],
        "ids": [{"interval": one["interval"], "rpi": one["rpi"]} for one in vector["intervals"]],
    }


def test_gaen_with_a_period(bluezone: Run) -> None:
    ran = bluezone("ids", "gaen", "--tek", TEK, "--start", 2_642_976, "--period", 2, "--json")
    assert ran.document["ids"] == [
        {"interval": 2_642_976, "rpi": "8be6cd371c5c891604bfbe49df845096"},
        {"interval": 2_642_977, "rpi": "3c9a1de5dd6b02afa7fded7b570b3e56"},
    ]


def test_gaen_for_people(bluezone: Run) -> None:
    ran = bluezone("ids", "gaen", "--tek", TEK.upper(), "--start", 2_642_976, "--period", 1)
    assert ran.exit_code == 0
    assert ran.stdout.splitlines() == [
        "RPIK 185ad91db69ec7dd048960f1f3ba6175",
        "AEMK d57c46af7a1d83965b9bed8bd152936a",
        "2642976  8be6cd371c5c891604bfbe49df845096",
    ]


def test_bluezone_vectors(bluezone: Run, shared_data: Path) -> None:
    for vector in json.loads((shared_data / "vectors/bluezone_v2.json").read_text())["vectors"]:
        arguments = ("ids", "bluezone", "--daily-key", vector["daily_key"], "--slot", vector["slot"])
        assert bluezone(*arguments, "--json").document == {"id": vector["bluezone_id"]}
        assert bluezone(*arguments).stdout == vector["bluezone_id"] + "\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("gaen", "--tek", "xy", "--start", 1), "not hexadecimal"),
        (("gaen", "--tek", "abcd", "--start", 1), "needs 16 bytes"),
        (("gaen", "--tek", TEK, "--start", -1), "not an interval number"),
        (("gaen", "--tek", TEK, "--start", 1, "--period", 145), "outside 1-144"),
        (("gaen", "--tek", TEK, "--start", 1, "--period", 0), "outside 1-144"),
        (("gaen", "--tek", TEK, "--start", "noon"), "--start"),
        (("gaen", "--tek", TEK), "--start"),
        (("bluezone", "--daily-key", TEK, "--slot", 1), "needs 32 bytes"),
        (("bluezone", "--daily-key", TEK * 2, "--slot", 96), "outside 0-95"),
        (("bluezone", "--daily-key", TEK * 2), "--slot"),
        (("neither",), "neither"),
    ],
)
def test_wrong_usage_is_2_with_a_reason(bluezone: Run, arguments: tuple[object, ...], reason: str) -> None:
    for as_json in ((), ("--json",)):
        ran = bluezone("ids", *arguments, *as_json)
        assert (ran.exit_code, ran.stdout) == (2, "")
        assert reason in ran.stderr
