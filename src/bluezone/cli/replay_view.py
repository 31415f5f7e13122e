"""How a replay looks in a terminal: bars while it runs, tables of its figures at the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from bluezone.replay.outbreak import OutbreakProgress
from bluezone.replay.run_replay import Replayed
from bluezone.replay.sweep import Planned, SweepUpdate, UnitDone, UnitTold

__all__ = ["ReplayView", "print_result"]

_SECONDS_BETWEEN_LINES = 10.0
_NEAR_MEANS = {
    "haslemere": "15 min within 2 m in a day",
    "sociopatterns": "15 min face to face in a day; no distances were recorded, 1.25 m is assumed",
    "copenhagen": "15 min at -75 dBm or more in a day; no distances were recorded",
}
_PHASES = {
    "authority": ("setting up its authority", 0.05),
    "keys": ("devices draw keys", 0.2),
    "scans": ("devices scan", 0.3),
    "reports": ("F0s publish", 0.05),
    "checks": ("devices check", 0.4),
}
"""What a phase is called, and about which share of a unit's time it takes."""


class ReplayView:
    """Shows progress on stderr: bars on a terminal, a line now and then elsewhere."""

    def __init__(self) -> None:
        self.units = 0
        self.done = 0
        self._console = Console(stderr=True, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            refresh_per_second=4,
            transient=True,
        )
        self._all = self._progress.add_task("", total=None, told="")
        self._running: dict[str, TaskID] = {}
        self._resumed = 0
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the bars away; what was printed stays."""
        self._progress.stop()

    def reading(self, path: Path) -> Callable[[int], None]:
        """Says that a file is read; returns what is to be told the bytes done."""
        self._console.print(f"• reading {path}", soft_wrap=True)
        self._progress.update(self._all, description="reading", total=path.stat().st_size)
        return lambda done: self._progress.update(self._all, completed=done)

    def tell(self, update: SweepUpdate) -> None:
        if isinstance(update, Planned):
            self._tell_plan(update)
        elif isinstance(update, UnitTold):
            self._tell_unit(update.unit.name, update.progress)
        elif isinstance(update, UnitDone):
            self._tell_done(update.unit.name)

    def _tell_plan(self, plan: Planned) -> None:
        self.units, self.done, self._resumed = plan.units, plan.resumed, plan.resumed
        kept = f", {plan.resumed} of them done by an earlier run" if plan.resumed else ""
        units = "1 unit" if plan.units == 1 else f"{plan.units} units"
        self._console.print(f"• {units}, each a seed and a delay{kept}")
        self._progress.reset(self._all, total=plan.units - plan.resumed, description="all")
        self._tell_all()

    def _tell_unit(self, name: str, now: OutbreakProgress) -> None:
        if name not in self._running:
            self._running[name] = self._progress.add_task(f"  {name}", total=1.0, told="")
        phase, _ = _PHASES[now.phase]
        told = f"{phase}, {now.done}/{now.total}" if now.total > 1 else phase
        self._progress.update(self._running[name], completed=_share_done(now), told=told)
        self._tell_all()
        if not self._console.is_terminal and time.monotonic() - self._last_line > _SECONDS_BETWEEN_LINES:
            self._line(f"{name}: {told}")

    def _tell_done(self, name: str) -> None:
        task = self._running.pop(name, None)
        if task is not None:
            self._progress.remove_task(task)
        self.done += 1
        self._tell_all()
        self._line(f"{name} is done, {self.done} of {self.units}")

    def _tell_all(self) -> None:
        begun = sum(task.completed for task in self._progress.tasks if task.id in self._running.values())
        self._progress.update(
            self._all, completed=self.done - self._resumed + begun, told=f"{self.done}/{self.units} units"
        )

    def _line(self, text: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(f"  {text}")


def _share_done(now: OutbreakProgress) -> float:
    names = list(_PHASES)
    before = sum(share for name, (_, share) in _PHASES.items() if names.index(name) < names.index(now.phase))
    return before + _PHASES[now.phase][1] * (now.done / now.total if now.total else 1.0)


def print_result(replayed: Replayed) -> None:
    """The figures at the top point and against adoption on stdout, and where the files are."""
    report, console = replayed.report, Console(highlight=False)
    console.print(_top(report))
    console.print(_adoption(report))
    resumed = f", {report['resumed']} units resumed" if report["resumed"] else ""
    console.print(
        f"{report['people']} people, {report['steps']} steps, {report['near_pairs']} pairs truly near "
        f"({_NEAR_MEANS[report['source']['kind']]}){resumed}, {report['seconds']:.0f} s",
        soft_wrap=True,
    )
    for path in (*replayed.charts, replayed.report_file):
        console.print(str(path), soft_wrap=True)


def _top(report: dict[str, Any]) -> Table:
    options = report["options"]
    delay = f", published after {options['delay_days']} days" if options["delay_days"] else ""
    table = Table(
        title=f"{report['source']['name']}: {report['f0']} F0s, "
        f"{_percent(options['adoption'])} with the app{delay}"
    )
    table.add_column("preset")
    for heading in ("true contacts", "warned", "sensitivity", "precision"):
        table.add_column(heading, justify="right")
    at_point = [row for row in report["sweep"] if row["adoption"] == options["adoption"]]
    for row in sorted(at_point, key=lambda one: one["preset"] != options["preset"]):
        first = row["preset"] == options["preset"]
        table.add_row(
            row["preset"],
            str(report["true_contacts"]) if first else "",
            str(report["warned"]) if first else "",
            _shown(row["sensitivity"], "nobody to warn", _draws(row)),
            _shown(row["precision"], "nobody warned", _draws(row)),
        )
    draws = next(row["draws"] for row in at_point) * options["seeds"]
    table.caption = f"counts: seed {options['seed']}" + (
        f"; shares: mean of {draws} draws (least–greatest), or of as many as said" if draws > 1 else ""
    )
    return table


def _adoption(report: dict[str, Any]) -> Table:
    chosen = report["options"]["preset"]
    table = Table(title=f"Against adoption, preset {chosen}")
    for heading in ("with the app", "sensitivity", "precision", "reachable", "p²"):
        table.add_column(heading, justify="right")
    for row in (row for row in report["sweep"] if row["preset"] == chosen):
        table.add_row(
            _percent(row["adoption"]),
            _shown(row["sensitivity"], "nobody to warn", _draws(row)),
            _shown(row["precision"], "nobody warned", _draws(row)),
            _shown(row["reachable"], "–", _draws(row)),
            _percent(row["p_squared"]),
        )
    return table


def _draws(row: dict[str, Any]) -> int:
    return int(row["seeds"] * row["draws"])


def _shown(spread: dict[str, float] | None, nothing: str, draws: int) -> str:
    """Mean and extremes; and of how many draws, where in others there was nothing to be a share of."""
    if spread is None:
        return nothing
    mean = _percent(spread["mean"])
    few = f" of {spread['of']}" if spread["of"] < draws else ""
    if spread["low"] == spread["high"]:
        return mean + few
    return f"{mean} ({spread['low'] * 100:.0f}–{spread['high'] * 100:.0f}){few}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"
