"""The model beats the published baseline on scenes left out; a known radio is found again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bluezone.evaluation.evaluate import Evaluation, evaluate_folder
from bluezone.evaluation.path_loss import fit_path_loss, mean_received_loss
from bluezone.evaluation.receptions import Receptions

BASELINE_OF_THE_NOTE = {1.5: (0.742, 0.625), 2.0: (0.711, 0.671)}
"""AUC and best nDCF, threshold chosen in sample, over five scenes."""


@pytest.fixture(scope="module")
def evaluation(shared_data: Path) -> Evaluation:
    return evaluate_folder(shared_data / "radio")


def test_the_model_beats_the_baseline_on_scenes_left_out(evaluation: Evaluation) -> None:
    assert evaluation.model is not None
    ours = [h for name, h in evaluation.model.held_out if name == "adjusted, measured calibration"]
    assert [held_out.limit for held_out in ours] == list(BASELINE_OF_THE_NOTE)
    for held_out in ours:
        auc, ndcf = BASELINE_OF_THE_NOTE[held_out.limit]
        assert held_out.auc is not None
        assert held_out.auc > auc + 0.05
        assert held_out.ndcf is not None
        assert held_out.ndcf < ndcf - 0.05


def test_the_preset_warns_better_than_mean_strength_rules(evaluation: Evaluation) -> None:
    """By hand from counts: sensitivity plus specificity, where guessing gives 1."""
    assert evaluation.model is not None
    by_preset = {
        one.preset: one.right / one.near + 1 - (one.warned - one.right) / (one.pairs - one.near)
        for one in evaluation.model.warnings
        if one.calibration == "measured"
    }
    assert by_preset["bluezone_v2"] == pytest.approx(1.0)  # everybody is warned
    assert max(by_preset, key=lambda name: by_preset[name]) == "bluezone"


def made_up_receptions() -> Receptions:
    """1,500 windows: 58 dB at 1 m, exponent 2, offsets 3 and 4 dB, shadows 4, fading 5, limit 78."""
    rng = np.random.default_rng(7)
    windows, phones = 1_500, 40
    receiver, transmitter = rng.integers(0, phones, (2, windows))
    hears, sends = rng.normal(0, 3, phones), rng.normal(0, 4, phones)
    metres = np.exp(rng.uniform(np.log(0.5), np.log(12), windows))
    median = 58 + 20 * np.log10(metres) + hears[receiver] + sends[transmitter] + rng.normal(0, 4, windows)
    window = np.repeat(np.arange(windows), rng.poisson(20, windows))
    loss = median[window] + rng.normal(0, 5, len(window))
    arrives = loss + rng.normal(0, 2, len(window)) < 78
    loss, window = loss[arrives], window[arrives]
    seen, window = np.unique(window, return_inverse=True)
    return Receptions(
        scenes=("made up",),
        phones=phones,
        loss=loss,
        window=window,
        scene=np.zeros(len(seen), np.int64),
        receiver=receiver[seen],
        transmitter=transmitter[seen],
        metres=metres[seen],
        count=np.bincount(window),
        total=np.bincount(window, loss),
        squares=np.bincount(window, loss**2),
    )


def test_a_known_radio_is_found_again_although_weak_adverts_are_lost() -> None:
    receptions = made_up_receptions()
    fitted = fit_path_loss(receptions, rounds=3)
    assert fitted.exponent == pytest.approx(2.0, abs=0.3)
    assert fitted.loss_at_one_metre_db == pytest.approx(58, abs=2.0)
    assert fitted.shadowing_db == pytest.approx(4, abs=0.6)
    assert fitted.fading_db == pytest.approx(5, abs=0.3)
    assert fitted.reception_db == pytest.approx(78, abs=1.0)
    assert fitted.receiver_db == pytest.approx(3, abs=1.0)
    assert fitted.transmitter_db == pytest.approx(4, abs=1.2)
    # From afar only the lucky adverts arrive: the mean of these stays below the limit.
    near, far = mean_received_loss(np.array([1.0, 30.0]), fitted)
    assert near == pytest.approx(58, abs=2.0)
    assert far < 78 < 58 + 20 * np.log10(30.0)
