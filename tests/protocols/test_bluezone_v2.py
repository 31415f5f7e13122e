"""The original's id chain against published captures, and its matching rule at the borders of slots."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.protocols.bluezone_v2 import (
    DAY_SECONDS,
    SLOT_SECONDS,
    KeyChain,
    PublishedKey,
    Sighting,
    bluezone_id,
    create_key_chain,
    day_midnight,
    match_history,
    next_daily_key,
    published_ids,
    slot_index,
)

MIDNIGHT = 1_596_844_800
KEY = bytes(range(32))


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> list[dict[str, Any]]:
    document = json.loads((shared_data / "vectors/bluezone_v2.json").read_text())
    found: list[dict[str, Any]] = document["vectors"]
    return found


def test_published_ids(vectors: list[dict[str, Any]]) -> None:
    assert len(vectors) == 4
    for vector in vectors:
        key = bytes.fromhex(vector["daily_key"])
        assert bluezone_id(key, vector["slot"]).hex() == vector["bluezone_id"]
        chain = KeyChain(key, vector["midnight"])
        heard_at = vector["midnight"] + vector["slot"] * 900 + 899
        assert chain.id_at(heard_at).hex() == vector["bluezone_id"]


def test_published_captures_match_their_keys(vectors: list[dict[str, Any]]) -> None:
    for vector in vectors:
        at = vector["midnight"] + vector["slot"] * 900
        sighting = Sighting(bytes.fromhex(vector["bluezone_id"]), at + 450)
        published = PublishedKey(
            bytes.fromhex(vector["daily_key"]), vector["midnight"], vector["midnight"] + DAY_SECONDS - 1
        )
        assert match_history(published, [sighting]) == [sighting]


@pytest.mark.parametrize(
    ("offset", "matches"), [(-1, False), (0, True), (450, True), (900, True), (901, False)]
)
def test_both_ends_of_a_slot_belong_to_it(offset: int, matches: bool) -> None:
    start = MIDNIGHT + 10 * SLOT_SECONDS
    sighting = Sighting(bluezone_id(KEY, 10), start + offset)
    found = match_history(PublishedKey(KEY, MIDNIGHT, MIDNIGHT + DAY_SECONDS - 1), [sighting])
    assert found == ([sighting] if matches else [])


def test_an_id_in_another_slot_does_not_match() -> None:
    published = PublishedKey(KEY, MIDNIGHT, MIDNIGHT + DAY_SECONDS - 1)
    assert match_history(published, [Sighting(bluezone_id(KEY, 10), MIDNIGHT + 12 * SLOT_SECONDS)]) == []


def test_the_key_rolls_to_the_next_day_after_its_slots() -> None:
    # Published from 23:30: two slots are left of the day, then the next day's first.
    ids = list(published_ids(PublishedKey(KEY, MIDNIGHT + 94 * 900, MIDNIGHT + 97 * 900, max_slots=2)))
    tomorrow = sha256(KEY).digest()
    assert ids == [
        (MIDNIGHT + 94 * 900, bluezone_id(KEY, 0)),
        (MIDNIGHT + 95 * 900, bluezone_id(KEY, 1)),
        (MIDNIGHT + 96 * 900, bluezone_id(tomorrow, 0)),
        (MIDNIGHT + 97 * 900, bluezone_id(tomorrow, 1)),
    ]


def test_a_slot_that_starts_at_the_end_is_still_published() -> None:
    assert len(list(published_ids(PublishedKey(KEY, MIDNIGHT, MIDNIGHT)))) == 1
    assert len(list(published_ids(PublishedKey(KEY, MIDNIGHT, MIDNIGHT + 899)))) == 1
    assert len(list(published_ids(PublishedKey(KEY, MIDNIGHT, MIDNIGHT + 900)))) == 2
    assert list(published_ids(PublishedKey(KEY, MIDNIGHT, MIDNIGHT - 1))) == []


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, DAY_SECONDS - 1))
def test_a_chain_agrees_with_itself_from_any_day(first: int, later: int, second: int) -> None:
    chain = KeyChain(KEY, MIDNIGHT)
    from_later_day = KeyChain(chain.daily_key(MIDNIGHT + first * DAY_SECONDS), MIDNIGHT + first * DAY_SECONDS)
    moment = MIDNIGHT + (first + later) * DAY_SECONDS + second
    assert chain.daily_key(moment) == from_later_day.daily_key(moment)
    assert chain.id_at(moment) == from_later_day.id_at(moment)


@pytest.mark.parametrize("before", [1, DAY_SECONDS, 10 * DAY_SECONDS])
def test_a_chain_never_runs_backwards(before: int) -> None:
    chain = KeyChain(KEY, MIDNIGHT)
    assert chain.daily_key(MIDNIGHT) == KEY
    with pytest.raises(ValueError, match="before the install day"):
        chain.daily_key(MIDNIGHT - before)
    with pytest.raises(ValueError, match="before the install day"):
        chain.id_at(MIDNIGHT - before)


def test_an_install_key_gives_away_every_later_day_but_no_earlier_one() -> None:
    assert next_daily_key(KEY) == sha256(KEY).digest()
    assert KeyChain(KEY, MIDNIGHT).daily_key(MIDNIGHT + DAY_SECONDS) == next_daily_key(KEY)


@given(st.integers(0, 2**33))
def test_slots_divide_the_utc_day(moment: int) -> None:
    midnight = day_midnight(moment)
    assert midnight % 86_400 == 0
    assert 0 <= moment - midnight < 86_400
    assert slot_index(moment) == (moment - midnight) // 900


def test_a_chain_starts_on_the_midnight_of_its_day() -> None:
    assert create_key_chain(KEY, MIDNIGHT + 50_000) == KeyChain(KEY, MIDNIGHT)


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes, not 31"):
        KeyChain(KEY[:31], MIDNIGHT)
    with pytest.raises(ValueError, match="not a UTC midnight"):
        KeyChain(KEY, MIDNIGHT + 1)
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        PublishedKey(bytes(16), MIDNIGHT, MIDNIGHT)
    with pytest.raises(ValueError, match="32 bytes, not 16"):
        bluezone_id(bytes(16), 0)
    for slots in (0, 97):
        with pytest.raises(ValueError, match="outside 1-96"):
            PublishedKey(KEY, MIDNIGHT, MIDNIGHT, slots)
    for slot in (-1, 96):
        with pytest.raises(ValueError, match="outside 0-95"):
            bluezone_id(KEY, slot)


def test_keys_are_not_shown_in_logs() -> None:
    assert "\\x1f" not in repr(KeyChain(KEY, MIDNIGHT)) + repr(PublishedKey(KEY, MIDNIGHT, MIDNIGHT))
