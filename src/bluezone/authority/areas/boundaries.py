"""Boundaries as GeoJSON: read with all faults, and made simple enough for a screen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, Protocol

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from bluezone.authority.tabular.faults import CellRefused, Fault, Said, Severity, SheetRefused
from bluezone.authority.tabular.sheets import Cell
from bluezone.authority.tabular.spelling import plain

__all__ = ["MAX_BYTES", "AreaCodes", "Boundaries", "Outline", "read_boundaries"]

MAX_BYTES = 60_000_000
MAX_FEATURES = 12_000
MAX_POINTS = 3_000_000
_WEST, _SOUTH, _EAST, _NORTH = 100.0, 6.0, 118.0, 24.0
"""Việt Nam with its islands; anything else is another reference system, or latitudes come first."""

_CODES = (
    "code", "ma", "ma dvhc", "ma px", "ma xa", "ma phuong xa", "maxa", "ma qh", "ma huyen", "mahuyen",
    "ma tp", "ma tinh", "matinh",
)  # fmt: skip
"""Properties that name an area, the smallest area first: a ward's feature often has its city's code too."""

_TOLERANCE = {"city": 0.001, "district": 0.0003}
_FINEST = 0.0001
"""Degrees: eleven metres, less than a telephone shows of a ward."""

_DECIMALS = 5

Ring = tuple[tuple[float, float], ...]


class AreaCodes(Protocol):
    """Finds an area by its code."""

    def by_code(self, code: Cell, day: date) -> tuple[int, str, Said | None]:
        """Key, name and a remark; raises :class:`CellRefused`."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The boundary of an area: polygons of rings, the first around, the others holes."""

    feature: int
    area: int
    area_name: str
    polygons: tuple[tuple[Ring, ...], ...]


@dataclass(frozen=True, slots=True)
class Boundaries:
    """What a file holds; a fault's row is the place of its feature, from 1."""

    outlines: tuple[Outline, ...]
    faults: tuple[Fault, ...]
    points_read: int
    points_kept: int

    @property
    def errors(self) -> tuple[Fault, ...]:
        """Those whose features are left out."""
        return tuple(one for one in self.faults if one.severity is Severity.ERROR)


def read_boundaries(
    data: bytes, areas: AreaCodes, day: date, levels: Mapping[int, str], *, repair: bool = False
) -> Boundaries:
    """Read a FeatureCollection; nothing is imported yet.

    Neighbours stay neighbours: what they share is made simpler once, for both.

    :param day: the areas are those of this day.
    :param levels: of the areas by key: larger ones are kept less finely.
    :param repair: outlines that cross themselves are repaired, and told; else they are errors.
    :raises SheetRefused: no GeoJSON in degrees of WGS 84, or too large.
    """
    faults: list[Fault] = []
    found: dict[int, tuple[int, str, BaseGeometry]] = {}
    points = 0
    for number, feature in enumerate(_features(data), 1):
        try:
            geometry: BaseGeometry = _geometry(feature)
            points += int(shapely.get_num_coordinates(geometry))
            if points > MAX_POINTS:
                raise SheetRefused(f"Tệp có hơn {MAX_POINTS} điểm.", f"the file has over {MAX_POINTS} points")
            key, name, remark = areas.by_code(_code(feature), day)
            if key in found:
                first = found[key][0]
                raise CellRefused(f"{name} đã có ở đối tượng {first}", f"{name} is feature {first} already")
            if not geometry.is_valid:
                why = shapely.is_valid_reason(geometry)
                if not repair:
                    raise CellRefused(f"ranh giới không hợp lệ: {why}", f"the outline is not valid: {why}")
                geometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
                said = Said(f"đã sửa ranh giới: {why}", f"the outline was repaired: {why}")
                faults.append(Fault(number, name, said, Severity.REMARK))
            if remark is not None:
                faults.append(Fault(number, name, remark, Severity.REMARK))
            found[key] = (number, name, geometry)
        except CellRefused as refusal:
            faults.append(Fault(number, "", refusal.said))
    outlines: list[Outline] = []
    for level in sorted({levels[key] for key in found}):
        keys = [key for key in found if levels[key] == level]
        simpler = _simpler([found[key][2] for key in keys], _TOLERANCE.get(level, _FINEST))
        outlines += [
            Outline(found[key][0], key, found[key][1], polygons)
            for key, polygons in zip(keys, simpler, strict=True)
        ]
    kept = sum(len(ring) for one in outlines for polygon in one.polygons for ring in polygon)
    return Boundaries(tuple(sorted(outlines, key=lambda one: one.feature)), tuple(faults), points, kept)


def _features(data: bytes) -> Sequence[Mapping[str, Any]]:
    if len(data) > MAX_BYTES:
        size = MAX_BYTES // 1_000_000
        raise SheetRefused(f"Tệp lớn hơn {size} MB.", f"the file is larger than {size} MB")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise SheetRefused("Đây không phải tệp GeoJSON.", "this is not a GeoJSON file") from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise SheetRefused(
            "Đây không phải FeatureCollection của GeoJSON.", "this is not a FeatureCollection of GeoJSON"
        )
    if not features:
        raise SheetRefused("Tệp không có đối tượng nào.", "the file has no feature")
    if len(features) > MAX_FEATURES:
        raise SheetRefused(
            f"Tệp có hơn {MAX_FEATURES} đối tượng.", f"the file has over {MAX_FEATURES} features"
        )
    return features


def _code(feature: Mapping[str, Any]) -> str | int:
    properties = feature.get("properties")
    named = (
        {plain(str(name)): value for name, value in (properties or {}).items()}
        if (isinstance(properties, dict))
        else {}
    )
    for name in _CODES:
        value = named.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return value
    raise CellRefused("không có mã địa bàn (thuộc tính “code”)", "it has no area's code (property “code”)")


def _geometry(feature: Mapping[str, Any]) -> Polygon | MultiPolygon:
    raw = feature.get("geometry")
    if not isinstance(raw, dict) or raw.get("type") not in ("Polygon", "MultiPolygon"):
        raise CellRefused("không phải Polygon hay MultiPolygon", "it is no Polygon or MultiPolygon")
    try:
        geometry = shapely.force_2d(shape(raw))
        west, south, east, north = geometry.bounds
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError):
        raise CellRefused("tọa độ không đọc được", "its coordinates cannot be read") from None
    if not isinstance(geometry, (Polygon, MultiPolygon)):
        raise CellRefused("tọa độ không đọc được", "its coordinates cannot be read")
    inside = west >= _WEST and south >= _SOUTH and east <= _EAST and north <= _NORTH
    if not inside:
        raise CellRefused(
            "tọa độ không nằm ở Việt Nam; cần kinh độ, vĩ độ WGS 84 (EPSG:4326)",
            "it is not in Việt Nam; longitude, latitude in WGS 84 (EPSG:4326) are needed",
        )
    return geometry


def _simpler(geometries: Sequence[BaseGeometry], tolerance: float) -> Iterator[tuple[tuple[Ring, ...], ...]]:
    for before, after in zip(geometries, shapely.coverage_simplify(geometries, tolerance), strict=True):
        polygons = _polygons(after)
        # Where neighbours overlap, what they share is not clear: then each stays as it is.
        yield polygons if polygons and after.is_valid else _polygons(before)


def _polygons(geometry: BaseGeometry) -> tuple[tuple[Ring, ...], ...]:
    parts = [one for one in shapely.get_parts(geometry) if isinstance(one, Polygon)]
    return tuple(tuple(_ring(ring) for ring in chain((one.exterior,), one.interiors)) for one in parts)


def _ring(ring: Any) -> Ring:
    return tuple((round(x, _DECIMALS), round(y, _DECIMALS)) for x, y in ring.coords)
