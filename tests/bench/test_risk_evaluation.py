"""The benchmark of judging rules: both of its ways come to the same."""

from __future__ import annotations

import pytest

from bluezone.bench.risk_evaluation import evaluate, made_up_scene, plain_evaluate, samsung_table


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_both_ways_agree(seed: int) -> None:
    scene = made_up_scene(8, 15, 2, seed)
    windows, auc, cost = plain_evaluate(scene)
    assert evaluate(scene, samsung_table()) == (windows, pytest.approx(auc), pytest.approx(cost))
    assert 0.6 < auc < 1  # strength says something of nearness, but not all
