"""AUC and detection cost: by hand, and against a brute-force second implementation."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.evaluation.metrics import auc, best_threshold, ndcf, ndcf_of_decisions


def arrays(scores: list[float], near: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    return np.array(scores, dtype=np.float64), np.array(near, dtype=np.bool_)


# Few distinct scores, so that ties are frequent.
CASES = st.lists(st.tuples(st.integers(-3, 3).map(float), st.booleans()), min_size=1, max_size=30).map(
    lambda rows: arrays([score for score, _ in rows], [near for _, near in rows])
)


def test_auc_by_hand() -> None:
    # Near 3, 2, 1 against far 2, 0: of six pairs 3>2 3>0 2=2 2>0 1<2 1>0, so 4 wins and a tie: 4.5 / 6.
    scores, near = arrays([3, 2, 1, 2, 0], [True, True, True, False, False])
    assert auc(scores, near) == 0.75


def test_cost_by_hand() -> None:
    scores, near = arrays([3, 2, 1, 2, 0], [True, True, True, False, False])
    # At 2: one of three near missed, one of two far called near: 1/3 + 1/2.
    assert ndcf(scores, near, 2) == pytest.approx(1 / 3 + 1 / 2)
    # At 3: 2/3 missed, no alarm. At 1: none missed, half of the far ones called near. At 0: cost 1.
    assert ndcf(scores, near, 3) == pytest.approx(2 / 3)
    assert ndcf(scores, near, 1) == pytest.approx(1 / 2)
    assert ndcf(scores, near, 0) == 1
    best = best_threshold(scores, near)
    assert (best.value, best.ndcf) == (1, pytest.approx(1 / 2))


def test_weights_by_hand() -> None:
    scores, near = arrays([3, 2, 1, 0], [True, False, True, False])
    # The near 1 counts three times as much as the near 3: missing it costs 3/4, the alarm at 2 costs 1/2.
    best = best_threshold(scores, near, np.array([1.0, 1.0, 3.0, 1.0]))
    assert (best.value, best.ndcf) == (1, pytest.approx(0.5))
    # The other way round it is better to miss it: 1/4 and no alarm.
    best = best_threshold(scores, near, np.array([3.0, 1.0, 1.0, 1.0]))
    assert (best.value, best.ndcf) == (3, pytest.approx(0.25))


def test_the_trivial_system_costs_one() -> None:
    scores, near = arrays([0, 1], [True, False])  # the wrong way round
    best = best_threshold(scores, near)
    assert (best.value, best.ndcf) == (math.inf, 1)
    for called in (True, False):
        assert ndcf_of_decisions(np.array([called, called]), near) == 1


@given(CASES)
def test_auc_is_the_share_of_pairs_in_order(case: tuple[np.ndarray, np.ndarray]) -> None:
    scores, near = case
    pairs = list(product(scores[near].tolist(), scores[~near].tolist()))
    if not pairs:
        assert auc(scores, near) is None
        return
    wins = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs)
    assert auc(scores, near) == pytest.approx(wins / len(pairs))


@given(CASES, st.data())
def test_best_threshold_is_the_least_of_all(case: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    scores, near = case
    if near.all() or not near.any():
        with pytest.raises(ValueError, match="both near and far"):
            best_threshold(scores, near)
        assert ndcf(scores, near, 0.0) is None
        return
    weights = data.draw(
        st.lists(st.integers(1, 4).map(float), min_size=len(scores), max_size=len(scores)).map(np.array)
    )
    rows = list(zip(scores.tolist(), near.tolist(), weights.tolist(), strict=True))

    def cost(threshold: float) -> float:
        missed = sum(w for s, is_near, w in rows if is_near and s < threshold)
        alarms = sum(w for s, is_near, w in rows if not is_near and s >= threshold)
        return missed / sum(w for _, is_near, w in rows if is_near) + alarms / sum(
            w for _, is_near, w in rows if not is_near
        )

    costs = {threshold: cost(threshold) for threshold in [*set(scores.tolist()), math.inf]}
    best = best_threshold(scores, near, weights)
    assert best.ndcf == pytest.approx(min(costs.values()))
    assert costs[best.value] == pytest.approx(best.ndcf)
    plain = best_threshold(scores, near)
    assert ndcf(scores, near, plain.value) == pytest.approx(plain.ndcf)


def test_a_score_that_is_none_is_a_fault() -> None:
    scores, near = arrays([math.nan, 1], [True, False])
    for judge in (
        lambda: auc(scores, near),
        lambda: ndcf(scores, near, 0),
        lambda: best_threshold(scores, near),
    ):
        with pytest.raises(ValueError, match="not a number"):
            judge()
    with pytest.raises(ValueError, match="1 scores for 2 truths"):
        auc(scores[1:], near)
