"""A whole replay: read a record, live through its outbreaks, judge the warnings, write report and charts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bluezone.atomic_file import make_folder
from bluezone.replay.contact_lists import read_contact_list
from bluezone.replay.contact_trace import ContactTrace
from bluezone.replay.replay_report import REPORT_NAME, build_report, write_report
from bluezone.replay.sweep import SweepOptions, SweepUpdate, run_sweep
from bluezone.replay.trace_days import part_of_days

__all__ = ["Record", "Replayed", "open_record", "run_replay"]


@dataclass(frozen=True, slots=True)
class Record:
    """A contact list, or some of its days; ``digest``: of the file's bytes and of which days."""

    trace: ContactTrace
    digest: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The report, and which files were written."""

    report: dict[str, Any]
    report_file: Path
    charts: tuple[Path, ...]


def open_record(
    path: Path, days: tuple[int, int] | None = None, progress: Callable[[int], None] | None = None
) -> Record:
    """Read a contact list, or its days from the first to the last of ``days``, counted from 1.

    :raises Refused: if it is none, or has no such days.
    """
    content = hashlib.sha256()
    trace = read_contact_list(path, progress, seen=content.update)  # at once: a pipe is read but once
    if days is not None:
        trace = part_of_days(trace, *days)
    content.update(f"days {days}".encode())
    return Record(trace, content.hexdigest())


def run_replay(
    record: Record,
    options: SweepOptions,
    folder: Path,
    *,
    jobs: int,
    tell: Callable[[SweepUpdate], None] = lambda _update: None,
) -> Replayed:
    """Everything, in ``folder``; what an interrupted run has finished there is used again.

    :raises Refused: if the record or the options do not go together, or the folder cannot be written to.
    """
    began = time.perf_counter()
    make_folder(folder / "units")
    swept = run_sweep(record.trace, record.digest, options, folder, jobs=jobs, tell=tell)
    report = build_report(record.trace, swept, time.perf_counter() - began + swept.resumed_seconds / jobs)
    charts = write_report(report, folder)
    return Replayed(report, folder / REPORT_NAME, tuple(charts))
