"""Reading a replay's report from a file that somebody names: is it what the page at /demo/replay/ can show?

The contract is ``spec/replay_report.schema.json``; this adds what a schema cannot say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from bluezone.errors import Refused
from bluezone.spec_files import read_schema

__all__ = ["MAX_REPORT_BYTES", "NotAReplayReport", "check_report", "read_report"]

MAX_REPORT_BYTES = 50_000_000
_LARGEST = f"{sys.float_info.max:.1e}"


class NotAReplayReport(Refused):
    """The file is no report of a replay; the message says what is missing or wrong."""


def read_report(path: Path) -> dict[str, Any]:
    """The report in a file.

    :raises NotAReplayReport: naming the file, and the first thing that is wrong.
    """
    try:
        if path.stat().st_size > MAX_REPORT_BYTES:
            raise NotAReplayReport(
                f"{path}: larger than {MAX_REPORT_BYTES:,} bytes, so no report of a replay"
            )
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotAReplayReport(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise NotAReplayReport(f"{path}: not JSON: {error}") from None
    try:
        return check_report(document)
    except NotAReplayReport as error:
        raise NotAReplayReport(f"{path}: not a report of bluezone replay: {error}") from None


def check_report(document: Any) -> dict[str, Any]:
    """The document itself, if it is a report.

    :raises NotAReplayReport: naming the first thing that is wrong.
    """
    _check_numbers(document)
    error = best_match(Draft202012Validator(read_schema("replay_report")).iter_errors(document))
    if error is not None:
        raise NotAReplayReport(_in_words(error))
    names = {preset["name"] for preset in document["presets"]}
    if document["options"]["preset"] not in names:
        _refuse("options.preset", "is none of its presets")
    for at, day in enumerate(document["person_days"]):
        for row in day["by_preset"]:
            if len(row["minutes"]) != len(day["sightings"]):
                _refuse(f"person_days[{at}].by_preset", "has not one number of minutes for each sighting")
    report: dict[str, Any] = document
    return report


def _check_numbers(document: Any) -> None:
    """A schema lets ``NaN``, ``Infinity`` and ``1e400`` pass; other readers of JSON have no such numbers."""
    left: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while left:
        path, value = left.pop()
        if isinstance(value, dict):
            left += [((*path, name), inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list):
            left += [((*path, at), value[at]) for at in reversed(range(len(value)))]
        elif isinstance(value, int | float) and not abs(value) <= sys.float_info.max:
            where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
            _refuse(where.removeprefix(".")[:200] or "the document", f"is not a number up to {_LARGEST}")


def _in_words(error: ValidationError) -> str:
    """``error`` with where it is, and no more of a value than fits a line."""
    where = error.json_path.removeprefix("$").removeprefix(".") or "the document"
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        return f"{where}: {missing} is missing"
    if error.validator == "type":
        return f"{where}: {json.dumps(error.instance)[:40]} is not of type {error.validator_value}"
    return f"{where}: {error.message[:200]}"


def _refuse(where: str, reason: str) -> NoReturn:
    raise NotAReplayReport(f"{where} {reason}")
