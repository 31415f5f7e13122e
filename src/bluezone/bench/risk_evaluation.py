"""Benchmark of judging a rule on measured receptions: windows and metrics of made-up scenes."""

from __future__ import annotations

from collections import defaultdict
from math import floor
from pathlib import Path
from statistics import fmean

import numpy as np

from bluezone.bench.registry import Workload, benchmark
from bluezone.evaluation.metrics import auc, best_threshold
from bluezone.evaluation.scenes import Scene
from bluezone.evaluation.windows import WINDOW_SECONDS, pair_windows
from bluezone.protocols.phone_calibration import CalibrationTable, parse_calibration

__all__ = ["evaluate", "made_up_scene", "plain_evaluate", "samsung_table"]

_START = 1_587_102_484_055
_NEAR_METRES = 2.0
_TX_POWER, _CORRECTION = -24, -3
_PHONES, _FEW_PHONES, _A_MINUTE = 20, 8, 12


def samsung_table() -> CalibrationTable:
    """A table with the one phone model of the made-up scenes."""
    return parse_calibration(
        "oem,model,rssi correction,tx,has direct measurement\n"
        f"Samsung,SM-G973F,{_CORRECTION},{_TX_POWER},no\n",
        source="benchmark",
    )


def made_up_scene(phones: int, minutes: int, per_minute: int, seed: int) -> Scene:
    """Phones at fixed places in a room of 10 m, hearing each other; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    size = phones * (phones - 1) * minutes * per_minute
    places = rng.uniform(0, 10, (phones, 2))
    receiver = rng.integers(0, phones, size)
    transmitter = (receiver + rng.integers(1, phones, size)) % phones
    metres = np.hypot(*(places[receiver] - places[transmitter]).T)
    rssi = np.rint(-70 - 20 * np.log10(np.maximum(metres, 0.3)) + rng.normal(0, 6, size))
    metres[rng.random(size) < 0.3] = np.nan  # in the published scenes, too, many distances are unknown
    return Scene(
        name=f"made-up {seed}",
        models=("SM-G973F",),
        receiver=receiver.astype(np.int32),
        receiver_model=np.zeros(size, dtype=np.int32),
        transmitter=transmitter.astype(np.int32),
        transmitter_model=np.zeros(size, dtype=np.int32),
        milliseconds=np.sort(_START + rng.integers(0, minutes * 60_000, size)),
        rssi=np.clip(rssi, -105, -30).astype(np.int16),
        metres=metres,
    )


def evaluate(scene: Scene, table: CalibrationTable) -> tuple[int, float, float]:
    """Windows, AUC and least cost of the mean strength, as ``bluezone risk evaluate`` finds them."""
    windows = pair_windows([scene], table)
    near = windows.metres < _NEAR_METRES
    return len(windows), auc(windows.mean_rssi, near) or 0.0, best_threshold(windows.mean_rssi, near).ndcf


def plain_evaluate(scene: Scene) -> tuple[int, float, float]:
    """The same with dictionaries and loops, the context of each window included."""
    first = min(
        time
        for time, metres in zip(scene.milliseconds.tolist(), scene.metres.tolist(), strict=True)
        if metres == metres
    )
    heard: dict[tuple[int, int, int], list[tuple[int, float]]] = defaultdict(list)
    for receiver, transmitter, time, rssi, metres in zip(
        scene.receiver.tolist(),
        scene.transmitter.tolist(),
        scene.milliseconds.tolist(),
        scene.rssi.tolist(),
        scene.metres.tolist(),
        strict=True,
    ):
        heard[receiver, transmitter, floor((time - first) / (1_000 * WINDOW_SECONDS))].append((rssi, metres))
    typical = {key: fmean(_TX_POWER - rssi - _CORRECTION for rssi, _ in rows) for key, rows in heard.items()}
    least = {key: min(_TX_POWER - rssi - _CORRECTION for rssi, _ in rows) for key, rows in heard.items()}
    together: dict[tuple[int, int], list[float]] = defaultdict(list)
    for (receiver, _, number), value in typical.items():
        together[receiver, number].append(value)
    scored = []
    for (receiver, transmitter, number), rows in heard.items():
        known = [(rssi, metres) for rssi, metres in rows if metres == metres]
        if known:
            around = [least.get((receiver, transmitter, number + step), 999.0) for step in (-1, 0, 1)]
            others = together[receiver, number]
            context = min(around), (sum(others) - typical[receiver, transmitter, number], len(others) - 1)
            near = fmean(metres for _, metres in known) < _NEAR_METRES
            scored.append((fmean(rssi for rssi, _ in known), near, context))
    return len(scored), *_plain_metrics([(score, near) for score, near, _ in scored])


def _plain_metrics(scored: list[tuple[float, bool]]) -> tuple[float, float]:
    by_score: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for score, near in scored:
        by_score[score][near] += 1
    near_total = sum(near for _, near in scored)
    far_total = len(scored) - near_total
    called_near = called_far = 0
    wins, least = 0.0, 1.0
    for score in sorted(by_score, reverse=True):
        far_here, near_here = by_score[score]
        wins += near_here * (far_total - called_far - far_here / 2)
        called_near, called_far = called_near + near_here, called_far + far_here
        least = min(least, 1 - called_near / near_total + called_far / far_total)
    return wins / (near_total * far_total), least


@benchmark(
    "risk-evaluate",
    unit="windows/s",
    summary="five-minute windows of receptions by minutes recorded, judged by strength",
    sizes=(15, 60, 240),
    quick=(5, 20, 80),
)
def risk_evaluate(size: int, folder: Path) -> Workload:
    table = samsung_table()
    scene = made_up_scene(_PHONES, size, _A_MINUTE, 1)
    small = made_up_scene(_FEW_PHONES, 10, _A_MINUTE, 1)  # as many receptions to a window, about 60
    return Workload(
        units=evaluate(scene, table)[0],
        input=f"{size} minutes, {len(scene):,} receptions of {_PHONES} phones",
        run=lambda: evaluate(scene, table),
        baseline=lambda: plain_evaluate(small),
        baseline_units=plain_evaluate(small)[0],
        baseline_name="plain Python: dictionaries and loops",
    )
