"""Probabilities against scipy's."""

from __future__ import annotations

import numpy as np
import pytest

from bluezone.export_audit.chances import at_least, normal_above, poisson_at_least, within
from bluezone.export_audit.key_bytes import _chi_square_above

stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize(("count", "mean"), [(1, 0.2), (3, 2.5), (10, 10.0), (30, 12.0), (5, 60.0)])
def test_poisson(count: int, mean: float) -> None:
    assert poisson_at_least(count, mean) == pytest.approx(stats.poisson.sf(count - 1, mean), abs=1e-12)


def test_poisson_at_its_ends() -> None:
    assert poisson_at_least(0, 0.0) == poisson_at_least(0, 5.0) == 1.0
    assert poisson_at_least(1, 0.0) == 0.0


@pytest.mark.parametrize("count", [0, 1, 4, 9, 20])
def test_events_of_the_same_chance_are_binomial(count: int) -> None:
    assert at_least(count, [0.3] * 20) == pytest.approx(stats.binom.sf(count - 1, 20, 0.3), rel=1e-9)


def test_events_of_different_chances_by_hand() -> None:
    assert at_least(2, [0.5, 0.2]) == pytest.approx(0.1)
    assert at_least(1, [0.5, 0.2]) == pytest.approx(1 - 0.5 * 0.8)
    assert at_least(3, [0.5, 0.2]) == 0.0
    assert at_least(1, []) == 0.0


def test_normal() -> None:
    assert within(1.96, 1) == pytest.approx(0.95, abs=1e-4)
    assert normal_above(3) == pytest.approx(stats.norm.sf(3), rel=1e-9)


@pytest.mark.parametrize("value", [8.0, 15.0, 25.0, 40.0])
def test_chi_square_is_near_enough(value: float) -> None:
    assert np.log(_chi_square_above(value)) == pytest.approx(np.log(stats.chi2.sf(value, 15)), abs=0.1)
