"""The file that figures are kept in, to be compared with those of another commit.

All runs are in it, in seconds. The medians, ratios and exponents beside them are for people; whoever reads
the file computes them again.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bluezone import __version__
from bluezone.atomic_file import make_folder, write_whole
from bluezone.bench.machine import Machine, Revision
from bluezone.bench.measure import Measured, Result
from bluezone.errors import Refused

__all__ = [
    "BadResultFile",
    "NoSuchFolder",
    "ResultSet",
    "as_document",
    "default_file",
    "read_results",
    "ready_to_write",
    "write_results",
]

FORMAT = "bluezone bench 1"
FOLDER = Path("bench-results")


class BadResultFile(Refused):
    """A file of figures cannot be read; the message names it and what is wrong."""


class NoSuchFolder(Refused):
    """The folder that a file was to be written to does not exist."""


@dataclass(frozen=True, slots=True)
class ResultSet:
    """What one run of the command measured.

    ``skipped`` and ``failed``: by name, why; ``complete``: it was not broken off.
    """

    revision: Revision
    date: datetime
    machine: Machine
    quick: bool
    results: tuple[Result, ...]
    skipped: dict[str, str]
    failed: dict[str, str]
    complete: bool


def default_file(revision: Revision, name: str, *, quick: bool) -> Path:
    """Where figures go: by commit, then by what was measured unless it was all."""
    parts = [revision.name, *([] if name == "all" else [name]), *(["quick"] if quick else [])]
    return FOLDER / f"{'-'.join(parts)}.json"


def ready_to_write(file: Path) -> None:
    """Find out before minutes of measuring whether the file can be written.

    The default folder is made, any other must be there: a typing error should not make one.

    :raises NoSuchFolder: naming it.
    :raises CannotWrite: if the default folder cannot be made.
    """
    if file.parent == FOLDER:
        make_folder(FOLDER)
    if not file.parent.is_dir():
        raise NoSuchFolder(f"cannot write {file}: there is no folder {file.parent}")
    if file.is_dir():
        raise NoSuchFolder(f"cannot write {file}: it is a folder; name a file in it")


def write_results(file: Path, measured: ResultSet) -> None:
    """Write all of it at once.

    :raises CannotWrite: naming the file.
    """
    write_whole(file, json.dumps(as_document(measured), indent=1, ensure_ascii=False) + "\n")


def as_document(measured: ResultSet) -> dict[str, Any]:
    """The document that the command prints with ``--json`` and writes."""
    return {
        "format": FORMAT,
        "version": __version__,
        "commit": measured.revision.commit,
        "uncommitted_changes": measured.revision.changed,
        "date": measured.date.isoformat(timespec="seconds"),
        "machine": asdict(measured.machine),
        "quick": measured.quick,
        "complete": measured.complete,
        "results": [_result_document(result) for result in measured.results],
        "skipped": measured.skipped,
        "failed": measured.failed,
    }


def _result_document(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "unit": result.unit,
        "summary": result.summary,
        "input": result.largest.input,
        "runs": len(result.largest.seconds),
        "value": result.largest.median_speed,
        "slowest": min(result.largest.speeds),
        "fastest": max(result.largest.speeds),
        "ratio": result.ratio,
        "ratios": list(result.ratios),
        "exponent": result.exponent,
        "exponents": list(result.exponents),
        "sizes": [_measured_document(one) for one in result.sizes],
        "baseline": _measured_document(result.baseline),
    }


def _measured_document(one: Measured) -> dict[str, Any]:
    return {**asdict(one), "seconds": list(one.seconds), "value": one.median_speed}


def read_results(file: Path) -> ResultSet:
    """Read a file of figures.

    :raises BadResultFile: if it cannot be read, or is none.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadResultFile(f"{file}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise BadResultFile(f"{file}: not a JSON document, so no figures of bluezone bench") from None
    found = document.get("format") if isinstance(document, dict) else None
    if found != FORMAT:
        raise BadResultFile(f"{file}: its format is {found!r}, not {FORMAT!r}: no figures of this program")
    try:
        return ResultSet(
            revision=Revision(_text(document["commit"]), bool(document["uncommitted_changes"])),
            date=datetime.fromisoformat(document["date"]),
            machine=Machine(**document["machine"]),
            quick=bool(document["quick"]),
            results=tuple(_result_of(one) for one in document["results"]),
            skipped=dict(document["skipped"]),
            failed=dict(document.get("failed", {})),  # files of earlier commits have none
            complete=bool(document["complete"]),
        )
    except KeyError as error:
        raise BadResultFile(f"{file}: it has no {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise BadResultFile(f"{file}: {error}") from None


def _result_of(document: dict[str, Any]) -> Result:
    name = _text(document["name"])
    sizes = tuple(_measured_of(one, name) for one in document["sizes"])
    baseline = _measured_of(document["baseline"], name)
    if len(sizes) < 2 or any(len(one.seconds) != len(baseline.seconds) for one in sizes):
        raise ValueError(f"{name}: needs several sizes, each with as many runs as its baseline")
    return Result(name, _text(document["unit"]), _text(document["summary"]), sizes, baseline)


def _measured_of(document: dict[str, Any], name: str) -> Measured:
    seconds = tuple(float(one) for one in document["seconds"])
    size, units = int(document["size"]), int(document["units"])
    if not seconds or not all(math.isfinite(one) and one > 0 for one in seconds) or min(size, units) < 1:
        raise ValueError(f"{name}: its sizes, units and seconds must be above 0")
    return Measured(size, units, _text(document["input"]), seconds)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
