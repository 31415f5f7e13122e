"""Keys that come in a later window than their owner's others."""

from __future__ import annotations

import numpy as np
import pytest
from tests.export_audit.made_files import DAY, SECONDS, Key, audited, names, person, published

from bluezone.export_audit.published import AuditedFile, Published
from bluezone.export_audit.windows import late_keys_attack, late_keys_of, ownerless_of, rest_of_day_attack

MIDNIGHT = DAY * SECONDS


def window(hour: int, keys: list[Key]) -> AuditedFile:
    """The four hours of ``DAY`` from ``hour`` on."""
    return audited(keys, start=MIDNIGHT + hour * 3_600, end=MIDNIGHT + (hour + 4) * 3_600)


def cut(name: str, hour: int, onset: int = DAY - 3) -> Key:
    """The key of ``DAY`` of somebody who reported at that hour."""
    return Key(name, DAY, onset, period=hour * 6)


def claims(found: Published) -> list[list[str]]:
    return names(late_keys_attack(found, late_keys_of(found)).groups)


def test_the_only_late_key_of_an_onset_belongs_to_the_only_person_with_it() -> None:
    found = published(window(8, person("a", [DAY - 2, DAY - 1])), window(12, [cut("late", 9)]))
    assert claims(found) == [[f"a{DAY - 1}", "late"]]
    late = late_keys_of(found)
    assert (late.count, late.guessed_right) == (1, 1.0)


def test_two_who_may_own_it_hide_each_other() -> None:
    people = person("a", [DAY - 2, DAY - 1]) + person("b", [DAY - 2, DAY - 1])
    found = published(window(8, people), window(12, [cut("late", 9)]))
    late = late_keys_of(found)
    assert (late.claims, late.guessed_right) == ((), 0.5)


def test_the_end_of_a_cut_key_says_in_which_window_its_owner_reported() -> None:
    files = window(4, person("a", [DAY - 1])), window(8, person("b", [DAY - 1]))
    assert claims(published(*files, window(12, [cut("late", 10)]))) == [[f"b{DAY - 1}", "late"]]
    assert claims(published(*files, window(12, [cut("late", 6)]))) == [[f"a{DAY - 1}", "late"]]
    assert claims(published(*files, window(12, [Key("late", DAY)]))) == []


def test_another_onset_is_another_person() -> None:
    found = published(window(8, person("a", [DAY - 1])), window(12, [cut("late", 9, onset=DAY - 1)]))
    assert late_keys_of(found).claims == ()


def test_a_whole_upload_is_nobodys_late_key() -> None:
    found = published(window(8, person("a", [DAY - 1])), window(12, [*person("b", [DAY - 1]), cut("c", 9)]))
    assert late_keys_of(found).count == 0


def test_a_late_key_without_an_owner_is_noticed_if_its_window_is_there() -> None:
    others = person("a", [DAY - 2, DAY - 1], onset=DAY - 8)
    late = [cut("late", 9)]
    found = ownerless_of(published(window(8, others), window(12, late)))
    assert (found.kinds, found.without, found.rows) == (1, 1, (2,))
    assert ownerless_of(published(window(4, others), window(12, late))).kinds == 0


@pytest.mark.parametrize(
    ("period", "without"),
    [
        (47, 1),  # until 7:50, and until 8:00 the window before the others'
        (48, 0),
        (71, 0),
        (72, 1),  # at 12:00, in the key's own window, which has no other day
    ],
)
def test_the_upload_was_within_ten_minutes_of_the_end(period: int, without: int) -> None:
    files = [
        window(4, person("x", [DAY - 1], onset=DAY - 9)),
        window(8, person("a", [DAY - 1])),
        window(12, [Key("late", DAY, period=period)]),
    ]
    assert ownerless_of(published(*files)).without == without


def test_an_owner_in_its_own_window_is_an_owner() -> None:
    late = Key("late", DAY, period=73)
    assert ownerless_of(published(window(12, [late, *person("a", [DAY - 1])]))).without == 0
    assert ownerless_of(published(window(12, [late, *person("a", [DAY])]))).without == 1


def test_a_key_until_the_end_of_its_day_tells_no_upload() -> None:
    rest = Key("rest", DAY - 1, begin=61, period=83)
    assert ownerless_of(published(window(0, [rest]))).kinds == 0


def test_without_times_the_window_before_is_asked() -> None:
    assert claims(published(person("a", [DAY - 1]), [cut("late", 9)])) == [[f"a{DAY - 1}", "late"]]
    assert claims(published(person("a", [DAY - 1]), [Key("other", DAY, DAY)], [cut("late", 9)])) == []


def test_the_rest_of_a_day_is_linked_by_its_first_interval() -> None:
    keys = [
        Key("cut", DAY, period=61),
        Key("rest", DAY, begin=61, period=83),
        Key("other", DAY, period=50),
        Key("whole", DAY),
    ]
    finding = rest_of_day_attack(published(keys), np.random.default_rng(1))
    assert names(finding.groups) == [["cut", "rest"]]
    assert finding.found == 1
    # Two keys are cut at one of 143 intervals each.
    assert finding.by_chance == pytest.approx(2 / 143, abs=0.012)


def test_two_who_were_cut_at_the_same_time_hide_each_other() -> None:
    keys = [Key("a", DAY, period=61), Key("b", DAY, period=61), Key("rest", DAY, begin=61, period=83)]
    assert rest_of_day_attack(published(keys), np.random.default_rng(1)).groups == ()
    assert rest_of_day_attack(published([Key("a", DAY)]), np.random.default_rng(1)).p_value == 1.0
