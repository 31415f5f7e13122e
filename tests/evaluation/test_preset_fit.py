"""A preset fitted without a scene: weights by hand, and nothing learnt from the scene that is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bluezone.evaluation.evaluate import Evaluation
from bluezone.evaluation.phone_offsets import fit_phone_offsets
from bluezone.evaluation.preset_fit import band_weights, fit_preset, warnings_of_refits
from bluezone.evaluation.scene_warnings import pair_scores
from bluezone.evaluation.windows import Windows
from bluezone.protocols.risk_presets import load_preset


@pytest.fixture
def windows(evaluation: Evaluation) -> Windows:
    assert evaluation.windows is not None
    return evaluation.windows


def test_a_weight_is_the_share_of_near_windows(windows: Windows) -> None:
    """By hand, in one scene: 3 near and 2 far. Near ones weigh 1/3 each, far ones 1/2."""
    rows = windows.take(np.arange(5))
    rows = replace(rows, metres=np.array([1.0, 1.0, 1.0, 3.0, 3.0]), scene=np.zeros(5, np.int32))
    first, second, beyond = band_weights(rows, np.array([50.0, 55.0, 62.0, 61.0, 70.0]), (60.0, 65.0))
    assert first == 1.0  # two near ones, no far one
    assert second == pytest.approx((1 / 3) / (1 / 3 + 1 / 2))
    assert beyond == 0.0


def test_the_shipped_preset_is_a_rounded_fit_of_all_scenes(windows: Windows) -> None:
    shipped = load_preset("bluezone")
    fitted = fit_preset(windows, fit_phone_offsets(windows), shipped)
    assert fitted is not None
    assert fitted.weights == pytest.approx(shipped.weights, abs=0.13)
    assert fitted.high_minutes == pytest.approx(shipped.high_minutes, abs=1.5)
    assert fitted.adjustment is not None
    assert shipped.adjustment is not None
    assert fitted.adjustment.typical == pytest.approx(shipped.adjustment.typical, abs=0.1)
    assert fitted.adjustment.surroundings == pytest.approx(shipped.adjustment.surroundings, abs=0.1)


def test_what_is_fitted_without_a_scene_warns_about_as_well(evaluation: Evaluation) -> None:
    """The difference of the shares of near and far ones warned, against the shipped preset's in sample."""
    assert evaluation.model is not None
    held_out, *others = evaluation.model.warnings
    assert held_out.preset == "bluezone, fitted without the scene"
    (in_sample,) = [one for one in others if (one.preset, one.calibration) == ("bluezone", "measured")]
    assert (held_out.pairs, held_out.near) == (in_sample.pairs, in_sample.near)
    assert gain(held_out.right, held_out.near, held_out.warned, held_out.pairs) > 0.9 * gain(
        in_sample.right, in_sample.near, in_sample.warned, in_sample.pairs
    )


def gain(right: int, near: int, warned: int, pairs: int) -> float:
    return right / near - (warned - right) / (pairs - near)


def test_the_judged_scene_has_no_say(windows: Windows) -> None:
    """Scene by scene by hand: fitted on the others, its own pairs at or above the fitted minutes."""
    preset = load_preset("bluezone")
    warned = right = 0
    for scene in range(4):
        others, own = windows.take(windows.scene != scene), windows.take(windows.scene == scene)
        offsets = fit_phone_offsets(others)
        fitted = fit_preset(others, offsets, preset)
        assert fitted is not None
        pairs = pair_scores(own, offsets, fitted)
        called = [score >= fitted.high_minutes for score in pairs.scores.tolist()]
        warned += sum(called)
        right += sum(near and call for near, call in zip(pairs.near.tolist(), called, strict=True))
    found = warnings_of_refits(windows, preset)
    assert found is not None
    assert (found.warned, found.right) == (warned, right)


def test_without_near_pairs_there_is_nothing_to_fit(windows: Windows) -> None:
    assert warnings_of_refits(replace(windows, metres=windows.metres + 5), load_preset("bluezone")) is None
