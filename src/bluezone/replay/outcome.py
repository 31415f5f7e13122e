"""Was it right to warn: the truth of a day against what the devices said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bluezone.replay.day import NEAR_SECONDS

__all__ = ["Outcome", "judge", "without_f0"]

_Person = TypeVar("_Person", str, int)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ids in order: truly near, warned, truly near but not warned, warned but not truly near."""

    near: tuple[str, ...]
    warned: tuple[str, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]


def judge(seconds_near: Mapping[str, int], warned: Collection[str], *, f0: str) -> Outcome:
    """Compare, leaving the F0 out; near is :data:`NEAR_SECONDS` or more within two metres over the day."""
    near, told = without_f0(
        [person for person, seconds in seconds_near.items() if seconds >= NEAR_SECONDS], warned, [f0]
    )
    return Outcome(
        near=tuple(sorted(near)),
        warned=tuple(sorted(told)),
        missed=tuple(sorted(near - told)),
        false=tuple(sorted(told - near)),
    )


def without_f0(
    near: Collection[_Person], warned: Collection[_Person], f0: Collection[_Person]
) -> tuple[frozenset[_Person], frozenset[_Person]]:
    """Whom a judgement is about: the near and the warned; an F0 is neither, since they know already."""
    return frozenset(near).difference(f0), frozenset(warned).difference(f0)
