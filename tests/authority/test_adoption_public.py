"""What everybody may see of areas: nothing unless it is switched on, no small count, no way to one."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from bluezone.authority.access.scope import Scope
from bluezone.authority.adoption.metrics import Metric
from bluezone.authority.adoption.public_rules import withheld_parts
from bluezone.authority.adoption.services import record_facts
from bluezone.authority.areas.queries import area_on
from bluezone.authority.areas.services import load_thanh_xuan

from .staff_pages import CLI, text_of

MARCH_8 = date(2021, 3, 8)


@pytest.mark.parametrize(
    ("whole", "parts", "withheld"),
    [
        ((150, 500), [(100, 300), (50, 200)], []),
        # 165 - 100 - 60 = 5 with the app: the smaller of the others goes too
        ((165, 590), [(100, 300), (5, 200), (60, 90)], [1, 2]),
        # 198 of 200 have it: the two without are as few
        ((358, 590), [(100, 300), (198, 200), (60, 90)], [1, 2]),
        # 4 and 5 with the app are 9 together, a small number too; 5 + 6 = 11 are neither 0 nor 1
        ((109, 600), [(100, 300), (4, 150), (5, 150)], [0, 1, 2]),
        # 56 - 47 = 9 are those of the first ward and those that no ward has reported
        ((56, 198), [(2, 56), (47, 106)], [0, 1]),
        ((111, 600), [(100, 300), (5, 150), (6, 150)], [0, 1, 2]),
        # the ward that has not reported has 105 - 100 = 5: so it is not to be worked out
        ((105, 310), [(100, 300), None], [0]),
        ((150, 500), [(100, 300), None], []),
        # nothing to hide behind
        ((500, 900), [(5, 200)], [0]),
        (None, [(5, 200)], [0]),
        ((500, 900), [None, None], []),
        # the whole is not told: what it is made of would be its sum
        ((9, 400), [(20, 300), None], [0]),
    ],
)
def test_by_hand(
    whole: tuple[int, int] | None, parts: list[tuple[int, int] | None], withheld: list[int]
) -> None:
    assert sorted(withheld_parts(whole, parts)) == withheld


def possible(total: int, counts: Sequence[int]) -> list[set[int]]:
    """All that small counts may be, for one who knows their sum with the others and which are 10 or more."""
    small = [count for count in counts if count < 10]
    covers = len(counts) - len(small)
    found: list[set[int]] = [set() for _ in small]
    for guess in itertools.product(range(10), repeat=len(small)):
        left = total - sum(guess)
        if left >= 10 * covers if covers else left == 0:
            for values, value in zip(found, guess, strict=True):
                values.add(value)
    return found


@effort(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=5))
def test_whoever_subtracts_learns_nothing_of_a_small_count(split: list[tuple[int, int]]) -> None:
    """With and without the app, for every part that is told, and for the sum of those that are not."""
    parts = [(with_app, with_app + without) for with_app, without in split]
    whole = (sum(one for one, _ in split), sum(one + other for one, other in split))
    withheld = withheld_parts(whole, list(parts))
    assert all(min(split[place]) >= 10 for place in range(len(parts)) if place not in withheld)
    if len(withheld) == len(parts):
        return  # nothing is told of any, not even which are small
    for column in zip(*(split[place] for place in withheld), strict=True):
        assert sum(column) >= 10  # what is left for whoever subtracts
        values = possible(sum(column), column)
        assert all(one == set(range(10)) for one in values)


@pytest.fixture
def areas(authority: Path) -> None:
    load_thanh_xuan()


def report(clock: Any, code: str, installs: int, smartphones: int) -> None:
    area = area_on(code, MARCH_8, Scope.everything())
    assert area is not None
    counts = {Metric.PHONE_LINKED: installs, Metric.SMARTPHONES: smartphones}
    record_facts(area, MARCH_8, counts, scope=Scope.everything(), by=CLI, now=clock.now())


def told(path: str = "") -> dict[str, Any]:
    response = Client().get(f"/adoption/public.json?area={path}")
    assert response.status_code == 200
    return json.loads(response.content)


@pytest.mark.django_db
def test_there_is_nothing_unless_it_is_switched_on(areas: None, authority_clock: Any, settings: Any) -> None:
    report(authority_clock, "009", 157_542, 402_706)
    for path in ("/adoption/public/", "/adoption/public.json"):
        assert Client().get(path).status_code == 404
    settings.BLUEZONE_PUBLIC_ADOPTION = True
    for path in ("/adoption/public/", "/adoption/public.json"):
        assert Client().get(path).status_code == 200
        assert Client().get(f"{path}?area=01/009").status_code == 200
        assert Client().post(path).status_code == 405
        for wrong in ("01/010", "x", "%00"):
            assert Client().get(f"{path}?area={wrong}").status_code == 404


@pytest.mark.django_db
def test_no_figure_at_all(areas: None, settings: Any) -> None:
    settings.BLUEZONE_PUBLIC_ADOPTION = True
    assert Client().get("/adoption/public/").status_code == 404


@pytest.mark.django_db
def test_a_small_ward_and_the_one_that_covers_it_are_withheld(
    areas: None, authority_clock: Any, settings: Any
) -> None:
    settings.BLUEZONE_PUBLIC_ADOPTION = True
    report(authority_clock, "009", 157_542, 402_706)
    report(authority_clock, "00343", 20_000, 40_000)
    report(authority_clock, "00361", 7, 10_000)
    report(authority_clock, "00346", 1_000, 9_000)
    document = told("01/009")
    assert (document["as_of"], document["area"]["telling"]) == ("2021-03-08", "told")
    assert document["area"]["rate"]["text"] == "157.542/402.706 (đạt 39,12%)"
    rows = {one["area"]: one for one in document["parts"]}
    assert rows["00343"]["rate"]["percent"] == 50.0
    for code in ("00361", "00346"):
        assert (rows[code]["telling"], rows[code]["rate"]) == ("withheld", None)
        assert told(f"01/009/{code}")["area"]["telling"] == "withheld"
    assert rows["00349"]["telling"] == "no-figure"
    page = Client().get("/adoption/public/?area=01/009")
    assert "20.000/40.000 (đạt 50,00%)" in text_of(page)
    assert text_of(page).count("không công bố") == 2
    assert "1.000/9.000" not in text_of(page)
    assert not page.cookies


@pytest.mark.django_db
def test_what_lies_in_a_withheld_area_is_withheld(areas: None, authority_clock: Any, settings: Any) -> None:
    """The wards of a district of nine would add up to it."""
    settings.BLUEZONE_PUBLIC_ADOPTION = True
    report(authority_clock, "01", 500_000, 900_000)
    report(authority_clock, "009", 9, 400)
    report(authority_clock, "00343", 15, 40)
    assert told()["parts"][0]["rate"]["numerator"] == 500_000
    assert told("01")["parts"][0]["telling"] == "withheld"
    document = told("01/009")
    assert document["area"]["rate"] is None
    assert {one["telling"] for one in document["parts"]} == {"withheld"}
    assert told("01/009/00343")["area"]["telling"] == "withheld"
