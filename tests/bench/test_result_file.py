"""The file of figures: all of it comes back, and what is none is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bluezone import __version__
from bluezone.atomic_file import CannotWrite
from bluezone.bench.machine import Machine, Revision
from bluezone.bench.measure import Result
from bluezone.bench.result_file import (
    BadResultFile,
    NoSuchFolder,
    ResultSet,
    default_file,
    read_results,
    ready_to_write,
    write_results,
)

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def measured(make_result: Callable[..., Result]) -> ResultSet:
    return ResultSet(
        revision=Revision(COMMIT, changed=True),
        date=datetime(2021, 3, 10, 8, 17, tzinfo=UTC),
        machine=Machine("Linux 6", "EPYC", 2, "3.11.7", "native"),
        quick=False,
        results=(make_result("match", ours=[4.0, 2.0, 8.0], plain=[1.0, 0.5, 1.0]),),
        skipped={"replay": "there is no list"},
        failed={"derive": "ZeroDivisionError: a fault of ours"},
        complete=False,
    )


def test_what_is_written_is_read(measured: ResultSet, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    write_results(file, measured)
    assert read_results(file) == measured
    assert [one.name for one in tmp_path.iterdir()] == ["figures.json"]


def test_what_is_in_it(measured: ResultSet, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    write_results(file, measured)
    document = json.loads(file.read_text())
    (result,) = document.pop("results")
    assert document == {
        "format": "bluezone bench 1",
        "version": __version__,
        "commit": COMMIT,
        "uncommitted_changes": True,
        "date": "2021-03-10T08:17:00+00:00",
        "machine": {
            "system": "Linux 6",
            "cpu": "EPYC",
            "cores": 2,
            "python": "3.11.7",
            "engine": "native",
        },
        "quick": False,
        "complete": False,
        "skipped": {"replay": "there is no list"},
        "failed": {"derive": "ZeroDivisionError: a fault of ours"},
    }
    # 400 keys in 4, 2 and 8 s; the plain way 10 keys in 1, 0.5 and 1 s: 10, 20 and 10 a second.
    assert (result["value"], result["slowest"], result["fastest"], result["runs"]) == (100, 50, 200, 3)
    assert (result["ratio"], result["ratios"]) == (10, [10, 10, 5])
    assert result["exponent"] == pytest.approx(1)
    assert [one["size"] for one in result["sizes"]] == [25, 100, 400]
    assert [one["seconds"] for one in result["sizes"]] == [[0.25, 0.125, 0.5], [1, 0.5, 2], [4, 2, 8]]
    assert result["baseline"] == {
        "size": 400,
        "units": 10,
        "input": "plain",
        "seconds": [1, 0.5, 1],
        "value": 10,
    }


def test_files_are_named_by_commit_and_what_is_in_them() -> None:
    clean, changed = Revision(COMMIT), Revision(COMMIT, changed=True)
    assert default_file(clean, "all", quick=False) == Path("bench-results/0123456789ab.json")
    assert default_file(clean, "match", quick=True) == Path("bench-results/0123456789ab-match-quick.json")
    assert default_file(changed, "all", quick=False) == Path("bench-results/0123456789ab+changes.json")
    assert default_file(Revision(), "all", quick=False) == Path("bench-results/no-commit.json")


def change(document: Any, path: str, value: Any) -> None:
    *parts, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    for part in parts:
        document = document[part]
    if value is None:
        del document[last]
    else:
        document[last] = value


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("format", "bluezone bench 2", "its format is 'bluezone bench 2', not 'bluezone bench 1'"),
        ("format", None, "its format is None"),
        ("machine", None, "it has no 'machine'"),
        ("machine.colour", "blue", "colour"),
        ("machine", ["Linux"], "mapping"),
        ("commit", 7, "7 is not text"),
        ("date", "yesterday", "yesterday"),
        ("results", 7, "not iterable"),
        ("results.0", "match", "indices"),
        ("results.0.baseline", None, "it has no 'baseline'"),
        ("results.0.sizes.0.seconds", [1, 2], "match: needs several sizes, each with as many runs"),
        ("results.0.sizes", [], "match: needs several sizes"),
        ("results.0.sizes.0.size", 0, "match: its sizes, units and seconds must be above 0"),
        ("results.0.baseline.units", -1, "match: its sizes, units and seconds must be above 0"),
        ("results.0.baseline.seconds", [1, 0, 1], "must be above 0"),
        ("results.0.baseline.seconds", [1, float("nan"), 1], "must be above 0"),
        ("results.0.baseline.seconds", [], "must be above 0"),
        ("results.0.baseline.seconds", ["fast"], "could not convert"),
        ("results.0.name", None, "it has no 'name'"),
    ],
)
def test_what_is_no_file_of_figures_is_refused(
    measured: ResultSet, tmp_path: Path, path: str, value: Any, says: str
) -> None:
    file = tmp_path / "figures.json"
    write_results(file, measured)
    document = json.loads(file.read_text())
    change(document, path, value)
    file.write_text(json.dumps(document))
    with pytest.raises(BadResultFile, match=f"(?s)figures.json: .*{says}"):
        read_results(file)


@pytest.mark.parametrize("content", [b"", b"name,value\n", b"\xff\xfe", b"[" * 100_000, b"7", b"[]"])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "figures.json"
    file.write_bytes(content)
    with pytest.raises(BadResultFile, match=r"figures\.json: .*no figures of"):
        read_results(file)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadResultFile, match=r"none\.json: No such file"):
        read_results(tmp_path / "none.json")
    with pytest.raises(BadResultFile, match="Is a directory"):
        read_results(tmp_path)


def test_where_nothing_can_be_written_is_found_out_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoSuchFolder, match=r"there is no folder .*/resluts"):
        ready_to_write(tmp_path / "resluts" / "figures.json")
    with pytest.raises(NoSuchFolder, match="it is a folder; name a file in it"):
        ready_to_write(tmp_path)
    monkeypatch.chdir(tmp_path)
    ready_to_write(default_file(Revision(), "all", quick=False))
    assert (tmp_path / "bench-results").is_dir()
    (tmp_path / "bench-results").rmdir()
    (tmp_path / "bench-results").write_text("a file is in the way")
    with pytest.raises(CannotWrite, match="cannot make the folder bench-results"):
        ready_to_write(default_file(Revision(), "all", quick=False))
