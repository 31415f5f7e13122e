"""The sample and the contract agree, and the sample says what its docstring says."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from .sample_report import contact_list_report, scripted_report

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "spec" / "demo_report.schema.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(
    "report", [scripted_report(), contact_list_report(1000)], ids=["script", "contact list"]
)
def test_sample_fits_the_schema(report):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(report, SCHEMA, cls=jsonschema.Draft202012Validator)


def test_sample_outcome_is_the_one_told_by_hand():
    outcome = scripted_report()["outcome"]
    assert outcome["near"] == ["d02", "d03", "d04", "d05", "d06", "d13"]
    assert outcome["missed"] == ["d06"]
    assert outcome["false"] == ["d20"]
