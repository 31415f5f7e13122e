"""Order tells on files that were written as uploads came, and on no other."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from tests.export_audit.made_files import DAY, SECONDS, Key, audited, names, person, published

from bluezone.export_audit.order import columns_attack, neighbours_attack, order_attacks, split_attack

PEOPLE = 60


def uploads(days: range = range(DAY - 6, DAY)) -> list[list[Key]]:
    """Sixty people with four onsets."""
    chance = Random(5)
    return [person(f"p{at:02}-", days, onset=DAY - chance.randint(2, 5)) for at in range(PEOPLE)]


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.mark.parametrize("order", ["forward", "backward", "mixed within"])
def test_uploads_one_after_the_other_are_told_apart(order: str) -> None:
    chance = Random(8)
    people = uploads()
    for keys in people:
        if order == "backward":
            keys.reverse()
        elif order == "mixed within":
            chance.shuffle(keys)
    finding = neighbours_attack(published([key for keys in people for key in keys]), rng())
    # Five of six neighbours are one person's; some of the others too have the same onset, of other days.
    assert finding.found >= 5 * PEOPLE
    assert finding.p_value == 0.001
    right = sorted(sorted(key.name for key in keys) for keys in people)
    claimed = names(finding.groups)
    if order == "mixed within":  # where two people of one onset follow each other, the cut may be missed
        assert sum(group in right for group in claimed) > PEOPLE / 2
    else:
        assert claimed == right


def test_found_is_the_number_of_neighbours_alike() -> None:
    keys = [Key("a", DAY), Key("b", DAY - 1), Key("c", DAY - 1), Key("d", DAY, DAY - 1), Key("e", DAY)]
    assert neighbours_attack(published(keys), rng()).found == 1


def test_random_order_tells_nothing() -> None:
    keys = [key for keys in uploads() for key in keys]
    Random(4).shuffle(keys)
    for attack in (neighbours_attack, columns_attack):
        finding = attack(published(keys), rng())
        assert not finding.beyond_chance
        assert finding.groups == ()
        assert finding.found == pytest.approx(finding.by_chance, rel=0.3)


def test_days_one_after_the_other_with_people_in_the_same_order_are_told_apart() -> None:
    people = uploads()
    keys = [keys[at] for at in range(6) for keys in people]
    finding = columns_attack(published(keys), rng())
    assert finding.beyond_chance
    owner = {key.name: at for at, keys in enumerate(people) for key in keys}
    claimed = names(finding.groups)
    assert sum(len(group) - 1 for group in claimed) > PEOPLE
    right = sum(len({owner[name] for name in group}) == 1 for group in claimed)
    assert right > 0.9 * len(claimed)


def test_days_one_after_the_other_with_people_mixed_tell_nothing() -> None:
    chance = Random(9)
    people = uploads()
    keys = []
    for at in range(6):
        chance.shuffle(people)
        keys += [keys[at] for keys in people]
    found = published(keys)
    assert not columns_attack(found, rng()).beyond_chance
    assert not neighbours_attack(found, rng()).beyond_chance


def test_few_keys_and_none() -> None:
    for keys in ([], [Key("a", DAY)], person("a", range(DAY - 3, DAY))):
        assert all(finding.groups == () for finding in order_attacks(published(keys), rng()))


@pytest.mark.parametrize("shown_before", [True, False])
def test_revised_keys_one_after_the_other_are_told_apart(shown_before: bool) -> None:
    """However well the same keys were mixed when they were new, and without the file that showed them."""
    people = uploads()
    new = [key for keys in people for key in keys]
    Random(4).shuffle(new)
    first = audited(new, start=DAY * SECONDS, end=DAY * SECONDS + 14_400)
    second = audited(
        [],
        [key._replace(kind=5) for keys in people for key in keys],
        start=DAY * SECONDS + 14_400,
        end=DAY * SECONDS + 28_800,
    )
    found = published(*([first, second] if shown_before else [second]))
    told = {one.attack: one for one in order_attacks(found, rng()) if one.beyond_chance}
    assert all(name.startswith("order of revised: ") for name in told)
    right = sorted(sorted(key.name for key in keys) for keys in people)
    assert names(told["order of revised: neighbours"].groups) == right


@pytest.mark.parametrize("revised", [False, True])
def test_a_window_split_between_uploads_is_told(revised: bool) -> None:
    """Everybody with the same onset: within the file there is nothing to see."""
    chance = Random(6)
    files = []
    for at in range(12):
        keys = person(f"p{at:02}-", range(DAY - 8, DAY))
        chance.shuffle(keys)
        times = {"start": DAY * SECONDS, "end": DAY * SECONDS + 14_400 + at}
        files.append(audited([], keys, **times) if revised else audited(keys, **times))
    finding = split_attack(published(*files), rng(), revised=revised)
    assert finding.found == 12 * 8 * 7 // 2
    assert finding.beyond_chance
    assert len(finding.groups) == 12
    assert all(len({name[:3] for name in group}) == 1 for group in names(finding.groups))


def test_a_window_split_at_random_tells_nothing() -> None:
    keys = [key for keys in uploads() for key in keys]
    Random(4).shuffle(keys)
    end = DAY * SECONDS + 14_400
    files = [audited(keys[at * 30 :][:30], start=DAY * SECONDS, end=end + at) for at in range(12)]
    finding = split_attack(published(*files), rng())
    assert not finding.beyond_chance
    assert finding.found == pytest.approx(finding.by_chance, rel=0.05)
