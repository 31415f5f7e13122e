"""Which key is for an interval: by hand for a day that begins at 144, and for any history of a device."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.device.own_keys import OwnKey, Unmade, key_for
from bluezone.protocols.gaen import TemporaryExposureKey


def own(id_: int, start: int, end: int, **more: object) -> OwnKey:
    tek = TemporaryExposureKey(id_.to_bytes(16, "big"), start, end - start)
    return OwnKey(tek, id_, **more)  # type: ignore[arg-type]


DAY = own(1, 144, 288, aired=200)


def test_a_new_day_gets_a_key_for_all_of_it() -> None:
    assert key_for([], 200) == Unmade(144, 144)
    assert key_for([DAY], 288) == Unmade(288, 144)
    assert key_for([own(1, 200, 230)], 250) == Unmade(230, 58)  # after a cut: the rest
    assert key_for([own(1, 200, 230)], 150) == Unmade(144, 56)  # before one drawn under a later clock


def test_a_clock_set_back_up_to_two_hours_keeps_the_key_and_further_draws_another() -> None:
    assert key_for([DAY], 201) is DAY
    assert key_for([DAY], 188) is DAY
    assert key_for([DAY], 187) == Unmade(144, 144)
    second = own(2, 144, 288, aired=187)
    assert key_for([DAY, second], 188) is second
    assert key_for([DAY, second], 201) is second


def test_a_frozen_key_is_never_the_one() -> None:
    for frozen in (own(1, 144, 201, cut=True), own(1, 144, 201, published_at=1)):
        assert key_for([frozen], 194) == Unmade(144, 57)  # an hour back: another with the same intervals
        assert key_for([frozen], 200) == Unmade(201, 87)  # in its last interval: the next, not yet begun
        following = own(2, 201, 288)
        assert key_for([frozen, following], 200) is following
    assert key_for([own(1, 144, 288, cut=True)], 287) == Unmade(288, 144)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 450), st.sampled_from(["air", "air", "air", "cut", "publish"])), max_size=40
    )
)
def test_whatever_clock_and_owner_do_nothing_is_aired_twice_and_servers_take_the_keys(
    history: list[tuple[int, str]],
) -> None:
    keys: list[OwnKey] = []
    aired: set[tuple[int, int]] = set()
    for interval, deed in history:
        if deed == "air":
            found = key_for(keys, interval)
            if isinstance(found, Unmade):
                found = own(len(keys) + 1, found.start, found.start + found.period)
                keys.append(found)
            assert not found.frozen
            assert interval - found.tek.rolling_end < 0
            if found.aired < interval and found.tek.rolling_start <= interval:
                assert (found.id, interval) not in aired
                aired.add((found.id, interval))
                keys[found.id - 1] = own(
                    found.id, found.tek.rolling_start, found.tek.rolling_end, aired=interval
                )
        for at, key in enumerate(keys):
            start, end = key.tek.rolling_start, key.tek.rolling_end
            if deed == "cut" and start <= interval and not key.frozen:
                end = max(key.aired, interval) + 1 if interval < end else end
                keys[at] = own(key.id, start, end, aired=key.aired, cut=True)
            if deed == "publish" and key.cut:
                keys[at] = own(key.id, start, end, aired=key.aired, published_at=1)
    for id_, interval in aired:  # all of it can be published
        assert keys[id_ - 1].tek.rolling_start <= interval < keys[id_ - 1].tek.rolling_end
    for one in keys:  # the reference server's rule
        for other in keys:
            apart = one.tek.rolling_end <= other.tek.rolling_start or (
                other.tek.rolling_end <= one.tek.rolling_start
            )
            assert apart or one.tek.rolling_start == other.tek.rolling_start
