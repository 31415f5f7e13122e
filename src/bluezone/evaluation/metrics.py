"""How well a score tells near from far: AUC, and the cost of misses and false alarms at a threshold.

A higher score means nearer; what scores at least the threshold is called near. nDCF is the normalised
detection cost of NIST's TC4TL challenge with unit costs: the share of near ones missed plus the share of far
ones called near. Calling all of them near, or none, costs 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Threshold", "auc", "best_threshold", "ndcf", "ndcf_of_decisions"]

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Threshold:
    """``value``: what a score must reach to be called near; ``ndcf``: what that costs on the same data."""

    value: float
    ndcf: float


def auc(scores: Scores, near: Flags) -> float | None:
    """The chance that a near one scores above a far one, a tie counting half; ``None`` without both kinds.

    :param scores: (n,), without NaN.
    :param near: (n,), what is true.
    :raises ValueError: for a score that is NaN.
    """
    _check(scores, near)
    positives, negatives = int(near.sum()), int((~near).sum())
    if not positives or not negatives:
        return None
    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    ranks = (last - (sizes - 1) / 2)[group]  # ties share the mean of their ranks
    wins = ranks[near].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def ndcf(scores: Scores, near: Flags, threshold: float) -> float | None:
    """Miss rate plus false-alarm rate at a given threshold; ``None`` without both kinds.

    :raises ValueError: for a score that is NaN.
    """
    _check(scores, near)
    return ndcf_of_decisions(scores >= threshold, near)


def ndcf_of_decisions(called_near: Flags, near: Flags) -> float | None:
    """The same of decisions already made; (n,) each."""
    if near.all() or not near.any():
        return None
    return float((~called_near[near]).mean() + called_near[~near].mean())


def best_threshold(scores: Scores, near: Flags, weights: Scores | None = None) -> Threshold:
    """The threshold of least cost on this very data.

    Candidates are the scores themselves and infinity (call nothing near); of equals the highest is taken,
    which calls fewest near.

    :param weights: (n,), above 0: what each counts in the rates; all the same by default.
    :raises ValueError: for a score that is NaN, or without both kinds.
    """
    _check(scores, near)
    if near.all() or not near.any():
        raise ValueError("there are not both near and far ones to choose a threshold by")
    weights = np.ones(len(scores)) if weights is None else weights
    values, group = np.unique(scores, return_inverse=True)
    hits = np.bincount(group, np.where(near, weights, 0.0), len(values))
    alarms = np.bincount(group, np.where(near, 0.0, weights), len(values))
    # From the highest score down: what is called near once the threshold is there.
    hit_rate = np.cumsum(hits[::-1]) / hits.sum()
    alarm_rate = np.cumsum(alarms[::-1]) / alarms.sum()
    costs = np.concatenate(([1.0], 1.0 - hit_rate + alarm_rate))
    at = int(np.argmin(costs))
    return Threshold(float(values[::-1][at - 1]) if at else float("inf"), float(costs[at]))


def _check(scores: Scores, near: Flags) -> None:
    if scores.shape != near.shape:
        raise ValueError(f"{len(scores)} scores for {len(near)} truths")
    if np.isnan(scores).any():
        raise ValueError("a score is not a number")
