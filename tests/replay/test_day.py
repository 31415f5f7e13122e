"""The truth of a day: nearness, the script's consistency, reach over time, and the verdict."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from bluezone.replay.day import Contact, Day, Person, near_seconds
from bluezone.replay.nearby import Nearby
from bluezone.replay.outcome import Outcome, judge
from bluezone.replay.radio_model import AttenuationModel, median_attenuation
from bluezone.replay.scripted_day import scripted_day


def day_of(*contacts: Contact) -> Day:
    ids = sorted({c.a for c in contacts} | {c.b for c in contacts})
    return Day("t", "script", "t", 0, 86_400, tuple(Person(i, i) for i in ids), contacts, ids[0])


def test_near_counts_two_metres_and_less_once_and_never_through_a_wall() -> None:
    contacts = (
        Contact("a", "b", 0, 600, 2.0),
        Contact("a", "b", 300, 900, 1.0),  # overlaps: 0-900 in all
        Contact("a", "b", 1000, 1100, 2.1),
        Contact("a", "c", 0, 500, 1.0, wall=12.0),
        Contact("b", "c", 0, 500, 1.0),
    )
    assert near_seconds(contacts, "a") == {"b": 900}


def test_judge_draws_the_line_at_fifteen_minutes_and_leaves_the_f0_out() -> None:
    assert judge({"b": 900, "c": 899, "d": 5000}, {"a", "b", "c"}, f0="a") == Outcome(
        near=("b", "d"), warned=("b", "c"), missed=("d",), false=("c",)
    )


def test_nobody_is_in_two_places_and_everyone_has_a_whole_day() -> None:
    day = scripted_day()
    assert len(day.people) >= 24
    for person in day.people:
        stays = sorted((s for s in day.stays if s.person == person.id), key=lambda s: s.start)
        assert (stays[0].start, stays[-1].end) == (day.start, day.end)
        assert all(before.end <= after.start for before, after in pairwise(stays))


def test_contacts_of_the_script_are_what_its_stays_say() -> None:
    """A second, minute-by-minute computation from the seats."""
    day = scripted_day()
    building = {place.id: place.building for place in day.places}

    def where(person: str, time: int) -> tuple[str, str, tuple[float, float]] | None:
        for stay in day.stays:
            if stay.person == person and stay.start <= time < stay.end:
                return building[stay.place], stay.place, stay.seat
        return None

    for time in range(day.start, day.end, 3600 + 60):
        expected = set()
        at = {p.id: found for p in day.people if (found := where(p.id, time))}
        for one in at:
            for other in at:
                same_building = at[one][0] == at[other][0]
                if one < other and same_building and at[one][1] == at[other][1]:
                    expected.add((one, other, round(math.dist(at[one][2], at[other][2]), 2)))
        actual = {(c.a, c.b, c.distance) for c in day.contacts if c.start <= time < c.end and not c.wall}
        assert actual == expected


def test_another_seed_moves_the_borders_only() -> None:
    one, other = scripted_day(1), scripted_day(2)
    assert one.stays != other.stays
    assert [(s.person, s.place, s.seat) for s in one.stays] == [
        (s.person, s.place, s.seat) for s in other.stays
    ]
    assert scripted_day(1) == one


def test_nearby_follows_time_and_goes_back_only_a_little() -> None:
    nearby = Nearby(day_of(Contact("a", "b", 100, 200, 1.0), Contact("a", "b", 150, 200, 4.0)))
    assert nearby.median_loss("a", "b", 99) is None
    assert nearby.median_loss("b", "a", 100) == pytest.approx(61.0)
    assert nearby.median_loss("a", "b", 160) == pytest.approx(61.0)  # the nearer row
    assert nearby.median_loss("a", "b", 200) is None
    assert nearby.median_loss("a", "b", 199.9) == pytest.approx(61.0)  # adverts are planned sender by sender
    assert nearby.median_loss("a", "c", 250) is None
    with pytest.raises(ValueError, match="long before"):
        nearby.median_loss("a", "b", 150)


def test_far_rows_are_out_of_reach() -> None:
    # 61.0 + 21·log10(d) = 95 at d = 10^(34/21) = 41.6 m
    nearby = Nearby(day_of(Contact("a", "b", 0, 10, 41.5), Contact("a", "c", 0, 10, 41.7)))
    assert nearby.median_loss("a", "b", 5) is not None
    assert nearby.median_loss("a", "c", 5) is None


def test_path_loss_by_hand() -> None:
    assert median_attenuation(1.0) == pytest.approx(61.0)
    assert median_attenuation(10.0) == pytest.approx(82.0)
    assert median_attenuation(2.0, wall=12.0) == pytest.approx(61.0 + 21 * math.log10(2) + 12.0)
    assert median_attenuation(0.01) == pytest.approx(61.0 + 21 * math.log10(0.3))


def draws_at(median: float) -> list[float | None]:
    return [AttenuationModel(seed).draw("a", "b", 0.0, median) for seed in range(4000)]


def test_noise_has_the_stated_spread() -> None:
    # So near that every advert arrives: the four deviations add up in squares.
    draws = [loss for loss in draws_at(20.0) if loss is not None]
    mean = sum(draws) / len(draws)
    assert len(draws) == 4000
    assert mean == pytest.approx(20.0, abs=0.5)
    spread = math.sqrt(sum((loss - mean) ** 2 for loss in draws) / len(draws))
    assert spread == pytest.approx(math.sqrt(4.5**2 + 5.4**2 + 4.1**2 + 5.9**2), abs=0.3)


def test_at_the_reception_limit_half_of_the_adverts_arrive() -> None:
    arrived = [loss for loss in draws_at(75.6) if loss is not None]
    assert len(arrived) / 4000 == pytest.approx(0.5, abs=0.03)
    # One deviation of everything that differs, reception's spread of 2.9 dB too, nearer: 84 %.
    spread = math.sqrt(4.5**2 + 5.4**2 + 4.1**2 + 5.9**2 + 2.9**2)
    nearer = [loss for loss in draws_at(75.6 - spread) if loss is not None]
    assert len(nearer) / 4000 == pytest.approx(0.841, abs=0.03)


def test_a_day_repeats_with_its_seed_and_shadows_fall_both_ways() -> None:
    assert AttenuationModel(7).draw("a", "b", 5.0, 40.0) == AttenuationModel(7).draw("a", "b", 5.0, 40.0)
    assert AttenuationModel(7).draw("a", "b", 5.0, 40.0) != AttenuationModel(8).draw("a", "b", 5.0, 40.0)

    def shadow(sender: str, receiver: str, time: float) -> float:
        """The mean of many adverts, without what ten minutes leave alone: each phone's own offset."""
        model = AttenuationModel(4)
        many = [model.draw(sender, receiver, time, 10.0) or math.nan for _ in range(3000)]
        later = [model.draw(sender, receiver, time + 600, 10.0) or math.nan for _ in range(3000)]
        return sum(many) / 3000 - sum(later) / 3000

    assert shadow("a", "b", 0.0) == pytest.approx(shadow("b", "a", 0.0), abs=0.7)
    assert abs(shadow("a", "b", 0.0)) > 0.7
