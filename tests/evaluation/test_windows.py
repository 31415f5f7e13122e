"""Windows by hand, against a second implementation in plain Python, and as published."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.evaluation.scene_files import START

from bluezone.evaluation.scenes import Scene, read_scene
from bluezone.evaluation.windows import Windows, pair_windows
from bluezone.protocols.phone_calibration import AmbiguousPhone, parse_calibration

TABLE = parse_calibration(
    "oem,model,rssi correction,tx,has direct measurement\n"
    "A,One,-3,-24,no\nB,Two,5,-30,yes\nA,Same,1,-10,no\nB,Same,2,-10,no\n",
    source="phones.csv",
)
MODELS = ("One", "Two")
Row = tuple[int, int, float, int, float | None]
"""Receiver, transmitter, seconds since the start, RSSI, metres."""


def model_of(phone: int) -> int:
    """Phones of odd number are a One, the others a Two."""
    return 0 if phone % 2 else 1


def scene_of(rows: Iterable[Row], name: str = "scenario", models: tuple[str, ...] = MODELS) -> Scene:
    receiver, transmitter, seconds, rssi, metres = zip(*rows, strict=True)
    return Scene(
        name=name,
        models=models,
        receiver=np.array(receiver, dtype=np.int32),
        receiver_model=np.array([model_of(phone) for phone in receiver], dtype=np.int32),
        transmitter=np.array(transmitter, dtype=np.int32),
        transmitter_model=np.array([model_of(phone) for phone in transmitter], dtype=np.int32),
        milliseconds=START + np.array([round(1_000 * one) for one in seconds], dtype=np.int64),
        rssi=np.array(rssi, dtype=np.int16),
        metres=np.array([math.nan if one is None else one for one in metres]),
    )


def rows_of(windows: Windows) -> list[tuple[int, int, int]]:
    return list(
        zip(windows.receiver.tolist(), windows.transmitter.tolist(), windows.number.tolist(), strict=True)
    )


def test_by_hand() -> None:
    """Phone 1 (a One) hears 2 (a Two) and 3 (a One). From a Two: -30 - (rssi - 3) = -27 - rssi; from a One:
    -24 - (rssi - 3) = -21 - rssi."""
    windows = pair_windows(
        [
            scene_of(
                [
                    (1, 2, -10, -60, None),  # before the first known distance: window -1
                    (1, 2, 0, -80, 1.0),  # the scene's first known distance
                    (1, 2, 299, -90, 2.0),
                    (1, 2, 100, -70, None),
                    (1, 3, 50, -90, None),  # heard, but no window of its own
                    (1, 3, 60, -80, None),
                    (1, 2, 300, -50, 4.0),  # the next window
                    (1, 2, 900, -100, 4.0),  # two further on: not around that one
                ]
            )
        ],
        TABLE,
    )
    assert rows_of(windows) == [(1, 2, 0), (1, 2, 1), (1, 2, 3)]
    assert windows.scenes == ("scenario",)
    assert windows.scene.tolist() == [0, 0, 0]
    assert windows.metres.tolist() == [1.5, 4, 4]
    assert windows.located.tolist() == [2, 1, 1]
    assert windows.mean_rssi.tolist() == [-85, -50, -100]  # of -80 and -90: the -70 has no distance
    assert windows.max_rssi.tolist() == [-80, -50, -100]
    assert windows.receptions.tolist() == [3, 1, 1]
    assert windows.typical.tolist() == [53, 23, 73]  # of -80, -90 and -70: mean -80
    assert windows.minimum.tolist() == [43, 23, 73]
    # Around window 0: -60 before (33), -50 after (23). Window 3 stands alone.
    assert windows.minimum_around.tolist() == [23, 23, 73]
    assert windows.others.tolist() == [1, 0, 0]
    assert windows.others_mean[0] == 64  # phone 3: -21 + 85
    assert np.isnan(windows.others_mean[1:]).all()


def test_scenes_stay_apart() -> None:
    rows: list[Row] = [(1, 2, 0, -80, 1.0), (1, 2, 300, -60, 1.0)]
    windows = pair_windows(
        [scene_of(rows, "a"), scene_of(rows[:1], "b"), scene_of([(3, 1, 5, -70, 2.0)], "c")], TABLE
    )
    assert windows.scenes == ("a", "b", "c")
    assert windows.scene.tolist() == [0, 0, 1, 2]
    assert windows.minimum_around.tolist() == [33, 33, 53, 49]
    assert windows.others.tolist() == [0, 0, 0, 0]
    part = windows.take(windows.scene != 1)
    assert (len(part), part.scene.tolist(), part.scenes) == (3, [0, 0, 2], ("a", "b", "c"))
    assert part.take(np.array([2])).receiver.tolist() == [3]


def test_without_calibration_there_are_no_attenuations() -> None:
    windows = pair_windows([scene_of([(1, 2, 0, -80, 1.0), (1, 3, 0, -70, 1.0)])], None)
    assert windows.mean_rssi.tolist() == [-80, -70]
    for column in (windows.typical, windows.minimum, windows.minimum_around, windows.others_mean):
        assert np.isnan(column).all()
    assert windows.others.tolist() == [1, 1]


def test_a_model_that_cannot_be_told_apart_is_refused() -> None:
    with pytest.raises(AmbiguousPhone, match="A Same, B Same"):
        pair_windows([scene_of([(1, 2, 0, -80, 1.0)], models=("One", "Same"))], TABLE)


def plain_windows(rows: list[Row]) -> dict[tuple[int, int, int], dict[str, float]]:
    """The definition once more, with dictionaries and loops."""
    tx, correction = {0: -24, 1: -30}, {0: -3, 1: 5}
    first = min(seconds for _, _, seconds, _, metres in rows if metres is not None)
    heard: dict[tuple[int, int, int], list[tuple[float, int, float | None]]] = defaultdict(list)
    for receiver, transmitter, seconds, rssi, metres in rows:
        loss = tx[model_of(transmitter)] - rssi - correction[model_of(receiver)]
        heard[receiver, transmitter, math.floor((seconds - first) / 300)].append((loss, rssi, metres))
    windows = {}
    for (receiver, transmitter, number), receptions in heard.items():
        known = [(rssi, metres) for _, rssi, metres in receptions if metres is not None]
        if not known:
            continue
        around = [
            loss
            for at in (number - 1, number, number + 1)
            for loss, _, _ in heard.get((receiver, transmitter, at), [])
        ]
        others = [
            fmean(loss for loss, _, _ in ones)
            for (who, whom, at), ones in heard.items()
            if who == receiver and whom != transmitter and at == number
        ]
        windows[receiver, transmitter, number] = {
            "metres": fmean(metres for _, metres in known),
            "located": len(known),
            "mean_rssi": fmean(rssi for rssi, _ in known),
            "max_rssi": max(rssi for rssi, _ in known),
            "receptions": len(receptions),
            "typical": fmean(loss for loss, _, _ in receptions),
            "minimum": min(loss for loss, _, _ in receptions),
            "minimum_around": min(around),
            "others": len(others),
            "others_mean": fmean(others) if others else math.nan,
        }
    return windows


ROWS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(0, 3),
        st.integers(-600, 1_200),
        st.integers(-100, -40),
        st.none() | st.floats(0, 15),
    ).filter(lambda row: row[0] != row[1]),
    min_size=1,
    max_size=40,
).filter(lambda rows: any(row[4] is not None for row in rows))


@given(ROWS)
def test_a_plain_implementation_agrees(rows: list[Row]) -> None:
    windows = pair_windows([scene_of(rows)], TABLE)
    plain = plain_windows(rows)
    assert rows_of(windows) == sorted(plain)
    for at, key in enumerate(rows_of(windows)):
        for name, value in plain[key].items():
            assert getattr(windows, name)[at] == pytest.approx(value, nan_ok=True), name


def test_published_scenes_against_the_plain_implementation(shared_data: Path) -> None:
    """The office, whose phones are Samsungs with tx -24 dBm and correction -3 dB, as a One of ours is."""
    office = read_scene(shared_data / "radio" / "scenario03-office.sqlite")
    first = office.milliseconds.min()
    every_one_odd = [
        (
            2 * int(r) + 1,
            2 * int(t) + 1,
            (int(ms) - int(first)) / 1_000,
            int(s),
            None if np.isnan(m) else float(m),
        )
        for r, t, ms, s, m in zip(
            office.receiver, office.transmitter, office.milliseconds, office.rssi, office.metres, strict=True
        )
    ]
    plain = plain_windows(every_one_odd)
    samsung = parse_calibration(
        "oem,model,rssi correction,tx,has direct measurement\n"
        + "".join(f"Samsung,{model},-3,-24,no\n" for model in office.models),
        source="samsung.csv",
    )
    windows = pair_windows([office], samsung)
    assert len(windows) == len(plain) == 759
    for at, (receiver, transmitter, number) in enumerate(rows_of(windows)):
        expected = plain[2 * receiver + 1, 2 * transmitter + 1, number]
        for name, value in expected.items():
            assert getattr(windows, name)[at] == pytest.approx(value, nan_ok=True), name
