"""Ranks as ranges: what sorting tells is what comparing everybody with everybody tells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.adoption.rules import likely_range, rank_ranges

rates = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), max_size=30)


@given(rates)
def test_a_rank_counts_those_wholly_above_and_wholly_below(some: list[tuple[int, int]]) -> None:
    ranges = [likely_range(*one) for one in some]
    assert list(rank_ranges(some)) == [
        (
            1 + sum(other_low > high for other_low, _ in ranges),
            len(ranges) - sum(other_high < low for _, other_high in ranges),
        )
        for low, high in ranges
    ]
