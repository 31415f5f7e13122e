"""Phones measured in scenes: a weak one gets values that make it like the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evaluation.scene_files import START, reception, write_scene

from bluezone.evaluation.phone_offsets import fit_phone_offsets, measured_calibration
from bluezone.evaluation.receptions import located_receptions
from bluezone.evaluation.scenes import read_scene
from bluezone.evaluation.windows import pair_windows
from bluezone.protocols.phone_calibration import parse_calibration

TABLE = parse_calibration(
    "oem,model,rssi correction,tx,has direct measurement\n"
    "A,strong,0,-20,no\nA,deaf,0,-20,no\nA,quiet,0,-20,no\n",
    source="phones.csv",
)
MODELS = {1: "strong", 2: "deaf", 3: "quiet", 4: "strong"}


def test_a_deaf_and_a_quiet_phone_are_corrected(tmp_path: Path) -> None:
    """At one metre everybody is read at -60, but by 2 at -68, and 3 is sent 6 dB more quietly.

    The mean of all is no phone's fault: what counts is how each differs from "strong", which 1 and 4 are.
    """
    rows = [
        reception(
            receiver,
            sender,
            START + 300_000 * window,
            -60 - 8 * (receiver == 2) - 6 * (sender == 3),
            1.0,
            models=(MODELS[receiver], MODELS[sender]),
        )
        for window in range(40)
        for receiver in MODELS
        for sender in MODELS
        if receiver != sender
        for _ in range(10)
    ]
    scene = read_scene(write_scene(tmp_path / "scenario01-own.sqlite", rows))
    found = measured_calibration(fit_phone_offsets(pair_windows([scene], TABLE)), TABLE)
    # A reading is corrected up where the phone is deaf; a quiet sender is told to send less.
    assert found["deaf"].rssi_correction - found["strong"].rssi_correction == pytest.approx(8, abs=1)
    assert found["quiet"].tx_power - found["strong"].tx_power == pytest.approx(-6, abs=1)
    assert found["deaf"].tx_power == pytest.approx(found["strong"].tx_power, abs=1)
    assert all(values.measured for values in found.values())


def test_receptions_are_grouped_by_window(tmp_path: Path) -> None:
    """Three of one window, at 1, 2 and 3 m; one of the next; one of unknown distance does not count."""
    rows = [
        *(
            reception(1, 2, START + at, rssi, metres, models=("strong", "quiet"))
            for at, rssi, metres in ((0, -60, 1.0), (1, -63, 2.0), (2, -66, 3.0), (300_000, -70, 4.0))
        ),
        reception(1, 3, START + 5, -80, None, models=("strong", "deaf")),
    ]
    scene = read_scene(write_scene(tmp_path / "scenario01-own.sqlite", rows))
    found = located_receptions([scene], TABLE)
    assert len(found) == 2
    assert found.metres.tolist() == [2.0, 4.0]
    assert found.count.tolist() == [3, 1]
    # Losses are -20 dBm less the reading: 40, 43, 46 and 50 dB.
    assert found.total.tolist() == [129.0, 50.0]
    assert found.squares.tolist() == [40.0**2 + 43**2 + 46**2, 2500.0]
    assert found.phones == 2
