"""Judging one outbreak, made by hand: rates by preset and adoption, thresholds, and the devices' own word."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bluezone.protocols.risk_presets import load_preset, preset_names
from bluezone.replay.outbreak import adopters
from bluezone.replay.sweep_unit import DRAWS, SHIFTS_DB, THRESHOLD_MINUTES, Unit, judge_outbreak, shifted


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import outbreak_by_hand

    return outbreak_by_hand


def unit(**changes: Any) -> Unit:
    chosen: dict[str, Any] = {
        "seed": 1,
        "f0": 1,
        "preset": "ch-2020-late",
        "delay_days": 0,
        "adoption": 1.0,
        "levels": (1.0,),
        "thresholds": False,
        "person_days": False,
    }
    return Unit(**{**chosen, **changes})


def rows(result: dict[str, Any], **wanted: object) -> list[dict[str, Any]]:
    return [row for row in result["rates"] if all(row[name] == value for name, value in wanted.items())]


def test_rates_by_preset(hand: ModuleType) -> None:
    result = judge_outbreak(hand.meeting_trace(), hand.outbreak(), unit())
    assert [row["preset"] for row in result["rates"]] == preset_names()
    for name in ("bluezone", "ch-2020-early", "ch-2020-late", "de-cwa"):
        (row,) = rows(result, preset=name)
        # 11 and 14 are warned, 11 and 12 should be.
        assert (row["true_contacts"], row["warned"], row["sensitivity"], row["precision"]) == (2, 2, 0.5, 0.5)
        # 11 was last near at 09:20 in Hanoi, 02:20 UTC; devices checked on the next day at 03:00 UTC.
        assert row["days_to_warning"] == pytest.approx((24 + 40 / 60) / 24)
    (old,) = rows(result, preset="bluezone_v2")
    assert (old["warned"], old["sensitivity"], old["precision"]) == (4, 1.0, 0.5)
    assert result["thresholds"] == []
    assert result["person_days"] == []


def test_rates_by_adoption(hand: ModuleType) -> None:
    trace = hand.meeting_trace()
    levels = (0.0, 0.4, 0.6, 0.8, 1.0)
    result = judge_outbreak(trace, hand.outbreak(), unit(levels=levels, adoption=0.6))
    for level in levels:
        drawn = rows(result, preset="ch-2020-late", adoption=level)
        assert [row["draw"] for row in drawn] == list(range(DRAWS if 0 < level < 1 else 1))
    for row in rows(result, preset="ch-2020-late"):
        who = adopters(trace, 1, row["adoption"], row["draw"])
        told = {1, 4} & who if 0 in who else set()
        reached = {1, 2} & who if 0 in who else set()
        assert row["warned"] == len(told)
        assert row["sensitivity"] == len(told & {1, 2}) / 2
        assert row["precision"] == (len(told & {1, 2}) / len(told) if told else None)
        assert row["reachable"] == len(reached) / 2
    assert rows(result, preset="ch-2020-late", adoption=0.0)[0]["days_to_warning"] is None


def test_the_grid_of_thresholds(hand: ModuleType) -> None:
    result = judge_outbreak(hand.meeting_trace(), hand.outbreak(), unit(thresholds=True))
    assert [(row["minutes"], row["shift_db"]) for row in result["thresholds"]] == [
        (minutes, shift) for minutes in THRESHOLD_MINUTES for shift in SHIFTS_DB
    ]
    found = {row["minutes"]: row for row in result["thresholds"] if row["shift_db"] == 0}
    # 13 was heard for five minutes; nobody for thirty.
    assert (found[5.0]["warned"], found[5.0]["precision"]) == (3, pytest.approx(1 / 3))
    assert (found[20.0]["warned"], found[20.0]["sensitivity"]) == (2, 0.5)
    assert (found[30.0]["warned"], found[30.0]["sensitivity"], found[30.0]["precision"]) == (0, 0.0, None)


def test_a_shift_moves_every_limit() -> None:
    preset = load_preset("de-cwa")  # limits 63, 73, 79; a window needs five minutes below 79
    moved = shifted(preset, minutes=20, shift_db=-6)
    assert moved.below_db == (57, 67, 73)
    assert moved.counting_below_db == 73
    assert (moved.high_minutes, moved.low_minutes) == (20, preset.low_minutes)
    assert (moved.weight(60), preset.weight(60)) == (1.0, 0.8)
    same = shifted(preset, minutes=preset.high_minutes, shift_db=0)
    assert same == preset
    assert shifted(load_preset("ch-2020-late"), minutes=0.5, shift_db=0).low_minutes == 0.5


def test_devices_and_scoring_again_must_agree(hand: ModuleType) -> None:
    with pytest.raises(RuntimeError, match="disagree on 12"):
        judge_outbreak(hand.meeting_trace(), hand.outbreak(alerted=frozenset({1, 2, 4})), unit())


def test_a_unit_has_a_name() -> None:
    assert unit(seed=3).name == "seed 3"
    assert unit(seed=3, delay_days=4).name == "seed 3, delay 4 d"
