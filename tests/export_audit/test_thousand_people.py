"""A thousand people: our own exports tell nobody apart, careless ones nearly everybody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.export_audit import simulated_uploads
from tests.export_audit.simulated_uploads import (
    Window,
    careless_export,
    our_export,
    padded,
    people_report,
    truth_of,
    windows_of,
    with_revisions,
    write_files,
)

from bluezone.export_audit.audit import audit_document, audit_files
from bluezone.export_audit.published import read_file

MIN_KEYS = 1_000


def audit(folder: Path, windows: Sequence[Window], write: Any) -> dict[str, Any]:
    paths = write_files(folder, windows, write)
    files = [read_file(path, allow_unsigned=True) for path in paths]
    return audit_document(audit_files(files), truth_of(windows))


def named(document: dict[str, Any], attack: str) -> dict[str, Any]:
    return next(one for one in document["attacks"] if one["attack"] == attack)


@pytest.fixture(scope="module")
def one_window() -> list[Window]:
    return windows_of(people_report(1_000, days=0.9), hours=48)


@pytest.fixture(scope="module")
def five_days() -> list[Window]:
    return windows_of(people_report(1_000, days=5), hours=4)


@pytest.mark.parametrize("which", ["one_window", "five_days"])
@pytest.mark.parametrize("min_keys", [1, MIN_KEYS])
def test_ours_tell_nobody_and_no_padding(
    tmp_path: Path, request: pytest.FixtureRequest, which: str, min_keys: int
) -> None:
    windows = [padded(window, min_keys) for window in request.getfixturevalue(which)]
    document = audit(tmp_path, windows, our_export)
    assert document["users_separated"] == 0
    assert document["padding_told"] == 0
    for attack in document["attacks"]:
        assert (attack["users"], attack["links"], attack["beyond_chance"]) == (0, 0, False), attack
        assert attack["truth"]["recall"] == 0
    assert document["crowd"]["keys"]["1"] == 0
    assert document["crowd"]["guessed_right"] <= 0.2


def test_ours_have_five_keys_alike(tmp_path: Path, one_window: list[Window]) -> None:
    document = audit(tmp_path, [padded(window, MIN_KEYS) for window in one_window], our_export)
    assert document["crowd"]["keys"]["1"] == document["crowd"]["keys"]["2-4"] == 0


def test_ours_with_risks_of_the_apps_own(tmp_path: Path) -> None:
    windows = windows_of(people_report(300, days=2, own_risk=True), hours=4)
    document = audit(tmp_path, [padded(window, MIN_KEYS) for window in windows], our_export)
    assert (document["users_separated"], document["padding_told"]) == (0, 0)


def test_ours_with_revisions(tmp_path: Path, five_days: list[Window]) -> None:
    """Neither who is revised is told apart from those of the class who are not, nor the other way round."""
    windows = with_revisions([padded(window, MIN_KEYS) for window in five_days])
    document = audit(tmp_path, windows, our_export)
    assert (document["users_separated"], document["padding_told"]) == (0, 0)
    assert document["crowd"]["keys"]["1"] == 0


@pytest.mark.parametrize("of_the_reports_window", [True, False])
def test_few_people_and_the_ends_of_keys_cut_short(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_the_reports_window: bool
) -> None:
    """Drawn from all that a batch can have, an end often says a window that has nobody of the class."""
    made = simulated_uploads.invent_shapes

    def from_the_whole_span(real: Any, wanted: int, ends: Sequence[range], chance: Random) -> Any:
        return made(real, wanted, [range(ends[0].start, ends[-1].stop)], chance)

    if not of_the_reports_window:
        monkeypatch.setattr(simulated_uploads, "invent_shapes", from_the_whole_span)
    windows = [padded(window, 1) for window in windows_of(people_report(60, days=10), hours=4)]
    document = audit(tmp_path, windows, our_export)
    (late,) = (one for one in document["padding"] if one["sign"] == "late keys without owner")
    assert late["beyond_chance"] != of_the_reports_window
    assert (late["suspects"] == document["padding_told"] == 0) == of_the_reports_window
    if late["suspects"]:
        assert late["truth"]["precision"] == 1


def test_the_simulation_revises(five_days: list[Window]) -> None:
    windows = with_revisions([padded(window, MIN_KEYS) for window in five_days])
    assert sum(len(window.revised) for window in windows) > 1_000


@pytest.mark.parametrize("which", ["one_window", "five_days"])
def test_a_careless_export_tells_nearly_everybody(
    tmp_path: Path, request: pytest.FixtureRequest, which: str
) -> None:
    document = audit(tmp_path, request.getfixturevalue(which), careless_export)
    order = named(document, "order: neighbours")
    assert order["beyond_chance"]
    assert order["found"] > 4 * order["by_chance"]
    assert order["truth"]["users"] > 970
    assert order["truth"]["precision"] > 0.99
    assert order["truth"]["recall"] > 0.9
    assert document["users_separated"] == order["users"]


def test_random_order_without_padding_still_tells_who_is_alone(
    tmp_path: Path, five_days: list[Window]
) -> None:
    """Why padding must fill classes: without it one person in five can be told by metadata."""
    document = audit(tmp_path, five_days, our_export)
    assert not named(document, "order: neighbours")["beyond_chance"]
    assert not named(document, "order: columns")["beyond_chance"]
    alone = named(document, "metadata: alone in a class")
    assert alone["beyond_chance"]
    assert 150 < alone["truth"]["users"] < 250
    assert alone["truth"]["precision"] > 0.95
    late = named(document, "windows: late keys")
    assert late["truth"]["precision"] > 0.85
    assert document["padding_told"] == 0
