"""A replay's report made by hand, so that what the page must show is known without running a replay.

Haslemere, 469 people, 3 days of 192 five-minute steps, 5 F0s. In the first seed 40 people were truly near an
F0 and 50 were warned, 34 of them rightly: sensitivity 34/40 = 85 %, precision 34/50 = 68 %.

Two presets are swept over eleven levels of adoption and five seeds, and who has the app is drawn ten times
for each seed, 50 draws in all, save at 0 and 1, where there is nothing to draw. At adoption p the sensitivity
is that at full adoption times p² (0,85 for bluezone, 0,95 for bluezone_v2), the draws one tenth of it lower
and higher; precision is the same at every level (0,68 and 0,12), save that at 0 nobody is warned: sensitivity
0, precision null. With bluezone somebody is warned, so that there is a precision, in 7 of the 50 draws at 0,1
(under a quarter) and in 30 at 0,2. Of the thresholds, precision at -3 dB and 20 minutes is of 2 seeds out of
five; of the delays, the days to the warning at 4 days with bluezone are of 3.

In Haslemere person 17 was within 1,5 m of F0 3 from 09:00 to 09:20 and 3,5 m away until 09:30 on Wednesday 10
March 2021 in Hanoi. Their device heard the F0 eight times, 240 seconds apart. With bluezone (under 55 dB ×
1,2; under 61 × 1,0; under 67 × 0,5; beyond × 0), typical attenuation and minutes at risk:

    09:04   54 dB   × 1,2   4,8 min   sum  4,8
    09:08   57 dB   × 1,0   4,0 min   sum  8,8
    09:12   58 dB   × 1,0   4,0 min   sum 12,8     the threshold of 12 minutes is reached
    09:16   53 dB   × 1,2   4,8 min   sum 17,6
    09:20   60 dB   × 1,0   4,0 min   sum 21,6
    09:24   64 dB   × 0,5   2,0 min   sum 23,6
    09:28   66 dB   × 0,5   2,0 min   sum 25,6
    09:32   70 dB   × 0     0   min   sum 25,6

Haslemere alone has distances. As Copenhagen the sample has none, as SocioPatterns 1,25 m while the two were
face to face, from 09:00 to 09:20; all figures stay the same.

With ch-2020-early (under 50 dB × 1,0; under 55 × 0,5) only 54 and 53 dB count, 2 minutes each: 4 of 15, no
warning. The preset "house" looks at an adjusted attenuation, here always 58 dB, under 60 × 1,0: 4 minutes
each.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

__all__ = ["SOURCES", "at", "replay_report", "thousands_of_sightings", "write_replay"]

MIDNIGHT = 1_615_309_200
"""2021-03-10 00:00 in Hanoi = 2021-03-09 17:00 UTC."""

FULL = {"bluezone": 0.85, "bluezone_v2": 0.95}
PRECISION = {"bluezone": 0.68, "bluezone_v2": 0.12}
SEEDS = 5
DRAWS = 10
FEW = {("bluezone", 1): 7, ("bluezone", 2): 30}
"""Of how many draws the precision is, by preset and tenths of adoption, where not of all."""

SOURCES: dict[str, dict[str, Any]] = {
    "haslemere": {"name": "HaslemereProximity.csv", "days": 3, "roles": False},
    "sociopatterns": {"name": "tij_InVS.dat.gz", "days": 10, "roles": True},
    "copenhagen": {"name": "bt_symmetric.csv", "days": 28, "roles": False},
}

_PRESETS = [
    ("bluezone", "Bluezone, untuned", [55, 61, 67], [1.2, 1.0, 0.5, 0.0], 12),
    ("bluezone_v2", "Bluezone 2.x, one sighting", [], [1.0], 0),
    ("ch-2020-early", "Switzerland, 50/55 dB", [50, 55], [1.0, 0.5, 0.0], 15),
    ("de-cwa", "Germany, Corona-Warn-App", [63, 73, 79], [0.8, 1.0, 0.1, 0.0], 13),
    ("house", "A rule of our own", [60], [1.0, 0.0], 10),
]
_TYPICAL = (54, 57, 58, 53, 60, 64, 66, 70)
_MINUTES = {
    "bluezone": [4.8, 4.0, 4.0, 4.8, 4.0, 2.0, 2.0, 0.0],
    "bluezone_v2": [4.0] * 8,
    "ch-2020-early": [2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0],
    # The least attenuation is 3 dB nearer: 51, 54, 55, 50, 57, 61 under 63; 63 and 67 under 73.
    "de-cwa": [3.2, 3.2, 3.2, 3.2, 3.2, 3.2, 4.0, 4.0],
    "house": [4.0] * 8,
}
_WARNS = {"bluezone": True, "bluezone_v2": True, "ch-2020-early": False, "de-cwa": True, "house": True}


def at(hour: int, minute: int = 0) -> int:
    """Unix seconds of a time of the day in Hanoi."""
    return MIDNIGHT + hour * 3600 + minute * 60


def _spread(mean: float, of: int = SEEDS) -> dict[str, float]:
    return {
        "mean": round(mean, 6),
        "low": round(mean * 0.9, 6),
        "high": round(min(1.0, mean * 1.1), 6),
        "of": of,
    }


def _preset(name: str, title: str, below: list[int], weights: list[float], high: int) -> dict[str, Any]:
    of_scan = {"de-cwa": {"of_scan": "minimum"}, "house": {"of_scan": "adjusted"}}.get(name, {})
    limits = {"below_db": below, "weights": weights, "high_minutes": high}
    return {"name": name, "title": title, "version": 1, **limits, **of_scan}


def _sweep() -> list[dict[str, Any]]:
    return [
        {
            "preset": preset,
            "adoption": tenth / 10,
            "seeds": SEEDS,
            "draws": draws,
            "sensitivity": _spread(FULL[preset] * tenth * tenth / 100, SEEDS * draws),
            "precision": _spread(PRECISION[preset], FEW.get((preset, tenth), SEEDS * draws))
            if tenth
            else None,
            "reachable": _spread(tenth * tenth / 100, SEEDS * draws),
            "p_squared": tenth * tenth / 100,
        }
        for preset in FULL
        for tenth in range(11)
        for draws in [DRAWS if 0 < tenth < 10 else 1]
    ]


def _thresholds() -> list[dict[str, Any]]:
    return [
        {
            "preset": "bluezone",
            "minutes": minutes,
            "shift_db": shift,
            "seeds": SEEDS,
            "sensitivity": _spread(0.85 + shift * 0.02 - (minutes - 12) * 0.02),
            "precision": _spread(
                0.68 - shift * 0.02 + (minutes - 12) * 0.02, 2 if (shift, minutes) == (-3, 20) else SEEDS
            )
            if shift > -6
            else None,
        }
        for shift in (-6, -3, 0, 3)
        for minutes in (8, 10, 12, 15, 20)
    ]


def _delays() -> list[dict[str, Any]]:
    return [
        {
            "preset": preset,
            "delay_days": days,
            "seeds": SEEDS,
            "sensitivity": _spread(FULL[preset] * (1 - 0.1 * days)),
            "precision": _spread(PRECISION[preset]),
            "days_to_warning": {
                "mean": 1.5 + days,
                "low": 1.0 + days,
                "high": 2.5 + days,
                "of": 3 if (preset, days) == ("bluezone", 4) else SEEDS,
            },
        }
        for preset in FULL
        for days in range(5)
    ]


def _truth(kind: str) -> list[dict[str, Any]]:
    near = {"haslemere": 1.5, "sociopatterns": 1.25, "copenhagen": None}[kind]
    rows = [{"from": at(9, m), "to": at(9, m + 5), "metres": near} for m in range(0, 20, 5)]
    if kind == "haslemere":
        rows += [{"from": at(9, m), "to": at(9, m + 5), "metres": 3.5} for m in range(20, 30, 5)]
    return rows


def _warned_day(kind: str) -> dict[str, Any]:
    return {
        "person": "17",
        "f0": "3",
        "date": "2021-03-10",
        "near_seconds": 1200,
        "verdict": "right",
        "truth": _truth(kind),
        "sightings": [
            {"time": at(9, 4 * n), "typical_db": db, "min_db": db - 3, "seconds": 240}
            for n, db in enumerate(_TYPICAL, start=1)
        ],
        "by_preset": [
            {
                "preset": name,
                "minutes": minutes,
                "score": round(sum(minutes), 6),
                "high_minutes": next(high for preset, *_, high in _PRESETS if preset == name),
                "warns": _WARNS[name],
                **({"looked_up_db": [58.0] * 8} if name == "house" else {}),
            }
            for name, minutes in _MINUTES.items()
        ],
    }


def _missed_day() -> dict[str, Any]:
    """Person 21 sat within a metre of F0 3 for half an hour, and the device heard nothing."""
    return {
        "person": "21",
        "f0": "3",
        "date": "2021-03-11",
        "near_seconds": 1800,
        "verdict": "missed",
        "truth": [{"from": at(33), "to": at(33, 30), "metres": None}],
        "sightings": [],
        "by_preset": [
            {"preset": name, "minutes": [], "score": 0, "high_minutes": high, "warns": False}
            for name, *_, high in _PRESETS
        ],
    }


def replay_report(kind: str = "haslemere") -> dict[str, Any]:
    """The replay of the module's docstring; ``kind``: of which record, one of :data:`SOURCES`."""
    return {
        "people": 469,
        "steps": 576,
        "near_pairs": 1283,
        "near_pair_days": 1947,
        "f0": 5,
        "true_contacts": 40,
        "warned": 50,
        "sensitivity": 34 / 40,
        "precision": 34 / 50,
        "source": {"kind": kind, **SOURCES[kind]},
        "options": {
            "seed": 1,
            "seeds": SEEDS,
            "f0": 5,
            "adoption": 1.0,
            "preset": "bluezone",
            "delay_days": 0,
        },
        "presets": [_preset(*preset) for preset in _PRESETS],
        "radio": {
            "name": "DP-3T scenes",
            "loss_at_one_metre_db": 55.2,
            "exponent": 1.74,
            "device_db": 3.1,
            "shadowing_db": 4.5,
            "fading_db": 3.25,
        },
        "sweep": _sweep(),
        "thresholds": _thresholds(),
        "delays": _delays(),
        "person_days": [_warned_day(kind), _missed_day()],
        "seconds": 41.27,
    }


def thousands_of_sightings(count: int = 5000) -> dict[str, Any]:
    """The first person scanned every ten seconds, each scan 10 s at 60 dB: 10/60 minute each."""
    report = copy.deepcopy(replay_report())
    day = report["person_days"][0]
    day["sightings"] = [
        {"time": at(7) + 10 * n, "typical_db": 60, "min_db": 55, "seconds": 10} for n in range(count)
    ]
    day["by_preset"] = [
        {
            "preset": "bluezone",
            "minutes": [10 / 60] * count,
            "score": count * 10 / 60,
            "high_minutes": 12,
            "warns": True,
        }
    ]
    return report


def write_replay(data: Path, report: dict[str, Any]) -> Path:
    """Put ``report`` where the page looks for it in the data folder ``data``."""
    path = data / "demo" / "replay.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    return path
