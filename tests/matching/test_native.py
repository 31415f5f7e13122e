"""The native engine against the reference engine: the same matches, whatever the keys and the sightings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.matching.interface import Candidates, Engine, KeyBlock, Sightings
from bluezone.matching.key_files import DiagnosisKeyBlock
from bluezone.matching.match import MatchResult, match_keys
from bluezone.matching.native import NativeEngine
from bluezone.matching.reference import ReferenceEngine, derive_rpis
from bluezone.protocols.gaen import TemporaryExposureKey, rolling_proximity_identifiers

DAY = 2_694_384
LAST = 2**32 - 1  # the last interval that four bytes hold; one further they begin anew
LATEST = LAST - 144  # the last start of a key


def block(teks: list[bytes], starts: list[int], periods: list[int]) -> KeyBlock:
    return KeyBlock(
        np.frombuffer(b"".join(teks), dtype=np.uint8).reshape(-1, 16),
        np.array(starts, dtype=np.uint32),
        np.array(periods, dtype=np.uint8),
    )


def published(keys: KeyBlock) -> DiagnosisKeyBlock:
    count = len(keys)
    zeros = np.zeros(count, dtype=np.int32)
    return DiagnosisKeyBlock(keys, np.zeros(count, dtype=np.uint8), zeros, zeros)


def sightings(rpis: list[bytes], intervals: list[int]) -> Sightings:
    return Sightings(
        np.frombuffer(b"".join(rpis), dtype=np.uint8).reshape(-1, 16),
        np.array(intervals, dtype=np.int64) * 600,
    )


def proposed(engine: Engine, keys: KeyBlock, heard: Sightings) -> list[tuple[int, int, bytes]]:
    return [
        (int(key), int(interval), rpi.tobytes())
        for candidates in engine.propose(keys, engine.prepare(heard))
        for key, interval, rpi in zip(candidates.keys, candidates.intervals, candidates.rpis, strict=True)
    ]


def test_every_published_identifier_is_proposed_and_no_other(native: Engine, shared_data: Path) -> None:
    vector = json.loads((shared_data / "vectors/gaen_v1_2.json").read_text())
    truth = [(0, one["interval"], bytes.fromhex(one["rpi"])) for one in vector["intervals"]]
    assert len(truth) == 144
    heard = sightings([rpi for _, _, rpi in truth][::-1], [DAY] * 144)
    for period in (1, 77, 144):
        keys = block([bytes.fromhex(vector["tek"])], [vector["rolling_start"]], [period])
        assert proposed(native, keys, heard) == truth[:period]


@st.composite
def scenes(draw: st.DrawFn, latest: int = LATEST) -> tuple[KeyBlock, Sightings]:
    """Keys of any start and period, some twice; heard around the tolerance, twice, or not at all."""
    starts = st.sampled_from([DAY, DAY + 1, 0, 2**31, latest - 7, latest]) | st.integers(0, latest)
    size = draw(st.integers(0, 6))
    teks = draw(st.lists(st.binary(min_size=16, max_size=16), min_size=size, max_size=size))
    if size > 1 and draw(st.booleans()):
        teks[-1] = teks[0]
    rows = [(tek, draw(starts), draw(st.integers(1, 144) | st.just(144))) for tek in teks]
    keys = block(*(list(column) for column in zip(*rows, strict=True))) if rows else block([], [], [])
    rpis, intervals = [], []
    derived = derive_rpis(keys, bytearray(size * 2_304 + 16))
    for _ in range(draw(st.integers(0, 8)) if size else 0):
        row = draw(st.integers(0, size - 1))
        slot = draw(st.integers(0, rows[row][2] - 1))
        off = draw(st.sampled_from([-13, -12, 0, 12, 13]) | st.integers(-20, 20))
        times = draw(st.integers(1, 2))
        rpis += [derived[row * 144 + slot].tobytes()] * times
        intervals += [rows[row][1] + slot + off] * times
    for rpi in draw(st.lists(st.binary(min_size=16, max_size=16) | st.just(bytes(16)), max_size=3)):
        rpis.append(rpi)
        intervals.append(draw(st.integers(0, 2**33)))
    return keys, sightings(rpis, intervals)


@settings(deadline=None, max_examples=300)
@given(scenes())
def test_both_engines_find_the_same(native: Engine, scene: tuple[KeyBlock, Sightings]) -> None:
    keys, heard = scene
    results = [match_keys(one, [published(keys)], heard) for one in (native, ReferenceEngine())]
    assert results[0] == results[1]
    assert results[0].keys == len(keys)


@settings(deadline=None, max_examples=50)
@given(scenes(latest=LAST))
def test_what_is_proposed_is_in_order_and_was_heard(
    native: Engine, scene: tuple[KeyBlock, Sightings]
) -> None:
    keys, heard = scene
    all_heard = {rpi.tobytes() for rpi in heard.rpis}
    derived = derive_rpis(keys, bytearray(len(keys) * 2_304 + 16)).reshape(-1, 144, 16)
    assert proposed(native, keys, heard) == [
        (row, (int(keys.starts[row]) + slot) % 2**32, derived[row, slot].tobytes())
        for row in range(len(keys))
        for slot in range(int(keys.periods[row]))
        if derived[row, slot].tobytes() in all_heard
    ]


def many_keys(count: int) -> KeyBlock:
    rng = np.random.default_rng(11)
    return KeyBlock(
        rng.integers(0, 256, (count, 16), dtype=np.uint8),
        (DAY + 144 * rng.integers(0, 14, count)).astype(np.uint32),
        rng.integers(1, 145, count).astype(np.uint8),
    )


def heard_of(keys: KeyBlock, every: int) -> Sightings:
    """The last identifier of every so manyth key, among 20,000 that are nobody's."""
    rng = np.random.default_rng(12)
    rpis = [row.tobytes() for row in rng.integers(0, 256, (20_000, 16), dtype=np.uint8)]
    intervals = [DAY] * len(rpis)
    for row in range(0, len(keys), every):
        start, period = int(keys.starts[row]), int(keys.periods[row])
        tek = TemporaryExposureKey(keys.teks[row].tobytes(), start, period)
        rpis.append(rolling_proximity_identifiers(tek)[-1])
        intervals.append(start + period - 1)
    return sightings(rpis, intervals)


@pytest.mark.usefixtures("native")
@pytest.mark.parametrize("count", [1_023, 1_024, 1_025, 5_000])
def test_any_number_of_threads_finds_the_same_in_the_same_order(count: int) -> None:
    keys = many_keys(count)
    heard = heard_of(keys, 100)
    results = [proposed(NativeEngine(threads), keys, heard) for threads in (0, 1, 2, 3, 64)]
    assert [row for row, _, _ in results[0]] == list(range(0, count, 100))
    assert all(result == results[0] for result in results)


def test_arrays_with_gaps_and_of_other_types(native: Engine) -> None:
    keys = many_keys(200)
    heard = heard_of(keys, 10)
    every_second = KeyBlock(keys.teks[::2], keys.starts[::2], keys.periods[::2])
    backwards = Sightings(heard.rpis[::-1], heard.times[::-1])
    by_columns = KeyBlock(np.asfortranarray(keys.teks), keys.starts.astype(np.int64), keys.periods)  # type: ignore[arg-type]
    expected = proposed(native, keys, heard)
    assert len(expected) == 20
    assert proposed(native, by_columns, backwards) == expected
    assert proposed(native, every_second, heard) == [
        (row // 2, interval, rpi) for row, interval, rpi in expected if row % 2 == 0
    ]


def test_empty_input(native: Engine) -> None:
    nothing, key = block([], [], []), block([bytes(16)], [DAY], [144])
    for keys in (nothing, key):
        assert proposed(native, keys, sightings([], [])) == []
    assert proposed(native, nothing, sightings([bytes(16)], [0])) == []


def test_many_sightings_alike_in_their_first_bytes(native: Engine) -> None:
    """Somebody who airs chosen identifiers hides none of the others."""
    keys = many_keys(50)
    honest = heard_of(keys, 5)
    rng = np.random.default_rng(13)
    chosen = rng.integers(0, 256, (30_000, 16), dtype=np.uint8)
    chosen[:, :8] = honest.rpis[-1, :8]
    rpis = np.concatenate([chosen, honest.rpis])
    heard = Sightings(rpis, np.zeros(len(rpis), dtype=np.int64))
    assert proposed(native, keys, heard) == proposed(native, keys, honest)


def test_what_the_crate_cannot_use_is_a_fault_of_ours(native: Engine) -> None:
    key = block([bytes(16)], [DAY], [144])
    with pytest.raises(TypeError):
        list(native.propose(key, object()))
    prefilter = native.prepare(sightings([], []))
    with pytest.raises(ValueError, match="1 teks, 2 starts, 1 periods"):
        list(native.propose(KeyBlock(key.teks, np.zeros(2, dtype=np.uint32), key.periods), prefilter))
    with pytest.raises(ValueError, match=r"teks has the shape \[1, 15\], not \(n, 16\)"):
        list(native.propose(KeyBlock(key.teks[:, :15], key.starts, key.periods), prefilter))


class Proposing:
    """Proposes the same whatever is asked."""

    name = "proposing"

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates

    def prepare(self, sightings: Sightings) -> object:
        return None

    def propose(self, keys: KeyBlock, prefilter: object) -> Iterator[Candidates]:
        yield self._candidates


def test_the_engine_does_not_decide_on_time(native: Engine) -> None:
    """It proposes what was heard years away; ``confirm`` refuses that."""
    keys = many_keys(3)
    far = heard_of(keys, 1)
    far = Sightings(far.rpis, far.times + 10**9)
    (candidates,) = native.propose(keys, native.prepare(far))
    assert len(candidates.keys) == 3
    assert match_keys(native, [published(keys)], far) == MatchResult([], [], 3)
    near = Sightings(far.rpis, far.times - 10**9)
    assert len(match_keys(Proposing(candidates), [published(keys)], near).matches) == 3
