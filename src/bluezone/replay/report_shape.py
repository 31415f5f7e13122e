"""Reading a replay's report from a file that somebody names: is it what the page at /demo/replay/ can show?

The whole contract is ``spec/replay_report.schema.json``; this checks all that the page looks at, without a
library for schemas, which an installation does not carry.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from bluezone.errors import Refused

__all__ = ["MAX_REPORT_BYTES", "NotAReplayReport", "check_report", "read_report"]

MAX_REPORT_BYTES = 50_000_000

_NUMBER = (int, float)


class NotAReplayReport(Refused):
    """The file is no report of a replay; the message says what is missing or wrong."""


@dataclass(frozen=True, slots=True)
class _OrNull:
    shape: Any


# A dict: these entries at least; a list: any number of such; a type, or one of several types.
_SPREAD = _OrNull({"mean": _NUMBER, "low": _NUMBER, "high": _NUMBER})
_JUDGED = {"preset": str, "seeds": int, "sensitivity": _SPREAD, "precision": _SPREAD}
_REPORT = {
    "people": int,
    "steps": int,
    "near_pairs": int,
    "near_pair_days": int,
    "f0": int,
    "true_contacts": int,
    "warned": int,
    "sensitivity": _OrNull(_NUMBER),
    "precision": _OrNull(_NUMBER),
    "source": {"kind": str, "name": str, "days": int, "roles": bool},
    "options": {
        "seed": int,
        "seeds": int,
        "f0": int,
        "adoption": _NUMBER,
        "preset": str,
        "delay_days": int,
    },
    "presets": [
        {
            "name": str,
            "title": str,
            "version": int,
            "below_db": [_NUMBER],
            "weights": [_NUMBER],
            "high_minutes": _NUMBER,
        }
    ],
    "radio": {
        "name": str,
        "loss_at_one_metre_db": _NUMBER,
        "exponent": _NUMBER,
        "device_db": _NUMBER,
        "shadowing_db": _NUMBER,
        "fading_db": _NUMBER,
    },
    "sweep": [{**_JUDGED, "adoption": _NUMBER, "reachable": _SPREAD, "p_squared": _NUMBER}],
    "thresholds": [{**_JUDGED, "minutes": _NUMBER, "shift_db": _NUMBER}],
    "delays": [{**_JUDGED, "delay_days": int, "days_to_warning": _SPREAD}],
    "person_days": [
        {
            "person": str,
            "f0": str,
            "date": str,
            "near_seconds": int,
            "verdict": str,
            "truth": [{"from": int, "to": int, "metres": _OrNull(_NUMBER)}],
            "sightings": [{"time": int, "typical_db": _NUMBER, "min_db": _NUMBER, "seconds": _NUMBER}],
            "by_preset": [
                {
                    "preset": str,
                    "minutes": [_NUMBER],
                    "score": _NUMBER,
                    "high_minutes": _NUMBER,
                    "warns": bool,
                }
            ],
        }
    ],
    "seconds": _NUMBER,
}


def read_report(path: Path) -> dict[str, Any]:
    """The report in a file.

    :raises NotAReplayReport: naming the file, and the first thing that is wrong.
    """
    try:
        if path.stat().st_size > MAX_REPORT_BYTES:
            raise NotAReplayReport(
                f"{path}: larger than {MAX_REPORT_BYTES:,} bytes, so no report of a replay"
            )
        document = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
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
    _check(document, _REPORT, "")
    names = {preset["name"] for preset in document["presets"]}
    if document["options"]["preset"] not in names:
        _refuse("options.preset", "is none of its presets")
    for at, day in enumerate(document["person_days"]):
        for row in day["by_preset"]:
            if len(row["minutes"]) != len(day["sightings"]):
                _refuse(f"person_days[{at}].by_preset", "has not one number of minutes for each sighting")
    report: dict[str, Any] = document
    return report


def _check(value: Any, shape: Any, where: str) -> None:
    if isinstance(shape, _OrNull):
        if value is not None:
            _check(value, shape.shape, where)
    elif isinstance(shape, dict):
        if not isinstance(value, dict):
            _refuse(where, "must be an object")
        for name, inner in shape.items():
            inside = f"{where}.{name}" if where else name
            if name not in value:
                _refuse(inside, "is missing")
            _check(value[name], inner, inside)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            _refuse(where, "must be a list")
        for at, item in enumerate(value):
            _check(item, shape[0], f"{where}[{at}]")
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is not bool):
        _refuse(where, f"cannot be {json.dumps(value)[:40]}")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _refuse(where: str, reason: str) -> NoReturn:
    raise NotAReplayReport(f"{where or 'the document'} {reason}")
