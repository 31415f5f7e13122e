"""Was it right to warn: the truth of a day against what the devices said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bluezone.replay.day import NEAR_SECONDS

__all__ = ["Outcome", "judge"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Ids in order: truly near, warned, truly near but not warned, warned but not truly near."""

    near: tuple[str, ...]
    warned: tuple[str, ...]
    missed: tuple[str, ...]
    false: tuple[str, ...]


def judge(seconds_near: Mapping[str, int], warned: Collection[str], *, f0: str) -> Outcome:
    """Compare, leaving the F0 out; near is :data:`NEAR_SECONDS` or more within two metres over the day."""
    near = {person for person, seconds in seconds_near.items() if seconds >= NEAR_SECONDS} - {f0}
    told = set(warned) - {f0}
    return Outcome(
        near=tuple(sorted(near)),
        warned=tuple(sorted(told)),
        missed=tuple(sorted(near - told)),
        false=tuple(sorted(told - near)),
    )
