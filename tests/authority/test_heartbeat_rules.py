"""What of a day's heartbeats is told, for any counts: nothing below 10, and nothing that gives it away."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.heartbeats.rules import WardCount, told_platforms, told_wards
from bluezone.protocols.heartbeat import Platform


@st.composite
def ward_counts(draw: st.DrawFn) -> WardCount:
    active = draw(st.integers(1, 40))
    ward, platform = draw(st.integers(1, 5)), draw(st.sampled_from(Platform))
    return WardCount(ward, platform, active, draw(st.integers(0, active)))


COUNTS = st.lists(ward_counts(), unique_by=lambda one: (one.ward, one.platform))


@settings(deadline=None)
@given(COUNTS)
def test_a_ward_is_told_with_ten_or_more_and_else_not_even_in_a_sum(counts: list[WardCount]) -> None:
    told = told_wards(counts)
    for ward in range(1, 6):
        active = sum(one.active for one in counts if one.ward == ward)
        tracing = sum(one.tracing for one in counts if one.ward == ward)
        expected = {}
        if active >= 10:
            expected[Metric.ACTIVE_24H] = active
        if active >= 10 and tracing >= 10 and active - tracing >= 10:
            expected[Metric.TRACING_ON] = tracing
        assert told.get(ward, {}) == expected


@settings(deadline=None)
@given(COUNTS)
def test_who_subtracts_the_platforms_from_the_wards_learns_no_small_number(counts: list[WardCount]) -> None:
    wards = told_wards(counts)
    total = sum(one[Metric.ACTIVE_24H] for one in wards.values())
    sums = {
        platform: sum(one.active for one in counts if one.platform is platform and one.ward in wards)
        for platform in Platform
    }
    told = told_platforms(counts, wards)
    assert all(active == sums[platform] >= 10 for platform, active in told.items())
    left = [sums[one] for one in Platform if sums[one] and one not in told]
    assert sum(left) == total - sum(told.values())
    assert not left or sum(left) >= 10 or not told
