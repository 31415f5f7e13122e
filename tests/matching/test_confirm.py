"""The exact check, by itself: whole identifier, period, and two hours to either side."""

from __future__ import annotations

import numpy as np
import pytest

from bluezone.matching.confirm import confirm, index_sightings
from bluezone.matching.interface import Candidates, KeyBlock, Sightings

DAY = 2_694_384
RPI = bytes(range(16))


def run(
    candidates: list[tuple[int, bytes]],
    sightings: list[tuple[bytes, int]],
    start: int = DAY,
    period: int = 144,
) -> list[tuple[int, int]]:
    """(interval, sighting row) of candidates (interval, rpi) of one key; sightings (rpi, Unix seconds)."""
    keys = KeyBlock(
        np.zeros((1, 16), dtype=np.uint8),
        np.array([start], dtype=np.uint32),
        np.array([period], dtype=np.uint8),
    )
    proposals = Candidates(
        np.zeros(len(candidates), dtype=np.int64),
        np.array([interval for interval, _ in candidates], dtype=np.uint32),
        np.frombuffer(b"".join(rpi for _, rpi in candidates), dtype=np.uint8).reshape(-1, 16),
    )
    index = index_sightings(
        Sightings(
            np.frombuffer(b"".join(rpi for rpi, _ in sightings), dtype=np.uint8).reshape(-1, 16),
            np.array([time for _, time in sightings], dtype=np.int64),
        )
    )
    rows = confirm(keys, proposals, index)
    assert rows.keys.tolist() == [0] * len(rows.keys)
    return sorted(zip(rows.intervals.tolist(), rows.sightings.tolist(), strict=True))


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (-13 * 600, False),
        (-12 * 600 - 1, False),  # the last second of the 13th interval before
        (-12 * 600, True),
        (0, True),
        (599, True),
        (12 * 600 + 599, True),  # the last second of the 12th interval after
        (13 * 600, False),
    ],
)
def test_two_hours_are_twelve_intervals(seconds: int, found: bool) -> None:
    at = (DAY + 50) * 600
    assert run([(DAY + 50, RPI)], [(RPI, at + seconds)]) == ([(DAY + 50, 0)] if found else [])


@pytest.mark.parametrize(("slot", "found"), [(-1, False), (0, True), (9, True), (10, False)])
def test_only_intervals_of_the_period(slot: int, found: bool) -> None:
    interval = DAY + slot
    expected = [(interval, 0)] if found else []
    assert run([(interval, RPI)], [(RPI, interval * 600)], period=10) == expected


@pytest.mark.parametrize("byte", range(16))
def test_every_byte_of_the_identifier_counts(byte: int) -> None:
    other = bytearray(RPI)
    other[byte] ^= 0x80
    assert run([(DAY, RPI)], [(bytes(other), DAY * 600)]) == []


def test_zeros_at_the_end_are_bytes_like_any() -> None:
    short, long = b"\x01" + bytes(15), b"\x01" + bytes(14) + b"\x01"
    assert run([(DAY, short), (DAY + 1, long)], [(short, DAY * 600), (long, DAY * 600)]) == [
        (DAY, 0),
        (DAY + 1, 1),
    ]
    assert run([(DAY, bytes(16))], [(bytes(16), DAY * 600)]) == [(DAY, 0)]


def test_every_sighting_of_an_identifier_is_a_match() -> None:
    times = [DAY * 600 + minutes * 60 for minutes in (0, 4, 200, 8, 0)]  # the third is too late
    assert run([(DAY, RPI)], [(RPI, time) for time in times]) == [(DAY, 0), (DAY, 1), (DAY, 3), (DAY, 4)]


def test_no_candidates_and_no_sightings() -> None:
    assert run([], [(RPI, DAY * 600)]) == []
    assert run([(DAY, RPI)], []) == []
    assert run([], []) == []


def test_intervals_at_the_end_of_32_bits_do_not_wrap() -> None:
    last = 2**32 - 1
    assert run([(last, RPI)], [(RPI, 0)], start=2**32 - 145) == []
    assert run([(last - 1, RPI)], [(RPI, (last - 1) * 600)], start=2**32 - 145) == [(last - 1, 0)]
