"""Scope: by whole segments, and nothing outside ever comes back from the database."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bluezone.authority.access.scope import EVERYWHERE, Scope
from bluezone.authority.areas.models import Area, Level
from bluezone.authority.areas.queries import areas_on, known_path
from bluezone.authority.areas.services import load_thanh_xuan

segment = st.text(alphabet="019AB", min_size=1, max_size=3)
path = st.lists(segment, min_size=1, max_size=4).map("/".join)


def segments_start_with(one: str, prefix: str) -> bool:
    """The definition, over lists instead of strings."""
    parts, start = one.split("/"), prefix.split("/")
    return parts[: len(start)] == start


@given(prefixes=st.lists(path, max_size=3), one=path)
def test_allows_is_a_prefix_of_segments(prefixes: list[str], one: str) -> None:
    assert Scope.of(prefixes).allows(one) == any(segments_start_with(one, prefix) for prefix in prefixes)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    prefixes=st.lists(path, max_size=3), paths=st.lists(path | path.map(str.lower), max_size=12, unique=True)
)
def test_no_row_outside_ever_comes_back(prefixes: list[str], paths: list[str]) -> None:
    Area.objects.all().delete()
    Area.objects.bulk_create(
        Area(code=str(at), valid_from=date(2021, 1, 1), level=Level.WARD, name="x", path=one)
        for at, one in enumerate(paths)
    )
    found = set(Scope.of(prefixes).filter(Area.objects.all(), "path").values_list("path", flat=True))
    assert found == {one for one in paths if any(segments_start_with(one, prefix) for prefix in prefixes)}


def test_neighbouring_codes_are_apart() -> None:
    scope = Scope.of(["01/009"])
    assert scope.allows("01/009")
    assert scope.allows("01/009/00343")
    for outside in ("01/0099", "01/0099/1", "01", "01/00", "", "01/009X", "1/01/009", "*"):
        assert not scope.allows(outside)


def test_everything_and_nothing() -> None:
    assert Scope.everything().allows("01")
    assert Scope.of(["01", EVERYWHERE]) == Scope.everything()
    assert not Scope.nothing().allows("01")
    assert Scope() == Scope.nothing()
    assert Scope.of([]) == Scope.nothing()


@pytest.mark.parametrize("bad", ["", "/", "01/", "/01", "01//9", "01/%", "01/_", "a", "01/*", "01 ", "01\n"])
def test_what_is_no_path_is_no_prefix(bad: str) -> None:
    with pytest.raises(ValueError, match="not an area path"):
        Scope.of([bad])


@pytest.mark.django_db
def test_thanh_xuan_has_eleven_wards() -> None:
    assert load_thanh_xuan() == 22  # 13 of 2021, 2 of January 2025, 7 of July 2025
    assert load_thanh_xuan() == 0
    wards = areas_on(date(2021, 3, 10), Scope.everything()).filter(level=Level.WARD)
    assert wards.count() == 11
    assert {ward.path for ward in wards} == {f"01/009/{code:05d}" for code in range(343, 374, 3)}
    assert Area.objects.get(code="00343").name == "Phường Nhân Chính"
    assert areas_on(date(2021, 3, 10), Scope.of(["01/009"])).count() == 12
    assert areas_on(date(2021, 3, 10), Scope.of(["01/009/00373"])).get().name == "Phường Kim Giang"
    assert areas_on(date(2020, 1, 1), Scope.everything()).count() == 0
    assert areas_on(date(2021, 3, 10), Scope.nothing()).count() == 0
    assert known_path("01/009", Scope.everything())
    assert not known_path("01/009", Scope.of(["01/009/00343"]))
    assert not known_path("01/010", Scope.everything())
