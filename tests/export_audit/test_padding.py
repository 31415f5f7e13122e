"""Padding made without thought is noticed, each kind by its sign; people are not taken for padding."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from random import Random

import numpy as np
import pytest
from tests.export_audit.made_files import DAY, SECONDS, Key, audited, person, published, tek

from bluezone.export_audit.findings import PaddingFinding
from bluezone.export_audit.key_bytes import half_bytes, near_keys
from bluezone.export_audit.padding import padding_signs
from bluezone.export_audit.published import AuditedFile, Published, publish_files

START, END = (DAY + 1) * SECONDS, (DAY + 1) * SECONDS + 4 * 3_600


def sign(found: Published, name: str) -> PaddingFinding:
    signs = padding_signs(found, np.random.default_rng(1))
    return next(one for one in signs if one.sign == name)


def file(keys: Iterable[Key]) -> AuditedFile:
    return audited(keys, start=START, end=END)


def crowd(people: int, chance: Random, onset: int = DAY - 4) -> list[Key]:
    """People as they are: histories of 3 to 14 days, one day in twenty missing."""
    keys = []
    for at in range(people):
        days = range(DAY - chance.choice([14] * 6 + [3, 7, 10]), DAY)
        keys += person(f"{onset - DAY}/{at}/", (day for day in days if chance.random() > 0.05), onset=onset)
    return keys


def town(seed: int = 1) -> list[Key]:
    """Two hundred people with usual and rarer onsets."""
    chance = Random(seed)
    sizes = ((1, 10), (2, 30), (3, 60), (4, 50), (5, 25), (6, 15), (8, 8), (12, 1), (11, 1))
    return [key for ago, size in sizes for key in crowd(size, chance, DAY - ago)]


def clones(keys: list[Key], wanted: int) -> list[Key]:
    """The reference server's way: metadata of real keys in turn, up to a minimum."""
    return [keys[at % len(keys)]._replace(name=f"pad{at}") for at in range(wanted)]


def test_a_town_without_padding_shows_no_sign() -> None:
    found = published(file(town()))
    signs = padding_signs(found, np.random.default_rng(1))
    assert {one.sign: one.suspects for one in signs if one.beyond_chance} == {}


def test_padding_in_turn_makes_days_too_even() -> None:
    real = person("a", range(DAY - 14, DAY))
    evenly = sign(published(file(real + clones(real, 986))), "days too even")
    # Steps between the twelve days that count, of 71 or 72 keys each.
    assert evenly.found == 11
    assert evenly.beyond_chance
    assert evenly.suspects == frozenset()


def test_padding_key_by_key_makes_days_too_uneven() -> None:
    chance = Random(2)
    real = [key for name in "abc" for key in person(name, range(DAY - 14, DAY))]
    made = [chance.choice(real)._replace(name=f"pad{at}") for at in range(1_000)]
    assert sign(published(file(real + made)), "days too uneven").beyond_chance


def test_a_class_has_a_floor_when_all_are_padded_to_it() -> None:
    keys = [
        key
        for onset in range(12)
        for at in range(5)
        for key in person(f"{onset}/{at}/", range(DAY - 5, DAY), onset=DAY - onset)
    ]
    finding = sign(published(file(keys)), "floor under classes")
    assert finding.found == 5
    assert finding.beyond_chance
    alone = person("alone", range(DAY - 5, DAY), onset=DAY - 13)
    assert not sign(published(file(keys + alone)), "floor under classes").beyond_chance


def test_a_round_number_of_keys_is_a_minimum() -> None:
    keys = town()
    short = 3_000 - len(keys)
    assert short > 0
    finding = sign(published(file(keys + clones(keys, short))), "minimum of keys")
    assert finding.p_value == pytest.approx(0.001)
    assert sign(published(file(keys)), "minimum of keys").p_value > 0.01


def test_windows_of_the_same_size_are_a_minimum() -> None:
    files = [
        audited(
            [Key(f"{at}/{one}", DAY) for one in range(217)], start=START + at * 14_400, end=END + at * 14_400
        )
        for at in range(6)
    ]
    finding = sign(publish_files(files), "minimum of keys")
    assert finding.found == 6
    assert finding.beyond_chance


def test_keys_made_one_by_one_stand_alone() -> None:
    chance = Random(3)
    made = [
        Key(f"pad{at}", DAY - chance.randint(3, 14), DAY - chance.randint(20, 90), chance.randint(1, 3))
        for at in range(80)
    ]
    finding = sign(published(file(town() + made)), "isolated keys")
    assert finding.beyond_chance
    told = {tek(key.name) for key in made}
    assert finding.suspects <= told
    assert len(finding.suspects) > 0.8 * len(told)


def test_keys_that_no_device_sent_are_named() -> None:
    odd = [
        Key("unexpired", DAY + 1),
        Key("far", DAY, DAY - 15),
        Key("old", DAY - 16),
        Key("fine", DAY),
        Key("oldest", DAY - 14),
        Key("unsaid", DAY, None),
    ]
    finding = sign(published(file(odd)), "impossible keys")
    assert finding.suspects == {tek("unexpired"), tek("far"), tek("old")}
    assert finding.beyond_chance


def test_padding_that_changes_with_each_building_is_named() -> None:
    real = person("a", range(DAY - 5, DAY))
    files = [file([*real, *(key._replace(name=f"{key.name}.{at}") for key in real)]) for at in "xy"]
    finding = sign(publish_files(files), "keys that come and go")
    assert finding.suspects == {tek(f"{key.name}.{at}") for key in real for at in "xy"}
    assert sign(publish_files([files[0], files[0]]), "keys that come and go").suspects == frozenset()


def test_a_longer_window_may_have_more_but_must_not_lack_keys() -> None:
    long = audited([*person("a", [DAY]), *person("b", [DAY])], start=START - 14_400, end=END)
    short = audited([*person("a", [DAY]), *person("c", [DAY])], start=START, end=END)
    assert sign(publish_files([long, short]), "keys that come and go").suspects == {tek(f"c{DAY}")}


def test_late_padding_without_an_owner_is_named() -> None:
    """Of eight onsets nobody reported in the window that the ends say; one of each kind is enough."""
    noon = DAY * SECONDS + 43_200
    before = audited(person("a", range(DAY - 3, DAY), onset=DAY - 1), start=noon - 14_400, end=noon)
    late = [Key("real", DAY, DAY - 1, period=60)]
    made = [Key(f"pad{at}", DAY, DAY - 2 - at, period=54 + at) for at in range(8)]
    after = audited(late + made, start=noon, end=noon + 14_400)
    finding = sign(publish_files([before, after]), "late keys without owner")
    assert (finding.found, finding.by_chance) == (8, pytest.approx(0.9))
    assert finding.suspects == {tek(key.name) for key in made}
    assert finding.beyond_chance


def test_however_many_keys_of_one_kind_are_one_persons_and_what_was_made_like_it() -> None:
    noon = DAY * SECONDS + 43_200
    before = audited(person("a", range(DAY - 3, DAY), onset=DAY - 1), start=noon - 14_400, end=noon)
    alike = [Key(f"{at}", DAY, DAY - 3, period=50 + at) for at in range(15)]
    finding = sign(
        publish_files([before, audited(alike, start=noon, end=noon + 14_400)]), "late keys without owner"
    )
    assert (finding.found, finding.by_chance) == (1, pytest.approx(0.1))
    assert not finding.beyond_chance


@pytest.mark.parametrize("behind", [True, False])
def test_padding_put_behind_or_before_the_keys_is_named(behind: bool) -> None:
    """Three windows of forty people each: the rarer the onsets, the better it is seen where they end."""
    files, told = [], set()
    for at in range(3):
        chance = Random(at)
        real = [key for ago in range(2, 10) for key in crowd(chance.randint(2, 8), chance, DAY - ago)]
        real = [key._replace(name=f"{at}{key.name}") for key in real]
        chance.shuffle(real)
        made = [key._replace(name=f"pad{at}{i}") for i, key in enumerate(chance.choices(real, k=400))]
        keys = real + made if behind else made + real
        files.append(audited(keys, start=START + at * 14_400, end=END + at * 14_400))
        told |= {tek(key.name) for key in made}
    finding = sign(publish_files(files), "padding at one end")
    assert finding.beyond_chance
    assert finding.suspects >= told
    assert len(finding.suspects) < 1.1 * len(told)


def test_padding_among_the_keys_is_at_no_end() -> None:
    chance = Random(5)
    real = town()
    keys = real + [key._replace(name=f"pad{at}") for at, key in enumerate(chance.choices(real, k=1_500))]
    chance.shuffle(keys)
    assert not sign(published(file(keys)), "padding at one end").beyond_chance


def test_people_one_after_the_other_are_not_taken_for_padding_at_one_end() -> None:
    rare = [key for ago in (3, 5, 7) for key in person(f"r{ago}", range(DAY - 14, DAY), onset=DAY - ago)]
    found = published(file(rare + crowd(40, Random(2))))
    assert sign(found, "padding at one end").beyond_chance  # if the order is believed to be random
    signs = padding_signs(found, np.random.default_rng(1), in_order=True)
    assert not next(one for one in signs if one.sign == "padding at one end").beyond_chance


def _with_teks(teks: list[bytes]) -> Published:
    made = file([Key("", DAY)] * len(teks))
    return publish_files(
        [AuditedFile(made.name, made.start, made.end, tuple(teks), made.table, (), made.revised_table)]
    )


def random_teks(count: int, seed: int = 6) -> list[bytes]:
    return [Random(f"{seed} {at}").randbytes(16) for at in range(count)]


def test_random_bytes_show_no_sign() -> None:
    found = _with_teks(random_teks(2_000))
    for finding in (half_bytes(found), near_keys(found)):
        assert not finding.beyond_chance
        assert finding.suspects == frozenset()


def test_uuids_among_keys_are_told_by_their_version() -> None:
    real = random_teks(500)
    made = [uuid.UUID(bytes=tek, version=4).bytes for tek in random_teks(300, seed=7)]
    finding = half_bytes(_with_teks(real + made))
    assert finding.beyond_chance
    assert finding.suspects & set(made)
    # The version's half byte is 4 with all of them, with one real key in sixteen by chance.
    assert len(finding.suspects - set(made)) <= 500 / 16 * 1.5


def test_keys_that_are_counted_up_are_told() -> None:
    real = random_teks(500)
    for order in ("big", "little"):
        made = [(2**127 + at).to_bytes(16, order) for at in range(40)]  # type: ignore[arg-type]
        finding = near_keys(_with_teks(real + made))
        assert finding.suspects == set(made)
        assert finding.beyond_chance


def test_few_keys_and_none() -> None:
    for keys in ([], [Key("a", DAY)]):
        found = published(file(keys))
        signs = (
            *padding_signs(found, np.random.default_rng(1)),
            half_bytes(found),
            near_keys(found),
        )
        assert not any(one.beyond_chance for one in signs)
