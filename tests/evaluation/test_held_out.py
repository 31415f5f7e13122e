"""Leaving one scene out: nothing of it is seen, and the threshold weighs scenes alike."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.evaluation.test_windows import Row, scene_of

from bluezone.evaluation.held_out import Score, TooFewScenes, balanced_weights, leave_one_scene_out
from bluezone.evaluation.windows import Windows, pair_windows


def scene(name: str, near: list[int], far: list[int]) -> list[Row]:
    """Windows of one reception each: strengths of near phones (1 m) and of far ones (5 m)."""
    strengths = [*near, *far]
    return [(1, 2 + at, 0, rssi, 1.0 if at < len(near) else 5.0) for at, rssi in enumerate(strengths)]


def windows_of(**scenes: tuple[list[int], list[int]]) -> Windows:
    return pair_windows([scene_of(scene(name, *both), name) for name, both in scenes.items()], None)


def by_strength(training: Windows, limit: float) -> Score:
    return lambda windows: windows.mean_rssi


def test_by_hand() -> None:
    windows = windows_of(a=([-50, -60], [-70]), b=([-55], [-65, -75]), c=([-72], [-71]))
    result = leave_one_scene_out(windows, 2.0, by_strength)
    a, b, c = result.scenes
    # Without c: near -50 -60 | -55, far -70 | -65 -75: at -60 nothing is missed and nothing called wrongly.
    assert (c.threshold, c.windows, c.near) == (-60, 2, 1)
    assert (c.auc, c.ndcf) == (0, 1)  # its near one is missed, its far one rightly not called
    # Without a: near -55 | -72, far -65 -75 | -71. At -55: half missed, none called. At -72: 3/4 called.
    assert (a.threshold, a.ndcf, a.auc) == (-55, 0.5, 1)
    # Without b: near -50 -60 | -72, far -70 | -71. At -60: half missed. At -72: all called.
    assert (b.threshold, b.ndcf, b.auc) == (-60, 0, 1)
    # Pooled: near -50 called, -60 missed, -55 called, -72 missed: 2/4; no far one is called.
    assert result.called_near.tolist() == [True, False, False, True, False, False, False, False]
    assert result.ndcf == 0.5
    # Pairs in order: of near -50 -60 -55 all four far, of -72 only -75: 13 of 16.
    assert result.auc == 13 / 16


def test_scenes_weigh_alike_whatever_their_size() -> None:
    """Without c, a has ten near windows at -60 and b one at -80; far ones at -70. Counted by windows, b's
    could be missed for 1/11; by scenes it is worth half of all near ones, as much as calling one of two far
    groups."""
    windows = windows_of(a=([-60] * 10, [-90]), b=([-80], [-70, -95, -96, -97]), c=([-50], [-99]))
    result = leave_one_scene_out(windows, 2.0, by_strength)
    # At -80: none missed, of b's far ones 1/4 called, so 1/8. At -60: 1/2 missed.
    assert result.scenes[2].threshold == -80
    near = windows.metres < 2
    weights = balanced_weights(windows, near)
    assert weights[near].tolist() == [0.1] * 10 + [1, 1]
    assert weights[~near].tolist() == [1, 0.25, 0.25, 0.25, 0.25, 1]


def test_the_judged_scene_is_never_seen() -> None:
    windows = windows_of(a=([-50], [-70]), b=([-55], [-65]), c=([-72], [-71]))
    asked: list[tuple[set[int], float]] = []

    def fit(training: Windows, limit: float) -> Score:
        asked.append((set(training.scene.tolist()), limit))
        offset = float(len(asked))

        def score(judged: Windows) -> NDArray[np.float64]:
            return judged.mean_rssi * 0 + offset

        return score

    result = leave_one_scene_out(windows, 2.0, fit)
    assert asked == [({1, 2}, 2.0), ({0, 2}, 2.0), ({0, 1}, 2.0)]
    assert result.scores.tolist() == [1, 1, 2, 2, 3, 3]  # each by the fit that left it out


def test_too_few_scenes_are_refused() -> None:
    with pytest.raises(TooFewScenes, match="without a there are not both near and far windows"):
        leave_one_scene_out(windows_of(a=([-50], [-70])), 2.0, by_strength)
    with pytest.raises(TooFewScenes, match=r"without b .* \(limit 2 m\)"):
        leave_one_scene_out(
            windows_of(a=([-50], []), b=([-50], [-70])),
            2.0,
            by_strength,
        )


def test_a_scene_of_one_kind_has_no_rates_of_its_own() -> None:
    windows = windows_of(a=([-50], [-70]), b=([-55], [-65]), c=([-52], []))
    result = leave_one_scene_out(windows, 2.0, by_strength)
    assert (result.scenes[2].near, result.scenes[2].auc, result.scenes[2].ndcf) == (1, None, None)
    assert result.ndcf is not None
