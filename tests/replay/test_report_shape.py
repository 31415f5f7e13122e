"""Reading a report back: what the schema accepts is taken, and every damage is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bluezone.replay.report_shape import NotAReplayReport, check_report, read_report

SCHEMA = json.loads((Path(__file__).parents[2] / "spec" / "replay_report.schema.json").read_text())
SPREAD = {"mean": 0.5, "low": 0.25, "high": 0.75, "of": 2}


def report() -> dict[str, Any]:
    """One of everything."""
    judged = {"preset": "ours", "seeds": 2, "sensitivity": SPREAD, "precision": None}
    return {
        "people": 4,
        "steps": 12,
        "near_pairs": 2,
        "near_pair_days": 2,
        "f0": 1,
        "true_contacts": 1,
        "warned": 1,
        "sensitivity": 1.0,
        "precision": None,
        "source": {"kind": "haslemere", "name": "list.csv", "days": 1, "roles": False},
        "options": {"seed": 1, "seeds": 2, "f0": 1, "adoption": 1.0, "preset": "ours", "delay_days": 0},
        "presets": [
            {
                "name": "ours",
                "title": "Ours",
                "version": 1,
                "below_db": [55.0],
                "weights": [1.0, 0.0],
                "high_minutes": 12.0,
                "of_scan": "typical",
            }
        ],
        "radio": {
            "name": "log-distance",
            "loss_at_one_metre_db": 60.0,
            "exponent": 2.0,
            "device_db": 5.0,
            "shadowing_db": 4.0,
            "fading_db": 6.0,
        },
        "sweep": [{**judged, "adoption": 1.0, "draws": 1, "reachable": SPREAD, "p_squared": 1.0}],
        "thresholds": [{**judged, "minutes": 5.0, "shift_db": -3.0}],
        "delays": [{**judged, "delay_days": 2, "days_to_warning": None}],
        "person_days": [
            {
                "person": "1",
                "f0": "2",
                "date": "2021-03-10",
                "near_seconds": 900,
                "verdict": "right",
                "truth": [{"from": 1, "to": 2, "metres": None}],
                "sightings": [{"time": 1, "typical_db": 50.0, "min_db": 48.0, "seconds": 300}],
                "by_preset": [
                    {"preset": "ours", "minutes": [5.0], "score": 5.0, "high_minutes": 12.0, "warns": False}
                ],
            }
        ],
        "seconds": 1.5,
    }


def test_it_takes_what_the_schema_takes() -> None:
    Draft202012Validator(SCHEMA).validate(report())
    assert check_report(report()) == report()


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where every entry of every object of a document is."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from places(inner, (*path, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


def damaged(path: tuple[str | int, ...], **becomes: Any) -> dict[str, Any]:
    """The report without the entry, or with another value for it."""
    document = deepcopy(report())
    at: Any = document
    for step in path[:-1]:
        at = at[step]
    if becomes:
        at[path[-1]] = becomes["value"]
    else:
        del at[path[-1]]
    return document


OPTIONAL = {"of_scan"}


@pytest.mark.parametrize("path", [path for path in places(report()) if path[-1] not in OPTIONAL], ids=str)
def test_every_entry_is_missed_and_its_type_checked(path: tuple[str | int, ...]) -> None:
    with pytest.raises(NotAReplayReport, match=rf"{path[-1]} is missing"):
        check_report(damaged(path))
    # Neither a number nor a text, and no list of ours is of lists.
    with pytest.raises(NotAReplayReport, match=rf"{path[-1]}\b"):
        check_report(damaged(path, value=[[]]))


def test_what_does_not_fit_together() -> None:
    with pytest.raises(NotAReplayReport, match=r"options.preset is none"):
        check_report(damaged(("options", "preset"), value="theirs"))
    with pytest.raises(NotAReplayReport, match=r"person_days\[0\].by_preset"):
        check_report(damaged(("person_days", 0, "by_preset", 0, "minutes"), value=[]))
    with pytest.raises(NotAReplayReport, match=r"people: true is not of type integer"):
        check_report(damaged(("people",), value=True))
    with pytest.raises(NotAReplayReport, match=r"person_days\[0\].verdict: .*is not one of"):
        check_report(damaged(("person_days", 0, "verdict"), value="perhaps"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "the document: .* is not of type object"),
        ('{"people": NaN}', "people is not a number up to 1.8e\\+308"),
        ("-Infinity", "the document is not a number"),
        ('{"a": [0, {"b": 1e400}]}', r"a\[1\].b is not a number"),
        ('{"a": [0, {"b": -1e400}]}', r"a\[1\].b is not a number"),
        ('{"a": 1' + "0" * 309 + "}", "a is not a number"),
        ("\ud800", "not JSON"),
        ("{}", "people is missing"),
        ('{"title": "a demo report"}', "'title' was unexpected"),
    ],
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "some.json"
    path.write_text(content, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(NotAReplayReport, match=says) as refused:
        read_report(path)
    assert str(refused.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("path", "named"),
    [
        (("seconds",), "seconds"),
        (("radio", "exponent"), "radio.exponent"),
        (("sweep", 0, "sensitivity", "mean"), r"sweep\[0\].sensitivity.mean"),
        (("person_days", 0, "sightings", 0, "min_db"), r"person_days\[0\].sightings\[0\].min_db"),
    ],
)
@pytest.mark.parametrize("number", ["1e400", "-1e400", "Infinity", "NaN"])
def test_a_number_that_is_not_finite_is_refused_with_its_place(
    tmp_path: Path, path: tuple[str | int, ...], named: str, number: str
) -> None:
    file = tmp_path / "some.json"
    file.write_text(json.dumps(damaged(path, value="HERE")).replace('"HERE"', number))
    with pytest.raises(NotAReplayReport, match=rf"report of bluezone replay: {named} is not a number up to"):
        read_report(file)


def test_the_largest_number_is_one(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    file.write_text(json.dumps(damaged(("seconds",), value="HERE")).replace('"HERE"', "1.79e308"))
    assert read_report(file)["seconds"] == 1.79e308


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAReplayReport, match="No such file"):
        read_report(tmp_path / "none.json")


def test_a_report_is_read(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report()))
    assert read_report(path) == report()
