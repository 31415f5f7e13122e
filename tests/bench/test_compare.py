"""Two files of figures compared, by numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bluezone.bench.compare import Verdict, compare_results, other_circumstances
from bluezone.bench.machine import Machine, Revision
from bluezone.bench.measure import Result
from bluezone.bench.result_file import ResultSet

MACHINE = Machine("Linux 6", "EPYC", 2, "3.11.7", "native")


def a_set(*results: Result, machine: Machine = MACHINE) -> ResultSet:
    return ResultSet(Revision(), datetime(2021, 3, 10, tzinfo=UTC), machine, False, results, {}, {}, True)


def test_a_machine_half_as_fast_changes_nothing(make_result: Callable[..., Result]) -> None:
    old = make_result("match", ours=[4.0, 4.0, 4.0], plain=[1.0, 1.0, 1.0])
    new = make_result("match", ours=[8.0, 8.0, 8.0], plain=[2.0, 2.0, 2.0])
    (row,) = compare_results(a_set(old), a_set(new))
    # 100 keys a second against 10, then 50 against 5.
    assert (row.verdict, row.change) == (Verdict.WITHIN, 0)
    assert row.old is not None
    assert row.new is not None
    assert (row.old.largest.median_speed, row.new.largest.median_speed) == (100, 50)


@pytest.mark.parametrize(
    ("seconds", "verdict", "change"),
    [
        # Before: 400 keys in 3, 4, 5 s against 10 in 1 s: ratios 40/3, 10, 8.
        ([2.0, 2.5, 2.9], Verdict.FASTER, 0.6),  # 20, 16, 13.79: all above 13.33; 16/10
        ([2.0, 2.5, 3.1], Verdict.WITHIN, 0.6),  # 20, 16, 12.9
        ([2.0, 2.5, 3.0], Verdict.WITHIN, 0.6),  # 20, 16, 13.33: touches
        ([5.1, 8.0, 9.0], Verdict.SLOWER, -0.5),  # 7.84, 5, 4.44: all below 8
        ([4.9, 8.0, 9.0], Verdict.WITHIN, -0.5),  # 8.16, 5, 4.44
    ],
)
def test_a_change_is_marked_when_no_rounds_overlap(
    make_result: Callable[..., Result], seconds: list[float], verdict: Verdict, change: float
) -> None:
    old = make_result("match", ours=[3.0, 4.0, 5.0], plain=[1.0, 1.0, 1.0])
    new = make_result("match", ours=seconds, plain=[1.0, 1.0, 1.0])
    (row,) = compare_results(a_set(old), a_set(new))
    assert row.verdict is verdict
    assert row.change == pytest.approx(change)


def test_other_inputs_units_or_plain_ways_are_not_compared(make_result: Callable[..., Result]) -> None:
    old = make_result("match", ours=[1.0], plain=[1.0])
    for new in (
        make_result("match", ours=[1.0], plain=[1.0], unit="files/s"),
        make_result("match", ours=[1.0], plain=[1.0], plain_name="another"),
        replace(old, sizes=(*old.sizes[:2], replace(old.largest, input="400 short keys"))),
        replace(old, sizes=(*old.sizes[:2], replace(old.largest, size=800))),
        replace(old, baseline=replace(old.baseline, units=20)),
    ):
        (row,) = compare_results(a_set(old), a_set(new))
        assert (row.verdict, row.change) == (Verdict.OTHER, None)


def test_what_only_one_file_has_is_listed(make_result: Callable[..., Result]) -> None:
    a, b, c = (make_result(name, ours=[1.0], plain=[1.0]) for name in "abc")
    rows = compare_results(a_set(c, a), a_set(b, a))
    assert [(row.name, row.verdict) for row in rows] == [
        ("a", Verdict.WITHIN),
        ("b", Verdict.ONLY_NEW),
        ("c", Verdict.ONLY_OLD),
    ]


def test_what_else_differs_is_said() -> None:
    other = Machine("Linux 6", "Xeon", 4, "3.11.7", "reference")
    assert other_circumstances(a_set(), a_set()) == []
    assert other_circumstances(a_set(), a_set(machine=other)) == [
        "CPU: EPYC before, Xeon after",
        "cores: 2 before, 4 after",
        "matching engine: native before, reference after",
    ]


def test_a_run_that_was_broken_off_or_quick_is_said() -> None:
    whole = a_set()
    assert other_circumstances(whole, whole) == []
    assert other_circumstances(replace(whole, complete=False), whole) == ["the run before was broken off"]
    assert other_circumstances(whole, replace(whole, quick=True)) == ["inputs: whole before, quick after"]
