"""Padding: what it looks like to somebody who links keys by their metadata."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bluezone.authority.keys.padding import ALIKE, KeyShape, invent_shapes, onset_day, share_to_revise

DAY = 144
TODAY = 18_696  # 10 March 2021, in days since the epoch
NO_ENDS: tuple[range, ...] = ()


def person(onset: int, days: range = range(1, 15), report_type: str = "confirmed") -> list[KeyShape]:
    """A key for each of so many days ago, of somebody who fell ill ``onset`` days ago."""
    return [KeyShape((TODAY - ago) * DAY, DAY, 2, report_type, onset - ago) for ago in days]


def sets(shapes: list[KeyShape]) -> dict[tuple[str, int | None], Counter[int]]:
    """Class → how many keys of each day."""
    found: dict[tuple[str, int | None], Counter[int]] = {}
    for one in shapes:
        group = (one.report_type, onset_day(one.rolling_start, one.days_since_onset))
        found.setdefault(group, Counter())[one.rolling_start // DAY] += 1
    return found


def invent(
    real: list[KeyShape], wanted: int, ends: tuple[range, ...] = NO_ENDS, seed: int = 1
) -> list[KeyShape]:
    return invent_shapes(Counter(real), wanted, ends, random.Random(seed))


def test_one_person_is_hidden_among_sets_like_theirs() -> None:
    real = person(4)
    made = invent(real, 1_000)
    assert 1_000 - 14 <= len(made) <= 1_000  # the last set is whole
    assert set(made) <= set(real)
    (days,) = sets(made).values()
    assert set(days.values()) == {len(made) // 14}  # whole sets: as many on each day


def test_a_batch_that_is_large_enough_only_gets_company_for_whoever_is_alone() -> None:
    crowd = [shape for _ in range(100) for shape in person(4)]
    alone = person(9, range(1, 4))
    made = invent(crowd + alone, 1_000)
    assert sets(made) == {("confirmed", TODAY - 9): Counter({TODAY - ago: ALIKE - 1 for ago in range(1, 4)})}


@pytest.mark.parametrize(
    ("people", "phantoms_a_day"),
    [
        (1, 9),  # four for when it is revised, and five that stay behind
        (10, 45),  # four for each, and five
        (100, 100),  # 405, but for the limit
    ],
)
def test_classes_that_may_be_revised_have_phantoms_to_go_along(people: int, phantoms_a_day: int) -> None:
    crowd = [shape for _ in range(people) for shape in person(4, report_type="likely")]
    made = invent(crowd, 0)
    assert sets(made) == {
        ("likely", TODAY - 4): Counter({TODAY - ago: phantoms_a_day for ago in range(1, 15)})
    }


def test_days_are_those_of_people_of_the_class() -> None:
    """Two have one day, one has that and three more: a third of the sets is long, the rest are short."""
    real = person(4, range(1, 2)) * 2 + person(4, range(1, 5))
    made = invent(real, 3_000)
    (days,) = sets(made).values()
    longest = {days[TODAY - ago] for ago in (2, 3, 4)}
    assert len(longest) == 1
    share = longest.pop() / days[TODAY - 1]
    assert 0.28 < share < 0.39  # a third; six standard deviations of some 1,500 draws are 0.07


def test_a_key_that_was_cut_short_ends_when_others_report() -> None:
    ends = range(TODAY * DAY + 30, TODAY * DAY + 54)
    cut = KeyShape(TODAY * DAY, 40, 2, "confirmed", 4)
    made = invent([cut], 2_400, (ends,))
    periods = Counter(one.rolling_period for one in made)
    assert set(periods) == set(range(30, 54))
    assert max(periods.values()) < 2 * min(periods.values())  # 100 each, even
    earlier = cut._replace(rolling_start=cut.rolling_start - DAY)  # not of this batch's time: as it is
    assert {one.rolling_period for one in invent([earlier], 100, (ends,))} == {40}


def test_it_ends_in_the_window_in_which_the_real_one_was_reported() -> None:
    """In another one there may be nobody of the class, and the key would say that nobody has it."""
    midnight = TODAY * DAY
    early, late = range(midnight + 30, midnight + 48), range(midnight + 48, midnight + 54)
    cut = KeyShape(midnight, 40, 2, "confirmed", 4)
    made = invent([cut], 1_000, (early, late))
    assert {one.rolling_period for one in made} == set(range(30, 48))
    both = [cut] * 5 + [cut._replace(rolling_period=50)]  # five alike in one window hide nobody of the other
    ends = Counter(midnight + one.rolling_period in late for one in invent(both, 0, (early, late)))
    assert ends == {True: ALIKE - 1}


def test_a_key_until_the_days_end_was_not_cut_short() -> None:
    """The rest of a day begins where a report cut the key before, and always lasts until midnight."""
    rest = KeyShape(TODAY * DAY + 61, 83, 2, "confirmed", 4)
    ends = range((TODAY + 1) * DAY, (TODAY + 1) * DAY + 7)
    assert set(invent([rest], 100, (ends,))) == {rest}


def test_without_real_keys_there_is_none() -> None:
    assert invent([], 1_000) == []


shapes = st.builds(
    KeyShape,
    st.integers(TODAY - 14, TODAY).map(lambda day: day * DAY),
    st.integers(1, DAY),
    st.integers(0, 8),
    st.sampled_from(["confirmed", "likely", "user-report", ""]),
    st.none() | st.integers(-14, 14),
    st.booleans(),
)


@settings(deadline=None)
@given(st.lists(shapes, min_size=1, max_size=40), st.integers(0, 300), st.integers(0, 2**32))
def test_for_any_keys(real: list[KeyShape], wanted: int, seed: int) -> None:
    ends = range((TODAY - 1) * DAY + 100, (TODAY - 1) * DAY + 124)
    made = invent(real, wanted, (ends,), seed)
    assert len(real) + len(made) >= wanted
    real_sets, all_sets = sets(real), sets(real + made)
    assert set(all_sets) == set(real_sets)
    for group, days in all_sets.items():
        assert max(days.values()) >= ALIKE
        assert set(days) == set(real_sets[group])
    as_they_are = {one._replace(rolling_period=0) for one in real}
    for one in made:
        assert one._replace(rolling_period=0) in as_they_are
        assert 1 <= one.rolling_period <= DAY
        if one not in real:
            assert one.rolling_start + one.rolling_period in ends


def test_how_many_phantoms_are_revised() -> None:
    assert share_to_revise(real_before=10, real_revised=0, phantoms=100) == 0
    assert share_to_revise(real_before=10, real_revised=5, phantoms=100) == 50
    assert share_to_revise(real_before=1, real_revised=1, phantoms=70) == 70
    assert share_to_revise(real_before=100, real_revised=1, phantoms=5) == 4  # with the real one, ALIKE
    assert share_to_revise(real_before=3, real_revised=1, phantoms=100) == 34
    assert share_to_revise(real_before=10, real_revised=1, phantoms=2) == 2
