"""What a decree did to areas, entered by hand: refused where it contradicts, and figures carried by it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bluezone.authority.access.audit import Actor
from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area, Level, Succession
from bluezone.authority.areas.queries import successions
from bluezone.authority.areas.rules import AreaKey, CannotTell, Reason, carry_forward
from bluezone.authority.areas.succession_rules import Change, Emerged, read_changes
from bluezone.authority.areas.succession_services import (
    SuccessionRefused,
    add_successions,
    told_successions,
    undo_successions,
)
from bluezone.authority.tabular.services import ImportNotFound

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 10, 3, tzinfo=UTC)
OLD, DAY = date(2021, 2, 1), date(2025, 7, 1)
CLI = Actor("cli")


def make(code: str, name: str, start: date, end: date | None = None, level: Level = Level.WARD) -> None:
    Area.objects.create(
        code=code, valid_from=start, valid_until=end, level=level, name=name, path=f"02/{code}"
    )


@pytest.fixture(autouse=True)
def areas(authority: Path) -> None:
    for code, name in (("1", "Xã A"), ("2", "Xã B"), ("3", "Xã C")):
        make(code, name, OLD, DAY)
    make("9", "Huyện X", OLD, DAY, Level.DISTRICT)
    make("4", "Xã Giữ Nguyên", OLD)
    make("1", "Phường Mới", DAY)  # the code is used again
    make("5", "Phường Năm", DAY)


def enter(*emerged: Emerged, day: date = DAY) -> object:
    return add_successions([Change(day, emerged)], file_name="nq.toml", by=CLI, now=NOW)


def test_figures_are_carried_by_what_was_entered_until_it_is_taken_back() -> None:
    run = add_successions(
        [Change(DAY, (Emerged("1", whole=("2",), parts=("1",)), Emerged("5", parts=("1",), whole=("3",))))],
        file_name="nq.toml",
        by=CLI,
        now=NOW,
    )
    figures = {AreaKey("1", OLD): 100, AreaKey("2", OLD): 20, AreaKey("3", OLD): 3}
    new = AreaKey("1", DAY)
    assert carry_forward(figures, [new], *successions())[new] == CannotTell(
        Reason.DIVIDED, (AreaKey("1", OLD),)
    )
    listed = told_successions(Scope.of(["02/5"]))
    assert [(one.predecessor.name, one.whole) for one in listed] == [("Xã A", False), ("Xã C", True)]
    assert len(told_successions(Scope.everything(), DAY)) == 4
    assert told_successions(Scope.everything(), OLD) == told_successions(Scope.nothing()) == []
    undo_successions(run.id, by=CLI, now=NOW)
    assert Succession.objects.count() == 0
    with pytest.raises(ImportNotFound):
        undo_successions(run.id, by=CLI, now=NOW)
    enter(Emerged("1", name="Phường Mới", whole=("1", "2")))
    assert carry_forward(figures, [new], *successions())[new] == 120


def test_ground_from_elsewhere_is_told_and_taken_back() -> None:
    ground = Change(DAY, (Emerged("5", whole=("3",), elsewhere=True),))
    run = add_successions([ground], file_name="x", by=CLI, now=NOW)
    five = AreaKey("5", DAY)
    told = carry_forward({AreaKey("3", OLD): 3}, [five], *successions())
    assert told[five] == CannotTell(Reason.ELSEWHERE, (five,))
    undo_successions(run.id, by=CLI, now=NOW)
    assert successions() == ([], frozenset())


@pytest.mark.parametrize(
    ("emerged", "words"),
    [
        (
            (Emerged("7", whole=("1",)),),
            "no area 7 began on 01/07/2025: the registry has no area of this code",
        ),
        (
            (Emerged("4", whole=("1",)),),
            "no area 4 began on 01/07/2025: the registry has “Xã Giữ Nguyên” from 01/02/2021",
        ),
        ((Emerged("5", whole=("4",)),), "no area 4 ended on 01/07/2025"),
        ((Emerged("5", whole=("9",)),), "9 “Huyện X” is a district, 5 “Phường Năm” a ward"),
        ((Emerged("5"),), "nothing is said of what it was made of"),
        ((Emerged("5", name="Phường Sáu", whole=("1",)),), "5 “Phường Năm” is not “Phường Sáu”"),
        (
            (Emerged("5", parts=("2",)),),
            "a part of 2 “Xã B” went to 5 “Phường Năm”, and nothing is said of the rest",
        ),
        (
            (Emerged("5", whole=("2",)), Emerged("1", parts=("2",))),
            "2 “Xã B” went wholly to one area and also",
        ),
        (
            (Emerged("5", whole=("2",)), Emerged("1", whole=("2",))),
            "2 “Xã B” went wholly to one area and also",
        ),
        ((Emerged("5", whole=("2", "2")),), "2 “Xã B” → 5 “Phường Năm” is said twice"),
    ],
)
def test_what_contradicts_is_refused_with_what_and_where(emerged: tuple[Emerged, ...], words: str) -> None:
    with pytest.raises(SuccessionRefused) as refused:
        enter(*emerged)
    assert words in str(refused.value)
    assert Succession.objects.count() == 0


def test_what_is_known_already_counts() -> None:
    enter(Emerged("5", whole=("2",)))
    for again in (Emerged("5", whole=("2",)), Emerged("1", whole=("2",)), Emerged("1", parts=("2",))):
        with pytest.raises(SuccessionRefused):
            enter(again)
    # All that is wrong is told at once.
    with pytest.raises(SuccessionRefused, match=r"no area 7 .*; no area 8 "):
        enter(Emerged("5", whole=("7", "8")))


def test_a_document_of_changes() -> None:
    document = {
        "change": [
            {
                "day": DAY,
                "decree": "NQ 1656",
                "area": [
                    {"code": "5", "name": "Phường Năm", "whole": ["2"], "parts": ["1"], "elsewhere": True}
                ],
            }
        ]
    }
    assert read_changes(document) == [
        Change(DAY, (Emerged("5", "Phường Năm", ("2",), ("1",), elsewhere=True),))
    ]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "the document is no table"),
        ({}, "the document has no change"),
        ({"change": []}, "the document has no change"),
        ({"change": [{"day": "x", "area": [{"code": "5"}]}]}, "change 1: day 'x' is not like"),
        ({"change": [{"day": "2025-07-01"}]}, "change 1 has no area"),
        ({"change": [{"day": "2025-07-01", "areas": []}]}, "change 1: areas is not known"),
        ({"change": [{"day": "2025-07-01", "area": [{"code": 5}]}]}, "change 1, area 1: 5 is no code"),
        (
            {"change": [{"day": "2025-07-01", "area": [{"code": "5", "whole": "1"}]}]},
            "whole is a list of codes",
        ),
        ({"change": [{"day": "2025-07-01", "area": [{"code": "5", "elsewhere": 1}]}]}, "true or false"),
        ({"change": [{"day": "2025-07-01", "area": [{"code": "5", "name": 1}]}]}, "name is a text"),
    ],
)
def test_a_document_that_is_none(document: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_changes(document)
