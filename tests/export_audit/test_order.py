"""Order tells on files that were written as uploads came, and on no other."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from tests.export_audit.made_files import DAY, Key, names, person, published

from bluezone.export_audit.order import columns_attack, neighbours_attack

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
        for attack in (neighbours_attack, columns_attack):
            assert attack(published(keys), rng()).groups == ()
