"""A scope: the part of the area tree that somebody may see and write."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeVar

from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import Substr
from django.db.models.lookups import Exact

__all__ = ["EVERYWHERE", "Scope", "check_area_path"]

EVERYWHERE = "*"
"""In a grant: no limit to an area. A word of its own, so that an empty or missing path never means all."""

_PATH = re.compile(r"[0-9A-Z]+(?:-[0-9A-Z]+)*(?:/[0-9A-Z]+(?:-[0-9A-Z]+)*)*")

_ModelT = TypeVar("_ModelT", bound=Model)


def check_area_path(path: str) -> str:
    """The path itself: codes of capital letters and digits joined by ``/``, such as ``01/009/00343``.

    :raises ValueError: otherwise.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(f"{path!r} is not an area path such as 01/009/00343")
    return path


@dataclass(frozen=True, slots=True)
class Scope:
    """Whole subtrees of areas, by path; ``unlimited`` is everything, with neither it is nothing.

    :raises ValueError: if a prefix is not an area path.
    """

    prefixes: frozenset[str] = frozenset()
    unlimited: bool = False

    def __post_init__(self) -> None:
        for prefix in self.prefixes:
            check_area_path(prefix)

    @classmethod
    def everything(cls) -> Scope:
        """No limit."""
        return cls(unlimited=True)

    @classmethod
    def nothing(cls) -> Scope:
        """Not one row."""
        return cls()

    @classmethod
    def of(cls, paths: Iterable[str]) -> Scope:
        """The subtrees at these paths; :data:`EVERYWHERE` among them lifts the limit."""
        wanted = frozenset(paths)
        return cls.everything() if EVERYWHERE in wanted else cls(wanted)

    def allows(self, path: str) -> bool:
        """Whether an area lies inside: it is one of the prefixes or below one, by whole segments."""
        return self.unlimited or any(path == one or path.startswith(f"{one}/") for one in self.prefixes)

    def filter(self, rows: QuerySet[_ModelT], field: str) -> QuerySet[_ModelT]:
        """Only the rows whose ``field`` (an area path, may follow relations) lies inside."""
        if self.unlimited:
            return rows
        if not self.prefixes:
            return rows.none()
        return rows.filter(reduce(or_, (_below(field, one) for one in sorted(self.prefixes))))


def _below(field: str, prefix: str) -> Q:
    # SQLite's LIKE ignores case, so the prefix is compared once more, exactly; LIKE stays for the index.
    start = f"{prefix}/"
    same_start = Exact(Substr(field, 1, len(start)), Value(start))
    return Q(**{field: prefix}) | (Q(**{f"{field}__startswith": start}) & Q(same_start))
