"""The model beats the published baseline on scenes left out."""

from __future__ import annotations

import pytest

from bluezone.evaluation.evaluate import Evaluation

BASELINE_OF_THE_NOTE = {1.5: (0.742, 0.625), 2.0: (0.711, 0.671)}
"""AUC and best nDCF, threshold chosen in sample, over five scenes."""


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
