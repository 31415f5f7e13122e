"""What became of wards, and figures of one year in the wards of another: exact, or said not to be told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Succession
from bluezone.authority.areas.queries import area_on, areas_in_use, areas_on, successions
from bluezone.authority.areas.rules import (
    AreaKey,
    CannotTell,
    Link,
    Reason,
    carry_back,
    carry_forward,
)
from bluezone.authority.areas.services import load_thanh_xuan

BEFORE, BETWEEN, AFTER = date(2021, 2, 1), date(2025, 1, 1), date(2025, 7, 1)
EVERYTHING = Scope.everything()


def names(day: date, path: str) -> dict[str, str]:
    return {one.code: one.name for one in areas_on(day, Scope.of([path]))}


@pytest.mark.django_db
def test_the_wards_of_each_time() -> None:
    load_thanh_xuan()
    assert names(date(2024, 12, 31), "01/009")["00361"] == "Phường Hạ Đình"
    # Nine wards from 2025 on; two codes go on under another name or ground.
    assert names(BETWEEN, "01/009") == {
        "009": "Quận Thanh Xuân",
        "00343": "Phường Nhân Chính",
        "00346": "Phường Thượng Đình",
        "00349": "Phường Khương Trung",
        "00352": "Phường Khương Mai",
        "00355": "Phường Thanh Xuân Trung",
        "00358": "Phường Phương Liệt",
        "00364": "Phường Khương Đình",
        "00367": "Phường Thanh Xuân Bắc",
        "00373": "Phường Hạ Đình",
    }
    assert names(AFTER, "01/009") == {}
    assert names(AFTER, "01") == {
        "01": "Thành phố Hà Nội",
        "00367": "Phường Thanh Xuân",
        "00364": "Phường Khương Đình",
        "00352": "Phường Phương Liệt",
        "00175": "Phường Yên Hòa",
        "00322": "Phường Tương Mai",
        "00637": "Phường Đại Mỗ",
        "00643": "Phường Thanh Liệt",
    }


@pytest.mark.django_db
def test_a_reused_code_is_another_ward() -> None:
    load_thanh_xuan()
    by_day = {day: area_on("00352", day, EVERYTHING) for day in (BEFORE, AFTER, date(2020, 1, 1))}
    assert [one and one.name for one in by_day.values()] == ["Phường Khương Mai", "Phường Phương Liệt", None]
    ended = area_on("009", AFTER, EVERYTHING)
    assert ended is not None
    assert ended.valid_until == AFTER


@pytest.mark.django_db
def test_staff_of_an_abolished_district_still_see_its_last_wards() -> None:
    load_thanh_xuan()
    scope = Scope.of(["01/009"])
    assert areas_in_use(date(2026, 1, 1), scope).count() == 10
    assert areas_in_use(date(2021, 3, 8), scope).count() == 12
    assert areas_in_use(date(2026, 1, 1), Scope.nothing()).count() == 0
    assert areas_in_use(date(2026, 1, 1), EVERYTHING).count() == 8


@pytest.mark.django_db
def test_what_became_of_each_ward_is_what_the_decrees_say() -> None:
    """By hand from the note and from two lists that agree; * marks a part."""
    load_thanh_xuan()
    found: dict[str, set[str]] = {}
    for one in Succession.objects.select_related("predecessor", "successor"):
        key = f"{one.predecessor.code}@{one.predecessor.valid_from.year}"
        found.setdefault(key, set()).add(one.successor.code + ("" if one.whole else "*"))
    assert found == {
        "00367@2021": {"00367"},
        "00370@2021": {"00367"},
        "00361@2021": {"00373"},
        "00373@2021": {"00373"},
        "00343@2021": {"00367*", "00175*", "00637*"},
        "00346@2021": {"00364*", "00367*"},
        "00349@2021": {"00352*", "00364*"},
        "00352@2021": {"00352"},
        "00355@2021": {"00364*", "00367*"},
        "00358@2021": {"00322*", "00352*"},
        "00364@2021": {"00352*", "00364*"},
        "00367@2025": {"00367*", "00643*"},
        "00373@2025": {"00364*", "00643*"},
    }


@pytest.mark.django_db
def test_figures_of_2021_in_the_wards_of_2025() -> None:
    load_thanh_xuan()
    links, elsewhere = successions()
    figures = {AreaKey(one.code, one.valid_from): int(one.code) for one in areas_on(BEFORE, EVERYTHING)}
    wards = [AreaKey(one.code, one.valid_from) for one in areas_on(BETWEEN, Scope.of(["01/009"]))]
    told = carry_forward(figures, wards, links, elsewhere)
    assert told[AreaKey("00343", BEFORE)] == 343  # unchanged
    assert told[AreaKey("00367", BETWEEN)] == 367 + 370  # Thanh Xuân Bắc and Nam
    assert told[AreaKey("00373", BETWEEN)] == 361 + 373  # Hạ Đình and Kim Giang
    today = AreaKey("00352", AFTER)
    assert carry_forward(figures, [today], links, elsewhere)[today] == CannotTell(
        Reason.DIVIDED, tuple(AreaKey(code, BEFORE) for code in ("00349", "00358", "00364"))
    )
    back = carry_back({AreaKey("00373", BETWEEN): 9}, [AreaKey("00361", BEFORE)], links, elsewhere)
    assert back[AreaKey("00361", BEFORE)] == CannotTell(
        Reason.JOINED, (AreaKey("00361", BEFORE), AreaKey("00373", BEFORE))
    )


def key(name: str, year: int) -> AreaKey:
    return AreaKey(name, date(year, 1, 1))


def test_a_renamed_area_keeps_its_figure_both_ways_over_several_steps() -> None:
    a, b, c = key("a", 1), key("b", 2), key("c", 3)
    links = [Link(a, b, whole=True), Link(b, c, whole=True)]
    assert carry_forward({a: 5}, [c], links, frozenset()) == {c: 5}
    assert carry_back({c: 5}, [a], links, frozenset()) == {a: 5}


def test_why_a_figure_cannot_be_told() -> None:
    a, b, c, d = key("a", 1), key("b", 1), key("c", 2), key("d", 2)
    joined = [Link(a, c, whole=True), Link(b, c, whole=True)]
    assert carry_forward({a: 1}, [c], joined, frozenset())[c] == CannotTell(Reason.NO_FIGURE, (b,))
    assert carry_forward({a: 1, b: 1}, [c], joined, frozenset([c]))[c] == CannotTell(Reason.ELSEWHERE, (c,))
    assert carry_forward({}, [d], joined, frozenset())[d] == CannotTell(Reason.NO_FIGURE, (d,))
    divided = [Link(a, c, whole=False), Link(a, d, whole=False)]
    assert carry_back({c: 1, d: 1}, [a], divided, frozenset())[a] == CannotTell(Reason.DIVIDED, (a,))
    one = [Link(a, c, whole=True)]
    assert carry_back({c: 1}, [a], one, frozenset([c]))[a] == CannotTell(Reason.ELSEWHERE, (c,))
    assert carry_back({}, [a], one, frozenset())[a] == CannotTell(Reason.NO_FIGURE, (c,))


@given(st.data())
def test_whole_mergers_keep_the_total(data: st.DataObject) -> None:
    """With nothing but whole mergers, each figure arrives just once, after any number of rounds."""
    present = [key(f"a{at}", 1) for at in range(data.draw(st.integers(1, 6)))]
    figures = {one: data.draw(st.integers(0, 1000)) for one in present}
    links: list[Link] = []
    for year in range(2, data.draw(st.integers(2, 4)) + 1):
        targets = [key(f"a{data.draw(st.integers(0, 2))}", year) for _ in present]
        links += [Link(old, new, whole=True) for old, new in zip(present, targets, strict=True)]
        present = sorted(set(targets))
    told = carry_forward(figures, present, links, frozenset())
    assert all(isinstance(value, int) for value in told.values())
    assert sum(value for value in told.values() if isinstance(value, int)) == sum(figures.values())
