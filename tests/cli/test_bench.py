"""``bluezone bench``: figures printed and kept, two commits compared, what is wrong is said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bluezone.bench import key_server_load, registry
from bluezone.bench.province import measure as measure_module
from bluezone.bench.registry import NotMeasurable, Workload, benchmark


def _sum(size: int, folder: Path) -> Workload:
    (folder / "input").write_text("x" * size)
    return Workload(
        input=f"{size:,} numbers",
        run=lambda: sum(range(size)),
        baseline=lambda: list(range(100)),
        baseline_units=100,
        baseline_name="a list of them",
    )


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two quick benchmarks, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_REGISTERED", {})
    monkeypatch.setattr(registry, "BENCHMARK_MODULES", ())
    for name in ("sum-all", "sum-some"):
        benchmark(
            name, unit="numbers/s", summary="adding up", sizes=(500, 1_000, 2_000), quick=(50, 100, 200)
        )(_sum)


def register(name: str, error: BaseException) -> None:
    def prepare(size: int, folder: Path) -> Workload:
        raise error

    benchmark(name, unit="x/s", summary="", sizes=(1, 2, 3), quick=(1, 2, 3))(prepare)


def only_file(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def test_figures_are_printed_and_kept(bluezone: Callable[..., Any], tmp_path: Path) -> None:
    outcome = bluezone("bench")
    assert outcome.exit_code == 0
    lines = outcome.stdout.splitlines()
    assert [line.split()[0] for line in lines[::2]] == ["sum-all", "sum-some"]
    assert re.search(r" [\d,]+ numbers/s  \([\d,]+-[\d,]+\)   [\d.,]+× a list of them$", lines[0])
    assert re.search(
        r"2,000 numbers; 5 runs; time grows as size\^-?\d\.\d\d \(sizes 500, 1,000, 2,000\)$", lines[1]
    )
    assert outcome.stderr.splitlines()[0] == "sum-all (1 of 2): adding up …"
    file = only_file(tmp_path / "bench-results")
    assert re.fullmatch(r"([0-9a-f]{12}|no-commit)(\+changes)?\.json", file.name)
    assert str(file.relative_to(tmp_path)) in outcome.stderr
    assert [one["name"] for one in json.loads(file.read_text())["results"]] == ["sum-all", "sum-some"]


def test_one_as_json_into_a_file_of_one_s_own(bluezone: Callable[..., Any], tmp_path: Path) -> None:
    outcome = bluezone("bench", "sum-all", "--quick", "--json", "--output", "figures.json")
    assert outcome.exit_code == 0
    assert outcome.document == json.loads((tmp_path / "figures.json").read_text())
    (result,) = outcome.document["results"]
    assert (result["name"], result["unit"], result["input"], result["runs"]) == (
        "sum-all",
        "numbers/s",
        "200 numbers",
        3,
    )
    assert result["slowest"] <= result["value"] <= result["fastest"]
    assert outcome.document["quick"] is True
    assert only_file(tmp_path).name == "figures.json"


def test_a_server_under_load_is_told_first_and_in_full(
    bluezone: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(name: str, database: str, *, quick: bool) -> dict[str, Any]:
        if database == "postgresql":
            raise NotMeasurable("PostgreSQL is not installed")
        figures = {"requests_per_second": 812.3, "p99_ms": 70.2, "errors": 0, "workers": 2, "connections": 32}
        rows = {"rows_expected": 28, "rows_found": 28, "input": "2 reports", "durability": "WAL"}
        return {"name": name, "database": database, **figures, **rows}

    monkeypatch.setattr(key_server_load, "measure_load", measure)
    benchmark("publish", unit="x/s", summary="", sizes=(1, 2, 3), quick=(1, 2, 3))(_sum)
    outcome = bluezone("bench", "publish", "--quick", "--json", "--output", "figures.json")
    told = {"database", "requests_per_second", "p99_ms", "errors", "rows_expected", "rows_found"}
    assert told <= outcome.document.keys()
    assert outcome.document["loads"][0]["requests_per_second"] == 812.3
    assert len(outcome.document["loads"]) == 1
    assert "publish on postgresql: PostgreSQL is not installed" in outcome.stderr
    assert "publish on sqlite: 812 requests/s, p99 70 ms, 0 errors, 28 of 28 rows" in outcome.stderr


def test_what_is_missing_here_is_left_out_with_its_reason(bluezone: Callable[..., Any]) -> None:
    register("fast", NotMeasurable("there is no engine"))
    outcome = bluezone("bench", "all", "--quick", "--json")
    assert outcome.exit_code == 0
    assert outcome.document["skipped"] == {"fast": "there is no engine"}
    assert "fast is left out: there is no engine" in outcome.stderr
    alone = bluezone("bench", "fast", "--json")
    assert (alone.exit_code, alone.document["error"]) == (1, "NotMeasurable")


def test_ctrl_c_keeps_what_was_done(bluezone: Callable[..., Any], tmp_path: Path) -> None:
    register("sum-zero", KeyboardInterrupt())
    outcome = bluezone("bench", "sum", "--quick", "--output", "figures.json")
    assert outcome.exit_code == 130
    assert "Interrupted: 2 of 3 benchmarks are done; their figures are in figures.part.json" in outcome.stderr
    document = json.loads(only_file(tmp_path).read_text())
    assert [one["name"] for one in document["results"]] == ["sum-all", "sum-some"]
    assert document["complete"] is False


def test_ctrl_c_before_anything_is_done(bluezone: Callable[..., Any], tmp_path: Path) -> None:
    register("a", KeyboardInterrupt())
    outcome = bluezone("bench", "--quick", "--output", "figures.json")
    assert (outcome.exit_code, outcome.stdout) == (130, "")
    assert "Interrupted: 0 of 3 benchmarks are done\n" in outcome.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (["sub"], 1, "no benchmark 'sub'; there are: sum-all, sum-some"),
        (["sum", "--output", "nowhere/figures.json"], 1, "there is no folder nowhere"),
        (["compare"], 2, "needs two files"),
        (["compare", "a.json"], 2, "needs two files"),
        (["compare", "a.json", "b.json", "c.json"], 2, "needs two files"),
        (["compare", "a.json", "b.json"], 1, "a.json: No such file or directory"),
        (["sum-all", "a.json"], 2, 'goes with "compare" only'),
    ],
)
def test_what_cannot_be_done_is_said(
    bluezone: Callable[..., Any], tmp_path: Path, arguments: list[str], exit_code: int, says: str
) -> None:
    outcome = bluezone("bench", *arguments)
    assert (outcome.exit_code, outcome.stdout) == (exit_code, "")
    assert says in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert not list(tmp_path.iterdir())


def slowed(document: dict[str, Any], name: str, factor: float) -> dict[str, Any]:
    """The same figures, had each run of one benchmark taken ``factor`` as long."""
    changed: dict[str, Any] = json.loads(json.dumps(document))
    for result in changed["results"]:
        for one in result["sizes"] if result["name"] == name else []:
            one["seconds"] = [seconds * factor for seconds in one["seconds"]]
    return changed


@pytest.fixture
def two_files(bluezone: Callable[..., Any], tmp_path: Path) -> tuple[str, str]:
    """Figures, and the same with one benchmark a thousand times as slow."""
    old = bluezone("bench", "--json", "--quick", "--output", "old.json").document
    new = slowed(old, "sum-some", 1000)
    new["machine"]["cores"] = old["machine"]["cores"] + 1
    (tmp_path / "new.json").write_text(json.dumps(new))
    return "old.json", "new.json"


def test_two_commits_compared(bluezone: Callable[..., Any], two_files: tuple[str, str]) -> None:
    outcome = bluezone("bench", "compare", *two_files)
    assert outcome.exit_code == 0
    header, same, slower = outcome.stdout.splitlines()
    assert header.split() == ["old", "new", "unit", "ratios", "change", "growth", "verdict"]
    assert same.startswith("  sum-all ")
    assert "+0.0%" in same
    assert same.endswith("within spread")
    assert slower.startswith("- sum-some ")
    assert "-99.9%" in slower
    assert slower.endswith("slower")
    assert re.search(r"other circumstances: cores: \d+ before, \d+ after", outcome.stderr)
    back = bluezone("bench", "compare", *reversed(two_files)).stdout.splitlines()[2]
    assert back.startswith("+ sum-some ")
    assert "+99900.0%" in back


def test_two_commits_compared_as_json(bluezone: Callable[..., Any], two_files: tuple[str, str]) -> None:
    document = bluezone("bench", "compare", *two_files, "--json").document
    same, slower = document["benchmarks"]
    assert (same["name"], same["verdict"], same["change"]) == ("sum-all", "within spread", 0)
    assert (slower["name"], slower["verdict"]) == ("sum-some", "slower")
    assert slower["change"] == pytest.approx(-0.999)
    assert slower["new"]["ratio"] == pytest.approx(slower["old"]["ratio"] / 1000)
    assert len(document["other_circumstances"]) == 1


def test_what_one_file_lacks_is_listed(
    bluezone: Callable[..., Any], two_files: tuple[str, str], tmp_path: Path
) -> None:
    document = json.loads((tmp_path / "new.json").read_text())
    del document["results"][0]
    (tmp_path / "new.json").write_text(json.dumps(document))
    lines = bluezone("bench", "compare", *two_files).stdout.splitlines()
    assert lines[1].endswith("only in the old file")
    assert lines[2].endswith("slower")


def test_a_whole_province_is_told_page_by_page(
    bluezone: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, str]] = []

    def measure(facts: int, database: str, *, quick: bool) -> dict[str, Any]:
        asked.append((facts, database))
        page = {"page": "front page", "cold_ms": 80.4, "warm_ms": 12.6, "queries": 3, "bytes": 2_571}
        sizes = {"facts": facts, "wards": 600, "organisations": 20_000, "database_mb": 9}
        imports = {"organisations": {"rows": 20_000, "all_s": 7.25}}
        return {"name": "province", "database": database, **sizes, "pages": [page], "imports": imports}

    monkeypatch.setattr(measure_module, "measure_province", measure)
    benchmark("province", unit="x/s", summary="", sizes=(1, 2, 3), quick=(1, 2, 3))(_sum)
    outcome = bluezone("bench", "province", "--facts", "5000", "--database", "postgres", "--quick", "--json")
    assert asked == [(5000, "postgresql")]
    assert outcome.document["provinces"][0]["pages"][0]["warm_ms"] == 12.6
    assert outcome.document["database"] == "postgresql"
    assert "province on postgresql: 5,000 figures of 600 wards, 20,000 organisations, 9 MB" in outcome.stderr
    assert "front page: 80 ms cold, 13 ms warm, 3 queries, 2,571 bytes" in outcome.stderr
    assert "importing 20,000 organisations: 7.2 s" in outcome.stderr
    bluezone("bench", "province", "--quick")
    assert [database for _, database in asked[1:]] == ["sqlite", "postgresql"]


@pytest.mark.parametrize(
    "arguments",
    [("sum-all", "--facts", "5"), ("sum-all", "--database", "sqlite"), ("province", "--database", "oracle")],
)
def test_a_province_s_options_are_of_a_province(
    bluezone: Callable[..., Any], arguments: tuple[str, ...]
) -> None:
    outcome = bluezone("bench", *arguments)
    assert outcome.exit_code == 2
    assert "--database" in outcome.stderr
