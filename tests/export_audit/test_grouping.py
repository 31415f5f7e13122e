"""Who is alone in a class, counted by hand."""

from __future__ import annotations

import pytest
from tests.export_audit.made_files import DAY, SECONDS, Key, audited, names, person, published

from bluezone.export_audit.grouping import crowd_of, grouping_attack


def test_one_person_in_a_class_is_told_and_two_are_not() -> None:
    alone = person("a", range(DAY - 4, DAY), onset=DAY - 9)
    two = person("b", range(DAY - 4, DAY)) + person("c", range(DAY - 4, DAY))
    finding = grouping_attack(published(alone + two))
    assert names(finding.groups) == [sorted(key.name for key in alone)]
    assert finding.found == 3
    # Three keys of each day: a guess at the next day's key is right once in three.
    assert finding.by_chance == pytest.approx(1)
    assert finding.beyond_chance


def test_the_days_of_the_longer_history_are_told() -> None:
    long, short = person("a", range(DAY - 9, DAY)), person("b", range(DAY - 2, DAY))
    finding = grouping_attack(published(long + short))
    assert names(finding.groups) == [sorted(key.name for key in long[:7])]


def test_days_off_do_not_hide_but_a_long_gap_does() -> None:
    keys = person("a", [DAY - 9, DAY - 6, DAY - 5, DAY - 1])
    assert names(grouping_attack(published(keys)).groups) == [sorted(key.name for key in keys[:3])]


def test_report_type_and_window_separate_too() -> None:
    keys = person("a", [DAY - 2, DAY - 1]) + person("b", [DAY - 2, DAY - 1], kind=2)
    assert len(grouping_attack(published(keys)).groups) == 2
    same = person("a", [DAY - 2, DAY - 1]) + person("b", [DAY - 2, DAY - 1])
    assert grouping_attack(published(same)).groups == ()
    apart = published(
        audited(same[:2], start=DAY * SECONDS, end=DAY * SECONDS + 3_600),
        audited(same[2:], start=DAY * SECONDS + 3_600, end=DAY * SECONDS + 7_200),
    )
    assert len(grouping_attack(apart).groups) == 2


def test_nobody_is_told_among_equals() -> None:
    keys = [key for name in "abcde" for key in person(name, range(DAY - 4, DAY))]
    finding = grouping_attack(published(keys))
    assert (finding.found, finding.p_value, finding.groups, finding.beyond_chance) == (0, 1.0, (), False)


def test_the_crowd_by_hand() -> None:
    # Day -2: three alike and one alone; day -1: two alike and the same one alone.
    keys = [Key(name, DAY - 2) for name in "abc"] + [Key(name, DAY - 1) for name in "de"]
    crowd = crowd_of(published(keys + person("f", [DAY - 2, DAY - 1], onset=DAY - 9)))
    assert crowd.keys == (2, 5, 0, 0)
    assert crowd.links == 2 + 1
    assert crowd.guessed_right == pytest.approx((2 / 3 + 1) / 3)
    # By the day alone: three links at most among four keys and three.
    assert crowd.guessed_right_by_day == pytest.approx((3 / 4) / 3)


def test_an_empty_export_has_no_crowd() -> None:
    crowd = crowd_of(published([]))
    assert (crowd.keys, crowd.links, crowd.guessed_right) == ((0, 0, 0, 0), 0, 0.0)
    assert grouping_attack(published([])).groups == ()


def test_without_an_onset_only_a_file_of_one_person_tells() -> None:
    alone = person("a", range(DAY - 3, DAY), onset=None)
    assert len(grouping_attack(published(alone)).groups) == 1
    assert grouping_attack(published(alone + person("b", [DAY - 8, DAY - 7]))).found == 1
    mixed = [Key(f"k{at}", DAY - at, None, kind=1 + at % 2) for at in range(6)]
    assert grouping_attack(published(mixed)).groups == ()
