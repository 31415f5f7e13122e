"""The ledger on both databases: facts, corrections, imports taken back, rates with what they rest on."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.models import AuditEntry
from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.fact_history import FactState, history_of
from bluezone.authority.adoption.metrics import Metric, Source
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.queries import rate_history, rates_on
from bluezone.authority.adoption.rules import agrees, percent_of, rate_text
from bluezone.authority.adoption.services import (
    CannotUndo,
    FactRefused,
    import_city_sheet,
    record_facts,
    undo_city_sheet,
    withdraw_fact,
)
from bluezone.authority.adoption.sheet import CityRow
from bluezone.authority.areas.models import Area
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.services import AlreadyImported, ImportNotFound

pytestmark = pytest.mark.django_db

MARCH_8 = date(2021, 3, 8)
NOW = datetime(2021, 3, 10, 3, tzinfo=UTC)
CLERK = Actor("user:6f9619ff-8b86-4d01-b42d-00cf4fc964ff")
EVERYTHING = Scope.everything()


def area(code: str = "009", day: date = MARCH_8) -> Area:
    found = area_on(code, day, EVERYTHING)
    assert found is not None
    return found


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def bring_in(*rows: tuple[str, date, int, int], name: str = "a.csv", now: datetime = NOW) -> uuid.UUID:
    sheet = [
        CityRow(
            at,
            area(code, day).pk,
            code,
            day,
            {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: phones},
            False,
        )
        for at, (code, day, installs, phones) in enumerate(rows, 2)
    ]
    return import_city_sheet(sheet, file_name=name, data=repr(rows).encode(), by=CLERK, now=now).run


def texts(day: date, code: str = "009", scope: Scope = EVERYTHING) -> list[str]:
    one = area(code)
    return [rate.text for rate in rates_on([one], day, scope).get(one.pk, [])]


def test_the_letters_line_digit_for_digit() -> None:
    bring_in(("009", MARCH_8, 157_542, 402_706))
    one = area()
    [rate] = rates_on([one], MARCH_8, EVERYTHING)[one.pk]
    assert rate.text == "157.542/402.706 (đạt 39,12%)"
    assert rate.percent == Decimal("39.12")
    assert (rate.numerator.source, rate.numerator.as_of) == (Source.CITY_SHEET, MARCH_8)
    assert (rate.numerator.definition, rate.denominator.definition) == ("phone-linked", "smartphones")


def test_a_figure_holds_until_a_newer_one_and_not_before_its_day() -> None:
    bring_in(("009", MARCH_8, 10, 100), ("009", MARCH_8 + timedelta(7), 20, 100))
    assert texts(MARCH_8 - timedelta(1)) == []
    assert texts(MARCH_8) == texts(MARCH_8 + timedelta(6)) == ["10/100 (đạt 10,00%)"]
    assert texts(MARCH_8 + timedelta(7)) == ["20/100 (đạt 20,00%)"]


def test_a_base_is_not_newer_than_its_numerator() -> None:
    one = area()
    later = MARCH_8 + timedelta(1)
    bring_in(("009", MARCH_8, 10, 100))
    record_facts(one, later, {Metric.SMARTPHONES: 50}, scope=EVERYTHING, by=CLERK, now=NOW)
    assert texts(later) == ["10/100 (đạt 10,00%)"]
    record_facts(one, later, {Metric.PHONE_LINKED: 20}, scope=EVERYTHING, by=CLERK, now=NOW)
    assert texts(later) == ["20/50 (đạt 40,00%)"]


def test_bases_are_not_reconciled() -> None:
    """More smartphones than people: both rates are told, each over its own base."""
    counts = {Metric.PHONE_LINKED: 30, Metric.SMARTPHONES: 120, Metric.POPULATION: 100, Metric.ACTIVE_24H: 12}
    record_facts(area(), MARCH_8, counts, scope=EVERYTHING, by=CLERK, now=NOW)
    assert texts(MARCH_8) == [
        "30/120 (đạt 25,00%)",
        "30/100 (đạt 30,00%)",
        "12/120 (đạt 10,00%)",
        "12/100 (đạt 12,00%)",
    ]


def test_a_correction_supersedes_and_keeps_the_old() -> None:
    bring_in(("009", MARCH_8, 10, 100))
    bring_in(("009", MARCH_8, 11, 100), name="b.csv")
    assert texts(MARCH_8) == ["11/100 (đạt 11,00%)"]
    old = Fact.objects.get(metric=Metric.PHONE_LINKED, value=10)
    assert old.ended_at == NOW
    assert old.superseded_by is not None
    assert old.superseded_by.value == 11
    assert Fact.objects.filter(metric=Metric.SMARTPHONES).count() == 1  # said again, not stored again


def test_an_import_is_taken_back_and_what_it_corrected_counts_again() -> None:
    bring_in(("009", MARCH_8, 10, 100))
    run = bring_in(("009", MARCH_8, 11, 100), ("00343", MARCH_8, 1, 2), name="b.csv")
    undo_city_sheet(run, by=CLERK, now=NOW)
    assert texts(MARCH_8) == ["10/100 (đạt 10,00%)"]
    assert texts(MARCH_8, "00343") == []
    assert Fact.objects.count() == 5  # nothing is deleted
    with pytest.raises(ImportNotFound):
        undo_city_sheet(run, by=CLERK, now=NOW)
    bring_in(("009", MARCH_8, 11, 100), ("00343", MARCH_8, 1, 2), name="b.csv")  # and in again
    assert texts(MARCH_8) == ["11/100 (đạt 11,00%)"]


def test_an_import_that_was_corrected_is_not_taken_back_first() -> None:
    run = bring_in(("009", MARCH_8, 10, 100))
    later = bring_in(("009", MARCH_8, 11, 100), name="b.csv")
    with pytest.raises(CannotUndo, match="1 figures of this import were corrected since"):
        undo_city_sheet(run, by=CLERK, now=NOW)
    assert texts(MARCH_8) == ["11/100 (đạt 11,00%)"]
    undo_city_sheet(later, by=CLERK, now=NOW)
    undo_city_sheet(run, by=CLERK, now=NOW)
    assert texts(MARCH_8) == []


def test_the_same_file_twice_is_noticed() -> None:
    bring_in(("009", MARCH_8, 10, 100))
    with pytest.raises(AlreadyImported, match=r"a\.csv"):
        bring_in(("009", MARCH_8, 10, 100), name="again.csv")
    assert Fact.objects.count() == 2


def test_sources_are_kept_apart_and_the_citys_is_shown() -> None:
    record_facts(
        area(), MARCH_8, {Metric.PHONE_LINKED: 9, Metric.SMARTPHONES: 90}, scope=EVERYTHING, by=CLERK, now=NOW
    )
    bring_in(("009", MARCH_8, 10, 100))
    assert texts(MARCH_8) == ["10/100 (đạt 10,00%)"]
    assert Fact.objects.filter(ended_at=None).count() == 4


def test_who_may_not_see_or_write_an_area_does_not() -> None:
    bring_in(("009", MARCH_8, 10, 100), ("00343", MARCH_8, 1, 2))
    ward = Scope.of(["01/009/00343"])
    assert texts(MARCH_8, "009", ward) == []
    assert texts(MARCH_8, "00343", ward) == ["1/2 (đạt 50,00%)"]
    assert rate_history(area(), Metric.PHONE_LINKED, Metric.SMARTPHONES, ward) == []
    with pytest.raises(FactRefused, match="not within your scope"):
        record_facts(area(), MARCH_8, {Metric.PHONE_LINKED: 1}, scope=ward, by=CLERK, now=NOW)
    with pytest.raises(FactRefused, match="has not come yet"):
        record_facts(area(), date(2021, 3, 11), {Metric.PHONE_LINKED: 1}, scope=EVERYTHING, by=CLERK, now=NOW)
    with pytest.raises(FactRefused, match="negative"):
        record_facts(area(), MARCH_8, {Metric.PHONE_LINKED: -1}, scope=EVERYTHING, by=CLERK, now=NOW)


def test_a_figure_that_was_typed_in_is_withdrawn_and_one_of_a_sheet_is_not() -> None:
    record_facts(area(), MARCH_8, {Metric.PHONE_LINKED: 9}, scope=EVERYTHING, by=CLERK, now=NOW)
    bring_in(("009", MARCH_8, 10, 100))
    typed, imported = Fact.objects.filter(metric=Metric.PHONE_LINKED).order_by("source").reverse()
    with pytest.raises(FactRefused, match="within your scope"):
        withdraw_fact(typed.pk, scope=Scope.of(["01/009/00343"]), by=CLERK, now=NOW)
    with pytest.raises(FactRefused, match="came with a sheet"):
        withdraw_fact(imported.pk, scope=EVERYTHING, by=CLERK, now=NOW)
    withdraw_fact(typed.pk, scope=EVERYTHING, by=CLERK, now=NOW)
    with pytest.raises(FactRefused, match="does not count any more"):
        withdraw_fact(typed.pk, scope=EVERYTHING, by=CLERK, now=NOW)
    [said] = [
        one
        for one in history_of(area(), Metric.PHONE_LINKED, MARCH_8, EVERYTHING)
        if one.source is Source.TYPED
    ]
    assert (said.state, said.ended_at, said.ended_by) == (FactState.WITHDRAWN, NOW, CLERK.reference)
    assert history_of(area(), Metric.PHONE_LINKED, MARCH_8, Scope.of(["01/009/00343"])) == []
    record_facts(area(), MARCH_8, {Metric.PHONE_LINKED: 9}, scope=EVERYTHING, by=CLERK, now=NOW)  # again


def test_a_figure_is_of_an_area_that_is_there_on_its_day() -> None:
    old = area()  # ended on 1 July 2025
    late = datetime(2025, 8, 1, tzinfo=UTC)
    with pytest.raises(FactRefused, match="there is no Quận Thanh Xuân on 01/07/2025"):
        record_facts(old, date(2025, 7, 1), {Metric.PHONE_LINKED: 1}, scope=EVERYTHING, by=CLERK, now=late)
    record_facts(old, date(2025, 6, 30), {Metric.PHONE_LINKED: 1}, scope=EVERYTHING, by=CLERK, now=late)


def test_a_change_of_definition_is_in_the_history() -> None:
    """The base of smartphones was counted anew from 29 June 2021 on."""
    days = [date(2021, 6, 19), date(2021, 6, 28), date(2021, 6, 29)]
    bring_in(
        *(("009", day, 10 + at, 100) for at, day in enumerate(days)), now=datetime(2021, 7, 1, tzinfo=UTC)
    )
    history = rate_history(area(), Metric.PHONE_LINKED, Metric.SMARTPHONES, EVERYTHING)
    assert [one.as_of for one in history] == days
    assert [one.definitions[1] for one in history] == ["smartphones", "smartphones", "smartphones-active"]


def test_imports_and_undoing_are_in_the_audit_log() -> None:
    run = bring_in(("009", MARCH_8, 10, 100))
    undo_city_sheet(run, by=CLERK, now=NOW)
    entries = AuditEntry.objects.order_by("recorded_at", "action")
    assert [(one.action, one.subject, one.actor) for one in entries] == [
        ("adoption.import-undone", f"import:{run}", CLERK.reference),
        ("adoption.imported", f"import:{run}", CLERK.reference),
    ]


@pytest.mark.parametrize(
    ("numerator", "denominator", "text"),
    [
        (157_542, 402_706, "157.542/402.706 (đạt 39,12%)"),
        (1, 3, "1/3 (đạt 33,33%)"),
        (1, 800, "1/800 (đạt 0,13%)"),  # 0.125: halves up
        (3, 2, "3/2 (đạt 150,00%)"),
        (0, 5, "0/5 (đạt 0,00%)"),
        (5, 0, "5/0"),
        (3_275_589, 8_741_900, "3.275.589/8.741.900 (đạt 37,47%)"),
    ],
)
def test_how_a_rate_is_written(numerator: int, denominator: int, text: str) -> None:
    assert rate_text(numerator, denominator) == text


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_a_rate_agrees_with_itself_and_not_with_another(numerator: int, denominator: int) -> None:
    percent = percent_of(numerator, denominator)
    assert percent is not None
    assert abs(percent * denominator - 100 * numerator) <= Decimal("0.005") * denominator
    assert agrees(numerator, denominator, [percent])
    assert agrees(numerator, denominator, [percent + 5, percent])
    assert not agrees(numerator, denominator, [percent + Decimal("0.02")])
    assert not agrees(numerator, denominator, [])
