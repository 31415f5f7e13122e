"""People's days, sighting by sighting: by hand for an outbreak made by hand."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bluezone.protocols.risk_presets import load_preset
from bluezone.replay.contact_trace import trace_from_rows
from bluezone.replay.person_days import MOST_DAYS, person_days

PRESETS = [load_preset(name) for name in ("ch-2020-late", "de-cwa", "bluezone_v2")]

EVERYBODY = frozenset(range(100))


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import outbreak_by_hand

    return outbreak_by_hand


@pytest.fixture
def days(hand: ModuleType) -> list[dict[str, Any]]:
    return person_days(hand.meeting_trace(), hand.outbreak(), PRESETS, PRESETS[0], EVERYBODY)


def test_verdicts(days: list[dict[str, Any]]) -> None:
    # Near and warned, near and not, warned and not near; 13, heard and near for five minutes, fills up.
    assert [(day["person"], day["verdict"]) for day in days] == [
        ("11", "right"),
        ("12", "missed"),
        ("14", "in vain"),
        ("13", "rightly not"),
    ]
    assert [day["near_seconds"] for day in days] == [1200, 1200, 0, 300]
    assert {day["f0"] for day in days} == {"10"}
    assert {day["date"] for day in days} == {"2021-03-10"}


def test_the_truth_is_the_record_s(days: list[dict[str, Any]], hand: ModuleType) -> None:
    begin = hand.FIRST_DAY + hand.MORNING
    assert days[0]["truth"] == [{"from": begin, "to": begin + 1200, "metres": 1.0}]
    assert days[2]["truth"] == [{"from": begin, "to": begin + 1200, "metres": 4.0}]


def test_each_sighting_s_minutes(days: list[dict[str, Any]], hand: ModuleType) -> None:
    begin = hand.FIRST_DAY + hand.MORNING
    right, missed = days[0], days[1]
    assert [one["time"] for one in right["sightings"]] == [begin + 300 * at for at in range(4)]
    assert right["sightings"][0] == {"time": begin, "typical_db": 45.0, "min_db": 45.0, "seconds": 300}
    swiss, german, old = right["by_preset"]
    assert (swiss["minutes"], swiss["score"], swiss["warns"]) == ([5.0] * 4, 20.0, True)
    # Below 63 dB the German rule counts 0.8, times 1.6 for a confirmed test on the day of onset.
    assert german["minutes"] == pytest.approx([5 * 0.8 * 1.6] * 4)
    assert (german["high_minutes"], german["warns"]) == (13.0, True)
    assert old["warns"] is True
    swiss, german, old = missed["by_preset"]  # at 75 dB
    assert (swiss["minutes"], swiss["score"], swiss["warns"]) == ([0.0] * 4, 0.0, False)
    assert german["minutes"] == pytest.approx([5 * 0.1 * 1.6] * 4)
    assert german["warns"] is False
    assert old["warns"] is True
    assert missed["by_preset"][0]["looked_up_db"] == [75.0] * 4


def test_a_window_that_is_dropped_counts_nothing(hand: ModuleType) -> None:
    # 13's only scan stands for five minutes; of four minutes the German rule makes nothing.
    outbreak = hand.outbreak()
    german = load_preset("de-cwa")
    days = person_days(hand.meeting_trace(), outbreak, [german], german, EVERYBODY)
    five = next(day for day in days if day["person"] == "13")
    assert five["by_preset"][0]["minutes"] == pytest.approx([5 * 0.8 * 1.6])
    short = hand.with_scan_seconds(outbreak, 240)
    four = next(
        day
        for day in person_days(hand.meeting_trace(), short, [german], german, EVERYBODY)
        if day["person"] == "13"
    )
    assert four["by_preset"][0]["minutes"] == [0.0]
    assert [one["seconds"] for one in four["sightings"]] == [240]


def test_a_day_that_belies_the_person_is_left_out(hand: ModuleType) -> None:
    """14 is warned in vain of that day, but is a true contact of another: neither tells the other's story."""
    trace = trace_from_rows(
        [
            *[
                (0, hand.MORNING + 300 * step, "10", other, 1.0)
                for step in range(4)
                for other in ("11", "12")
            ],
            (0, hand.MORNING, "10", "13", 1.0),
            *[(1, hand.MORNING + 300 * step, "10", "14", 1.0) for step in range(4)],
        ]
    )
    shown = person_days(
        trace, hand.outbreak(contacts={0: frozenset({1, 2, 4})}), PRESETS, PRESETS[0], EVERYBODY
    )
    assert [day["person"] for day in shown] == ["11", "12", "13"]


def test_at_most_so_many_in_turn_by_sightings(hand: ModuleType) -> None:
    """20 rightly warned and 3 missed: kinds take turns, the most sighted first."""
    rows = [
        (0, hand.MORNING + 300 * step, "10", str(20 + other), 1.0) for step in range(4) for other in range(23)
    ]
    exposures = tuple(
        hand.exposure(1 + other, 45.0 if other < 20 else 75.0, 4 + other % 5) for other in range(23)
    )
    outbreak = hand.outbreak(contacts={0: frozenset(range(1, 24))}, exposures=exposures)
    shown = person_days(trace_from_rows(rows), outbreak, PRESETS, PRESETS[0], EVERYBODY)
    assert len(shown) == MOST_DAYS
    verdicts = [day["verdict"] for day in shown]
    assert verdicts[:6] == ["right", "missed"] * 3
    assert set(verdicts[6:]) == {"right"}
    sightings = [len(day["sightings"]) for day in shown if day["verdict"] == "right"]
    assert sightings == [8, 8, 8, 8, 7, 7, 7, 7, 6]
    assert {tuple(len(row["minutes"]) for row in day["by_preset"]) for day in shown} <= {
        (count,) * 3 for count in range(4, 9)
    }


def test_only_people_with_the_app_have_a_day(hand: ModuleType) -> None:
    """Without 11 and 14, rightly and wrongly warned with it; and nobody's without the F0, who is 0."""
    trace, outbreak = hand.meeting_trace(), hand.outbreak()
    shown = person_days(trace, outbreak, PRESETS, PRESETS[0], frozenset({0, 2, 3}))
    assert [(day["person"], day["verdict"]) for day in shown] == [("12", "missed"), ("13", "rightly not")]
    assert person_days(trace, outbreak, PRESETS, PRESETS[0], frozenset({1, 2, 3, 4})) == []
