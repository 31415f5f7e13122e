"""Which figures of the ledger a sheet would correct: told before it comes in, with both values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from django.utils.translation import override

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import METRIC_NAMES, Metric, Source
from bluezone.authority.adoption.models import Fact
from bluezone.authority.adoption.rules import grouped
from bluezone.authority.adoption.sheet import CityRow, CitySheet
from bluezone.authority.tabular.faults import Fault, Said, Severity

__all__ = ["with_corrections"]

_AREAS_AT_ONCE = 500


def with_corrections(sheet: CitySheet, scope: Scope) -> CitySheet:
    """With a remark for each row that has other figures than an earlier sheet for its area and day."""
    by_day: dict[date, list[CityRow]] = {}
    for row in sheet.rows:
        by_day.setdefault(row.as_of, []).append(row)
    remarks: list[Fault] = []
    for day, rows in by_day.items():
        known = _known(day, [one.area for one in rows], scope)
        remarks += [one for row in rows if (one := _remark(row, known)) is not None]
    faults = sorted((*sheet.faults, *remarks), key=lambda one: one.row)
    return replace(sheet, faults=tuple(faults))


def _known(day: date, areas: list[int], scope: Scope) -> Mapping[tuple[int, Metric], int]:
    found: dict[tuple[int, Metric], int] = {}
    for at in range(0, len(areas), _AREAS_AT_ONCE):
        facts = scope.filter(
            Fact.objects.filter(
                area__in=areas[at : at + _AREAS_AT_ONCE],
                metric__in=[one.value for one in Metric],
                as_of=day,
                source=Source.CITY_SHEET.value,
                ended_at=None,
            ),
            "area__path",
        )
        rows = facts.values_list("area_id", "metric", "value")
        found |= {(area, Metric(metric)): value for area, metric, value in rows}
    return found


def _remark(row: CityRow, known: Mapping[tuple[int, Metric], int]) -> Fault | None:
    changed = [
        (metric, known[row.area, metric], count)
        for metric, count in row.counts.items()
        if known.get((row.area, metric), count) != count
    ]
    if not changed:
        return None
    with override("vi"):
        vi = "; ".join(f"{METRIC_NAMES[of]} {grouped(old)} thành {grouped(new)}" for of, old, new in changed)
    with override("en"):
        en = "; ".join(f"{METRIC_NAMES[of]} {old:,} to {new:,}" for of, old, new in changed)
    said = Said(f"đính chính số của bảng trước: {vi}", f"corrects an earlier sheet: {en}")
    return Fault(row.row, "", said, Severity.REMARK)
