"""How good the warnings of an outbreak are: who should have been told, who was, who could have been."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bluezone.replay.outbreak import Outbreak
from bluezone.replay.outcome import without_f0

__all__ = ["Rates", "rates", "reachable"]


@dataclass(frozen=True, slots=True)
class Rates:
    """``right``: true contacts who were warned. Shares are ``None`` where there is nothing to be a share of.

    ``sensitivity``: right over true contacts; ``precision``: right over warned.
    """

    true_contacts: int
    warned: int
    right: int
    sensitivity: float | None
    precision: float | None


def rates(outbreak: Outbreak, warned: Collection[int]) -> Rates:
    """Compare the warned with the true contacts of any F0, whoever of them has the app; F0s are left out."""
    near, told = without_f0(_near(outbreak), warned, outbreak.f0)
    right = len(near & told)
    return Rates(len(near), len(told), right, _share(right, near), _share(right, told))


def reachable(outbreak: Outbreak, adopters: Collection[int]) -> float | None:
    """The share of true contacts who have the app, like at least one F0 whom they were near; about p²."""
    near, _ = without_f0(_near(outbreak), (), outbreak.f0)
    reached = _near(outbreak, by=adopters) & set(adopters)
    return _share(len(near & reached), near)


def _near(outbreak: Outbreak, by: Collection[int] | None = None) -> set[int]:
    """Everybody truly near an F0, or one of those F0s that are in ``by``."""
    return {
        person for f0, persons in outbreak.contacts.items() if by is None or f0 in by for person in persons
    }


def _share(part: int, whole: Collection[int]) -> float | None:
    return part / len(whole) if whole else None
