"""The register of benchmarks, and that its own example is true."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from bluezone.bench import registry
from bluezone.bench.registry import Sizes, UnknownBenchmark, Workload, benchmark, load_benchmarks


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_REGISTERED", {})
    monkeypatch.setattr(registry, "BENCHMARK_MODULES", ())


def register(name: str, sizes: Sizes = (1, 2, 4), quick: Sizes = (1, 2, 4)) -> None:
    @benchmark(name, unit="x/s", summary="", sizes=sizes, quick=quick)
    def _prepare(size: int, folder: Path) -> Workload:
        raise AssertionError(size)


@pytest.mark.usefixtures("empty")
def test_one_all_or_those_of_a_word() -> None:
    for name in ("match-b", "matchless", "match-a", "verify"):
        register(name)
    assert [one.name for one in load_benchmarks()] == ["match-a", "match-b", "matchless", "verify"]
    assert [one.name for one in load_benchmarks("verify")] == ["verify"]
    assert [one.name for one in load_benchmarks("match")] == ["match-a", "match-b"]
    with pytest.raises(UnknownBenchmark, match="no benchmark 'mat'; there are: match-a, match-b, matchless"):
        load_benchmarks("mat")


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("name", ["taken", "all", "compare"])
def test_names_are_unique_and_none_is_a_word_of_the_command(name: str) -> None:
    register("taken")
    with pytest.raises(ValueError, match=f"the name {name!r} is taken"):
        register(name)


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("three", [(1, 1, 2), (2, 1, 3), (0, 1, 2), (1, 3, 2)])
def test_sizes_grow(three: Sizes) -> None:
    with pytest.raises(ValueError, match="x: sizes must be above 0 and grow"):
        register("x", sizes=three)
    with pytest.raises(ValueError, match="x: sizes must be above 0 and grow"):
        register("x", quick=three)


def test_what_the_project_measures() -> None:
    assert [one.name for one in load_benchmarks()] == [
        "derive",
        "encounter-full",
        "encounter-insert",
        "encounter-read",
        "export-build",
        "export-read",
        "export-verify",
        "heartbeats",
        "match-files",
        "match-native-all-cores",
        "match-native-one-core",
        "match-reference",
        "province",
        "publish",
        "replay",
        "risk-evaluate",
        "verify",
    ]


@pytest.mark.usefixtures("empty")
def test_the_docstring_s_example_works(tmp_path: Path) -> None:
    text = registry.__doc__ or ""
    example = text[text.index("    @benchmark") : text.index("\n\nSetting up")]
    asked: list[tuple[int, int]] = []
    names: dict[str, Any] = {
        "benchmark": benchmark,
        "Workload": Workload,
        "Path": Path,
        "make_input": lambda size: (list(range(size)), None),
        "match_keys": lambda keys, _sightings: asked.append((len(keys), 1)),
        "naive_match": lambda keys, _sightings: asked.append((len(keys), 2)),
    }
    exec(textwrap.dedent(example), names)  # noqa: S102 - our own documentation
    (one,) = load_benchmarks("match")
    work = one.prepare(one.sizes[2], tmp_path)
    work.run()
    work.baseline()
    assert asked == [(160_000, 1), (work.baseline_units, 2)]
    assert (work.input, work.units) == ("160,000 keys, 20,000 sightings", None)
