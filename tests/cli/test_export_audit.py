"""``bluezone export audit``: the document, the text, what is known, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.export_audit.simulated_uploads import (
    careless_export,
    our_export,
    padded,
    people_report,
    windows_of,
    write_files,
    write_truth,
)

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def careless(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two windows of forty people's uploads one after the other, and last what is true of them."""
    folder = tmp_path_factory.mktemp("careless")
    windows = windows_of(people_report(40, days=0.5), hours=12)
    write_truth(folder / "truth.csv", windows)
    return [*write_files(folder, windows, careless_export), folder / "truth.csv"]


def test_the_document(bluezone: Run, careless: list[Path]) -> None:
    *files, truth = careless
    ran = bluezone("export", "audit", *files, "--truth", truth, "--allow-unsigned", "--json")
    assert (ran.exit_code, ran.stderr) == (0, "")
    document = ran.document
    assert list(document) == [
        "files",
        "keys",
        "crowd",
        "attacks",
        "padding",
        "users_separated",
        "padding_told",
    ]
    assert [file["name"] for file in document["files"]] == [str(file) for file in files]
    assert [file["window"] for file in document["files"]] == list(range(len(files)))
    keys = sum(file["keys"] for file in document["files"])
    assert document["keys"] == keys == sum(document["crowd"]["keys"].values())
    assert keys == len(truth.read_text().splitlines()) - 1
    order = document["attacks"][0]
    assert order["attack"] == "order: neighbours"
    assert order["beyond_chance"]
    assert document["users_separated"] == order["users"] >= 38
    assert order["truth"]["precision"] > 0.95
    assert document["padding_told"] == 0
    assert all(sign["truth"]["share"] == 0 for sign in document["padding"])


def test_without_truth_nothing_is_judged(bluezone: Run, careless: list[Path]) -> None:
    document = bluezone("export", "audit", careless[0], "--allow-unsigned", "--json").document
    assert all(one["truth"] is None for one in document["attacks"] + document["padding"])


def test_the_same_files_give_the_same_document(bluezone: Run, careless: list[Path]) -> None:
    *files, _ = careless
    first = bluezone("export", "audit", *files, "--allow-unsigned", "--json")
    again = bluezone("export", "audit", *reversed(files), "--allow-unsigned", "--json")
    assert first.document == again.document


def test_the_text_says_who_is_told_apart(bluezone: Run, careless: list[Path]) -> None:
    *files, truth = careless
    ran = bluezone("export", "audit", *files, "--truth", truth, "--allow-unsigned")
    lines = ran.stdout.splitlines()
    assert lines[0].endswith(f"in {len(files)} files of {len(files)} windows")
    found = [line for line in lines if line.startswith("! order: neighbours: ")]
    assert len(found) == 1
    claim = lines[lines.index(found[0]) + 2]
    assert "of true pairs found" in claim
    assert lines[-1].endswith("people can be told apart, 0 keys told to be padding")


def test_an_empty_and_a_padded_export_tell_nobody(bluezone: Run, tmp_path: Path) -> None:
    (window, *_) = windows_of(people_report(3, days=0.1), hours=24)
    (path,) = write_files(tmp_path, [padded(window, 500)], our_export)
    document = bluezone("export", "audit", path, "--allow-unsigned", "--json").document
    assert document["keys"] >= 500
    assert (document["users_separated"], document["padding_told"]) == (0, 0)
    (path,) = write_files(tmp_path, [type(window)(window.start, window.end, ())], our_export)
    document = bluezone("export", "audit", path, "--allow-unsigned", "--json").document
    assert (document["keys"], document["users_separated"], document["padding_told"]) == (0, 0, 0)


def test_refusals(bluezone: Run, careless: list[Path], tmp_path: Path) -> None:
    unsigned = bluezone("export", "audit", careless[0], "--json")
    assert (unsigned.exit_code, unsigned.document["error"]) == (1, "MissingSignature")
    assert str(careless[0]) in unsigned.document["message"]
    truth = tmp_path / "truth.csv"
    truth.write_text("tek,user,padding\nhello,1,0\n")
    ran = bluezone("export", "audit", careless[0], "--allow-unsigned", "--truth", truth, "--json")
    assert (ran.exit_code, ran.document["error"]) == (1, "TruthRefused")
    assert "line 2: 'hello' is no key" in ran.document["message"]
    assert bluezone("export", "audit").exit_code == 2
    assert bluezone("export", "audit", tmp_path / "none.zip").exit_code == 2
