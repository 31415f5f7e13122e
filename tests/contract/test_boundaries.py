"""Boundaries from GeoJSON on both databases: faults by feature, neighbours stay neighbours, undone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas import boundaries
from bluezone.authority.areas.boundaries import Boundaries, read_boundaries
from bluezone.authority.areas.boundary_services import (
    BoundariesInUse,
    import_boundaries,
    undo_boundaries,
)
from bluezone.authority.areas.models import Area, Boundary
from bluezone.authority.areas.names import AreasInScope
from bluezone.authority.areas.queries import area_on, areas_on, boundaries_of
from bluezone.authority.areas.services import load_thanh_xuan
from bluezone.authority.tabular.faults import SheetRefused
from bluezone.authority.tabular.services import AlreadyImported

pytestmark = pytest.mark.django_db

DAY = date(2021, 3, 8)
NOW = datetime(2026, 1, 5, 3, tzinfo=UTC)
BY = Actor("cli")
EVERYTHING = Scope.everything()
BOW_TIE = [[105.0, 21.0], [105.1, 21.1], [105.1, 21.0], [105.0, 21.1], [105.0, 21.0]]


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    load_thanh_xuan()


def box(west: float, south: float, size: float = 0.01) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code: Any, ring: Any = None, kind: str = "Polygon", name: str = "code") -> dict[str, Any]:
    ring = box(105.8, 21.0) if ring is None else ring
    geometry = {"type": kind, "coordinates": [ring] if kind == "Polygon" else [[ring]]}
    return {"type": "Feature", "properties": {name: code}, "geometry": geometry}


def encoded(*features: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def read(*features: Any, repair: bool = False) -> Boundaries:
    levels = dict(areas_on(DAY, EVERYTHING).values_list("pk", "level"))
    return read_boundaries(encoded(*features), AreasInScope(EVERYTHING), DAY, levels, repair=repair)


def ward(code: str) -> Area:
    found = area_on(code, DAY, EVERYTHING)
    assert found is not None
    return found


def bring_in(*features: Any) -> Any:
    outlines = read(*features).outlines
    return import_boundaries(outlines, file_name="a", data=encoded(*features), by=BY, now=NOW)


def west_ends(*codes: str, scope: Scope = EVERYTHING) -> dict[str, float]:
    """The least longitude that is stored of each ward."""
    known = boundaries_of([ward(one) for one in codes], scope)
    return {
        code: min(x for polygon in known[ward(code).pk] for x, _ in polygon[0])
        for code in codes
        if ward(code).pk in known
    }


def test_boundaries_replaced_and_taken_back() -> None:
    first = bring_in(feature("00343", box(105.8, 21.0)), feature(361, box(105.81, 21.0), "MultiPolygon"))
    assert (first.added, first.replaced) == (2, 0)
    assert west_ends("00343", "00361") == {"00343": 105.8, "00361": 105.81}
    assert west_ends("00343", "00361", scope=Scope.of(["01/009/00361"])) == {"00361": 105.81}
    second = bring_in(feature("00343", box(105.7, 21.0), name="MA_XA"))
    assert (second.added, second.replaced) == (0, 1)
    assert west_ends("00343", "00361") == {"00343": 105.7, "00361": 105.81}
    with pytest.raises(BoundariesInUse, match="replaced 1 of these"):
        undo_boundaries(first.run, by=BY, now=NOW)
    undo_boundaries(second.run, by=BY, now=NOW)
    assert west_ends("00343") == {"00343": 105.8}
    with pytest.raises(AlreadyImported):
        bring_in(feature("00343", box(105.8, 21.0)), feature(361, box(105.81, 21.0), "MultiPolygon"))
    undo_boundaries(first.run, by=BY, now=NOW)
    assert Boundary.objects.count() == 0


def test_a_code_with_lost_zeros_is_told() -> None:
    [fault] = read(feature(361)).faults
    assert (fault.row, fault.severity, fault.said.en) == (1, "remark", "the code 361 was read as 00361")


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (feature("99999"), "there is no area with the code “99999” on 08/03/2021"),
        (feature("00343", name="title"), "it has no area's code"),
        (feature(True), "it has no area's code"),
        ({"type": "Feature", "properties": None, "geometry": feature("1")["geometry"]}, "no area's code"),
        ({"type": "Feature", "properties": {"code": "00343"}, "geometry": None}, "no Polygon"),
        (feature("00343", kind="Point"), "no Polygon"),
        (feature("00343", box(21.0, 105.8)), "it is not in Việt Nam"),
        (feature("00343", box(587_000.0, 2_324_000.0, 900)), "it is not in Việt Nam"),
        (feature("00343", [[105, 21], [105.1, 21]]), "cannot be read"),
        (feature("00343", []), "it is not in Việt Nam"),
        (feature("00343", "x"), "cannot be read"),
        (feature("00343", [[105, None], [1, 2], [3, 4], [105, None]]), "cannot be read"),
        (feature("00343", [[105, float("nan")], [105, 21], [105, float("nan")]]), "cannot be read"),
        (feature("00343", BOW_TIE), "the outline is not valid: Self-intersection[105.05 21.05]"),
    ],
)
def test_faults_of_a_feature_leave_the_others(one: Any, words: str) -> None:
    found = read(feature("00361"), one)
    [fault] = found.errors
    assert fault.row == 2
    assert words in fault.said.en
    assert [outline.area_name for outline in found.outlines] == ["Phường Hạ Đình"]


def test_the_same_area_twice_and_a_repair_are_told() -> None:
    found = read(feature("00361"), feature("00361"))
    assert [one.said.en for one in found.errors] == ["Phường Hạ Đình is feature 1 already"]
    found = read(feature("00361", BOW_TIE), repair=True)
    assert [one.said.en for one in found.faults] == [
        "the outline was repaired: Self-intersection[105.05 21.05]"
    ]
    assert len(found.outlines[0].polygons) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a GeoJSON file"),
        (b"\xff", "not a GeoJSON file"),
        (b"[" * 100_000, "not a GeoJSON file"),
        (b"[]", "not a FeatureCollection"),
        (b'{"features": [1]}', "not a FeatureCollection"),
        (b'{"features": []}', "no feature"),
        (encoded(*[{}] * 12_001), "over 12000 features"),
    ],
)
def test_what_is_no_geojson_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(SheetRefused, match=words):
        read_boundaries(data, AreasInScope(EVERYTHING), DAY, {})


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boundaries, "MAX_POINTS", 9)
    with pytest.raises(SheetRefused, match="over 9 points"):
        read(feature("00343"), feature("00361", box(105.9, 21)))
    monkeypatch.setattr(boundaries, "MAX_BYTES", 10)
    with pytest.raises(SheetRefused, match="larger than"):
        read(feature("00343"))


def test_neighbours_stay_neighbours_when_they_are_made_simpler() -> None:
    """A common side of 200 points that wave by less than a phone shows becomes the same fewer for both."""
    wave = [[105.81 + 0.00004 * (at % 2), 21 + at * 0.00005] for at in range(201)]
    west = [[105.8, 21.0], *wave, [105.8, 21.01], [105.8, 21.0]]
    east = [[105.82, 21.01], *reversed(wave), [105.82, 21.0], [105.82, 21.01]]
    found = read(feature("00343", west), feature("00361", east))
    assert found.points_read == 408
    assert found.points_kept < 100
    (left,), (right,) = (one.polygons for one in found.outlines)
    shared = set(left[0]) & set(right[0])
    assert {(105.81, 21.0), (105.81, 21.01)} <= shared
    assert {point for point in left[0] if point[0] > 105.805} == shared
