"""All that export files tell of each key, as arrays: what an attacker begins with.

Files of one window (a batch that was split) are one window here; a key that several files show counts once,
with the file that showed it first, and with its later revision beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bluezone.protocols.export_errors import naming_file
from bluezone.protocols.export_file import open_export
from bluezone.protocols.export_signature import PublicKeys
from bluezone.protocols.export_stream import NO_ONSET, ExportFields, KeyColumns
from bluezone.protocols.gaen import MAX_ROLLING_PERIOD

__all__ = ["AuditedFile", "Ints", "Published", "Section", "codes_of", "publish_files", "read_file"]

Ints = NDArray[np.int64]

_SPLIT_SECONDS = 600
"""Files of a split batch end a second apart each."""


@dataclass(frozen=True, slots=True, eq=False)
class AuditedFile:
    """One file: ``table`` int64 (n, 5) has start, period, risk, report type, days since onset of each key.

    ``teks`` are the keys themselves in the file's order. ``start`` and ``end`` in Unix seconds.
    """

    name: str
    start: int | None
    end: int | None
    teks: tuple[bytes, ...]
    table: Ints
    revised_teks: tuple[bytes, ...]
    revised_table: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """Keys of a file in its order: those it showed first, or those it revised. Arrays are int64 (n,).

    ``sickness``: a number for report type and onset as this file says them, the same in all sections.
    """

    window: int
    teks: tuple[bytes, ...]
    sickness: Ints
    days: Ints

    def __len__(self) -> int:
        return len(self.teks)


@dataclass(frozen=True, slots=True, eq=False)
class Published:
    """Every key once. Arrays are int64 (n,); ``onsets`` is a UTC day or ``NO_ONSET``; ``days`` UTC days.

    ``file`` and ``place``: where the key was shown first. ``window``: number of that file's window, later
    ones have higher numbers. ``revision``: 0, or a number for (its window, what the key was revised to).
    """

    files: tuple[AuditedFile, ...]
    windows: tuple[int, ...]
    teks: tuple[bytes, ...]
    file: Ints
    place: Ints
    window: Ints
    starts: Ints
    periods: Ints
    risks: Ints
    types: Ints
    onsets: Ints
    revision: Ints

    def __len__(self) -> int:
        return len(self.teks)

    @property
    def days(self) -> Ints:
        return self.starts // MAX_ROLLING_PERIOD

    @property
    def risk_tells(self) -> bool:
        """Whether the risk says more than report type and days since onset do."""
        said = codes_of(self.window, self.types, self.onsets, self.days)
        return len(np.unique(said)) != len(np.unique(codes_of(said, self.risks)))

    def classes(self) -> Ints:
        """A number for all that one person's keys have in common: window, type, onset, revision, risk."""
        shared = [self.window, self.types, self.onsets, self.revision]
        return codes_of(*shared, self.risks) if self.risk_tells else codes_of(*shared)

    def sickness(self) -> Ints:
        """What one person's keys have in common in whatever window: report type and onset."""
        return codes_of(self.types, self.onsets)

    def sections(self, *, revised: bool) -> tuple[Section, ...]:
        """One for each file, in the order of files."""
        if revised:
            return _revised_sections(self.files, self.windows)
        sickness, days = self.sickness(), self.days
        found = []
        for number, window in enumerate(self.windows):
            rows = np.flatnonzero(self.file == number)
            rows = rows[np.argsort(self.place[rows])]
            found.append(Section(window, tuple(self.teks[row] for row in rows), sickness[rows], days[rows]))
        return tuple(found)


def codes_of(*columns: Ints) -> Ints:
    """The same number for the same row of values, int64 (n,), from 0 on."""
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, at = np.unique(column, return_inverse=True)
        _, code = np.unique(code * len(values) + at, return_inverse=True)
    return code.astype(np.int64)


def read_file(path: Path, *, public_keys: PublicKeys = None, allow_unsigned: bool = False) -> AuditedFile:
    """Read one export file.

    :raises ExportError: its classes name the fault, its message begins with the path.
    """
    with path.open("rb") as file, naming_file(path):
        opened = open_export(file, public_keys=public_keys, allow_unsigned=allow_unsigned)
        parts: dict[bool, list[KeyColumns]] = {False: [], True: []}
        for columns in opened.key_columns():
            parts[columns.revised].append(columns)
    fields = opened.fields or ExportFields()
    return AuditedFile(
        str(path),
        fields.start,
        fields.end,
        _teks(parts[False]),
        _table(parts[False]),
        _teks(parts[True]),
        _table(parts[True]),
    )


def publish_files(files: Sequence[AuditedFile]) -> Published:
    """Put files together, oldest first; those without times come last, in the order given."""
    ordered = tuple(sorted(files, key=lambda one: (one.end is None, one.end or 0, one.start or 0, one.name)))
    windows = _windows(ordered)
    rows: dict[bytes, tuple[int, int]] = {}
    for number, file in enumerate(ordered):
        for place, tek in enumerate(file.teks):
            rows.setdefault(tek, (number, place))
    at = np.array(list(rows.values()), dtype=np.int64).reshape(-1, 2)
    tables = [ordered[file].table[place] for file, place in at.tolist()]
    table = np.array(tables, dtype=np.int64).reshape(-1, 5)
    starts, periods, risks, types, since = table.T
    onsets = _onsets(starts, since)
    return Published(
        files=ordered,
        windows=windows,
        teks=tuple(rows),
        file=at[:, 0],
        place=at[:, 1],
        window=np.array(windows, dtype=np.int64)[at[:, 0]],
        starts=starts,
        periods=periods,
        risks=risks,
        types=types,
        onsets=onsets,
        revision=_revisions(ordered, windows, tuple(rows)),
    )


def _windows(files: Sequence[AuditedFile]) -> tuple[int, ...]:
    """The window of each file: those that begin together and end within minutes of each other share it."""
    numbers: list[int] = []
    for at, file in enumerate(files):
        before = files[at - 1] if at else None
        same = (
            before is not None
            and file.end is not None
            and before.end is not None
            and file.start == before.start
            and file.end - before.end < _SPLIT_SECONDS
        )
        numbers.append(numbers[-1] if same else (numbers[-1] + 1 if numbers else 0))
    return tuple(numbers)


def _onsets(starts: Ints, since: Ints) -> Ints:
    return np.where(since == NO_ONSET, NO_ONSET, starts // MAX_ROLLING_PERIOD - since)


def _revised_sections(files: Sequence[AuditedFile], windows: Sequence[int]) -> tuple[Section, ...]:
    """As files say: the keys need not be in the others."""
    table = np.concatenate([np.zeros((0, 5), dtype=np.int64), *(file.revised_table for file in files)])
    starts, _, _, types, since = table.T
    sickness = codes_of(types, _onsets(starts, since))
    found, at = [], 0
    for file, window in zip(files, windows, strict=True):
        rows = slice(at, at + len(file.revised_teks))
        found.append(Section(window, file.revised_teks, sickness[rows], starts[rows] // MAX_ROLLING_PERIOD))
        at = rows.stop
    return tuple(found)


def _revisions(files: Sequence[AuditedFile], windows: Sequence[int], teks: tuple[bytes, ...]) -> Ints:
    seen: dict[bytes, int] = {}
    kinds: dict[tuple[int, ...], int] = {}
    for file, window in zip(files, windows, strict=True):
        for tek, (start, _, risk, kind, since) in zip(
            file.revised_teks, file.revised_table.tolist(), strict=True
        ):
            onset = NO_ONSET if since == NO_ONSET else start // MAX_ROLLING_PERIOD - since
            seen.setdefault(tek, kinds.setdefault((window, kind, risk, onset), len(kinds) + 1))
    return np.array([seen.get(tek, 0) for tek in teks], dtype=np.int64)


def _teks(parts: Sequence[KeyColumns]) -> tuple[bytes, ...]:
    return tuple(tek.tobytes() for part in parts for tek in part.teks)


def _table(parts: Sequence[KeyColumns]) -> Ints:
    tables = [
        np.column_stack(
            [
                column.astype(np.int64)
                for column in (
                    part.starts,
                    part.periods,
                    part.transmission_risks,
                    part.report_types,
                    part.days_since_onset,
                )
            ]
        )
        for part in parts
    ]
    return np.concatenate(tables) if tables else np.zeros((0, 5), dtype=np.int64)
