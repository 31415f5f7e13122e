"""``bluezone bench``: measure, beside a plain second implementation in the same run; compare two commits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bluezone.cli.interrupts import heed_interrupts
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["run_benchmarks"]

_INTERRUPTED = 130
_PROVINCE = "province"
_FACTS, _QUICK_FACTS = 200_000, 10_000
_DATABASES = {"": ("sqlite", "postgresql"), "sqlite": ("sqlite",), "postgres": ("postgresql",)}


def run_benchmarks(
    name: Annotated[
        str,
        typer.Argument(help='Which benchmark, or the first word of several; "all"; or "compare".'),
    ] = "all",
    files: Annotated[
        list[Path], typer.Argument(metavar="[OLD NEW]", help="With compare: two files of figures.")
    ] = [],  # noqa: B006 - typer copies it
    quick: Annotated[bool, typer.Option("--quick", help="Small inputs and few runs: rough figures.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Where the figures go: bench-results/COMMIT.json if not given."),
    ] = None,
    facts: Annotated[
        int,
        typer.Option(min=0, help='With "province": how many figures its ledger holds; 10000000 is whole.'),
    ] = 0,
    database: Annotated[
        str, typer.Option(help='With "province": sqlite or postgres; both if not given.')
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Measure how fast this installation is, or compare what two commits measured.

    Each figure is the median of several runs at the largest of three sizes, with its unit, its ratio to a
    plain implementation of the same thing in the same run, and how its time grows with size (1: as size
    does). All runs go to a file. "bluezone bench compare OLD NEW" marks what became faster or slower by more
    than the spread of its ratios. BLUEZONE_BENCH_CONTACTS may name a recorded contact list for "replay".
    """
    if name == "compare":
        if len(files) != 2:
            raise typer.BadParameter("needs two files of figures: compare OLD NEW", param_hint="OLD NEW")
        _compare(*files, as_json=as_json)
        return
    if files:
        raise typer.BadParameter('goes with "compare" only', param_hint="OLD NEW")
    if (facts or database) and name != _PROVINCE:
        raise typer.BadParameter('goes with "province" only', param_hint="--facts, --database")
    if database not in _DATABASES:
        raise typer.BadParameter(f"{database!r} is not sqlite or postgres", param_hint="--database")
    wanted = _Wanted(facts, _DATABASES[database], quick)
    _measure(name, output, wanted, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is measured, where there is a choice."""

    facts: int
    databases: Sequence[str]
    quick: bool


def _measure(name: str, output: Path | None, wanted: _Wanted, *, as_json: bool) -> None:
    quick = wanted.quick
    heed_interrupts()
    from bluezone.bench.machine import revision_of, this_machine
    from bluezone.bench.registry import load_benchmarks
    from bluezone.bench.result_file import as_document, default_file
    from bluezone.bench.session import measure_all, part_file
    from bluezone.cli.bench_view import BenchView
    from bluezone.clock import SystemClock

    benchmarks, revision = load_benchmarks(name), revision_of()
    file = output or default_file(revision, name, quick=quick)
    with BenchView(show_results=not as_json) as view:
        try:
            measured = measure_all(
                benchmarks,
                file,
                revision=revision,
                machine=this_machine(),
                clock=SystemClock(),
                quick=quick,
                tell=view.tell,
            )
        except KeyboardInterrupt:
            view.close()
            kept = f"; their figures are in {part_file(file)}" if view.done else ""
            say(f"Interrupted: {view.done} of {len(benchmarks)} benchmarks are done{kept}")
            raise typer.Exit(_INTERRUPTED) from None
    say(f"All runs are in {file}")
    names = [one.name for one in benchmarks]
    loads, provinces = _measure_loads(names, quick=quick), _measure_provinces(names, wanted)
    if as_json:
        more = {name: found for name, found in (("loads", loads), ("provinces", provinces)) if found}
        first = next(iter(more.values()), [{}])[0]  # of one benchmark it is what the document itself tells
        print_json({**as_document(measured), **first, **more})
    if measured.failed:
        say(f"Failed: {', '.join(measured.failed)}")
        raise typer.Exit(1)


def _measure_loads(names: Sequence[str], *, quick: bool) -> list[dict[str, Any]]:
    """The key server under load, on each database that there is; that of DATABASE_URL first."""
    from bluezone.bench.key_server_load import DATABASES, LOADS, measure_load
    from bluezone.bench.registry import NotMeasurable

    loads: list[dict[str, Any]] = []
    for load in sorted(LOADS):
        if load not in names:
            continue
        for database in sorted(DATABASES, reverse=not os.environ.get("DATABASE_URL")):
            try:
                one = measure_load(load, database, quick=quick)
            except NotMeasurable as reason:
                say(f"{load} on {database}: {reason}")
                continue
            loads.append(one)
            say(_load_line(one))
    return loads


def _measure_provinces(names: Sequence[str], wanted: _Wanted) -> list[dict[str, Any]]:
    """Pages and imports of a whole province, on each database that is wanted and there."""
    from bluezone.bench.province.measure import measure_province
    from bluezone.bench.registry import NotMeasurable

    found: list[dict[str, Any]] = []
    for database in wanted.databases if _PROVINCE in names else ():
        facts = wanted.facts or (_QUICK_FACTS if wanted.quick else _FACTS)
        try:
            one = measure_province(facts, database, quick=wanted.quick)
        except NotMeasurable as reason:
            say(f"province on {database}: {reason}")
            continue
        found.append(one)
        for line in _province_lines(one):
            say(line)
    return found


def _province_lines(one: dict[str, Any]) -> list[str]:
    rows = one["imports"]["organisations"]
    return [
        f"province on {one['database']}: {one['facts']:,} figures of {one['wards']} wards, "
        f"{one['organisations']:,} organisations, {one['database_mb']:,} MB",
        *(
            f"  {page['page']}: {page['cold_ms']:,.0f} ms cold, {page['warm_ms']:,.0f} ms warm, "
            f"{page['queries']} queries, {page['bytes']:,} bytes"
            for page in one["pages"]
        ),
        f"  importing {rows['rows']:,} organisations: {rows['all_s']:.1f} s",
    ]


def _load_line(one: dict[str, Any]) -> str:
    return (
        f"{one['name']} on {one['database']}: {one['requests_per_second']:,.0f} requests/s, "
        f"p99 {one['p99_ms']:.0f} ms, {one['errors']} errors, "
        f"{one['rows_found']:,} of {one['rows_expected']:,} rows; {one['input']}, "
        f"{one['connections']} connections, {one['workers']} workers, {one['durability']}"
    )


def _compare(old_file: Path, new_file: Path, *, as_json: bool) -> None:
    from bluezone.bench.compare import compare_results, other_circumstances
    from bluezone.bench.result_file import read_results
    from bluezone.cli.bench_view import comparison_document, comparison_table

    old, new = read_results(old_file), read_results(new_file)
    rows, differences = compare_results(old, new), other_circumstances(old, new)
    if as_json:
        print_json(comparison_document(rows, differences))
        return
    for one in differences:
        say(f"Measured under other circumstances: {one}")
    for line in comparison_table(rows):
        typer.echo(line)
