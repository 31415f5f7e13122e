"""Sections that other domains add to the overview: their own figures, beside those of areas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bluezone.authority.access.scope import Scope
from bluezone.authority.areas.models import Area

__all__ = ["Section", "add_section", "sections_of"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its template, which finds the content as ``section``."""

    template: str
    content: Mapping[str, Any]


_Teller = Callable[[Area, date, Scope], Section | None]
_tellers: list[_Teller] = []


def add_section(teller: _Teller) -> None:
    """Let a domain tell of an area on a day; once a process, when its app is ready."""
    if teller not in _tellers:
        _tellers.append(teller)


def sections_of(area: Area, day: date, scope: Scope) -> Sequence[Section]:
    """What all of them have to tell."""
    found = (teller(area, day, scope) for teller in _tellers)
    return [one for one in found if one is not None]
