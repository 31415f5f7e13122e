"""Pure decisions on what is said of areas that ended: days, shares and overlaps against the registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from bluezone.authority.areas.list_rules import same_name
from bluezone.authority.areas.rules import AreaKey, Link

__all__ = ["Change", "Emerged", "Version", "faults_of", "read_changes"]


@dataclass(frozen=True, slots=True)
class Emerged:
    """An area that came to be on a day, and what it was made of, by codes."""

    code: str
    name: str = ""
    """What it is called, where that is said: it must be what the registry has."""

    whole: tuple[str, ...] = ()
    """Areas all of which went to it."""

    parts: tuple[str, ...] = ()
    """Areas a part of which went to it."""

    elsewhere: bool = False
    """Ground of areas that the registry does not have came to it, too."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a decree did on a day."""

    day: date
    areas: tuple[Emerged, ...]


class Version(NamedTuple):
    """A version of an area that the registry has."""

    key: AreaKey
    valid_until: date | None
    level: str
    name: str


def read_changes(document: object) -> Sequence[Change]:
    """The changes of a document: ``[[change]]`` with ``day``, in each ``[[change.area]]`` with ``code``.

    :raises ValueError: naming what is wrong and where.
    """
    changes = _list(document, "the document", "change", {"change"})
    return [_change(one, f"change {at}") for at, one in enumerate(changes, start=1)]


def _change(one: object, where: str) -> Change:
    areas = _list(one, where, "area", {"day", "area", "decree"})
    return Change(
        _day(one, where),
        tuple(_emerged(area, f"{where}, area {at}") for at, area in enumerate(areas, start=1)),
    )


def _emerged(one: object, where: str) -> Emerged:
    table = _table(one, where, {"code", "name", "whole", "parts", "elsewhere"})
    elsewhere = table.get("elsewhere", False)
    if not isinstance(elsewhere, bool):
        raise ValueError(f"{where}: elsewhere is true or false")
    name = table.get("name", "")
    if not isinstance(name, str):
        raise ValueError(f"{where}: name is a text")
    whole, parts = (_codes(table, key, where) for key in ("whole", "parts"))
    return Emerged(_code(table.get("code"), where), name, whole, parts, elsewhere)


def _list(one: object, where: str, key: str, known: set[str]) -> Sequence[object]:
    found = _table(one, where, known).get(key)
    if not isinstance(found, list) or not found:
        raise ValueError(f"{where} has no {key}")
    return found


def _table(one: object, where: str, known: set[str]) -> Mapping[str, object]:
    if not isinstance(one, dict):
        raise ValueError(f"{where} is no table")
    if unknown := sorted(set(one) - known):
        raise ValueError(f"{where}: {', '.join(unknown)} is not known; there is {', '.join(sorted(known))}")
    return one


def _day(one: object, where: str) -> date:
    written = one.get("day") if isinstance(one, dict) else None
    try:
        return written if type(written) is date else date.fromisoformat(str(written))
    except ValueError:
        raise ValueError(f"{where}: day {written!r} is not like 2025-07-01") from None


def _codes(table: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
    found = table.get(key, [])
    if not isinstance(found, list):
        raise ValueError(f"{where}: {key} is a list of codes")
    return tuple(_code(one, f"{where}, {key}") for one in found)


def _code(written: object, where: str) -> str:
    if not isinstance(written, str) or not written:
        raise ValueError(f'{where}: {written!r} is no code; codes stand in quotation marks, as "00343"')
    return written


def faults_of(changes: Iterable[Change], versions: Sequence[Version], links: Iterable[Link]) -> Sequence[str]:
    """What contradicts the registry or itself; nothing if it can be entered.

    An area that ended went wholly to one area, or in parts to several: a part alone would say nothing of the
    rest. Each area that ended did so on the very day on which the others began.
    """
    known = list(links)
    ended = {(one.key.code, one.valid_until): one for one in versions if one.valid_until is not None}
    began = {(one.key.code, one.key.valid_from): one for one in versions}
    faults: list[str] = []
    for change in changes:
        told: list[Link] = []
        for area in change.areas:
            successor = began.get((area.code, change.day))
            if successor is None:
                faults.append(_no_beginning(area.code, change.day, versions))
                continue
            if area.name and not same_name(area.name, successor.name):
                faults.append(f"{_name(successor)} is not “{area.name}”")
            if not (area.whole or area.parts or area.elsewhere):
                faults.append(f"{_name(successor)}: nothing is said of what it was made of")
            for whole, codes in ((True, area.whole), (False, area.parts)):
                for code in codes:
                    predecessor = ended.get((code, change.day))
                    if predecessor is None:
                        faults.append(_no_end(code, change.day, versions))
                    elif predecessor.level != successor.level:
                        faults.append(
                            f"{_name(predecessor)} is a {predecessor.level}, {_name(successor)} a "
                            f"{successor.level}: say it of areas of one level"
                        )
                    else:
                        told.append(Link(predecessor.key, successor.key, whole))
        faults += _share_faults(told, known, {one.key: one for one in versions})
        known += told
    return faults


def _share_faults(
    told: Sequence[Link], known: Sequence[Link], by_key: Mapping[AreaKey, Version]
) -> Sequence[str]:
    faults: list[str] = []
    pairs = {(one.predecessor, one.successor) for one in known}
    for link in told:
        if (link.predecessor, link.successor) in pairs:
            names = f"{_name(by_key[link.predecessor])} → {_name(by_key[link.successor])}"
            faults.append(f"{names} is said twice, or known already")
        pairs.add((link.predecessor, link.successor))
    for predecessor in dict.fromkeys(one.predecessor for one in told):
        of_it = [one for one in (*known, *told) if one.predecessor == predecessor]
        name = _name(by_key[predecessor])
        if any(one.whole for one in of_it) and len({one.successor for one in of_it}) > 1:
            faults.append(f"{name} went wholly to one area and also to another: give both as parts")
        elif len(of_it) == 1 and not of_it[0].whole:
            faults.append(
                f"a part of {name} went to {_name(by_key[of_it[0].successor])}, and nothing is said of the "
                "rest: name where it went, or give it as whole"
            )
    return faults


def _no_beginning(code: str, day: date, versions: Sequence[Version]) -> str:
    return f"no area {code} began on {day:%d/%m/%Y}{_known(code, versions)}"


def _no_end(code: str, day: date, versions: Sequence[Version]) -> str:
    return f"no area {code} ended on {day:%d/%m/%Y}{_known(code, versions)}"


def _known(code: str, versions: Sequence[Version]) -> str:
    found = sorted(one for one in versions if one.key.code == code)
    if not found:
        return ": the registry has no area of this code"
    return ": the registry has " + "; ".join(
        f"“{one.name}” from {one.key.valid_from:%d/%m/%Y}"
        + ("" if one.valid_until is None else f" to {one.valid_until:%d/%m/%Y}")
        for one in found
    )


def _name(one: Version) -> str:
    return f"{one.key.code} “{one.name}”"
