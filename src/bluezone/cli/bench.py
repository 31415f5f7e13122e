"""``bluezone bench``: measure, beside a plain second implementation in the same run; compare two commits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from bluezone.cli.interrupts import heed_interrupts
from bluezone.cli.output import JsonFlag, print_json, say

__all__ = ["run_benchmarks"]

_INTERRUPTED = 130


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
    _measure(name, output, quick=quick, as_json=as_json)


def _measure(name: str, output: Path | None, *, quick: bool, as_json: bool) -> None:
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
    loads = _measure_loads([one.name for one in benchmarks], quick=quick)
    if as_json:
        print_json({**as_document(measured), **({**loads[0], "loads": loads} if loads else {})})
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
