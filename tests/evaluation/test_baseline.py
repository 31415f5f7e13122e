"""The baseline on the four scenes at hand is the one that was computed apart from this code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.evaluation.test_windows import TABLE, Row, scene_of

from bluezone.evaluation.baseline import REFERENCE, mean_rssi_baseline
from bluezone.evaluation.scenes import find_scenes, read_scene
from bluezone.evaluation.windows import Windows, pair_windows


@pytest.fixture(scope="module")
def published(shared_data: Path) -> Windows:
    return pair_windows([read_scene(path) for path in find_scenes(shared_data / "radio")], None)


def test_window_counts(published: Windows) -> None:
    assert np.bincount(published.scene).tolist() == [741, 1_743, 759, 436]
    assert len(published) == 3_679


@pytest.mark.parametrize(("limit", "auc", "cost"), [(1.5, 0.7348, 0.6423), (2.0, 0.6924, 0.7056)])
def test_pooled(published: Windows, limit: float, auc: float, cost: float) -> None:
    baseline = mean_rssi_baseline(published, limit)
    assert baseline.auc == pytest.approx(auc, abs=5e-5)
    assert baseline.best is not None
    assert baseline.best.ndcf == pytest.approx(cost, abs=5e-5)
    # With the fifth scene the published pool is larger; four of five scenes cannot differ wildly from it.
    assert baseline.auc == pytest.approx(REFERENCE[limit]["auc"], abs=0.02)
    assert baseline.best.ndcf == pytest.approx(REFERENCE[limit]["best_ndcf"], abs=0.04)


def test_by_scene(published: Windows) -> None:
    """Published for less than 2 m: lunch 0.65, train 0.73, office 0.89, queue 0.72."""
    scenes = mean_rssi_baseline(published, 2.0).scenes
    assert [scene.scene for scene in scenes] == [
        "scenario01-lunch",
        "scenario02-train",
        "scenario03-office",
        "scenario04-queue",
    ]
    assert [scene.windows for scene in scenes] == [741, 1_743, 759, 436]
    aucs = [scene.auc for scene in scenes]
    assert aucs == pytest.approx([0.646, 0.730, 0.885, 0.721], abs=5e-4)
    assert aucs == pytest.approx([0.65, 0.73, 0.89, 0.72], abs=0.006)


def test_a_threshold_of_other_scenes_costs_more(published: Windows) -> None:
    """A score that learns nothing has the same AUC held out; its threshold can only be as good or worse."""
    baseline = mean_rssi_baseline(published, 2.0)
    assert baseline.held_out is not None
    assert baseline.held_out.auc == baseline.auc
    assert baseline.held_out.scores.tolist() == published.mean_rssi.tolist()
    for held_out, scene in zip(baseline.held_out.scenes, baseline.scenes, strict=True):
        assert held_out.auc == scene.auc
        assert held_out.ndcf is not None
        assert scene.best is not None
        assert held_out.ndcf >= scene.best.ndcf


def test_one_scene_and_one_kind_have_no_rates() -> None:
    rows: list[Row] = [(1, 2, 0, -80, 1.0), (1, 3, 0, -70, 1.0)]
    baseline = mean_rssi_baseline(pair_windows([scene_of(rows)], TABLE), 2.0)
    assert (baseline.windows, baseline.near, baseline.auc, baseline.best, baseline.held_out) == (
        2,
        2,
        None,
        None,
        None,
    )
    assert (baseline.scenes[0].auc, baseline.scenes[0].best) == (None, None)
