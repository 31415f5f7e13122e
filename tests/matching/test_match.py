"""Matching against a naive second implementation, at every border, and whatever the split into blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.matching import match as match_module
from bluezone.matching import native as native_module
from bluezone.matching.interface import Candidates, Engine, KeyBlock, Sightings
from bluezone.matching.key_files import DiagnosisKeyBlock, block_of
from bluezone.matching.match import EngineUnavailable, MatchResult, choose_engine, match_keys
from bluezone.matching.reference import ReferenceEngine
from bluezone.protocols.gaen import (
    DiagnosisKey,
    ReportType,
    TemporaryExposureKey,
    rolling_proximity_identifiers,
)

DAY = 2_694_384
Heard = list[tuple[bytes, int]]


def key(first: int = 0, period: int = 144, start: int = DAY, **said: object) -> DiagnosisKey:
    return DiagnosisKey(TemporaryExposureKey(bytes([first] * 16), start, period), **said)  # type: ignore[arg-type]


def rpi(first: int, slot: int, start: int = DAY) -> bytes:
    return rolling_proximity_identifiers(TemporaryExposureKey(bytes([first] * 16), start))[slot]


def sightings_of(heard: Heard) -> Sightings:
    return Sightings(
        np.frombuffer(b"".join(one for one, _ in heard), dtype=np.uint8).reshape(-1, 16),
        np.array([time for _, time in heard], dtype=np.int64),
    )


def matched(engine: Engine, blocks: list[DiagnosisKeyBlock], heard: Heard) -> MatchResult:
    return match_keys(engine, blocks, sightings_of(heard))


def places(result: MatchResult) -> list[tuple[bytes, int, int]]:
    return [(one.key.tek.data, one.interval, one.sighting) for one in result.matches]


def naive(keys: list[DiagnosisKey], heard: Heard) -> set[tuple[bytes, int, int]]:
    """The rule as it is written, one key after the other."""
    return {
        (one.tek.data, interval, row)
        for one in keys
        for interval, own in enumerate(rolling_proximity_identifiers(one.tek), start=one.tek.rolling_start)
        for row, (other, time) in enumerate(heard)
        if own == other and abs(time // 600 - interval) <= 12
    }


@st.composite
def scenes(draw: st.DrawFn) -> tuple[list[DiagnosisKey], Heard]:
    """Few keys on few days, heard at times around the truth, among noise and repetitions."""
    keys = draw(
        st.lists(
            st.builds(
                key,
                st.integers(0, 5),
                st.sampled_from([1, 2, 100, 143, 144]),
                st.sampled_from([DAY, DAY + 1, DAY + 144]),
            ),
            max_size=5,
        )
    )
    heard: Heard = []
    for _ in range(draw(st.integers(0, 8))):
        first, start, slot = draw(
            st.tuples(
                st.integers(0, 6),
                st.sampled_from([DAY, DAY + 1, DAY + 144]),
                st.sampled_from([0, 1, 2, 99, 100, 142, 143]),
            )
        )
        off = draw(st.sampled_from([-13, -12, -1, 0, 1, 12, 13]))
        second = draw(st.sampled_from([0, 300, 599]))
        one = (rpi(first, slot, start), (start + slot + off) * 600 + second)
        heard.extend([one] * draw(st.integers(1, 2)))
    heard.extend(
        draw(st.lists(st.tuples(st.binary(min_size=16, max_size=16), st.integers(0, 2**33)), max_size=3))
    )
    return keys, draw(st.permutations(heard))


@settings(deadline=None, max_examples=150)
@given(scenes(), st.lists(st.integers(0, 5), max_size=4))
def test_the_same_as_the_naive_way_however_keys_are_split(
    engine: Engine, scene: tuple[list[DiagnosisKey], Heard], cuts: list[int]
) -> None:
    keys, heard = scene
    borders = [0, *sorted(min(cut, len(keys)) for cut in cuts), len(keys)]
    blocks = [block_of(keys[a:b]) for a, b in pairwise(borders)]
    result = matched(engine, blocks, heard)
    assert set(places(result)) == naive(keys, heard)
    assert len(places(result)) == len(set(places(result)))
    assert result == matched(engine, [block_of(keys[::-1])], heard)
    assert (result.keys, result.revoked) == (len(keys), [])


def test_many_keys_in_blocks_of_any_size(engine: Engine) -> None:
    rng = np.random.default_rng(7)
    keys = [
        DiagnosisKey(TemporaryExposureKey(rng.bytes(16), DAY + 144 * (n % 14), 144 - n % 7))
        for n in range(1_500)
    ]
    heard: Heard = [(rng.bytes(16), (DAY + int(rng.integers(0, 2_016))) * 600) for _ in range(3_000)]
    planted = rng.choice(len(keys), 40, replace=False)
    for row in planted:
        tek = keys[row].tek
        slot = tek.rolling_period - 1
        heard.append((rolling_proximity_identifiers(tek)[slot], (tek.rolling_start + slot) * 600))
    results = [
        matched(engine, [block_of(keys[at : at + size]) for at in range(0, len(keys), size)], heard)
        for size in (1, 255, 256, 257, 1_500)
    ]
    assert {one.key.tek.data for one in results[0].matches} == {keys[row].tek.data for row in planted}
    assert len(results[0].matches) == 40
    assert all(result == results[0] for result in results)


def test_a_key_of_one_interval_does_not_match_at_77_more(engine: Engine) -> None:
    # A known matcher ignores the period and finds this one.
    heard = [(rpi(1, 77), (DAY + 77) * 600)]
    assert places(matched(engine, [block_of([key(1, period=1)])], heard)) == []
    assert places(matched(engine, [block_of([key(1, period=77)])], heard)) == []
    assert places(matched(engine, [block_of([key(1, period=78)])], heard)) == [(bytes([1] * 16), DAY + 77, 0)]


@pytest.mark.parametrize(("off", "found"), [(-13, False), (-12, True), (12, True), (13, False)])
def test_tolerance_at_both_ends_of_a_day(engine: Engine, off: int, found: bool) -> None:
    for slot in (0, 143):
        result = matched(engine, [block_of([key(1)])], [(rpi(1, slot), (DAY + slot + off) * 600 + 300)])
        assert len(result.matches) == found


def test_nothing_in_nothing_out(engine: Engine) -> None:
    assert matched(engine, [], []) == MatchResult([], [], 0)
    assert matched(engine, [], [(bytes(16), 0)]) == MatchResult([], [], 0)
    assert matched(engine, [block_of([key()]), block_of([])], []) == MatchResult([], [], 1)


def test_a_match_tells_what_the_authority_said(engine: Engine) -> None:
    said = key(1, 100, report_type=ReportType.CONFIRMED_TEST, days_since_onset=-2, transmission_risk=6)
    (match,) = matched(engine, [block_of([key(0), said, key(2)])], [(rpi(1, 3), (DAY + 3) * 600)]).matches
    assert (match.key, match.interval, match.sighting, match.revised) == (said, DAY + 3, 0, False)


def test_revised_keys_match_and_supersede(engine: Engine) -> None:
    likely = key(1, report_type=ReportType.CONFIRMED_CLINICAL_DIAGNOSIS, days_since_onset=5)
    confirmed = key(1, report_type=ReportType.CONFIRMED_TEST, days_since_onset=1)
    blocks = [block_of([likely]), block_of([confirmed], revised=True)]
    heard = [(rpi(1, 3), (DAY + 3) * 600)]
    for order in (blocks, blocks[::-1]):
        (match,) = matched(engine, order, heard).matches
        assert (match.key, match.revised) == (confirmed, True)


@pytest.mark.parametrize("revised", [False, True])
def test_a_revoked_key_warns_nobody_and_is_told(engine: Engine, revised: bool) -> None:
    revoked = key(1, report_type=ReportType.REVOKED)
    blocks = [block_of([key(1), key(2)]), block_of([revoked], revised=revised)]
    heard = [(rpi(1, 3), (DAY + 3) * 600), (rpi(2, 3), (DAY + 3) * 600)]
    for order in (blocks, blocks[::-1]):
        result = matched(engine, order, heard)
        assert places(result) == [(bytes([2] * 16), DAY + 3, 1)]
        assert [(one.key, one.sighting) for one in result.revoked] == [(revoked, 0)]


def test_a_key_published_twice_matches_once_whatever_the_order(engine: Engine) -> None:
    # The second is good from one interval later on; for the interval heard both give the same identifier.
    one, other = key(1, transmission_risk=1), key(1, start=DAY + 1, transmission_risk=1)
    heard = [(rpi(1, 3), (DAY + 3) * 600)]
    results = [matched(engine, [block_of(order)], heard) for order in ([one, other], [other, one])]
    assert results[0] == results[1]
    assert len(results[0].matches) == 1


def test_a_key_named_over_and_over_takes_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what was found so far, each sighting, interval and key is held once."""
    held: list[int] = []
    keep = match_module._keep_best

    def watched(found: dict[tuple[int, int, bytes], object], match: object) -> None:
        keep(found, match)  # type: ignore[arg-type]
        held.append(len(found))

    monkeypatch.setattr(match_module, "_keep_best", watched)
    result = matched(ReferenceEngine(), [block_of([key()] * 500)], [(rpi(0, 3), (DAY + 3) * 600)])
    assert len(result.matches) == 1
    assert (len(held), max(held)) == (500, 1)


def test_progress_counts_keys() -> None:
    seen: list[int] = []
    blocks = [block_of([key(n)]) for n in range(3)] + [block_of([key(9), key(8)])]
    match_keys(ReferenceEngine(), blocks, sightings_of([]), progress=seen.append)
    assert seen == [1, 2, 3, 5]


class CountingEngine(ReferenceEngine):
    """Counts the keys it is asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def propose(self, keys: KeyBlock, prefilter: object) -> Iterator[Candidates]:
        self.asked.extend(keys.starts.tolist())
        return super().propose(keys, prefilter)


def test_keys_of_days_when_nothing_was_heard_are_not_derived() -> None:
    engine = CountingEngine()
    # Heard 12 intervals after the first day's last one, which is the second day's interval 11.
    heard = sightings_of([(bytes(16), (DAY + 143 + 12) * 600)])
    starts = [DAY - 1, DAY, DAY + 144, DAY + 167, DAY + 168]
    match_keys(engine, [block_of([key(start=start) for start in starts])], heard)
    assert engine.asked == [DAY, DAY + 144, DAY + 167]


@pytest.mark.parametrize("far", [0, DAY + 2**20 - 1, DAY + 2**20, DAY + 2**20 + 1, 2**40])
def test_a_sighting_from_another_age_hides_no_match(engine: Engine, far: int) -> None:
    heard = [
        (rpi(1, 3), (DAY + 3) * 600),
        (rpi(2, 3, DAY + 2**20), (DAY + 2**20 + 3) * 600),
        (bytes(16), far * 600),
    ]
    keys = [key(1), key(2, start=DAY + 2**20), key(3, start=DAY - 400)]
    assert places(matched(engine, [block_of(keys)], heard)) == [
        (bytes([1] * 16), DAY + 3, 0),
        (bytes([2] * 16), DAY + 2**20 + 3, 1),
    ]


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 400), max_size=6),
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 144)), min_size=1, max_size=20),
)
def test_exactly_the_keys_near_something_heard_are_derived(
    times: list[int], spans: list[tuple[int, int]]
) -> None:
    engine = CountingEngine()
    keys = [key(start=DAY + start, period=period) for start, period in spans]
    match_keys(engine, [block_of(keys)], sightings_of([(bytes(16), (DAY + at) * 600) for at in times]))
    assert engine.asked == [
        DAY + start
        for start, period in spans
        if any(start - 12 <= at <= start + period - 1 + 12 for at in times)
    ]


def test_engines_by_name(native: Engine) -> None:
    assert choose_engine("reference").name == "reference"
    assert choose_engine().name == choose_engine("auto").name == choose_engine("native").name == native.name
    assert native.name == "native"
    with pytest.raises(
        EngineUnavailable, match="no matching engine 'fast'; there are auto, reference, native"
    ):
        choose_engine("fast")


def test_without_the_crate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native_module, "bluezone_native", None)
    monkeypatch.setattr(native_module, "UNAVAILABLE", "no such module; build it")
    assert choose_engine("auto").name == "reference"
    with pytest.raises(EngineUnavailable, match="engine is not installed: no such module; build it"):
        choose_engine("native")
