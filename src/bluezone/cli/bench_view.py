"""How figures look in a terminal: a bar while they are measured, lines when done, two files as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bluezone.bench.compare import Comparison, Verdict
from bluezone.bench.measure import Result
from bluezone.bench.session import Begun, Done, Failed, Skipped, Step, Update
from bluezone.cli.output import say

__all__ = ["BenchView", "comparison_document", "comparison_table", "result_lines"]

_NAME = 23
_MARKS = {Verdict.FASTER: "+ ", Verdict.SLOWER: "- "}


class BenchView:
    """Shows what is measured on stderr, a bar only on a terminal; results on stdout unless told not to."""

    def __init__(self, *, show_results: bool) -> None:
        self.done = 0
        self._show_results = show_results
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=self._console,
            refresh_per_second=2,  # drawing must not take part in what is measured
            transient=True,
            redirect_stdout=False,  # which may go to a file while the bar is on the terminal
            redirect_stderr=False,
        )
        self._task = self._progress.add_task("", total=None)

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away; what was printed stays."""
        if self._console.is_terminal:  # elsewhere it was not started, and stopping would print a line
            self._progress.stop()

    def _open(self) -> None:
        if self._console.is_terminal:
            self._progress.start()

    @contextmanager
    def _aside(self) -> Iterator[None]:
        """Without the bar while something is printed."""
        self.close()
        yield
        self._open()

    def tell(self, update: Update) -> None:
        if isinstance(update, Begun):
            name = f"{update.benchmark.name} ({update.number} of {update.of})"
            self._progress.update(self._task, description=name, completed=0, total=None)
            if not self._console.is_terminal:
                say(f"{name}: {update.benchmark.summary} …")
        elif isinstance(update, Step):
            self._progress.update(self._task, completed=update.done, total=update.of)
        elif isinstance(update, Skipped):
            with self._aside():
                say(f"{update.name} is left out: {update.reason}")
        elif isinstance(update, Failed):
            with self._aside():
                say(f"{update.name} failed, which is a fault of ours:\n{update.fault}")
        elif isinstance(update, Done):
            self.done += 1
            if self._show_results:
                with self._aside():
                    for line in result_lines(update.result):
                        typer.echo(line)


def result_lines(result: Result) -> Iterator[str]:
    """A figure for people: speed and spread, ratio, growth, and what it is of."""
    one = result.largest
    yield (
        f"{result.name:<{_NAME}} {_number(one.median_speed):>14} {result.unit}"
        f"  ({_number(min(one.speeds))}-{_number(max(one.speeds))})"
        f"   {_number(result.ratio)}× {result.baseline.input}"
    )
    sizes = ", ".join(f"{measured.size:,}" for measured in result.sizes)
    yield (
        f"{'':<{_NAME}} {'':>14} {one.input}; {len(one.seconds)} runs"
        f"; time grows as size^{result.exponent:.2f} (sizes {sizes})"
    )


def comparison_table(rows: Sequence[Comparison]) -> Iterator[str]:
    """Old and new figures, ratios to the plain way, and the change of these."""
    yield (
        f"  {'':<{_NAME}} {'old':>13} {'new':>13} {'unit':<15} {'ratios':>17} {'change':>8}"
        f" {'growth':>13}  verdict"
    )
    for row in rows:
        old, new = row.old, row.new
        known = new or old
        speeds = [_number(one.largest.median_speed) if one else "" for one in (old, new)]
        ratios = " → ".join(_number(one.ratio) for one in (old, new) if one)
        growth = " → ".join(f"{one.exponent:.2f}" for one in (old, new) if one)
        change = "" if row.change is None else f"{row.change:+.1%}"
        yield (
            f"{_MARKS.get(row.verdict, '  ')}{row.name:<{_NAME}} {speeds[0]:>13} {speeds[1]:>13}"
            f" {known.unit if known else '':<15} {ratios:>17} {change:>8} {growth:>13}  {row.verdict}"
        )


def comparison_document(rows: Sequence[Comparison], differences: Sequence[str]) -> dict[str, Any]:
    """The same for ``--json``."""
    return {
        "other_circumstances": list(differences),
        "benchmarks": [
            {
                "name": row.name,
                "verdict": row.verdict.value,
                "change": row.change,
                "old": _figures(row.old),
                "new": _figures(row.new),
            }
            for row in rows
        ],
    }


def _figures(result: Result | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "value": result.largest.median_speed,
        "unit": result.unit,
        "ratio": result.ratio,
        "ratio_least": min(result.ratios),
        "ratio_greatest": max(result.ratios),
        "exponent": result.exponent,
    }


def _number(value: float) -> str:
    return f"{value:,.{_digits(value)}f}"


def _digits(value: float) -> int:
    """Decimals, so that at least three digits are shown."""
    return 0 if value >= 100 else 1 if value >= 10 else 2
