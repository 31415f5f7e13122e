"""Reads of the ledger that look into indexes: they tell what reading everything tells, and read little."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.fact_history import history_of
from bluezone.authority.adoption.metrics import BASES, INSTALLS, Metric, Source
from bluezone.authority.adoption.models import Fact, Target
from bluezone.authority.adoption.queries import (
    imports,
    letters_rates_on,
    newest_day,
    overview,
    rate_histories,
    rates_on,
)
from bluezone.authority.adoption.services import import_city_sheet, record_facts, set_targets
from bluezone.authority.adoption.sheet import CityRow
from bluezone.authority.adoption.target_queries import farthest_from_target, overdue_reports, progress_of
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.areas.queries import areas_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.models import ImportRun

pytestmark = pytest.mark.django_db

FIRST = date(2021, 6, 20)  # a definition changes nine days later
NOW = datetime(2021, 7, 10, 3, tzinfo=UTC)
CLERK = Actor("cli")
EVERYTHING = Scope.everything()
WARD = Scope.of(["01/009/00343"])
TWO = Scope.of(["01/009/00343", "01/009/00346"])
TRUST = ["city-sheet", "typed", "return", "campaign"]  # what apps say of themselves counts nowhere here
CLAIMED = [Metric.ACTIVE_24H, Metric.TRACING_ON]


@pytest.fixture(autouse=True)
def areas(authority: Path) -> Sequence[Area]:
    load_thanh_xuan()
    return list(areas_on(FIRST, EVERYTHING))[:6]


def store_at_random(areas: Sequence[Area], seed: int) -> list[Fact]:
    """Figures of some days; some are corrected, some withdrawn, some came with an import."""
    rng = random.Random(seed)
    Fact.objects.all().delete()
    ImportRun.objects.all().delete()
    runs = [
        ImportRun(
            kind="adoption", file_name=f"{at}.csv", digest=rng.randbytes(32), rows=1,
            imported_at=NOW + timedelta(minutes=at), imported_by="cli",
        )
        for at in range(5)
    ]  # fmt: skip
    ImportRun.objects.bulk_create(runs)
    current: dict[tuple[Any, ...], Fact] = {}
    facts = []
    for _ in range(rng.randrange(150)):
        metric = rng.choice(list(Metric))
        source = rng.choice(list(Source) if metric in CLAIMED else TRUST)
        area, day = rng.choice(areas), FIRST + timedelta(rng.randrange(12))
        definition = "smartphones-active" if metric == "smartphones" and day > date(2021, 6, 28) else metric
        fact = Fact(
            area=area, metric=metric, value=rng.randrange(500), definition=definition, source=source,
            as_of=day, entered_at=NOW, entered_by="cli", import_run=rng.choice([None, *runs]),
        )  # fmt: skip
        slot = (area.pk, metric, day, source)
        if slot in current or rng.random() < 0.1:
            current.get(slot, fact).ended_at = NOW
        if fact.ended_at is None:
            current[slot] = fact
        facts.append(fact)
    return Fact.objects.bulk_create(facts)


def newest(facts: Sequence[Fact], area: Area, metric: str, day: date) -> Fact | None:
    found = [
        one
        for one in facts
        if one.ended_at is None
        and one.source in TRUST
        and one.area_id == area.pk
        and one.metric == metric
        and one.as_of <= day
    ]
    return min(found, key=lambda one: (-one.as_of.toordinal(), TRUST.index(one.source)), default=None)


def plain(fact: Fact) -> tuple[Any, ...]:
    return fact.metric, fact.value, fact.definition, fact.source, fact.as_of


def told(figure: Any) -> tuple[Any, ...]:
    return figure.metric, figure.value, figure.definition, figure.source, figure.as_of


@pytest.mark.parametrize("seed", range(8))
def test_rates_are_those_of_reading_everything(areas: Sequence[Area], seed: int) -> None:
    facts = store_at_random(areas, seed)
    for day in (FIRST - timedelta(1), FIRST + timedelta(5), FIRST + timedelta(20)):
        found = rates_on(areas, day, EVERYTHING)
        letters = letters_rates_on(areas, day, EVERYTHING)
        shown = overview(areas[0], day, EVERYTHING)
        for area in areas:
            expected = []
            for install in INSTALLS:
                over = newest(facts, area, install, day)
                unders = [newest(facts, area, base, over.as_of) for base in BASES] if over else []
                expected += [
                    (plain(over), plain(one)) for one in unders if over is not None and one is not None
                ]
            assert [(told(one.numerator), told(one.denominator)) for one in found[area.pk]] == expected
            first = [one for one in expected if (one[0][0], one[1][0]) == ("phone-linked", "smartphones")]
            mine = letters.get(area.pk)
            assert ([] if mine is None else [(told(mine.numerator), told(mine.denominator))]) == first
        assert list(shown.rates) == list(found[areas[0].pk])
        assert {part.area.pk: part.rate for part in shown.parts if part.rate} == {
            part.area.pk: rates[0]
            for part in shown.parts
            for rates in [[letters[part.area.pk]] if part.area.pk in letters else []]
            if rates
        }


@pytest.mark.parametrize("seed", range(8))
def test_histories_newest_days_and_debts_are_those_of_reading_everything(
    areas: Sequence[Area], seed: int
) -> None:
    facts = [one for one in store_at_random(areas, seed) if one.ended_at is None]
    since, until = FIRST + timedelta(2), FIRST + timedelta(9)
    found = rate_histories(
        areas, Metric.PHONE_LINKED, Metric.SMARTPHONES, EVERYTHING, since=since, until=until
    )
    for area in areas:
        expected = []
        for day in (since + timedelta(at) for at in range(8)):
            for source in TRUST:
                pair = [
                    one.value
                    for metric in ("phone-linked", "smartphones")
                    for one in facts
                    if (one.area_id, one.as_of, one.source, one.metric) == (area.pk, day, source, metric)
                ]
                if len(pair) == 2:
                    expected.append((day, source, *pair))
                    break
        points = found.get(area.pk, [])
        assert expected == [
            (one.as_of, one.rate.numerator.source, one.rate.numerator.value, one.rate.denominator.value)
            for one in points
        ]
    for scope in (EVERYTHING, WARD, TWO, Scope.nothing()):
        inside = [one for one in facts if one.source in TRUST and scope.allows(one.area.path)]
        assert newest_day(scope) == max((one.as_of for one in inside), default=None)
    day = FIRST + timedelta(15)
    last = {area.pk: found for area in areas if (found := newest(facts, area, "phone-linked", day))}
    debts = {one.area.pk: one.last for one in overdue_reports(areas, day, EVERYTHING)}
    assert debts == {
        area.pk: last[area.pk].as_of if area.pk in last else None
        for area in areas
        if area.pk not in last or (day - last[area.pk].as_of).days > 7
    }


@pytest.mark.parametrize("seed", range(8))
def test_imports_of_a_scope_are_those_of_counting_all_rows(areas: Sequence[Area], seed: int) -> None:
    facts = store_at_random(areas, seed)
    for scope in (EVERYTHING, WARD, TWO, Scope.of(["01/009"]), Scope.nothing()):
        paths: dict[uuid.UUID, list[str]] = {}
        for one in facts:
            if one.import_run_id is not None:
                paths.setdefault(one.import_run_id, []).append(one.area.path)
        expected = [key for key, found in paths.items() if all(scope.allows(path) for path in found)]
        newest_first = [run.pk for run in ImportRun.objects.order_by("-imported_at") if run.pk in expected]
        assert [run.pk for run in imports(scope)] == newest_first


def scans_of_the_ledger(act: Any) -> tuple[int, list[str]]:
    """How many queries something takes, and steps of the database's plans that would read all facts."""
    with CaptureQueriesContext(connection) as queries:
        act()
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a table of a page is read at once
        for query in queries.captured_queries:
            names = {"adoption_fact", *re.findall(r'"adoption_fact" "?(\w\d+)"?', query["sql"])}
            if not query["sql"].startswith("SELECT") or "adoption_fact" not in query["sql"]:
                continue
            cursor.execute(f"{explain} {query['sql']}")
            steps = [str(row[-1]).strip() for row in cursor.fetchall()]
            scan = re.compile(rf"(SCAN|Seq Scan on|Full Index Scan) ({'|'.join(names)})\b")
            found += [step for step in steps if scan.search(step) and "areas_" not in step]
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = on")
    return len(queries), found


def test_nothing_reads_all_facts_and_more_areas_take_no_more_queries(areas: Sequence[Area]) -> None:
    """With each area's newest figure on a day of its own, which once took queries for each day."""
    store_at_random(areas, 3)
    Fact.objects.bulk_create(
        Fact(
            area=area, metric=metric, value=9, definition=metric, source="return",
            as_of=FIRST + timedelta(50 + at), entered_at=NOW, entered_by="cli",
        )
        for at, area in enumerate(areas)
        for metric in ("phone-linked", "smartphones")
    )  # fmt: skip
    day = FIRST + timedelta(99)
    reads: dict[str, tuple[int, Any]] = {
        "rates": (4, lambda: rates_on(areas, day, EVERYTHING)),
        "letters": (4, lambda: letters_rates_on(areas, day, TWO)),
        "histories": (
            1,
            lambda: rate_histories(areas, Metric.PHONE_LINKED, Metric.SMARTPHONES, TWO, since=FIRST),
        ),
        "newest": (2, lambda: newest_day(TWO)),
        "debts": (1, lambda: overdue_reports(areas, day, EVERYTHING)),
        "all said": (2, lambda: list(history_of(areas[0], Metric.SMARTPHONES, FIRST, TWO))),
        "imports": (3, lambda: imports(TWO)),
    }
    for name, (most, act) in reads.items():
        count, scans = scans_of_the_ledger(act)
        assert (name, scans) == (name, [])
        assert (name, count) <= (name, most)


def test_an_import_of_many_days_corrects_only_its_own_areas_and_days(areas: Sequence[Area]) -> None:
    def bring_in(name: str, installs: int, *of: tuple[Area, int]) -> tuple[int, int, int]:
        rows = [
            CityRow(at, area.pk, area.name, FIRST + timedelta(day), {Metric.PHONE_LINKED: installs}, False)
            for at, (area, day) in enumerate(of)
        ]
        outcome = import_city_sheet(rows, file_name=name, data=name.encode(), by=CLERK, now=NOW)
        return outcome.added, outcome.corrected, outcome.unchanged

    one, two = areas[:2]
    assert bring_in("a", 7, (one, 0), (one, 1), (two, 1)) == (3, 0, 0)
    assert bring_in("b", 8, (one, 1), (two, 2)) == (1, 1, 0)
    assert bring_in("c", 8, (one, 0), (one, 1)) == (0, 1, 1)
    current = Fact.objects.filter(ended_at=None).order_by("area", "as_of")
    assert [(fact.area_id, (fact.as_of - FIRST).days, fact.value) for fact in current] == [
        (one.pk, 0, 8), (one.pk, 1, 8), (two.pk, 1, 7), (two.pk, 2, 8)
    ]  # fmt: skip


def test_a_sheet_of_many_days_looks_areas_up_once_between_two_changes_of_them() -> None:
    """Thanh Xuân's wards changed on 1 January and on 1 July 2025."""
    names = AreasInScope(EVERYTHING)
    days = [date(2024, 12, 1) + timedelta(at) for at in range(250)]
    with CaptureQueriesContext(connection) as queries:
        found = [names._on(day).codes for day in days]
    assert len(queries) <= 2 + 3
    for at in (0, 30, 31, 32, 211, 212, 249):
        assert set(found[at]) == {one.code for one in areas_on(days[at], EVERYTHING)}


def test_those_farthest_from_their_targets_are_told_and_the_others_counted(areas: Sequence[Area]) -> None:
    """Of a hundred smartphones each: 40 points to go, missed by 5, reached, 10 to go, nothing reported."""
    figures = [(20, 60, 9), (45, 50, 0), (70, 50, 9), (40, 50, 9), (None, 50, 9)]
    for area, (installs, percent, days) in zip(areas, figures, strict=False):
        counts = {} if installs is None else {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: 100}
        record_facts(area, FIRST, counts, scope=EVERYTHING, by=CLERK, now=NOW)
        set_targets([area], FIRST + timedelta(days), Decimal(percent), scope=EVERYTHING, by=CLERK, now=NOW)
    assert Target.objects.count() == 5
    rates = letters_rates_on(areas, FIRST, EVERYTHING)

    def told(most: int) -> tuple[list[int], int]:
        found, more = farthest_from_target(areas, FIRST, EVERYTHING, rates, most)
        return [areas.index(one.area) for one in found], more

    assert told(1) == ([1], 4)  # it is too late for this one
    assert told(2) == ([1, 0], 3)
    assert told(3) == ([1, 0, 3], 2)
    assert told(4) == ([1, 0, 3, 4], 1)  # who reached theirs comes last
    assert farthest_from_target(areas, FIRST, EVERYTHING, rates, 5)[0] == progress_of(
        areas, FIRST, EVERYTHING
    )
