"""The sample and the contract agree, and the sample says what its docstring says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from .sample_replay_report import SOURCES, replay_report, thousands_of_sightings

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "spec" / "replay_report.schema.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "report",
    [*map(replay_report, SOURCES), thousands_of_sightings(100)],
    ids=[*SOURCES, "long day"],
)
def test_sample_fits_the_schema(report):
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(report)


def test_a_report_without_sweeps_and_people_fits_too():
    bare = replay_report() | {
        "sweep": [], "thresholds": [], "delays": [], "person_days": [], "sensitivity": None, "precision": None
    }  # fmt: skip
    Draft202012Validator(SCHEMA).validate(bare)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.pop("near_pair_days"),
        lambda report: report.update(sensitivity=1.01),
        lambda report: report.update(extra=1),
        lambda report: report["source"].update(kind="script"),
        lambda report: report["presets"].clear(),
        lambda report: report["sweep"][3].update(precision=0.5),
        lambda report: report["sweep"][3]["precision"].pop("low"),
        lambda report: report["sweep"][3]["precision"].pop("of"),
        lambda report: report["sweep"][3]["precision"].update(of=0),
        lambda report: report["sweep"][3].pop("draws"),
        lambda report: report["delays"][0]["days_to_warning"].update(of=1.5),
        lambda report: report["delays"][0].update(delay_days=-1),
        lambda report: report["person_days"][0].update(verdict="false"),
        lambda report: report["person_days"][0].update(date="10/03/2021"),
        lambda report: report["person_days"][0]["sightings"][0].update(time=1.5),
    ],
)
def test_schema_refuses(spoil: Callable[[dict[str, Any]], object]):
    report = replay_report()
    spoil(report)
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(report)


def test_sample_is_the_one_told_by_hand():
    report = replay_report()
    assert report["sensitivity"] == 0.85
    assert report["precision"] == 0.68
    (forty,) = [row for row in report["sweep"] if row["preset"] == "bluezone" and row["adoption"] == 0.4]
    # 0,85 × 0,4² = 0,136
    assert forty["sensitivity"]["mean"] == 0.136
    # Five seeds, ten draws each; at a tenth 7 of the 50 have a precision.
    assert (forty["seeds"] * forty["draws"], forty["sensitivity"]["of"]) == (50, 50)
    (tenth,) = [row for row in report["sweep"] if row["preset"] == "bluezone" and row["adoption"] == 0.1]
    assert tenth["precision"]["of"] == 7
    (full,) = [row for row in report["sweep"] if row["preset"] == "bluezone" and row["adoption"] == 1]
    assert (full["draws"], full["precision"]["of"]) == (1, 5)
    scores = {one["preset"]: one["score"] for one in report["person_days"][0]["by_preset"]}
    assert scores == {"bluezone": 25.6, "bluezone_v2": 32, "ch-2020-early": 4, "de-cwa": 27.2, "house": 32}
