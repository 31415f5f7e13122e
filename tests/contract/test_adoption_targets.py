"""Targets on both databases: set, replaced, withdrawn, within a scope; how far areas are from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.models import Target
from bluezone.authority.adoption.rules import Forecast, NoForecast, Standing
from bluezone.authority.adoption.services import (
    TargetRefused,
    record_facts,
    set_targets,
    withdraw_target,
)
from bluezone.authority.adoption.target_queries import Progress, overdue_reports, progress_of, targets_of
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan

pytestmark = pytest.mark.django_db

MARCH_8 = date(2021, 3, 8)
MARCH_31 = date(2021, 3, 31)
NOW = datetime(2021, 3, 10, 3, tzinfo=UTC)
CLERK = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()


def area(code: str = "009") -> Area:
    found = area_on(code, MARCH_8, EVERYTHING)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def put(
    code: str = "009",
    percent: str = "60",
    due: date = MARCH_31,
    now: datetime = NOW,
    scope: Scope = EVERYTHING,
) -> int:
    return set_targets([area(code)], due, Decimal(percent), scope=scope, by=CLERK, now=now)


def report(code: str, day: date, installs: int, smartphones: int) -> None:
    counts = {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: smartphones}
    record_facts(area(code), day, counts, scope=EVERYTHING, by=CLERK, now=NOW)


def progress(*codes: str, day: date = MARCH_8, scope: Scope = EVERYTHING) -> Sequence[Progress]:
    return progress_of([area(code) for code in codes or ("009",)], day, scope)


def test_the_letters_figure_against_a_target() -> None:
    report("009", MARCH_8, 157_542, 402_706)
    put()
    [one] = progress()
    assert (one.points_missing, one.phones_missing) == (Decimal("20.88"), 84_082)
    assert (one.ahead, one.standing) == (NoForecast.TOO_FEW, Standing.OPEN)


def test_another_target_for_the_day_replaces_and_keeps_the_old() -> None:
    assert put() == 1
    assert put() == 0  # the same again is no other
    assert put(percent="62.5", now=NOW + timedelta(1)) == 1
    old, new = Target.objects.order_by("set_at")
    assert (old.ended_at, old.superseded_by, old.ended_by) == (NOW + timedelta(1), new, "")
    assert (new.percent, new.ended_at) == (Decimal("62.50"), None)
    assert [one.pk for one in targets_of(area(), EVERYTHING)] == [new.pk, old.pk]
    withdraw_target(new.pk, scope=EVERYTHING, by=CLERK, now=NOW + timedelta(2))
    assert progress() == []
    assert Target.objects.count() == 2
    with pytest.raises(TargetRefused, match="not in force any more"):
        withdraw_target(new.pk, scope=EVERYTHING, by=CLERK, now=NOW)
    entries = AuditEntry.objects.order_by("recorded_at").values_list("action", "subject", "details")
    assert list(entries) == [
        ("adoption.target-set", "area:01/009", {"due": "2021-03-31", "percent": "60", "before": None}),
        ("adoption.target-set", "area:01/009", {"due": "2021-03-31", "percent": "62.5", "before": "60.00"}),
        ("adoption.target-withdrawn", "area:01/009", {"due": "2021-03-31", "percent": "62.50"}),
    ]


def test_the_next_one_due_counts_and_after_the_last_that_one() -> None:
    for due, percent in ((MARCH_8, "40"), (MARCH_31, "60"), (date(2021, 6, 30), "80")):
        put(due=due, percent=percent)
    wanted = {
        MARCH_8: "40",
        date(2021, 3, 9): "60",
        MARCH_31: "60",
        date(2021, 4, 1): "80",
        date(2021, 9, 1): "80",
    }
    for day, percent in wanted.items():
        [one] = progress(day=day)
        assert one.percent == Decimal(percent)


def test_the_trend_of_five_weeks() -> None:
    """30, 32, 34, 36, 38 % by weeks: 2 points a week, without a wobble; three weeks on it is 44."""
    for at in range(5):
        report("009", MARCH_8 - timedelta(7 * (4 - at)), 30 + 2 * at, 100)
    put(due=MARCH_8 + timedelta(21), percent="44")
    [one] = progress()
    assert isinstance(one.ahead, Forecast)
    assert one.ahead[:3] == pytest.approx((44, 44, 44))
    put(due=MARCH_8 + timedelta(21), percent="45")
    [one] = progress()
    assert (one.standing, one.phones_missing) == (Standing.BEHIND, 7)
    # As it was known three weeks earlier there were two points only.
    [one] = progress(day=MARCH_8 - timedelta(21))
    assert one.ahead is NoForecast.TOO_FEW
    put(due=date(2021, 7, 1), percent="45")  # in the terms of 29 June
    withdraw_target(
        Target.objects.get(percent=45, due__lt=MARCH_31, ended_at=None).pk,
        scope=EVERYTHING,
        by=CLERK,
        now=NOW,
    )
    [one] = progress()
    assert one.ahead is NoForecast.DEFINITION_CHANGED


def test_a_figure_of_the_day_decides() -> None:
    put(due=MARCH_8, percent="40")
    report("009", MARCH_8, 39, 100)
    assert [one.standing for one in progress(day=MARCH_31)] == [Standing.MISSED]
    report("009", MARCH_8, 40, 100)
    assert [one.standing for one in progress(day=MARCH_31)] == [Standing.REACHED]


def test_whoever_may_not_see_an_area_neither_sees_nor_sets_its_targets() -> None:
    put()
    put("00343")
    ward = Scope.of(["01/009/00343"])
    assert [one.area.code for one in progress("009", "00343", "00361", scope=ward)] == ["00343"]
    assert targets_of(area(), ward) == []
    [target] = targets_of(area(), EVERYTHING)
    with pytest.raises(TargetRefused, match="within your scope"):
        withdraw_target(target.pk, scope=ward, by=CLERK, now=NOW)
    with pytest.raises(TargetRefused, match="not within your scope"):
        set_targets([area("00343"), area()], MARCH_8, Decimal(1), scope=ward, by=CLERK, now=NOW)
    assert Target.objects.count() == 2  # all or none


@pytest.mark.parametrize("percent", ["0", "-1", "100.01", "50.005"])
def test_what_is_no_target(percent: str) -> None:
    with pytest.raises(TargetRefused, match="is not a rate above 0 and up to 100"):
        put(percent=percent)


def test_a_target_is_of_an_area_that_is_there_on_its_day() -> None:
    with pytest.raises(TargetRefused, match="there is no Quận Thanh Xuân on 01/07/2025"):
        put(due=date(2025, 7, 1))


def test_who_owes_a_figure_since_when() -> None:
    report("00343", MARCH_8, 1, 2)
    report("00361", MARCH_8 - timedelta(8), 1, 2)
    record_facts(area("00346"), MARCH_8, {Metric.SMARTPHONES: 9}, scope=EVERYTHING, by=CLERK, now=NOW)
    wards = [area(code) for code in ("00343", "00346", "00361")]
    found = [(one.area.code, one.last, one.days) for one in overdue_reports(wards, MARCH_8, EVERYTHING)]
    assert found == [("00346", None, None), ("00361", MARCH_8 - timedelta(8), 8)]
    assert overdue_reports(wards, MARCH_8, Scope.of(["01/009/00343"])) == []
    early = overdue_reports(wards, MARCH_8 - timedelta(8), EVERYTHING)
    assert [one.area.code for one in early] == ["00343", "00346"]
