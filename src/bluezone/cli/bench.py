"""``bluezone bench``: measure, beside a plain second implementation in the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bluezone.cli.output import JsonFlag, print_json, say

if TYPE_CHECKING:
    from bluezone.bench.registry import Result

__all__ = ["run_benchmarks"]


def run_benchmarks(
    name: Annotated[str, typer.Argument(help='Which benchmark; "all" runs every one.')] = "all",
    quick: Annotated[bool, typer.Option("--quick", help="Small inputs and few runs: rough figures.")] = False,
    output: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Also write the JSON document to this file, to compare later."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure how fast this installation is.

    Each figure is the median of several runs, with its unit, its input and its ratio to a plain
    implementation of the same thing. The JSON document is {"version", "python", "machine", "quick",
    "results": [...]}.
    """
    from bluezone.bench.registry import load_benchmarks, run_benchmark

    results = []
    for one in load_benchmarks(name):
        say(f"{one.name}: {one.summary} …")
        result = run_benchmark(one, quick=quick)
        results.append(result)
        if not as_json:
            typer.echo(_line(result))
    document = _document(results, quick)
    if output is not None:
        output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print_json(document)


def _line(result: Result) -> str:
    return (
        f"{result.name:<16} {result.value:>14,.0f} {result.unit:<8}"
        f" {result.ratio:6.1f}× {result.baseline_name}"
        f"  ({result.input}; {result.runs} runs, {result.slowest:,.0f}-{result.fastest:,.0f})"
    )


def _document(results: list[Result], quick: bool) -> dict[str, Any]:
    import platform

    from bluezone import __version__

    return {
        "version": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "quick": quick,
        "results": [result.as_document() for result in results],
    }
