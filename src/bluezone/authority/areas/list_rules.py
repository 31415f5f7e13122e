"""Pure decisions on a national list: what it changes in the registry, and where both disagree."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

__all__ = ["Contradiction", "Listed", "Plan", "Present", "plan_list", "same_name", "without_type"]

_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_TYPES = ("thành phố", "tỉnh", "quận", "huyện", "thị xã", "phường", "xã", "thị trấn", "đặc khu")
_LISTED_LEVELS = frozenset({"city", "district", "ward"})


class Listed(NamedTuple):
    """An area of the list."""

    row: int
    level: str
    code: str
    name: str
    path: str


class Present(NamedTuple):
    """A version that the registry has on the list's day."""

    key: int
    level: str
    code: str
    name: str
    path: str
    valid_from: date
    valid_until: date | None


class Contradiction(NamedTuple):
    """The registry knows otherwise: ``listed`` is ``None`` where the list lacks an area."""

    present: Present
    listed: Listed | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do."""

    add: tuple[Listed, ...]
    change: tuple[tuple[Present, Listed], ...]
    """The version that ends, and the one that follows under the same code."""

    end: tuple[Present, ...]
    keep: tuple[Present, ...]
    respelled: tuple[tuple[Present, Listed], ...]
    """Of those kept: the same name, written otherwise."""

    contradictions: tuple[Contradiction, ...]
    not_listed: tuple[Present, ...]
    """Cities and provinces that the list does not have at all; they and all below are left as they are."""


def same_name(one: str, other: str) -> bool:
    """Whether two names differ at most in capitals and in where a tone stands: ``Yên Hoà``, ``Yên Hòa``."""
    return _letters(one) == _letters(other)


def without_type(name: str) -> str:
    """``Phường Hạ Đình`` → ``Hạ Đình``."""
    lower = unicodedata.normalize("NFC", name).lower()
    return next((name[len(one) + 1 :] for one in _TYPES if lower.startswith(f"{one} ")), name)


def plan_list(
    listed: Sequence[Listed], present: Sequence[Present], day: date, *, whole_country: bool
) -> Plan:
    """Compare a list that holds from ``day`` with what the registry has on that day.

    Areas end where the list has their city and not them; with ``whole_country`` also cities, with all below.
    Below wards a list says nothing: what is there goes on where its ward does.
    """
    by_code = {one.code: one for one in present if one.level in _LISTED_LEVELS}
    wanted = {one.code for one in listed}
    cities = {one.code for one in listed if one.level == "city"}
    add: list[Listed] = []
    change: list[tuple[Present, Listed]] = []
    keep: list[Present] = []
    respelled: list[tuple[Present, Listed]] = []
    for one in listed:
        old = by_code.get(one.code)
        if old is None:
            add.append(one)
        elif old.path == one.path and old.level == one.level and _goes_on(old.name, one):
            keep.append(old)
            if old.name != one.name:
                respelled.append((old, one))
        else:
            change.append((old, one))
    covered = [one for one in present if whole_country or one.path.split("/")[0] in cities]
    end = [one for one in covered if one.level in _LISTED_LEVELS and one.code not in wanted]
    end += _below(present, [*end, *(old for old, _ in change)], {one.path for one in listed})
    contradictions = [Contradiction(old, one) for old, one in change if not _may_end(old, day)]
    contradictions += [Contradiction(one, None) for one in end if not _may_end(one, day)]
    not_listed = (
        [] if whole_country else [one for one in present if one.level == "city" and one.code not in cities]
    )
    return Plan(
        tuple(add),
        tuple(change),
        tuple(end),
        tuple(keep),
        tuple(respelled),
        tuple(contradictions),
        tuple(not_listed),
    )


def _goes_on(name: str, listed: Listed) -> bool:
    """Whether it is the same name; lists often leave out the type of a city or district."""
    return same_name(name, listed.name) or (
        listed.level != "ward"
        and without_type(listed.name) == listed.name
        and same_name(without_type(name), listed.name)
    )


def _may_end(one: Present, day: date) -> bool:
    return one.valid_until is None and one.valid_from < day


def _below(present: Iterable[Present], ended: Iterable[Present], paths: Collection[str]) -> list[Present]:
    """Residential groups and alleys under areas that end, unless something is at the same path after them."""
    gone = {one.path for one in ended if one.path not in paths}
    found: list[Present] = []
    for one in sorted(present, key=lambda area: area.path):
        if one.level not in _LISTED_LEVELS and one.path.rpartition("/")[0] in gone:
            found.append(one)
            gone.add(one.path)
    return found


def _letters(name: str) -> str:
    """Small letters, each syllable's tone at its end."""
    return " ".join(map(_syllable, name.lower().split()))


def _syllable(text: str) -> str:
    letters = unicodedata.normalize("NFD", text)
    rest = "".join(one for one in letters if one not in _TONES)
    return unicodedata.normalize("NFC", rest) + "".join(one for one in letters if one in _TONES)
