"""Publish decisions against a second, naive implementation, over key sets that phones could send.

Interval by interval, written from the reference server's published limits, without sharing a line with ours.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.authority.keys.report_types import ReportTypeName
from bluezone.authority.keys.rules import Decision, PublishRefused, decide_keys
from bluezone.authority.keys.wire import WireKey

DAY = 144
NOON = datetime(2021, 3, 10, 12, tzinfo=UTC)

moments = st.integers(0, 86_399).map(lambda second: NOON.replace(hour=0) + timedelta(seconds=second))
skews = st.integers(-26 * 6, 26 * 6)
"""Intervals by which the phone's clock is ahead: up to 26 hours either way."""

key_shapes = st.tuples(
    st.integers(-1, 17),  # days ago
    st.sampled_from([0, 0, 0, 0, 1, 40, 100, 143]),  # where in that day it starts
    st.one_of(st.sampled_from([0, 1, 44, 100, 143, 144, 145]), st.integers(0, 145)),
    st.integers(0, 9),
)


@dataclass(frozen=True)
class Expected:
    refused: bool
    accepted: frozenset[int]
    left_out: int
    releases: dict[int, datetime]


def naive(keys: list[WireKey], moment: datetime, onset: int) -> Expected:
    """What the reference server's text says, in whole seconds."""
    now = int(moment.timestamp())
    if not 1 <= len(keys) <= 30:
        return Expected(True, frozenset(), 0, {})
    good: list[int] = []
    left_out = faults = 0
    for at, key in enumerate(keys):
        begin, end = key.rolling_start * 600, (key.rolling_start + key.rolling_period) * 600
        if (
            not 1 <= key.rolling_period <= 144
            or end <= (now - 360 * 3600) // 600 * 600
            or begin > now
            or not 0 <= key.transmission_risk <= 8
        ):
            faults += 1
        elif abs(key.rolling_start // DAY - onset // DAY) > 14:
            left_out += 1
        else:
            good.append(at)
    if not good and faults:
        return Expected(True, frozenset(), left_out, {})
    for one, other in combinations([keys[at] for at in good], 2):
        first, second = sorted((one, other), key=lambda key: key.rolling_start)
        covered = set(range(first.rolling_start, first.rolling_start + first.rolling_period))
        if first.rolling_start != second.rolling_start and second.rolling_start in covered:
            return Expected(True, frozenset(), left_out, {})
    for at in good:
        if [keys[other].rolling_start for other in good].count(keys[at].rolling_start) > 3:
            return Expected(True, frozenset(), left_out, {})
    releases = {}
    for at in good:
        free = (keys[at].rolling_start + keys[at].rolling_period) * 600 + 2 * 3600
        hour = now // 3600 if free <= now else -(-free // 3600)  # the next whole hour
        releases[at] = datetime.fromtimestamp(hour * 3600, UTC)
    return Expected(False, frozenset(good), left_out, releases)


def decide(keys: list[WireKey], moment: datetime, onset: int) -> Decision | None:
    try:
        return decide_keys(keys, ReportTypeName.CONFIRMED, onset_sent=onset, onset_certified=0, now=moment)
    except PublishRefused:
        return None


def wire_keys(shapes: list[tuple[int, int, int, int]], moment: datetime, skew: int) -> list[WireKey]:
    today = int(moment.timestamp()) // 86_400 * DAY
    return [
        WireKey(
            b64encode(at.to_bytes(16, "big")).decode(),
            today - ago * DAY + offset + skew,
            period,
            risk,
        )
        for at, (ago, offset, period, risk) in enumerate(shapes)
    ]


@settings(max_examples=400, deadline=None)
@given(
    shapes=st.one_of(
        st.lists(key_shapes, max_size=31),
        st.lists(key_shapes, max_size=14, unique_by=lambda shape: shape[0]),
    ),
    moment=moments,
    skew=st.one_of(st.just(0), skews),
    onset_days_ago=st.integers(0, 28),
)
def test_decisions_are_those_of_the_naive_way(
    shapes: list[Any], moment: datetime, skew: int, onset_days_ago: int
) -> None:
    keys = wire_keys(shapes, moment, skew)
    onset = int(moment.timestamp()) // 86_400 * DAY - onset_days_ago * DAY
    expected, decision = naive(keys, moment, onset), decide(keys, moment, onset)
    assert (decision is None) == expected.refused
    if decision is not None:
        assert {key.index for key in decision.accepted} == expected.accepted
        assert len(decision.warnings) == expected.left_out
        assert {key.index: key.release_at for key in decision.accepted} == expected.releases
        assert len(decision.errors) == len(keys) - len(decision.accepted) - len(decision.warnings)


@settings(max_examples=60, deadline=None)
@given(moment=moments, skew=skews, days=st.integers(1, 14), first=st.integers(1, 144))
def test_an_honest_phone_with_a_wrong_clock_is_understood(
    moment: datetime, skew: int, days: int, first: int
) -> None:
    """Whole days back to back, the newest one cut at any interval: only what is in the future is dropped."""
    shapes = [(0, 0, first, 0), *((ago, 0, DAY, 0) for ago in range(1, days))]
    keys = wire_keys(shapes, moment, skew)
    current = int(moment.timestamp()) // 600
    decision = decide(keys, moment, current - 5 * DAY)
    future = [at for at, key in enumerate(keys) if key.rolling_start > current]
    if len(future) == len(keys):
        assert decision is None
    else:
        assert decision is not None
        assert {key.index for key in decision.accepted} == set(range(len(keys))) - set(future)


@settings(max_examples=60, deadline=None)
@given(periods=st.lists(st.integers(1, 144), min_size=1, max_size=5), ago=st.integers(1, 13))
def test_keys_of_one_start_are_at_most_three_whatever_their_periods(periods: list[int], ago: int) -> None:
    keys = wire_keys([(ago, 0, period, 0) for period in periods], NOON, 0)
    decision = decide(keys, NOON, int(NOON.timestamp()) // 600 - 5 * DAY)
    assert (decision is None) == (len(periods) > 3)
