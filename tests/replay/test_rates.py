"""How good warnings are, on cases that can be counted by hand, and what adoption leaves of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.replay.contact_trace import ContactTrace, trace_from_rows
from bluezone.replay.day import NEAR_SECONDS
from bluezone.replay.outbreak import Outbreak, adopters
from bluezone.replay.outcome import judge
from bluezone.replay.rates import Rates, rates, reachable


def outbreak(contacts: Mapping[int, set[int]]) -> Outbreak:
    return Outbreak(
        f0=tuple(contacts),
        contacts={f0: frozenset(near) for f0, near in contacts.items()},
        exposures=(),
        alerted=frozenset(),
        checked_at=datetime(2021, 3, 11, tzinfo=UTC),
        keys=0,
        sightings=0,
        receptions=0,
        seconds=0.0,
    )


TWO = outbreak({0: {1, 2, 3}, 5: {3, 4}})


def test_rates_by_hand() -> None:
    # Truly near are 1, 2, 3, 4; told are 1, 3 and 9, since 5 is an F0 itself; right are 1 and 3.
    assert rates(TWO, {1, 3, 9, 5}) == Rates(
        true_contacts=4, warned=3, right=2, sensitivity=2 / 4, precision=2 / 3
    )


def test_a_share_of_nothing_is_none() -> None:
    assert rates(TWO, set()) == Rates(4, 0, 0, 0.0, None)
    assert rates(outbreak({0: set()}), {7}) == Rates(0, 1, 0, None, 0.0)
    assert reachable(outbreak({0: set()}), {0, 1}) is None


def test_an_f0_is_no_contact_of_another() -> None:
    # As a record may have it: 0 and 1 are both positive, and were near each other.
    assert rates(outbreak({0: {1, 2}, 1: {0, 2}}), {0, 1, 2}) == Rates(1, 1, 1, 1.0, 1.0)


@pytest.mark.parametrize(
    ("with_app", "share"),
    [
        ({0, 1, 2, 4}, 2 / 4),  # 4 was near 5 alone, who has no app
        ({5, 1, 3}, 1 / 4),  # 3 was near both: one of them is enough
        ({0, 5, 1, 2, 3, 4, 9}, 1.0),
        ({1, 2, 3, 4}, 0.0),
        ({0, 5}, 0.0),
        (set(), 0.0),
    ],
)
def test_reachable_by_hand(with_app: set[int], share: float) -> None:
    assert reachable(TWO, with_app) == share


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3600)), st.sets(st.sampled_from("abcdefgh"))
)
def test_one_f0_is_judged_alike_for_a_day_and_for_a_record(seconds: dict[str, int], told: set[str]) -> None:
    outcome = judge(seconds, told, f0="a")
    rows = {person: ord(person) for person in "abcdefgh"}
    near = {rows[person] for person, time in seconds.items() if time >= NEAR_SECONDS}
    found = rates(outbreak({rows["a"]: near}), {rows[person] for person in told})
    assert found.true_contacts == len(outcome.near)
    assert found.warned == len(outcome.warned)
    assert found.right == len(outcome.near) - len(outcome.missed)
    assert found.right == len(outcome.warned) - len(outcome.false)


def crowd(people: int) -> ContactTrace:
    return trace_from_rows([], others=range(people))


@pytest.mark.parametrize("adoption", [0.2, 0.5, 0.8])
def test_about_p_squared_of_the_true_contacts_can_be_reached(adoption: float) -> None:
    """One F0: both need the app, so k·(k-1) of n·(n-1) ordered pairs have it where k of n people do."""
    people, seeds = 40, 2000
    trace, one = crowd(people), outbreak({0: set(range(1, 21))})
    shares = [reachable(one, adopters(trace, seed, adoption)) for seed in range(seeds)]
    k = round(adoption * people)
    expected = k * (k - 1) / (people * (people - 1))
    # A single share varies by less than 0.5: 3 standard errors are at most 0.034.
    assert sum(share or 0.0 for share in shares) / seeds == pytest.approx(expected, abs=0.034)
    assert expected == pytest.approx(adoption**2, abs=0.007)


def test_more_adoption_is_the_same_people_and_more() -> None:
    trace = crowd(469)
    sizes = []
    before: frozenset[int] = frozenset()
    for tenths in range(11):
        now = adopters(trace, 3, tenths / 10)
        assert before <= now
        sizes.append(len(now))
        before = now
    assert sizes == [0, 47, 94, 141, 188, 234, 281, 328, 375, 422, 469]  # tenths of 469, rounded
    assert before == frozenset(range(469))
    assert adopters(trace, 4, 0.5) != adopters(trace, 3, 0.5)
