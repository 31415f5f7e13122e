"""The reference engine against the plain arithmetic of one key at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.matching.interface import KeyBlock, Sightings
from bluezone.matching.reference import ReferenceEngine, derive_rpiks, derive_rpis
from bluezone.protocols.gaen import TemporaryExposureKey, derive_rpik, rolling_proximity_identifiers

DAY = 2_694_384

teks = st.builds(
    TemporaryExposureKey,
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**32 - 145),
    st.integers(1, 144) | st.just(144),
)


def block(keys: list[TemporaryExposureKey]) -> KeyBlock:
    return KeyBlock(
        np.frombuffer(b"".join(key.data for key in keys), dtype=np.uint8).reshape(-1, 16),
        np.array([key.rolling_start for key in keys], dtype=np.uint32),
        np.array([key.rolling_period for key in keys], dtype=np.uint8),
    )


def heard(rpis: list[bytes]) -> Sightings:
    return Sightings(
        np.frombuffer(b"".join(rpis), dtype=np.uint8).reshape(-1, 16), np.zeros(len(rpis), dtype=np.int64)
    )


def proposed(keys: list[TemporaryExposureKey], sightings: Sightings) -> set[tuple[int, int, bytes]]:
    engine = ReferenceEngine()
    return {
        (int(key), int(interval), rpi.tobytes())
        for candidates in engine.propose(block(keys), engine.prepare(sightings))
        for key, interval, rpi in zip(candidates.keys, candidates.intervals, candidates.rpis, strict=True)
    }


def test_the_published_vector(shared_data: Path) -> None:
    vector = json.loads((shared_data / "vectors/gaen_v1_2.json").read_text())
    key = TemporaryExposureKey(bytes.fromhex(vector["tek"]), vector["rolling_start"])
    assert [rpik.hex() for rpik in derive_rpiks(block([key]).teks)] == [vector["rpik"]]
    rpis = derive_rpis(block([key]), bytearray(2_304 + 16))
    assert [rpi.tobytes().hex() for rpi in rpis] == [one["rpi"] for one in vector["intervals"]]


@settings(deadline=None, max_examples=50)
@given(st.lists(teks, max_size=12))
def test_derivation_is_that_of_the_protocol(keys: list[TemporaryExposureKey]) -> None:
    assert derive_rpiks(block(keys).teks) == [derive_rpik(key.data) for key in keys]
    rpis = derive_rpis(block(keys), bytearray(len(keys) * 2_304 + 16))
    for row, key in enumerate(keys):
        own = rpis[row * 144 : row * 144 + key.rolling_period]
        assert own.tobytes() == b"".join(rolling_proximity_identifiers(key))


@settings(deadline=None, max_examples=30)
@given(st.lists(teks, min_size=1, max_size=6, unique_by=lambda key: key.data), st.data())
def test_whatever_was_heard_is_proposed(keys: list[TemporaryExposureKey], data: st.DataObject) -> None:
    wanted = set()
    for row, key in enumerate(keys):
        slot = data.draw(st.integers(0, key.rolling_period - 1))
        wanted.add((row, key.rolling_start + slot, rolling_proximity_identifiers(key)[slot]))
    assert proposed(keys, heard([rpi for _, _, rpi in wanted])) >= wanted


def test_what_is_proposed_is_derived_from_that_key_and_interval() -> None:
    rng = np.random.default_rng(1)
    keys = [TemporaryExposureKey(rng.bytes(16), DAY + n, 144 - n % 50) for n in range(700)]
    noise = heard([rng.bytes(16) for _ in range(5_000)])
    found = proposed(keys, noise)
    assert found  # about one in two hundred of 80,000
    for row, interval, rpi in found:
        key = keys[row]
        assert key.rolling_start <= interval < key.rolling_end
        assert rolling_proximity_identifiers(key)[interval - key.rolling_start] == rpi


@pytest.mark.parametrize("period", [1, 78, 143])
def test_nothing_behind_a_period_is_proposed(period: int) -> None:
    # The scratch memory still holds identifiers of whole days when the short key's turn comes.
    whole = [TemporaryExposureKey(bytes([n]) * 16, DAY) for n in range(256)]
    short = TemporaryExposureKey(b"\xff" * 16, DAY, period)
    every = rolling_proximity_identifiers(TemporaryExposureKey(b"\xff" * 16, DAY))
    old = rolling_proximity_identifiers(whole[0])
    found = proposed([*whole, short], heard([*every, *old]))
    intervals = {interval for row, interval, _ in found if row == 256}
    assert intervals == set(range(DAY, DAY + period))


def test_empty_input() -> None:
    key = TemporaryExposureKey(bytes(16), DAY)
    assert proposed([], heard([bytes(16)])) == set()
    assert proposed([key], heard([])) == set()


def test_the_table_follows_the_number_of_sightings() -> None:
    engine = ReferenceEngine()
    sizes = [len(engine.prepare(heard([bytes(16)] * count))) for count in (0, 1, 20_000, 1_000_000)]
    assert sizes == [2**16, 2**16, 2**21, 2**24]


def test_a_foreign_prefilter_is_a_fault_of_ours() -> None:
    key = TemporaryExposureKey(bytes(16), DAY)
    with pytest.raises(TypeError):
        list(ReferenceEngine().propose(block([key]), object()))
