"""Published keys out of export files: arrays of some ten thousand keys, no object for each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bluezone.matching.interface import KeyBlock
from bluezone.protocols.export_archive import MAX_EXPORT_BYTES
from bluezone.protocols.export_errors import naming_file
from bluezone.protocols.export_file import OpenExport, open_export
from bluezone.protocols.export_signature import PublicKeys, SignatureStatus
from bluezone.protocols.export_stream import NO_ONSET, ExportFields, KeyColumns
from bluezone.protocols.gaen import KEY_BYTES, DiagnosisKey, ReportType, TemporaryExposureKey

__all__ = ["NO_ONSET", "DiagnosisKeyBlock", "KeyFile", "block_of", "open_key_file"]


@dataclass(frozen=True, slots=True)
class DiagnosisKeyBlock:
    """``n`` published keys: the block an engine takes, and beside it what the authority says of each.

    ``report_types`` uint8 (n,), ``days_since_onset`` int64 (n,) with ``NO_ONSET`` for none,
    ``transmission_risks`` int32 (n,); ``revised`` if they come from the file's revised keys.
    """

    keys: KeyBlock
    report_types: NDArray[np.uint8]
    days_since_onset: NDArray[np.int64]
    transmission_risks: NDArray[np.int32]
    revised: bool = False

    def __len__(self) -> int:
        return len(self.keys)

    def diagnosis_key(self, row: int) -> DiagnosisKey:
        """One key as an object, for the few that matched."""
        days = int(self.days_since_onset[row])
        return DiagnosisKey(
            TemporaryExposureKey(
                self.keys.teks[row].tobytes(), int(self.keys.starts[row]), int(self.keys.periods[row])
            ),
            ReportType(int(self.report_types[row])),
            None if days == NO_ONSET else days,
            int(self.transmission_risks[row]),
        )


class KeyFile:
    """An open export whose signature is checked; ``signature`` says how that went."""

    def __init__(self, opened: OpenExport, path: Path) -> None:
        self._opened = opened
        self._path = path

    @property
    def signature(self) -> SignatureStatus:
        return self._opened.signature

    @property
    def fields(self) -> ExportFields | None:
        """What the file says of itself, once all its blocks were read."""
        return self._opened.fields

    def blocks(self) -> Iterator[DiagnosisKeyBlock]:
        """All keys, and in blocks of their own the revised ones, in the file's order.

        :raises ExportError: a fault met on the way; then nothing of the file may be used.
        """
        with naming_file(self._path):
            for columns in self._opened.key_columns():
                yield _block_of_columns(columns)


@contextmanager
def open_key_file(
    path: Path,
    *,
    public_keys: PublicKeys = None,
    allow_unsigned: bool = False,
    max_bytes: int = MAX_EXPORT_BYTES,
) -> Iterator[KeyFile]:
    """Open an export file for matching; parameters as of
    :func:`~bluezone.protocols.export_file.open_export`.

    :raises ExportError: its classes name the fault, its message begins with the path.
    :raises OSError: if the file cannot be opened.
    """
    with path.open("rb") as file:
        with naming_file(path):
            opened = open_export(
                file, public_keys=public_keys, allow_unsigned=allow_unsigned, max_bytes=max_bytes
            )
        yield KeyFile(opened, path)


def block_of(keys: list[DiagnosisKey], *, revised: bool = False) -> DiagnosisKeyBlock:
    """A block of keys that are at hand as objects."""
    days = [NO_ONSET if key.days_since_onset is None else key.days_since_onset for key in keys]
    data = b"".join(key.tek.data for key in keys)
    return DiagnosisKeyBlock(
        keys=KeyBlock(
            teks=np.frombuffer(data, dtype=np.uint8).reshape(-1, KEY_BYTES),
            starts=np.array([key.tek.rolling_start for key in keys], dtype=np.uint32),
            periods=np.array([key.tek.rolling_period for key in keys], dtype=np.uint8),
        ),
        report_types=np.array([key.report_type for key in keys], dtype=np.uint8),
        days_since_onset=np.array(days, dtype=np.int64),
        transmission_risks=np.array([key.transmission_risk for key in keys], dtype=np.int32),
        revised=revised,
    )


def _block_of_columns(columns: KeyColumns) -> DiagnosisKeyBlock:
    return DiagnosisKeyBlock(
        keys=KeyBlock(columns.teks, columns.starts, columns.periods),
        report_types=columns.report_types,
        days_since_onset=columns.days_since_onset,
        transmission_risks=columns.transmission_risks,
        revised=columns.revised,
    )
