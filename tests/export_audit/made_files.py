"""Export files as the audit has read them, made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from bluezone.export_audit.published import AuditedFile, Published, publish_files

DAY = 20_000
"""A day since the epoch."""

SECONDS = 86_400


class Key(NamedTuple):
    """A key with a name for its bytes; ``onset`` in days since the epoch; ``begin``: interval of the day."""

    name: str
    day: int
    onset: int | None = DAY - 3
    kind: int = 1
    risk: int = 2
    begin: int = 0
    period: int = 144


def tek(name: str) -> bytes:
    """The bytes of a key: its name, filled up."""
    return name.encode().ljust(16, b".")


def audited(
    keys: Iterable[Key], revised: Iterable[Key] = (), *, start: int | None = None, end: int | None = None
) -> AuditedFile:
    """A file with the keys in this order; its times in Unix seconds."""
    keys, revised = list(keys), list(revised)
    return AuditedFile(
        name=f"file {start} {end}",
        start=start,
        end=end,
        teks=tuple(tek(key.name) for key in keys),
        table=_table(keys),
        revised_teks=tuple(tek(key.name) for key in revised),
        revised_table=_table(revised),
    )


def published(*files: AuditedFile | Iterable[Key]) -> Published:
    """All of these; bare keys are a file without times."""
    return publish_files([one if isinstance(one, AuditedFile) else audited(one) for one in files])


def person(name: str, days: Iterable[int], **shared: int | None) -> list[Key]:
    """A key for each day, in this order, named after person and day."""
    return [Key(f"{name}{day}", day, **shared) for day in days]  # type: ignore[arg-type]


def names(groups: Iterable[Sequence[bytes]]) -> list[list[str]]:
    """Claimed groups by the names of their keys, all in order."""
    return sorted(sorted(tek.decode().rstrip(".") for tek in group) for group in groups)


def _table(keys: Sequence[Key]) -> np.ndarray:
    none = -(2**31) - 1
    rows = [
        (
            key.day * 144 + key.begin,
            key.period,
            key.risk,
            key.kind,
            none if key.onset is None else key.day - key.onset,
        )
        for key in keys
    ]
    return np.array(rows, dtype=np.int64).reshape(-1, 5)
